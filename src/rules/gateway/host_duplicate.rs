//! A hostname and path is served once on a Gateway or class. Card: rules/gateway/host-duplicate.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::gateway::{Route, hosts, is_template};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Annotations by which a controller divides one host among several Ingresses.
const DIVIDED: [&str; 2] = ["nginx.ingress.kubernetes.io/canary", "haproxy.org/route-acl"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostDuplicate {}

/// Where something is served: the proxy, the hostname, the path.
type Served = (String, String, String);

/// Who serves it, with the place of the hostname.
type Server<'w> = (&'w Object, &'w Node);

impl Rule for HostDuplicate {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut first: HashMap<Served, Server<'_>> = HashMap::new();
        let mut served: Vec<(Served, Server<'_>)> = Vec::new();
        let gateways = cluster.gateways();
        for route in gateways.routes.iter().filter(|route| route.kind == "HTTPRoute" && route.is_object()) {
            let paths = paths(route);
            for (parent, name) in route.parents.iter().filter_map(|parent| Some((parent, parent.name()?))) {
                let section = parent.section.and_then(Node::as_str).unwrap_or_default();
                let proxy = format!("{} `{}/{name}` {section}", parent.kind, parent.namespace);
                for node in &route.hostnames {
                    let Some(host) = hosts::hostname(node).filter(|host| !is_template(host)) else { continue };
                    for path in &paths {
                        served.push(((proxy.trim_end().to_owned(), host.clone(), path.clone()), (route.object, node)));
                    }
                }
            }
        }
        for ingress in cluster.of_kind("networking.k8s.io", "Ingress") {
            let is_divided = DIVIDED.iter().any(|key| ingress.at(&["metadata", "annotations", key]).is_some());
            let class = ingress.dig("spec.ingressClassName").and_then(Node::shown).unwrap_or_default();
            for rule in ingress.dig("spec.rules").map(Node::items).unwrap_or_default().iter().filter(|_| !is_divided) {
                let Some(node) = rule.get("host") else { continue };
                let Some(host) = hosts::hostname(node).filter(|host| !is_template(host)) else { continue };
                for path in rule.at(&["http", "paths"]).map(Node::items).unwrap_or_default() {
                    let text = |key: &str| path.get(key).and_then(Node::shown).unwrap_or_default().into_owned();
                    let path = format!("{} {}", text("pathType"), text("path"));
                    served.push(((format!("IngressClass `{class}`"), host.clone(), path), (ingress, node)));
                }
            }
        }
        for (key, (object, node)) in served {
            match first.get(&key) {
                None => drop(first.insert(key, (object, node))),
                // One that is built twice has two owners, not two servers.
                Some((other, _)) if other.reference() == object.reference() => {}
                Some((other, place)) => {
                    let found = twice(&key, (object, node), (other, place));
                    out.report(weighed(cluster, object, Confidence::Medium, found));
                }
            }
        }
    }
}

/// The paths of a route that nothing but the path tells apart.
fn paths(route: &Route<'_>) -> Vec<String> {
    let whole = || "PathPrefix /".to_owned();
    let mut paths = Vec::new();
    for rule in route.spec.get("rules").map(Node::items).unwrap_or_default() {
        let matches = rule.get("matches").map(Node::items).unwrap_or_default();
        if matches.is_empty() {
            paths.push(whole());
        }
        for one in matches {
            if ["headers", "queryParams", "method"].iter().any(|key| one.get(key).is_some()) || one.holds_unknown() {
                continue;
            }
            let text = |key: &str, default: &str| {
                let written = one.at(&["path", key]).and_then(Node::shown);
                written.map_or_else(|| default.to_owned(), std::borrow::Cow::into_owned)
            };
            paths.push(format!("{} {}", text("type", "PathPrefix"), text("value", "/")));
        }
    }
    paths
}

fn twice(key: &Served, (object, node): Server<'_>, (other, place): (&Object, &Node)) -> Observation {
    let (proxy, host, path) = key;
    let path = path.rsplit(' ').next().unwrap_or_default();
    Observation::new(
        "host-duplicate",
        format!("{} serves `{host}{path}` on {proxy}, as {} does", object.reference(), other.reference()),
        Label::new(node.span(), "served twice"),
    )
    .about(object.reference(), format!("hostnames[{host}{path}]"))
    .related(Label::new(place.span(), "served here too"))
}
