//! `flux-vet rules`: the list of all rules.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::print;
use crate::config::Level;
use crate::fault::Fault;
use crate::rulebook::Catalogue;
use crate::rulebook::card::Default as CardDefault;
use crate::{config, rules};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the rules of this group
    #[arg(long)]
    group: Option<String>,

    /// Only the rules of this preset
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let catalogue = rules::catalogue()?;
    if let Some(group) = &arguments.group
        && !catalogue.iter().any(|entry| entry.card.group == *group)
    {
        let groups: BTreeSet<&str> = catalogue.iter().map(|entry| entry.card.group.as_str()).collect();
        let help = match config::nearest(group, groups.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("groups: {}", groups.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(Fault::Usage { message: format!("there is no group `{group}`"), help: Some(help) });
    }
    let preset = arguments.preset.as_ref().map(|name| of_preset(name, &catalogue)).transpose()?;
    let mut entries: Vec<_> = catalogue
        .iter()
        .filter(|entry| arguments.group.as_ref().is_none_or(|group| *group == entry.card.group))
        .filter(|entry| preset.as_ref().is_none_or(|levels| levels.contains_key(&entry.card.id)))
        .collect();
    entries.sort_by(|a, b| (&a.card.group, &a.card.id).cmp(&(&b.card.group, &b.card.id)));
    let width = entries.iter().map(|entry| entry.card.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut group = "";
    for entry in entries {
        let card = &entry.card;
        if card.group != group {
            group = &card.group;
            text.push_str(&format!("{}{group}\n", if text.is_empty() { "" } else { "\n" }));
        }
        let default = if card.default == CardDefault::On { "on " } else { "off" };
        text.push_str(&format!("  {:width$}  {default}  {:7}  {}\n", card.id, card.severity.word(), card.summary));
    }
    print(text.as_bytes())
}

/// The rules of a preset, with their levels.
fn of_preset(name: &str, catalogue: &Catalogue) -> Result<BTreeMap<String, Level>, Fault> {
    let presets = rules::presets()?;
    match presets.iter().find(|preset| preset.name == *name) {
        Some(preset) => Ok(preset.levels(catalogue)),
        None => {
            let known: Vec<String> =
                presets.iter().map(|preset| format!("{} ({})", preset.name, preset.summary)).collect();
            let help = format!("presets: {}", known.join(", "));
            Err(Fault::Usage { message: format!("there is no preset `{name}`"), help: Some(help) })
        }
    }
}
