//! Every ServiceAccount that a binding grants something exists. Card: rules/references/subject-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubjectMissing {}

impl Rule for SubjectMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("subject-missing", cluster, out, |link| {
            let is_subject = link.field == "subjects[]" && link.kind == "ServiceAccount";
            // The control plane has accounts of its own, and Flux's manifests bind controllers that are left out.
            let is_foreign = link.namespace.starts_with("kube-") || cluster.is_flux_namespace(&link.namespace);
            is_subject && !link.namespace.is_empty() && !is_foreign
        });
    }
}
