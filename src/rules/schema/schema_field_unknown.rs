//! Fields are those of the kind. Card: rules/schema/schema-field-unknown.md

use serde::Deserialize;

use super::violations::report;
use crate::cluster::Cluster;
use crate::cluster::schemas::Trouble;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SchemaFieldUnknown {}

impl Rule for SchemaFieldUnknown {
    fn prepare(&self, cluster: &Cluster<'_>) {
        cluster.judge();
    }

    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        report("schema-field-unknown", cluster, Trouble::Field, out);
    }
}
