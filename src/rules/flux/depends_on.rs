//! The entries of `dependsOn`, for the rules that read them.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// A kind that can depend on its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependingKind {
    /// API group.
    pub group: &'static str,
    /// Kind.
    pub kind: &'static str,
}

/// A Flux Kustomization.
pub const KUSTOMIZATION: DependingKind = DependingKind { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" };
/// A HelmRelease.
pub const HELM_RELEASE: DependingKind = DependingKind { group: "helm.toolkit.fluxcd.io", kind: "HelmRelease" };

/// One entry.
pub struct Dependency<'w> {
    /// The object that waits.
    pub from: &'w Object,
    /// The entry.
    pub entry: &'w Node,
    /// The name; `None` when it is not known.
    pub name: Option<&'w str>,
    /// The namespace: the entry's, else the object's own.
    pub namespace: Option<&'w str>,
    /// Whether the entry names a namespace.
    pub has_namespace: bool,
}

/// Every entry of every object of a kind.
pub fn dependencies<'w>(cluster: &Cluster<'w>, kind: DependingKind) -> Vec<Dependency<'w>> {
    let mut found = Vec::new();
    for from in cluster.of_kind(kind.group, kind.kind) {
        for entry in from.dig("spec.dependsOn").map(Node::items).unwrap_or_default() {
            let namespace = entry.get("namespace").filter(|node| !node.is_null() && node.as_str() != Some(""));
            found.push(Dependency {
                from,
                entry,
                name: entry.get("name").and_then(Node::as_str),
                namespace: match namespace {
                    Some(node) => node.as_str(),
                    None => Some(from.namespace()),
                },
                has_namespace: namespace.is_some(),
            });
        }
    }
    found
}
