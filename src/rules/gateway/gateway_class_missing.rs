//! The class of a Gateway exists. Card: rules/gateway/gateway-class-missing.md

use serde::Deserialize;

use super::classes;
use crate::cluster::Cluster;
use crate::cluster::gateway::GROUP;
use crate::finding::Confidence;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayClassMissing {}

impl Rule for GatewayClassMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for gateway in cluster.of_kind(GROUP, "Gateway") {
            if let Some(node) = gateway.dig("spec.gatewayClassName") {
                let kind = (GROUP, "GatewayClass");
                classes::check("gateway-class-missing", cluster, (gateway, node), kind, Confidence::Medium, out);
            }
        }
    }
}
