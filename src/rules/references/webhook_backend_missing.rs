//! Webhooks and aggregated APIs lead to a Service that exists. Card: rules/references/webhook-backend-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

const GROUPS: [&str; 3] = ["admissionregistration.k8s.io", "apiregistration.k8s.io", "apiextensions.k8s.io"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookBackendMissing {}

impl Rule for WebhookBackendMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("webhook-backend-missing", cluster, out, |link| {
            link.kind == "Service" && GROUPS.contains(&link.from.gvk.group.as_str())
        });
    }
}
