//! Fields that a kind asks for are there. Card: rules/schema/schema-required-missing.md

use serde::Deserialize;

use super::violations::report;
use crate::cluster::Cluster;
use crate::cluster::schemas::Trouble;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SchemaRequiredMissing {}

impl Rule for SchemaRequiredMissing {
    fn prepare(&self, cluster: &Cluster<'_>) {
        cluster.judge();
    }

    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        report("schema-required-missing", cluster, Trouble::Missing, out);
    }
}
