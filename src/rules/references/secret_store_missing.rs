//! Every secret store that is named exists. Card: rules/references/secret-store-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretStoreMissing {}

impl Rule for SecretStoreMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("secret-store-missing", cluster, out, |link| link.group == "external-secrets.io");
    }
}
