//! Ingresses send to Services and ports that exist. Card: rules/gateway/ingress-backend-missing.md

use serde::Deserialize;

use super::backends;
use crate::cluster::Cluster;
use crate::cluster::gateway::Backend;
use crate::rulebook::{Rule, Sink};

const ID: &str = "ingress-backend-missing";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressBackendMissing {}

impl Rule for IngressBackendMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut ingresses = cluster.of_kind("networking.k8s.io", "Ingress").peekable();
        if ingresses.peek().is_none() {
            return;
        }
        let services = cluster.services();
        for ingress in ingresses {
            for backend in Backend::of_ingress(ingress) {
                backends::missing(ID, cluster, services, (ingress, &backend), out);
                backends::port(ID, cluster, services, (ingress, &backend), out);
            }
        }
    }
}
