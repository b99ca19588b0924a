//! The listeners of a Gateway: which routes they admit, which hostnames and certificates they serve.

use super::hosts;
use super::route::{OF_ANY_KIND, Route};
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Selector, namespace_labels};
use crate::yaml::Node;

/// Labels that Flux and Helm add to a namespace by themselves.
const ADDED: [&str; 3] = ["kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "app.kubernetes.io/managed-by"];

/// A listener.
#[derive(Clone, Copy, Debug)]
pub struct Listener<'w> {
    /// The whole of it.
    pub node: &'w Node,
}

impl<'w> Listener<'w> {
    /// Its name, where it is known.
    pub fn name(&self) -> Option<&'w str> {
        self.node.get("name").and_then(Node::as_str)
    }

    /// Its hostname, where one is written.
    pub fn hostname(&self) -> Option<&'w Node> {
        self.node.get("hostname").filter(|node| !node.is_null() && node.as_str() != Some(""))
    }

    /// Its protocol, in upper case.
    pub fn protocol(&self) -> Option<String> {
        self.node.get("protocol").and_then(Node::as_str).map(str::to_ascii_uppercase)
    }

    /// Whether a parent reference that asks for a listener or a port means it.
    pub fn is_meant(&self, section: Option<&Node>, port: Option<&Node>) -> Answer {
        let same = |key: &str, wanted: Option<&Node>| match (wanted, self.node.get(key)) {
            (None, _) => Answer::Yes,
            (Some(wanted), Some(own)) if !wanted.is_unknown() && !own.is_unknown() => {
                Answer::from(wanted.scalar_text() == own.scalar_text())
            }
            _ => Answer::Unknown,
        };
        same("name", section).and(same("port", port))
    }

    /// Where it says which namespaces its routes may stand in; itself where it says nothing.
    pub fn admission(&self) -> &'w Node {
        let namespaces = self.node.at(&["allowedRoutes", "namespaces"]);
        namespaces
            .and_then(|namespaces| namespaces.get("from"))
            .or(namespaces)
            .or_else(|| self.node.get("allowedRoutes"))
            .or_else(|| self.node.get("name"))
            .unwrap_or(self.node)
    }

    /// Which namespaces its routes may stand in, for people.
    pub fn admitted(&self) -> String {
        match self.namespaces() {
            Namespaces::Same => "its own namespace".to_owned(),
            Namespaces::Selected(selector) => format!("namespaces with `{}`", Selector::of(Some(selector)).shown()),
            Namespaces::All => "every namespace".to_owned(),
            Namespaces::None => "no namespace".to_owned(),
            Namespaces::Unknown => "namespaces that are not known".to_owned(),
        }
    }

    fn namespaces(&self) -> Namespaces<'w> {
        let namespaces = self.node.at(&["allowedRoutes", "namespaces"]);
        if self.node.get("allowedRoutes").or(namespaces).is_some_and(Node::is_unknown) {
            return Namespaces::Unknown;
        }
        let Some(from) = namespaces.and_then(|namespaces| namespaces.get("from")).filter(|from| !from.is_null()) else {
            return Namespaces::Same;
        };
        match (from.as_str(), namespaces.and_then(|namespaces| namespaces.get("selector"))) {
            (Some("Same"), _) => Namespaces::Same,
            (Some("All"), _) => Namespaces::All,
            (Some("None"), _) => Namespaces::None,
            (Some("Selector"), Some(selector)) => Namespaces::Selected(selector),
            _ => Namespaces::Unknown,
        }
    }

    /// Whether routes of a namespace may attach to it. Source: gateway-api `apis/v1/gateway_types.go`
    /// (`RouteNamespaces`).
    pub fn admits_namespace(&self, cluster: &Cluster<'_>, gateway: &str, namespace: &str) -> Answer {
        if namespace.contains("${") {
            return Answer::Unknown;
        }
        match self.namespaces() {
            Namespaces::Same => Answer::from(gateway == namespace),
            Namespaces::All => Answer::Yes,
            Namespaces::None => Answer::No,
            Namespaces::Selected(selector) => {
                let labels = namespace_labels(cluster, namespace).open_below(&ADDED);
                Selector::of(Some(selector)).matches(&labels)
            }
            Namespaces::Unknown => Answer::Unknown,
        }
    }

    /// Whether routes of a kind may attach to it. Source: gateway-api `apis/v1/gateway_types.go` (`AllowedRoutes.Kinds`,
    /// `ProtocolType`).
    pub fn admits_kind(&self, kind: &str) -> Answer {
        if kind == OF_ANY_KIND {
            return Answer::Yes;
        }
        let listed = self.node.at(&["allowedRoutes", "kinds"]).filter(|kinds| !kinds.is_null());
        if let Some(kinds) = listed.filter(|kinds| kinds.is_unknown() || !kinds.items().is_empty()) {
            let same = |one: &Node| match one.get("kind") {
                Some(own) if !own.is_unknown() => Answer::from(own.as_str() == Some(kind)),
                _ => Answer::Unknown,
            };
            return if kinds.is_unknown() { Answer::Unknown } else { Answer::any(kinds.items().iter().map(same)) };
        }
        let http = matches!(kind, "HTTPRoute" | "GRPCRoute");
        match self.protocol().as_deref() {
            Some("HTTP" | "HTTPS") if http => Answer::Yes,
            Some("TLS") if kind == "TLSRoute" => Answer::Yes,
            Some("TCP") if kind == "TCPRoute" => Answer::Yes,
            Some("UDP") if kind == "UDPRoute" => Answer::Yes,
            // A secure listener may hand on the bare connection: implementations differ.
            Some("HTTP" | "UDP") => Answer::No,
            Some("TCP") if http || kind == "UDPRoute" => Answer::No,
            Some("HTTPS" | "TLS") if kind == "UDPRoute" => Answer::No,
            _ => Answer::Unknown,
        }
    }

    /// Whether a route has a hostname that it serves.
    pub fn serves(&self, route: &Route<'w>) -> Answer {
        let Some(own) = self.hostname() else { return Answer::Yes };
        if route.hostnames.is_empty() {
            return if route.hostnames_known { Answer::Yes } else { Answer::Unknown };
        }
        let Some(own) = hosts::hostname(own) else { return Answer::Unknown };
        let each = route.hostnames.iter().map(|node| match hosts::hostname(node) {
            Some(name) => hosts::meet(&own, &name),
            None => Answer::Unknown,
        });
        let met = Answer::any(each);
        if route.hostnames_known { met } else { met.or(Answer::Unknown) }
    }

    /// Whether it ends TLS itself, and so needs a certificate.
    pub fn terminates(&self) -> bool {
        let mode = self.node.at(&["tls", "mode"]).filter(|mode| !mode.is_null());
        let terminates = mode.is_none_or(|mode| mode.as_str() == Some("Terminate"));
        matches!(self.protocol().as_deref(), Some("HTTPS" | "TLS")) && terminates
    }

    /// The references to its certificates.
    pub fn certificates(&self) -> &'w [Node] {
        self.node.at(&["tls", "certificateRefs"]).map(Node::items).unwrap_or_default()
    }
}

/// Which namespaces a listener admits.
enum Namespaces<'w> {
    Same,
    All,
    None,
    Selected(&'w Node),
    Unknown,
}
