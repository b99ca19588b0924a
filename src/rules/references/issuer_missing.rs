//! Every issuer of certificates that is named exists. Card: rules/references/issuer-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IssuerMissing {}

impl Rule for IssuerMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("issuer-missing", cluster, out, |link| link.group == "cert-manager.io");
    }
}
