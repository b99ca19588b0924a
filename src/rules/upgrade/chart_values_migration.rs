//! Values have the names that the version of the chart reads. Card: rules/upgrade/chart-values-migration.md

use std::sync::LazyLock;

use serde::Deserialize;

use crate::build::Object;
use crate::build::charts::numbers;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::{Entry, Node};

/// A row of `rules/chart-renames.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    charts: Vec<String>,
    since: String,
    old: String,
    new: Option<String>,
    source: String,
}

// A table that cannot be read is caught by a test; it is a part of the program.
static RENAMES: LazyLock<Vec<Rename>> = LazyLock::new(|| table!("chart-renames").unwrap_or_default());

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartValuesMigration {}

impl Rule for ChartValuesMigration {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            let Some((chart, values)) = cluster.chart(release).zip(cluster.values(release)) else { continue };
            let (Some(name), Some(version)) = (chart.name.as_deref(), chart.version.as_deref()) else { continue };
            let Some(pinned) = numbers(version) else { continue };
            for row in RENAMES.iter().filter(|row| row.charts.iter().any(|chart| chart == name)) {
                if numbers(&row.since).is_none_or(|since| pinned < since) {
                    continue;
                }
                for (path, entry) in entries(&values.root, &row.old) {
                    let found = finding(release, row, &format!("`{name}` {version}"), &path, entry);
                    out.report(weighed(cluster, release, Confidence::Medium, found));
                }
            }
        }
    }
}

/// The entries at a path in which `*` is any key, with their own paths.
fn entries<'n>(root: &'n Node, path: &str) -> Vec<(String, &'n Entry)> {
    let mut parents: Vec<(String, &Node)> = vec![(String::new(), root)];
    let mut found = Vec::new();
    for part in path.split('.') {
        found = parents
            .iter()
            .flat_map(|(path, node)| node.entries().map(move |entry| (path, entry)))
            .filter(|(_, entry)| part == "*" || entry.key == part)
            .map(|(path, entry)| (format!("{path}.{}", entry.key), entry))
            .collect();
        parents = found.iter().map(|(path, entry)| (path.clone(), &entry.value)).collect();
    }
    found
}

fn finding(release: &Object, row: &Rename, chart: &str, path: &str, entry: &Entry) -> Observation {
    let path = path.trim_start_matches('.');
    let found = |what: &str| {
        Observation::new(
            "chart-values-migration",
            format!(
                "value `{path}` of {} {what} since {} of its chart, which is {chart}",
                release.reference(),
                row.since
            ),
            Label::new(entry.key_span, "the former name"),
        )
        .about(release.reference(), format!("spec.values.{path}"))
        .trail(trail(&entry.value))
        .why(format!("The chart reads it no longer, or for a while yet ({}).", row.source))
    };
    let Some(new) = &row.new else { return found("is gone").help("remove the value") };
    let found = found(&format!("is called `{new}`")).help(format!("move it to `{new}`"));
    // A key beside the old one is only another word.
    if !row.old.contains('*') || !entry.value.origin.is_source() {
        return found;
    }
    found.fix(Fix {
        title: format!("call it `{new}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span: entry.key_span, text: new.clone() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(!RENAMES.is_empty());
        assert!(RENAMES.iter().all(|row| numbers(&row.since).is_some() && row.source.contains('/')));
    }
}
