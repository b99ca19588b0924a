//! Values that a chart requires are given. Card: rules/schema/chart-required-value-missing.md

use serde::Deserialize;

use super::chart_notes;
use crate::build::charts::Trouble;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartRequiredValueMissing {}

impl Rule for ChartRequiredValueMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        chart_notes::check("chart-required-value-missing", cluster, out, &[(Trouble::Missing, "a value is missing")]);
    }
}
