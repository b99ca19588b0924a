//! References into other namespaces are granted there. Card: rules/gateway/reference-grant-missing.md

use hashbrown::HashMap;

use serde::Deserialize;

use super::backends;
use crate::build::Object;
use crate::cluster::gateway::{GROUP, is_template};
use crate::cluster::{Cluster, Presence, backends::Address, backends::Named, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::{Node, Value};

const KIND: &str = "ReferenceGrant";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReferenceGrantMissing {}

/// A reference from one namespace into another.
struct Reference<'a> {
    object: &'a Object,
    from_kind: &'a str,
    node: &'a Node,
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl Rule for ReferenceGrantMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let gateways = cluster.gateways();
        let grants = Grants::of(cluster);
        let services = cluster.services();
        for (object, backend) in backends::of_routes(&gateways.routes) {
            let Some(name) = backend.name.as_str().filter(|_| object.gvk.group == GROUP) else { continue };
            let namespace = backend.namespace.as_str();
            let address = Address { asker: Some(object), namespace, name };
            if backend.is_service() && matches!(services.find(cluster, address), Named::Missing { .. }) {
                // It would lead nowhere anyway.
                continue;
            }
            let node = backend.node.get("namespace").unwrap_or(backend.name);
            let (group, kind) = (backend.group, backend.kind);
            grants.check(&Reference { object, from_kind: object.kind(), node, group, kind, namespace, name }, out);
        }
        for gateway in gateways.iter() {
            for reference in gateway.listeners.iter().flat_map(|listener| listener.certificates()) {
                let text = |key: &str| reference.get(key).and_then(Node::as_str);
                let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else { continue };
                let node = reference.get("namespace").unwrap_or(reference);
                let (group, kind) = (text("group").unwrap_or_default(), text("kind").unwrap_or("Secret"));
                let object = gateway.object;
                grants.check(&Reference { object, from_kind: "Gateway", node, group, kind, namespace, name }, out);
            }
        }
    }
}

/// The ReferenceGrants of a cluster, by the namespace into which they let references.
struct Grants<'c, 'w> {
    cluster: &'c Cluster<'w>,
    by_namespace: HashMap<&'w str, Vec<&'w Object>>,
}

impl<'c, 'w> Grants<'c, 'w> {
    fn of(cluster: &'c Cluster<'w>) -> Self {
        let mut by_namespace: HashMap<&str, Vec<&Object>> = HashMap::new();
        for grant in cluster.of_kind(GROUP, KIND) {
            by_namespace.entry(grant.namespace()).or_default().push(grant);
        }
        Grants { cluster, by_namespace }
    }

    fn check(&self, reference: &Reference<'_>, out: &mut Sink) {
        let Reference { object, namespace, name, .. } = reference;
        let own = object.namespace();
        if *namespace == own || [*namespace, *name, own].iter().any(|text| is_template(text)) {
            return;
        }
        let grants = self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default();
        if grants.iter().any(|grant| allows(grant, reference)) {
            return;
        }
        let cluster = self.cluster;
        let is_open = matches!(cluster.presence(GROUP, KIND, namespace, ""), Presence::Unknown);
        if is_open || self.may_grant(namespace) || grants.iter().any(|grant| grant.node.holds_unknown()) {
            let what = format!("whether {} may refer to {} `{namespace}/{name}`", object.reference(), reference.kind);
            return out.undecided(cluster, "gateway", what, "a grant may come from a part that was not looked at");
        }
        let mut found = Observation::new(
            "reference-grant-missing",
            format!(
                "{} refers to {} `{namespace}/{name}`, but no ReferenceGrant in namespace `{namespace}` allows it",
                object.reference(),
                reference.kind
            ),
            Label::new(reference.node.span(), "not granted there"),
        )
        .about(object.reference(), format!("grant[{}/{namespace}/{name}]", reference.kind))
        .trail(trail(reference.node))
        .help(format!(
            "add a ReferenceGrant in namespace `{namespace}`: `from: [{{group: {GROUP}, kind: {}, namespace: {own}}}]`, \
             `to: [{{group: \"{}\", kind: {}}}]`",
            reference.from_kind, reference.group, reference.kind
        ));
        for grant in grants.iter().take(2) {
            found = found.related(Label::new(grant.place(), "grants other references"));
        }
        out.report(weighed(cluster, object, Confidence::High, found));
    }

    /// Whether values of a release that is not modelled speak of a grant.
    fn may_grant(&self, namespace: &str) -> bool {
        let releases = self.cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease");
        let speaking =
            |release: &Object| self.cluster.values(release).is_none_or(|values| speaks(&values.root, namespace));
        releases.filter(|release| !self.cluster.is_rendered(release)).any(speaking)
    }
}

/// Whether a text or key of some values holds the name of the kind, beside that of a namespace.
fn speaks(values: &Node, namespace: &str) -> bool {
    fn holds(node: &Node, word: &str) -> bool {
        let has = |text: &str| text.to_ascii_lowercase().contains(word);
        match &node.value {
            Value::Map(map) => map.iter().any(|entry| has(&entry.key) || holds(&entry.value, word)),
            Value::Seq(items) => items.iter().any(|item| holds(item, word)),
            Value::Str(text) => has(text),
            _ => false,
        }
    }
    holds(values, "referencegrant") && (namespace.is_empty() || holds(values, namespace))
}

/// Whether a grant lets a reference in. Source: gateway-api `apis/v1beta1/referencegrant_types.go`.
fn allows(grant: &Object, reference: &Reference<'_>) -> bool {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let items = |key: &str| grant.at(&["spec", key]).map(Node::items).unwrap_or_default();
    let from = items("from").iter().any(|from| {
        text(from, "group") == GROUP
            && text(from, "kind") == reference.from_kind
            && text(from, "namespace") == reference.object.namespace()
    });
    let to = items("to").iter().any(|to| {
        let name = to.get("name").and_then(Node::as_str).filter(|name| !name.is_empty());
        text(to, "group") == reference.group
            && text(to, "kind") == reference.kind
            && name.is_none_or(|name| name == reference.name)
    });
    from && to
}
