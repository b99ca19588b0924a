//! Every claim that something mounts exists. Card: rules/storage/pvc-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};
use crate::rules::references::missing;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PvcMissing {}

impl Rule for PvcMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("pvc-missing", cluster, out, |link| {
            let is_claim = (link.group, link.kind) == ("", "PersistentVolumeClaim");
            // What fills a claim is the matter of another rule.
            is_claim && link.from.kind() != "PersistentVolumeClaim"
        });
    }
}
