//! Webhooks and aggregated APIs lead to a Service that exists. Card: rules/references/webhook-backend-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

const GROUPS: [&str; 3] = ["admissionregistration.k8s.io", "apiregistration.k8s.io", "apiextensions.k8s.io"];

/// Whether the tree has anything in a namespace.
fn lives(cluster: &Cluster<'_>, namespace: &str) -> bool {
    cluster.in_namespace(namespace).next().is_some()
}

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookBackendMissing {}

impl Rule for WebhookBackendMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("webhook-backend-missing", cluster, out, |link| {
            let is_backend = link.kind == "Service" && GROUPS.contains(&link.from.gvk.group.as_str());
            // Published CRDs name a Service that the operator puts in later.
            is_backend && (link.from.kind() != "CustomResourceDefinition" || lives(cluster, &link.namespace))
        });
    }
}
