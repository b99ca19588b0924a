//! Every Secret that is named exists or is made. Card: rules/references/secret-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretMissing {}

impl Rule for SecretMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("secret-missing", cluster, out, |link| {
            let is_certificate = link.field.starts_with("spec.tls[]") || link.field.contains("certificateRefs");
            let is_other = is_certificate || link.field.starts_with("spec.valuesFrom");
            link.group.is_empty() && link.kind == "Secret" && !is_other
        });
    }
}
