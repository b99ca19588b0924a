//! Objects that custom resources name exist. Card: rules/references/custom-reference-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomReferenceMissing {}

impl Rule for CustomReferenceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("custom-reference-missing", cluster, out, |link| link.group == "postgresql.cnpg.io");
    }
}
