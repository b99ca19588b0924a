//! Who brings traffic from outside to the backends of routes and Ingresses.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::gateway::{GROUP, Gateways, Route};
use crate::cluster::pods::{Endpoint, Labels, Release, flag};
use crate::yaml::Node;

use super::edges::From;

/// Controller of Gateways of Envoy Gateway. Source: envoyproxy/gateway `api/v1alpha1/shared_types.go`.
const ENVOY: &str = "gateway.envoyproxy.io/gatewayclass-controller";
/// Controller of Gateways of Cilium. Source: cilium `operator/pkg/gateway-api/controller.go`.
const CILIUM: &str = "io.cilium/gateway-controller";

/// What stands before routes and Ingresses.
pub struct Proxies<'c, 'w> {
    cluster: &'c Cluster<'w>,
    releases: &'c [Release<'w>],
}

impl<'c, 'w> Proxies<'c, 'w> {
    /// Of a cluster.
    pub fn new(cluster: &'c Cluster<'w>) -> Self {
        Proxies { cluster, releases: cluster.releases() }
    }

    /// The proxies of the Gateways that a route attaches to.
    pub fn of_route(&self, gateways: &Gateways<'w>, route: &Route<'w>) -> Vec<From> {
        let parents = route.parents.iter().filter_map(|parent| gateways.parent(parent));
        parents.filter_map(|gateway| self.of_gateway(gateway.object)).collect()
    }

    fn of_gateway(&self, gateway: &Object) -> Option<From> {
        let class = gateway.dig("spec.gatewayClassName").and_then(Node::as_str)?;
        let class = self.cluster.get(GROUP, "GatewayClass", "", class);
        match class?.dig("spec.controllerName").and_then(Node::as_str)? {
            CILIUM => Some(From::Entity("ingress")),
            ENVOY => self.envoy(gateway),
            _ => None,
        }
    }

    /// Source: envoyproxy/gateway `internal/infrastructure/kubernetes/proxy/resource_provider.go`.
    fn envoy(&self, gateway: &Object) -> Option<From> {
        let release = self.releases.iter().find(|release| release.chart == Some("gateway-helm"))?;
        let values = self.cluster.values(release.object)?;
        let deploy = "config.envoyGateway.provider.kubernetes.deploy.type";
        let beside = match values.root.dig(deploy) {
            None => false,
            Some(node) if node.as_str() == Some("GatewayNamespace") => true,
            Some(node) if node.as_str() == Some("ControllerNamespace") => false,
            Some(_) => return None,
        };
        let namespace = if beside { gateway.namespace() } else { &release.namespace };
        let labels = Labels::unknown()
            .with("app.kubernetes.io/name", Some("envoy"))
            .with("app.kubernetes.io/component", Some("proxy"))
            .with("app.kubernetes.io/managed-by", Some("envoy-gateway"));
        let shown = format!("the proxy of {}", gateway.reference());
        Some(From::Endpoint(Box::new(Endpoint::new(namespace, labels)), shown))
    }

    /// The controller of an Ingress.
    pub fn of_ingress(&self, ingress: &Object) -> Option<From> {
        let class = ingress.dig("spec.ingressClassName").and_then(Node::as_str);
        let annotations = ingress.at(&["metadata", "annotations"]);
        let of_object = annotations.and_then(|node| node.get("kubernetes.io/ingress.class")).and_then(Node::as_str);
        let class = class.or(of_object)?;
        if class == "cilium" {
            return Some(From::Entity("ingress"));
        }
        let serves = |release: &&Release<'w>| {
            let Some(values) = self.cluster.values(release.object) else { return false };
            let name = match release.chart {
                Some("ingress-nginx") => values.root.dig("controller.ingressClassResource.name").and_then(Node::as_str),
                Some("traefik") => values.root.dig("ingressClass.name").and_then(Node::as_str),
                _ => return false,
            };
            let default = if release.chart == Some("traefik") { "traefik" } else { "nginx" };
            name.unwrap_or(default) == class
        };
        let release = self.releases.iter().find(serves)?;
        let values = self.cluster.values(release.object)?;
        let network = match release.chart {
            Some("traefik") => values.root.get("hostNetwork"),
            _ => values.root.dig("controller.hostNetwork"),
        };
        let mut endpoint = Endpoint::new(&release.namespace, Labels::unknown());
        endpoint.host_network = flag(network);
        Some(From::Endpoint(Box::new(endpoint), format!("the controller of {}", release.object.reference())))
    }
}
