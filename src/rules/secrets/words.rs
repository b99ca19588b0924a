//! Wording shared by the rules of this group. Keys and paths only, never a value.

use crate::cluster::secrets::{Matching, SopsConfigs};

/// Places that are named beside the first one.
pub const MAX_RELATED: usize = 4;

/// Names in back-quotes, at most five, then how many more.
pub fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match (shown.as_slice(), names.len().saturating_sub(SHOWN)) {
        ([], _) => String::new(),
        ([only], 0) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

/// A path as an argument of a command.
pub fn argument(path: &str) -> String {
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=,@".contains(c));
    if plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// How to encrypt a file, and whether a creation rule is there for it.
pub fn encrypt(path: &str, configs: &SopsConfigs) -> String {
    let command = format!("`sops -e -i {}`", argument(path));
    match configs.matching(path) {
        Matching::Rule(config, rule) => format!("run {command}: {} of `{}` covers it", rule.shown(), config.path),
        Matching::NoRule(config) => {
            format!("add a creation rule for it to `{}`, where none matches, then run {command}", config.path)
        }
        Matching::NoConfig => {
            format!("run {command} with the keys to encrypt for (`--age …`): no `.sops.yaml` is in reach")
        }
        Matching::Undecided => format!("run {command}"),
    }
}
