//! Routes: those of the tree, those that known charts make, and those that the values of other releases ask for.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::finding::ObjectRef;
use crate::yaml::{Node, Value};

use super::GROUP;

/// Kinds of routes.
const KINDS: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

/// What a route is called whose kind is the chart's affair.
pub const OF_ANY_KIND: &str = "route";

/// A route.
#[derive(Clone, Debug)]
pub struct Route<'w> {
    /// The object that it is, or whose values ask for it.
    pub object: &'w Object,
    /// Kind of the route; [`OF_ANY_KIND`] where the values of a chart do not tell.
    pub kind: &'w str,
    /// Its namespace.
    pub namespace: String,
    /// Its `spec`.
    pub spec: &'w Node,
    /// Its hostnames.
    pub hostnames: Vec<&'w Node>,
    /// Whether these are all.
    pub hostnames_known: bool,
    /// What it wants to attach to.
    pub parents: Vec<Parent<'w>>,
}

impl Route<'_> {
    /// The object that findings are about.
    pub fn reference(&self) -> ObjectRef {
        self.object.reference()
    }

    /// Whether it is an object of its own.
    pub fn is_object(&self) -> bool {
        self.object.gvk.group == GROUP
    }

    /// For people.
    pub fn shown(&self) -> String {
        if self.is_object() {
            self.reference().to_string()
        } else {
            format!("the {} of {}", self.kind, self.reference())
        }
    }
}

/// What a route wants to attach to.
#[derive(Clone, Debug)]
pub struct Parent<'w> {
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
    /// The listener that is asked for.
    pub section: Option<&'w Node>,
    /// The port that is asked for.
    pub port: Option<&'w Node>,
}

impl<'w> Parent<'w> {
    fn of(node: &'w Node, namespace: &str) -> Option<Self> {
        let given = |key: &str| node.get(key).filter(|value| !value.is_null());
        // What is not known is not taken for the default.
        let or = |key: &str, default: &'w str| match given(key) {
            Some(value) => value.as_str(),
            None => Some(default),
        };
        Some(Parent {
            node,
            group: or("group", GROUP)?,
            kind: or("kind", "Gateway")?,
            namespace: match given("namespace") {
                Some(written) => written.shown()?.into_owned(),
                None => namespace.to_owned(),
            },
            name: given("name")?,
            section: given("sectionName"),
            port: given("port"),
        })
    }

    /// Its name, where it is known.
    pub fn name(&self) -> Option<&'w str> {
        self.name.as_str().filter(|name| !is_template(name))
    }

    /// Whether a Gateway is meant.
    pub fn is_gateway(&self) -> bool {
        self.group == GROUP && self.kind == "Gateway"
    }

    /// Where the namespace is written, else the name.
    pub fn namespace_node(&self) -> &'w Node {
        self.node.get("namespace").filter(|node| !node.is_null()).unwrap_or(self.name)
    }

    /// Where the listener is written, else the port, else the name.
    pub fn listener_node(&self) -> &'w Node {
        self.section.or(self.port).unwrap_or(self.name)
    }
}

/// Text that something fills in later.
pub fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}

/// Every route of a cluster.
pub fn routes<'w>(cluster: &Cluster<'w>) -> Vec<Route<'w>> {
    let mut routes = Vec::new();
    for kind in KINDS {
        for object in cluster.of_kind(GROUP, kind) {
            if let Some(spec) = object.at(&["spec"]) {
                routes.push(route(object, kind, object.namespace().to_owned(), spec));
            }
        }
    }
    for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
        if cluster.is_rendered(release) || cluster.model(release).is_some() {
            continue;
        }
        let namespace = ReleaseNames::of(release).namespace;
        let Some(values) = cluster.values(release) else { continue };
        wanted(&values.root, &mut |spec| routes.push(route(release, OF_ANY_KIND, namespace.clone(), spec)));
    }
    for grafana in cluster.of_kind("grafana.integreatly.org", "Grafana") {
        if let Some(spec) = grafana.dig("spec.httpRoute.spec") {
            routes.push(route(grafana, "HTTPRoute", grafana.namespace().to_owned(), spec));
        }
    }
    routes
}

/// Maps of values that look like what charts make a route of.
fn wanted<'w>(node: &'w Node, found: &mut impl FnMut(&'w Node)) {
    match &node.value {
        Value::Map(map) => {
            let is_off = map.get("enabled").is_some_and(|enabled| enabled.as_bool() != Some(true));
            if is_off {
                return;
            }
            if map.get("parentRefs").is_some_and(|parents| !parents.items().is_empty()) {
                found(node);
                return;
            }
            map.iter().for_each(|entry| wanted(&entry.value, found));
        }
        Value::Seq(items) => items.iter().for_each(|item| wanted(item, found)),
        _ => {}
    }
}

fn route<'w>(object: &'w Object, kind: &'w str, namespace: String, spec: &'w Node) -> Route<'w> {
    let hostnames = spec.get("hostnames");
    let is_written = hostnames.is_some_and(|hostnames| !hostnames.is_null());
    let parents = spec.get("parentRefs").map(Node::items).unwrap_or_default();
    Route {
        object,
        kind,
        spec,
        hostnames: hostnames.map(Node::items).unwrap_or_default().iter().collect(),
        // A chart may have hostnames of its own.
        hostnames_known: !hostnames.is_some_and(Node::is_unknown) && (is_written || object.gvk.group == GROUP),
        parents: parents.iter().filter_map(|parent| Parent::of(parent, &namespace)).collect(),
        namespace,
    }
}
