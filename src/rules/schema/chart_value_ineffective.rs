//! Values of a chart have an effect. Card: rules/schema/chart-value-ineffective.md

use serde::Deserialize;

use super::chart_notes;
use crate::build::charts::Trouble;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartValueIneffective {}

impl Rule for ChartValueIneffective {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        chart_notes::check(
            "chart-value-ineffective",
            cluster,
            out,
            &[(Trouble::Ignored, "no effect"), (Trouble::Literal, "not evaluated")],
        );
    }
}
