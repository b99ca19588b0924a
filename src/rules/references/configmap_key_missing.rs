//! Every key that is asked of a ConfigMap is one it has. Card: rules/references/configmap-key-missing.md

use serde::Deserialize;

use super::keys;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigmapKeyMissing {}

impl Rule for ConfigmapKeyMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        keys::check("configmap-key-missing", cluster, out, |link| {
            link.group.is_empty() && link.kind == "ConfigMap" && link.from.kind() != "HelmRelease"
        });
    }
}
