//! Charts come from where they are published. Card: rules/upgrade/chart-moved.md

use std::sync::LazyLock;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

const SOURCES: &str = "source.toolkit.fluxcd.io";

/// A row of `rules/chart-homes.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Home {
    charts: Vec<String>,
    old: Vec<String>,
    new: Vec<String>,
    since: String,
    source: String,
}

// A table that cannot be read is caught by a test; it is a part of the program.
static HOMES: LazyLock<Vec<Home>> = LazyLock::new(|| table!("chart-homes").unwrap_or_default());

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartMoved {}

impl Rule for ChartMoved {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            out.observations.extend(moved(cluster, release));
        }
    }
}

fn moved<'w>(cluster: &Cluster<'w>, release: &'w Object) -> Option<Observation> {
    let chart = cluster.chart(release)?;
    let (name, url) = (chart.name.as_deref()?, chart.url.as_deref()?);
    let home = HOMES
        .iter()
        .find(|home| home.charts.iter().any(|chart| chart == name) && home.old.iter().any(|old| at(url, old)))?;
    let (named, address) = source(cluster, release)?;
    // A repository may serve other charts that stay: then the release is the place to edit.
    let is_own = chart.is_oci_artifact;
    let (primary, other) = if is_own { (address, named) } else { (named, address) };
    let new = match home.new.as_slice() {
        [_, registry] if url.starts_with("oci://") => format!("{registry}/{name}"),
        [repository, ..] => repository.clone(),
        [] => return None,
    };
    let found = Observation::new(
        "chart-moved",
        format!("{} takes chart `{name}` from `{url}`, from where it moved on {}", release.reference(), home.since),
        Label::new(primary.span(), "the former home"),
    )
    .about(release.reference(), "spec.chart")
    .trail(trail(primary))
    .related(Label::new(other.span(), if is_own { "used here" } else { "its address" }))
    .why(format!("The chart gets no more updates there, or only for another edition ({}).", home.source))
    .help(format!("take the chart from `{new}`, and read what changed between the versions"));
    Some(weighed(cluster, release, Confidence::Medium, found))
}

/// Whether an address is below another one.
fn at(url: &str, old: &str) -> bool {
    let plain = url.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("oci://");
    plain.strip_prefix(old).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name by which a release names its source, and the address of that.
fn source<'w>(cluster: &Cluster<'w>, release: &'w Object) -> Option<(&'w Node, &'w Node)> {
    let reference = release.dig("spec.chartRef").or_else(|| release.dig("spec.chart.spec.sourceRef"))?;
    let name = reference.get("name")?;
    let kind = reference.get("kind").and_then(Node::as_str)?;
    let namespace = reference.get("namespace").and_then(Node::as_str).unwrap_or_else(|| release.namespace());
    let source = cluster.get(SOURCES, kind, namespace, name.as_str()?)?;
    Some((name, source.dig("spec.url")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(!HOMES.is_empty());
    }
}
