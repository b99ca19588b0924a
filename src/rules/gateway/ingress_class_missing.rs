//! The class of an Ingress exists. Card: rules/gateway/ingress-class-missing.md

use serde::Deserialize;

use super::classes;
use crate::cluster::Cluster;
use crate::finding::Confidence;
use crate::rulebook::{Rule, Sink};

const GROUP: &str = "networking.k8s.io";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressClassMissing {}

impl Rule for IngressClassMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for ingress in cluster.of_kind(GROUP, "Ingress") {
            if let Some(node) = ingress.dig("spec.ingressClassName") {
                let kind = (GROUP, "IngressClass");
                classes::check("ingress-class-missing", cluster, (ingress, node), kind, Confidence::Low, out);
            }
        }
    }
}
