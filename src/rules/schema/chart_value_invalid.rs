//! A chart takes the values it is given. Card: rules/schema/chart-value-invalid.md

use serde::Deserialize;

use super::{chart_notes, violations};
use crate::build::charts::Trouble;
use crate::cluster::Cluster;
use crate::cluster::flux::HELM;
use crate::cluster::schemas::values;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartValueInvalid {}

impl Rule for ChartValueInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        chart_notes::check("chart-value-invalid", cluster, out, &[(Trouble::Invalid, "the chart refuses it")]);
        for release in cluster.of_kind(HELM, "HelmRelease") {
            let Ok(violations) = values::violations(cluster, release) else {
                let what = format!("the values of {}", release.reference());
                out.undecided(cluster, "schema", what, "the schema of its chart is none, or asks for too much work");
                continue;
            };
            for violation in violations {
                out.observations.extend(violations::finding("chart-value-invalid", cluster, &violation));
            }
        }
    }
}
