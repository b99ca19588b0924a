//! Keys that become environment variables can be read as such. Card: rules/references/env-key-invalid.md

use serde::Deserialize;

use super::missing::{confidence, shown, wanted};
use crate::cluster::producers::Keys;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Keys that are shown.
const MOST_SHOWN: usize = 3;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvKeyInvalid {}

impl Rule for EnvKeyInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for link in wanted(cluster, |link| link.field.contains("envFrom")) {
            let Some(keys) = cluster.keys(link.kind, &link.namespace, &link.name) else { continue };
            if !is_unusable(&keys) {
                continue;
            }
            let names: Vec<String> = keys.known.keys().take(MOST_SHOWN).map(|key| format!("`{key}`")).collect();
            let message = format!(
                "{} takes its environment from {}, whose keys are no names of variables: {}",
                link.from.reference(),
                shown(link),
                names.join(", ")
            );
            let mut found = Observation::new("env-key-invalid", message, Label::new(link.node.span(), "no usable key"))
                .about(link.from.reference(), format!("{}[{}]", link.field, link.name))
                .trail(trail(link.node));
            for place in keys.known.values().take(MOST_SHOWN) {
                found = found.related(Label::new(*place, "no name of a variable"));
            }
            out.report(match confidence(cluster, link) {
                Some(confidence) => found.confidence(confidence),
                None => found,
            });
        }
    }
}

/// Whether all keys are known and no program would look for any of them in its environment: they are names of files.
fn is_unusable(keys: &Keys) -> bool {
    let is_name = |key: &str| {
        !key.starts_with(|c: char| c.is_ascii_digit()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_file =
        |key: &str| key.rsplit_once('.').is_some_and(|(_, ending)| FILES.contains(&ending)) || key.starts_with('.');
    !keys.open
        && !keys.known.is_empty()
        && keys.known.keys().all(|key| !is_name(key))
        && keys.known.keys().any(|key| is_file(key))
}

/// Endings of files that hold settings. Dots alone prove nothing: some frameworks read `spring.datasource.url`.
const FILES: [&str; 13] =
    ["cfg", "conf", "crt", "env", "ini", "json", "key", "pem", "properties", "sh", "toml", "yaml", "yml"];
