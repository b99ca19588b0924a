//! Profiles of the repository: `.flux-vet/charts`, or the folders that the configuration names.

use super::Profile;
use crate::config::{Config, typed};
use crate::fault::Fault;
use crate::source::{Entry, Sources, normalize};

/// Where they are looked for when the configuration says nothing.
const FOLDER: &str = ".flux-vet/charts";

/// All of them, file by file in the order of their names.
pub fn profiles(sources: &Sources, config: &Config) -> Result<Vec<Profile>, Fault> {
    let mut all = Vec::new();
    let default = [FOLDER.to_owned()];
    for (at, folder) in config.charts.profiles.as_deref().unwrap_or(&default).iter().enumerate() {
        let folder = normalize(folder);
        match sources.system().entry(&folder) {
            Ok(Entry::Directory) => {}
            _ if config.charts.profiles.is_none() => continue,
            _ => {
                let message = format!("there is no folder `{folder}`");
                return Err(config.fault(&format!("charts.profiles.{at}"), message, "not there", None));
            }
        }
        for (name, _) in sources.system().list(&folder).into_iter().filter(|(_, entry)| *entry == Entry::File) {
            if name.ends_with(".yaml") || name.ends_with(".yml") {
                all.extend(file(sources, &format!("{folder}/{name}"))?);
            }
        }
    }
    Ok(all)
}

fn file(sources: &Sources, path: &str) -> Result<Vec<Profile>, Fault> {
    let id = sources.load(path).map_err(|error| Fault::Read { path: path.to_owned(), reason: error.to_string() })?;
    let (profiles, places) = typed::<Vec<Profile>>(sources, id, "the profile")?;
    let profiles = profiles.unwrap_or_default();
    for (at, profile) in profiles.iter().enumerate() {
        if let Some((path, message)) = profile.problem() {
            return Err(places.fault(format!("{at}.{path}").trim_end_matches('.'), message, "here", None));
        }
    }
    Ok(profiles)
}
