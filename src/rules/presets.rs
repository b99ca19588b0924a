//! The built-in presets.

use crate::config::Config;
use crate::fault::Fault;
use crate::rulebook::{Catalogue, Preset};

/// A preset: a file of `rules/presets`.
macro_rules! preset {
    ($name:literal) => {
        table!(concat!("presets/", $name))
            .map(|preset| Preset::named($name, preset))
            .map_err(|error| format!("preset `{}`: {error}", $name))
    };
}

/// Every preset.
///
/// # Errors
/// [`Fault::Internal`] when one does not load, which the tests exclude.
pub fn presets() -> Result<Vec<Preset>, Fault> {
    let presets = [
        preset!("recommended"),
        preset!("strict"),
        preset!("hygiene"),
        preset!("kube-linter"),
        preset!("kube-score"),
        preset!("polaris"),
    ];
    presets.into_iter().collect::<Result<_, String>>().map_err(|message| Fault::Internal { message })
}

/// Takes the rules of the presets that a configuration names.
///
/// # Errors
/// [`Fault`] at a preset that does not exist.
pub fn begin(config: &mut Config, catalogue: &Catalogue) -> Result<(), Fault> {
    let presets = presets()?;
    let names: Vec<&str> = presets.iter().map(|preset| preset.name.as_str()).collect();
    let levels = |name: &str| Some(presets.iter().find(|preset| preset.name == name)?.levels(catalogue));
    config.begin(levels, &names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue;

    #[test]
    fn presets_name_rules_and_groups_that_exist() {
        let catalogue = catalogue().unwrap();
        let known = catalogue.names();
        for preset in presets().unwrap() {
            let unknown: Vec<&str> = preset.names().filter(|name| !known.contains(name)).collect();
            assert_eq!(unknown, Vec::<&str>::new(), "{}", preset.name);
            assert!(preset.levels(&catalogue).contains_key("internal-error"), "{}", preset.name);
        }
    }
}
