//! Loki runs in a mode that will stay. Card: rules/upgrade/loki-mode-deprecated.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::observability::loki_values::Loki;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiModeDeprecated {}

impl Rule for LokiModeDeprecated {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(Loki::is_loki_3) {
            let written = loki.value("deploymentMode").node();
            let mode = loki.mode();
            // Where the mode is the chart's own, a single pod tells that another one is meant.
            let runs = loki.replicas("write").is_none_or(|replicas| replicas > 0);
            if mode.as_deref() != Some("SimpleScalable") || (written.is_none() && !runs) {
                continue;
            }
            let by_default = if written.is_none() { " by default" } else { "" };
            let found = Observation::new(
                "loki-mode-deprecated",
                format!(
                    "{} runs Loki in mode SimpleScalable{by_default}, which Loki 4 no longer has",
                    loki.object.reference()
                ),
                Label::new(written.map_or_else(|| loki.object.place(), |node| node.span()), "goes away with Loki 4"),
            )
            .about(loki.object.reference(), "spec.values.deploymentMode");
            out.report(loki.weighed(cluster, Confidence::Medium, found));
        }
    }
}
