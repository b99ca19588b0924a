//! Ingresses and routes, and the Services behind them.

use super::Template;
use super::items::{Item, Type};
use super::metadata::Head;
use super::services::{port_number, primary_port};
use crate::build::charts::draft::{Draft, made_of, unknown_of};
use crate::build::charts::go::{given, printed};
use crate::build::charts::made::Trouble;
use crate::yaml::{Node, Value};

/// Kinds of routes, with the version that clusters serve.
const ROUTES: [(&str, &str); 5] = [
    ("HTTPRoute", "gateway.networking.k8s.io/v1"),
    ("GRPCRoute", "gateway.networking.k8s.io/v1"),
    ("TCPRoute", "gateway.networking.k8s.io/v1alpha2"),
    ("TLSRoute", "gateway.networking.k8s.io/v1alpha2"),
    ("UDPRoute", "gateway.networking.k8s.io/v1alpha2"),
];

/// Where a path or a route leads.
struct Backend {
    name: Node,
    port: Option<Node>,
}

impl Template<'_> {
    /// The Service and port that a reference stands for. `place` is where it would stand.
    fn backend(&self, draft: &Draft, reference: Option<&Node>, path: &str) -> Backend {
        let own = |key: &str| reference.and_then(|reference| given(reference, key));
        let identifier = own("identifier").filter(|_| own("name").is_none());
        let mut service = identifier.and_then(Node::as_str).and_then(|id| self.item(Type::Service, id));
        let name = match (own("name"), identifier) {
            (Some(name), _) => {
                // Before 3.0 the name could be an identifier.
                let early = name.as_str().filter(|_| self.version.major < 3);
                service = early.and_then(|id| self.item(Type::Service, id));
                service
                    .and_then(|service| service.name.as_deref())
                    .map_or_else(|| name.clone(), |found| made_of(name, found))
            }
            (None, Some(identifier)) => self.reference(Type::Service, identifier, format!("{path}.identifier")),
            (None, None) => {
                service = self.only(Type::Service);
                // Whether 4.0 fills it in is not known.
                if service.is_none() || self.version.major < 4 {
                    self.missing(reference.map_or(draft.place(), Node::span), format!("{path}.identifier"));
                }
                match service.and_then(|service| service.name.as_deref()) {
                    Some(name) => draft.text(name),
                    None => draft.unknown("${SERVICE}"),
                }
            }
        };
        let port = match own("port") {
            Some(port) => match port.as_str() {
                // The name of a port of that Service.
                Some(named) => match service.and_then(|service| port_number(service, named)) {
                    Some(number) => Some(number.clone()),
                    None => {
                        if let Some(service) = service {
                            let message = format!("Service `{}` has no port `{named}`", service.id);
                            self.note(Trouble::NoSuchItem, port.span(), format!("{path}.port"), message);
                        }
                        Some(unknown_of(port, named))
                    }
                },
                None => Some(port.clone()),
            },
            None => service.and_then(primary_port).and_then(|port| port.get("port")).cloned(),
        };
        Backend { name, port: port.as_ref().map(printed) }
    }

    pub fn ingresses(&self) -> Vec<Node> {
        self.items(Type::Ingress).iter().filter_map(|item| self.ingress(item)).collect()
    }

    fn ingress(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let hosts = given(values, "hosts").map(|hosts| match &hosts.value {
            Value::Seq(list) => {
                let path = format!("ingress.{}.hosts", item.id);
                let made = list.iter().enumerate().map(|(at, host)| self.ingress_rule(host, &format!("{path}[{at}]")));
                Draft::at(hosts.span()).list(made.collect())
            }
            _ => hosts.clone(),
        });
        let backend = given(values, "defaultBackend").cloned();
        let rules = hosts.filter(|_| backend.is_none());
        let spec = draft.map([
            ("ingressClassName", given(values, "className").cloned()),
            ("tls", given(values, "tls").cloned()),
            ("defaultBackend", backend),
            ("rules", rules),
        ]);
        let head = Head::new(&draft, "networking.k8s.io/v1", "Ingress", item.name.as_deref()?);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    fn ingress_rule(&self, host: &Node, path: &str) -> Node {
        if host.is_unknown() {
            return host.clone();
        }
        let draft = Draft::at(host.span());
        let listed = host.get("paths").map(Node::items).unwrap_or_default();
        let paths = listed.iter().enumerate().map(|(at, one)| {
            let draft = Draft::at(one.span());
            let backend = self.backend(&draft, one.get("service"), &format!("{path}.paths[{at}].service"));
            let port = draft.map([("number", backend.port)]);
            let service = draft.map([("name", Some(backend.name)), ("port", Some(port))]);
            draft.map([
                ("path", one.get("path").cloned()),
                ("pathType", Some(given(one, "pathType").cloned().unwrap_or_else(|| draft.text("Prefix")))),
                ("backend", Some(draft.map([("service", Some(service))]))),
            ])
        });
        let http = draft.map([("paths", Some(draft.list(paths.collect())))]);
        draft.map([("host", host.get("host").cloned()), ("http", Some(http))])
    }

    pub fn routes(&self) -> Vec<Node> {
        self.items(Type::Route).iter().filter_map(|item| self.route(item)).collect()
    }

    fn route(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let written = given(values, "kind");
        let named = written.map_or(Some("HTTPRoute"), Node::as_str);
        let Some((kind, api)) = ROUTES.iter().find(|(kind, _)| Some(*kind) == named) else {
            if let Some(written) = written.filter(|written| !written.is_unknown()) {
                let message = format!("`{}` is no kind of a route", written.shown().unwrap_or_default());
                self.note(Trouble::Invalid, written.span(), format!("route.{}.kind", item.id), message);
            } else {
                self.remarks.gap(Type::Route.kinds(), format!("the kind of `route.{}` is not known", item.id));
            }
            return None;
        };
        let has_hosts = !matches!(*kind, "TCPRoute" | "UDPRoute");
        let spec = draft.map([
            ("parentRefs", self.parents(&draft, item)),
            ("hostnames", given(values, "hostnames").filter(|_| has_hosts).cloned()),
            ("rules", Some(self.route_rules(&draft, item, kind))),
        ]);
        let mut head = Head::new(&draft, api, kind, item.name.as_deref()?);
        if let Some(namespace) = given(values, "namespaceOverride").filter(|_| self.version.major >= 5) {
            head.namespace = Some(Some(namespace.clone()));
            self.remarks.gap(
                &[("gateway.networking.k8s.io", "ReferenceGrant")],
                format!("`route.{}` may bring a grant", item.id),
            );
        }
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    fn parents(&self, draft: &Draft, item: &Item) -> Option<Node> {
        let written = given(&item.values, "parentRefs")?;
        let Value::Seq(list) = &written.value else { return Some(written.clone()) };
        let made = list.iter().enumerate().map(|(at, one)| {
            if one.is_unknown() {
                return one.clone();
            }
            let own = Draft::at(one.span());
            let path = format!("route.{}.parentRefs[{at}]", item.id);
            if given(one, "identifier").is_some() && self.version.is_at_least(5, 2) {
                // A ListenerSet of the release.
                return own.unknown("${LISTENER_SET}");
            }
            let required = ["name", "namespace"];
            let count = if self.version.is_at_least(4, 2) { 1 } else { 2 };
            for key in required.iter().take(count).filter(|key| given(one, key).is_none()) {
                self.missing(one.span(), format!("{path}.{key}"));
            }
            let or = |key: &'static str, default: &str| {
                (key, Some(given(one, key).cloned().unwrap_or_else(|| own.text(default))))
            };
            let as_written = |key: &'static str| (key, given(one, key).cloned());
            own.map([
                or("group", "gateway.networking.k8s.io"),
                or("kind", "Gateway"),
                as_written("name"),
                as_written("namespace"),
                as_written("sectionName"),
                as_written("port"),
            ])
        });
        Some(draft.list(made.collect()))
    }

    fn route_rules(&self, draft: &Draft, item: &Item, kind: &str) -> Node {
        let path = format!("route.{}.rules", item.id);
        let Some(written) = given(&item.values, "rules") else {
            // One rule to the only Service.
            let own = Draft::at(item.place);
            if self.only(Type::Service).is_none() || !self.version.is_at_least(4, 1) {
                if self.version.is_at_least(4, 1) {
                    self.missing(item.place, path);
                }
                return own.list(Vec::new());
            }
            let backend = self.backend(&own, None, &path);
            let backends = own.list(vec![self.backend_reference(&own, None, backend)]);
            return own.list(vec![own.map([("backendRefs", Some(backends))])]);
        };
        let Value::Seq(list) = &written.value else { return written.clone() };
        let made = list.iter().enumerate().map(|(at, rule)| self.route_rule(rule, kind, &format!("{path}[{at}]")));
        draft.list(made.collect())
    }

    fn route_rule(&self, rule: &Node, kind: &str, path: &str) -> Node {
        if rule.is_unknown() {
            return rule.clone();
        }
        let draft = Draft::at(rule.span());
        let redirects = given(rule, "filters")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .find(|filter| filter.get("type").and_then(Node::as_str) == Some("RequestRedirect"));
        let listed = given(rule, "backendRefs");
        if let (Some(filter), Some(_)) = (redirects, listed) {
            let message = "a redirect has no backends".to_owned();
            self.note(Trouble::Invalid, filter.span(), format!("{path}.filters"), message);
        }
        let backends = match listed.map(|all| &all.value) {
            Some(Value::Seq(list)) => draft.list(
                list.iter()
                    .enumerate()
                    .map(|(at, one)| {
                        let own = Draft::at(one.span());
                        let backend = self.backend(&own, Some(one), &format!("{path}.backendRefs[{at}]"));
                        self.backend_reference(&own, Some(one), backend)
                    })
                    .collect(),
            ),
            Some(_) => listed.cloned().unwrap_or_else(|| draft.list(Vec::new())),
            None => draft.list(Vec::new()),
        };
        let only = |key: &'static str, applies: bool| (key, given(rule, key).filter(|_| applies).cloned());
        let is_request = matches!(kind, "HTTPRoute" | "GRPCRoute");
        draft.map([
            only("name", self.version.is_at_least(4, 2)),
            ("backendRefs", Some(backends)),
            only("matches", is_request),
            only("filters", is_request),
            only("sessionPersistence", is_request),
            only("timeouts", kind == "HTTPRoute"),
        ])
    }

    fn backend_reference(&self, draft: &Draft, written: Option<&Node>, backend: Backend) -> Node {
        let own = |key: &str| written.and_then(|written| given(written, key)).cloned();
        let namespace = || self.draft().text(self.release.names.namespace.as_str());
        let weight = written.and_then(|written| written.get("weight")).filter(|node| !node.is_null()).cloned();
        draft.map([
            ("group", Some(own("group").unwrap_or_else(|| draft.text("")))),
            ("kind", Some(own("kind").unwrap_or_else(|| draft.text("Service")))),
            ("name", Some(backend.name)),
            ("namespace", Some(own("namespace").unwrap_or_else(namespace))),
            ("port", backend.port),
            ("weight", Some(weight.unwrap_or_else(|| draft.number(1)))),
        ])
    }
}
