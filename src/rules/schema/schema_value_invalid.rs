//! Values are those that their fields take. Card: rules/schema/schema-value-invalid.md

use serde::Deserialize;

use super::crd_rules;
use super::violations::{report, undecided};
use crate::cluster::Cluster;
use crate::cluster::schemas::Trouble;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SchemaValueInvalid {}

impl Rule for SchemaValueInvalid {
    fn prepare(&self, cluster: &Cluster<'_>) {
        cluster.judge();
    }

    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        report("schema-value-invalid", cluster, Trouble::Value, out);
        crd_rules::report("schema-value-invalid", cluster, out);
        undecided(cluster, out);
    }
}
