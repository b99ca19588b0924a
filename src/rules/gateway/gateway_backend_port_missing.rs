//! Routes send to ports that the Service has. Card: rules/gateway/gateway-backend-port-missing.md

use serde::Deserialize;

use super::backends;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayBackendPortMissing {}

impl Rule for GatewayBackendPortMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let routes = &cluster.gateways().routes;
        if routes.is_empty() {
            return;
        }
        let services = cluster.services();
        for (object, backend) in backends::of_routes(routes).filter(|(_, backend)| backend.is_service()) {
            backends::port("gateway-backend-port-missing", cluster, services, (object, &backend), out);
        }
    }
}
