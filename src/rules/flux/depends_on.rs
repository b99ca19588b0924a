//! The entries of `dependsOn`, for the rules that read them.

use super::reference::Named;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{HELM, KUSTOMIZE};
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
pub const KUSTOMIZATION: DependingKind = DependingKind { group: KUSTOMIZE, kind: "Kustomization" };
/// A HelmRelease.
pub const HELM_RELEASE: DependingKind = DependingKind { group: HELM, kind: "HelmRelease" };

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
            let Named { name, namespace, has_namespace } = Named::of(from, entry);
            found.push(Dependency { from, entry, name, namespace, has_namespace });
        }
    }
    found
}
