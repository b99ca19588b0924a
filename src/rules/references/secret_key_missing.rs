//! Every key that is asked of a Secret is one it has. Card: rules/references/secret-key-missing.md

use serde::Deserialize;

use super::keys;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretKeyMissing {}

impl Rule for SecretKeyMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        keys::check("secret-key-missing", cluster, out, |link| {
            link.group.is_empty() && link.kind == "Secret" && link.from.kind() != "HelmRelease"
        });
    }
}
