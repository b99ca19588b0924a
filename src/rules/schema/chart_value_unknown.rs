//! Charts read every key of their values. Card: rules/schema/chart-value-unknown.md

use serde::Deserialize;

use crate::cluster::profiles::UnknownKey;
use crate::cluster::release::Release;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Entry;

const ID: &str = "chart-value-unknown";

/// How many places a hint names.
const PLACES: usize = 4;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartValueUnknown {}

impl Rule for ChartValueUnknown {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for release in cluster.releases() {
            let Some(fit) = cluster.profiles().of_release(release) else { continue };
            let unknown = fit.profile.values.unknown(release.values);
            let unknown = unknown.into_iter().filter(|key| !holds_anchor(cluster, key.entry));
            for key in unknown {
                if fit.is_verified {
                    out.report(weighed(cluster, release.object, Confidence::Medium, found(release, &key)));
                } else {
                    let what = format!("value `{}` of {}", key.path, release.object.reference());
                    let why = format!("the keys were read of another version: {}", fit.profile.source());
                    out.undecided(cluster, "values", what, &why);
                }
            }
        }
    }
}

fn found(release: &Release<'_>, key: &UnknownKey<'_>) -> Observation {
    let chart = release.chart.unwrap_or_default();
    let reference = release.object.reference();
    let message = format!("value `{}` of {reference} is read by nothing in chart `{chart}`", key.path);
    let found = Observation::new(ID, message, Label::new(key.entry.key_span, "read by nothing"))
        .about(reference, format!("spec.values.{}", key.path))
        .trail(trail(&key.entry.value))
        .why("Helm passes a value that no template reads on without a word: the setting has no effect.");
    let places: Vec<String> = key.read_at.iter().take(PLACES).map(|path| format!("`{path}`")).collect();
    match (places.as_slice(), &key.nearest) {
        ([], Some(nearest)) => found.help(format!("did you mean `{nearest}`?")),
        ([], None) => found.help(format!("remove it, or write it where chart `{chart}` reads it")),
        ([only], _) => found.help(format!("write it as {only}, where the chart reads it")),
        (several, _) => found.help(format!("write it where the chart reads it: {}", several.join(", "))),
    }
}

/// Whether the value is there for others to be written by its anchor.
fn holds_anchor(cluster: &Cluster<'_>, entry: &Entry) -> bool {
    let (key, value) = (entry.key_span, entry.value.span());
    if key.file != value.file || value.range().end <= key.range().start {
        return false;
    }
    let text = cluster.sources().text(key.to(value));
    text.split_whitespace().any(|word| word.len() > 1 && word.starts_with('&'))
}
