//! A HelmRelease has one chart. Card: rules/schema/helm-chart-ambiguous.md

use serde::Deserialize;

use crate::cluster::flux::HELM;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HelmChartAmbiguous {}

impl Rule for HelmChartAmbiguous {
    // Source: helm-controller `api/v2/helmrelease_types.go`, the rule on `HelmReleaseSpec`.
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind(HELM, "HelmRelease").filter(|object| object.gvk.version == "v2") {
            let Some(spec) = object.at(&["spec"]).filter(|spec| !spec.is_unknown()) else { continue };
            let entry = |key: &str| spec.as_map().and_then(|map| map.entry(key)).filter(|entry| !entry.value.is_null());
            let about = |found: Observation, key: &str| {
                found.about(object.reference(), format!("spec.{key}")).trail(trail(spec))
            };
            match (entry("chart"), entry("chartRef")) {
                (Some(chart), Some(reference)) => {
                    let message = format!("{} has both `chart` and `chartRef`, and may have one", object.reference());
                    let found = Observation::new(
                        "helm-chart-ambiguous",
                        message,
                        Label::new(reference.key_span, "a second chart"),
                    )
                    .related(Label::new(chart.key_span, "a chart"))
                    .help("keep the one that is meant");
                    out.report(about(found, "chartRef"));
                }
                (None, None) => {
                    let message = format!("{} has neither `chart` nor `chartRef`", object.reference());
                    let place = object
                        .node
                        .as_map()
                        .and_then(|map| map.entry("spec"))
                        .map_or_else(|| object.place(), |entry| entry.key_span);
                    let found = Observation::new("helm-chart-ambiguous", message, Label::new(place, "no chart"))
                        .help("name the chart of a repository with `chart`, or a source of it with `chartRef`");
                    out.report(about(found, "chart"));
                }
                _ => {}
            }
        }
    }
}
