//! What routes and Ingresses send their traffic to.

use super::route::Route;
use crate::build::Object;
use crate::yaml::Node;

/// Paths of backend references below the spec of a route.
const OF_ROUTE: [&str; 3] = [
    "rules[].backendRefs[]",
    "rules[].filters[].requestMirror.backendRef",
    "rules[].backendRefs[].filters[].requestMirror.backendRef",
];

/// Paths of backends below an Ingress.
const OF_INGRESS: [&str; 2] = ["spec.rules[].http.paths[].backend.service", "spec.defaultBackend.service"];

/// A backend.
#[derive(Clone, Debug)]
pub struct Backend<'w> {
    /// The reference.
    pub node: &'w Node,
    /// Group of what is meant.
    pub group: &'w str,
    /// Kind of what is meant.
    pub kind: &'w str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: &'w Node,
    /// The port.
    pub port: Option<&'w Node>,
}

impl<'w> Backend<'w> {
    /// The backends of a route, as far as their kinds are known.
    pub fn of_route(route: &Route<'w>) -> Vec<Self> {
        let nodes = OF_ROUTE.iter().flat_map(|path| route.spec.each(path));
        nodes.filter_map(|node| Backend::of_reference(node, &route.namespace)).collect()
    }

    fn of_reference(node: &'w Node, namespace: &str) -> Option<Self> {
        let given = |key: &str| node.get(key).filter(|value| !value.is_null());
        let or = |key: &str, default: &'w str| match given(key) {
            Some(value) => value.as_str(),
            None => Some(default),
        };
        Some(Backend {
            node,
            group: or("group", "")?,
            kind: or("kind", "Service")?,
            namespace: match given("namespace") {
                Some(written) => written.shown()?.into_owned(),
                None => namespace.to_owned(),
            },
            name: given("name")?,
            port: given("port"),
        })
    }

    /// The backends of an Ingress. What a controller makes of an annotation is none.
    pub fn of_ingress(ingress: &'w Object) -> Vec<Self> {
        let nodes = OF_INGRESS.iter().flat_map(|path| ingress.node.each(path));
        nodes
            .filter_map(|node| {
                let port = node.get("port").and_then(|port| port.get("number").or_else(|| port.get("name")));
                let by_annotation = port.and_then(Node::as_str) == Some("use-annotation");
                let name = node.get("name").filter(|name| !name.is_null() && !by_annotation)?;
                let namespace = ingress.namespace().to_owned();
                Some(Backend { node, group: "", kind: "Service", namespace, name, port })
            })
            .collect()
    }

    /// Whether a Service is meant.
    pub fn is_service(&self) -> bool {
        self.group.is_empty() && self.kind == "Service"
    }
}
