//! Which kinds come with which chart, and with it the operator that acts on them: the table and its answers.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Cluster;
use super::pods::Release;
use crate::build::Object;
use crate::yaml::Node;

/// A chart that brings kinds of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// API groups of the kinds.
    pub groups: Vec<String>,
    /// Names of the chart.
    pub charts: Vec<String>,
    about: Option<String>,
    #[serde(default)]
    on: Vec<String>,
    #[serde(default)]
    off: Vec<String>,
    #[serde(default)]
    folder: bool,
    /// Whether it alone acts on these kinds.
    #[serde(default = "yes")]
    pub acts: bool,
    /// Where that is written.
    pub source: String,
}

fn yes() -> bool {
    true
}

static TABLE: LazyLock<Result<Vec<Operator>, String>> =
    LazyLock::new(|| table!("operators").map_err(|error| error.to_string()));

/// All rows.
pub fn operators() -> &'static [Operator] {
    // A table that cannot be read is caught by a test; it is a part of the program.
    TABLE.as_ref().map(Vec::as_slice).unwrap_or_default()
}

/// Rows for the kinds of a group.
pub fn of_group(group: &str) -> impl Iterator<Item = &'static Operator> {
    operators().iter().filter(move |operator| operator.groups.iter().any(|own| own == group))
}

impl Operator {
    /// Whether a release installs the chart.
    pub fn is_chart_of<'w>(&self, cluster: &Cluster<'w>, release: &'w Object) -> bool {
        let Some(chart) = Release::of(cluster, release).and_then(|release| release.chart) else { return false };
        let holds = |word: &str| {
            let texts =
                ["spec.chart.spec.chart", "spec.chart.spec.sourceRef.name", "spec.chartRef.name", "spec.releaseName"];
            release.name.contains(word)
                || texts
                    .iter()
                    .any(|path| release.dig(path).and_then(Node::as_str).is_some_and(|text| text.contains(word)))
        };
        self.charts.iter().any(|own| own == chart) && self.about.as_deref().is_none_or(holds)
    }

    /// Whether the release brings the CRDs; `None` where its values do not tell.
    pub fn brings_crds<'w>(&self, cluster: &Cluster<'w>, release: &'w Object) -> Option<bool> {
        let values = cluster.values(release)?;
        let flag = |path: &String| values.root.dig(path).map(Node::as_bool);
        if self.folder && release.dig("spec.install.crds").and_then(Node::as_str) == Some("Skip") {
            return Some(false);
        }
        if self.off.iter().any(|path| flag(path) == Some(Some(false))) {
            return Some(false);
        }
        if self.on.iter().any(|path| flag(path) == Some(Some(true))) {
            return Some(true);
        }
        // A switch that holds a variable, or may be set in values that cannot be read.
        let unclear = self.on.iter().chain(&self.off).any(|path| flag(path) == Some(None));
        let is_switched = !self.on.is_empty() || !self.off.is_empty();
        if unclear || (is_switched && !values.is_closed()) { None } else { Some(self.on.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_each_row_says_where_it_is_from() {
        assert_eq!(TABLE.as_ref().err(), None);
        assert!(
            operators().iter().all(|row| !row.groups.is_empty() && !row.charts.is_empty() && row.source.contains('/'))
        );
        assert_eq!(of_group("minio.min.io").count(), 1);
    }
}
