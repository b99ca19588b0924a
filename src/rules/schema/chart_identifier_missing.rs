//! Identifiers in values of a chart name items of these values. Card: rules/schema/chart-identifier-missing.md

use serde::Deserialize;

use super::chart_notes;
use crate::build::charts::Trouble;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartIdentifierMissing {}

impl Rule for ChartIdentifierMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        chart_notes::check("chart-identifier-missing", cluster, out, &[(Trouble::NoSuchItem, "no such item")]);
    }
}
