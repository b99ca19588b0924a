//! Which keys a chart reads of its values.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cluster::nearest::nearest_name;
use crate::cluster::profiles::condition::is_empty;
use crate::yaml::{Entry, Node};

/// Which keys a chart reads of its values. A map of which no list is given may hold anything.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Keys")]
pub struct KeysSpec {
    /// All keys at the root, those of its charts within included; empty where they are not all known.
    root: BTreeSet<String>,
    /// All keys of the maps at these paths.
    below: BTreeMap<String, BTreeSet<String>>,
    /// Keys that are written out of habit and read by nothing: their paths, and where they are read instead.
    moved: BTreeMap<String, Vec<String>>,
}

/// A key that nothing reads.
pub struct UnknownKey<'n> {
    /// The key and its value.
    pub entry: &'n Entry,
    /// Its path.
    pub path: String,
    /// Where the chart reads such a value.
    pub read_at: Vec<String>,
    /// The key of the same map that is nearest.
    pub nearest: Option<String>,
}

impl KeysSpec {
    /// Keys that nothing reads. What is empty sets nothing, and `global` is for charts within.
    pub fn unknown<'n>(&self, values: &'n Node) -> Vec<UnknownKey<'n>> {
        let root = (!self.root.is_empty()).then_some(("", &self.root));
        let lists = root.into_iter().chain(self.below.iter().map(|(path, keys)| (path.as_str(), keys)));
        let mut found = Vec::new();
        for (path, keys) in lists {
            let map = if path.is_empty() { Some(values) } else { values.dig(path) };
            for entry in map.into_iter().flat_map(Node::entries) {
                let key = entry.key.as_str();
                let is_meant = key == "global" || key.starts_with("x-") || key.contains("${");
                if keys.contains(key) || is_meant || is_empty(&entry.value) {
                    continue;
                }
                let whole = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                found.push(UnknownKey {
                    entry,
                    read_at: self.moved.get(&whole).cloned().unwrap_or_else(|| self.elsewhere(key)),
                    nearest: nearest_name(key, keys.iter().map(String::as_str)).map(ToOwned::to_owned),
                    path: whole,
                });
            }
        }
        found
    }

    /// Where else the chart reads a key of this name.
    fn elsewhere(&self, key: &str) -> Vec<String> {
        let here = self.below.iter().filter(|(_, keys)| keys.contains(key));
        here.map(|(path, _)| format!("{path}.{key}")).chain(self.root.get(key).cloned()).collect()
    }

    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        let list = |path: &str| match path.rsplit_once('.') {
            Some((map, key)) => self.below.get(map).map(|keys| (keys, key.to_owned())),
            None => Some((&self.root, path.to_owned())),
        };
        self.moved.iter().find_map(|(from, to)| {
            match list(from) {
                Some((keys, key)) if keys.contains(&key) => {
                    return Some(format!("`{from}` is moved, and stands in the list of keys that are read"));
                }
                Some((keys, _)) if !keys.is_empty() => {}
                _ => return Some(format!("`{from}` is moved, but the list of the keys beside it is not given")),
            }
            let is_lost =
                |path: &&String| list(path).is_some_and(|(keys, key)| !keys.is_empty() && !keys.contains(&key));
            let path = to.iter().find(is_lost)?;
            Some(format!("`{from}` is moved to `{path}`, which is not in the list of keys that are read"))
        })
    }
}
