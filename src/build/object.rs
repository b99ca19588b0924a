//! Objects and their identity.

use smol_str::SmolStr;

use crate::finding::{Confidence, Label, ObjectRef};
use crate::source::Span;
use crate::yaml::{Node, Value};

use super::scope;

/// Group, version and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvk {
    /// API group; empty for the core group.
    pub group: SmolStr,
    /// Version.
    pub version: SmolStr,
    /// Kind.
    pub kind: SmolStr,
}

impl Gvk {
    /// Splits an `apiVersion`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// The `apiVersion` again.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// Identity of an object while it is built. An empty namespace means none is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// Group, version, kind.
    pub gvk: Gvk,
    /// Namespace as written.
    pub namespace: SmolStr,
    /// Name.
    pub name: SmolStr,
}

impl Id {
    /// Reads the identity of an object; parts that are absent or unknown are empty.
    pub fn of(node: &Node) -> Self {
        let text = |node: &Node| match &node.value {
            Value::Str(text) => text.clone(),
            _ => node.shown().map(SmolStr::from).unwrap_or_default(),
        };
        let mut id = Id::default();
        for entry in node.entries() {
            match entry.key.as_str() {
                "apiVersion" => {
                    let version = text(&entry.value);
                    (id.gvk.group, id.gvk.version) = match version.split_once('/') {
                        Some((group, version)) => (group.into(), version.into()),
                        None => (SmolStr::default(), version),
                    };
                }
                "kind" => id.gvk.kind = text(&entry.value),
                "metadata" => {
                    for entry in entry.value.entries() {
                        match entry.key.as_str() {
                            "namespace" => id.namespace = text(&entry.value),
                            "name" => id.name = text(&entry.value),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        id
    }

    /// The namespace that counts for identity: `""` is `default`, and cluster-scoped kinds have none.
    pub fn effective_namespace(&self) -> &str {
        if scope::is_cluster_scoped(&self.gvk) {
            ""
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// The same with the namespace that counts, for look-ups.
    #[must_use]
    pub fn effective(mut self) -> Self {
        self.namespace = self.effective_namespace().into();
        self
    }

    /// Whether two identities are the same object for kustomize.
    pub fn same(&self, other: &Id) -> bool {
        self.name == other.name && self.gvk == other.gvk && self.effective_namespace() == other.effective_namespace()
    }
}

/// An object of a cluster, after everything the build does.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Group, version, kind.
    pub gvk: Gvk,
    /// Namespace; `None` for cluster-scoped kinds and where none is set.
    pub namespace: Option<SmolStr>,
    /// Name.
    pub name: SmolStr,
    /// The whole object.
    pub node: Node,
    /// Its identity as written, before the build set names and namespaces.
    pub written: Id,
    /// Index of the Kustomization that applies it, in its cluster's list.
    pub kustomization: usize,
    /// How it came into the build, nearest first.
    pub trail: Vec<Label>,
    /// Its document was encrypted with SOPS.
    pub encrypted: bool,
    /// Flux does not apply it (`reconcile: disabled`, `ssa: Ignore`).
    pub left_alone: bool,
    /// Position of the HelmRelease whose chart makes it, in its cluster's list.
    pub release: Option<usize>,
    /// How sure it is that the chart makes it just so, where a model of the chart says so and no renderer.
    pub modelled: Option<Confidence>,
}

impl Object {
    /// The identity for findings.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            api_version: self.gvk.api_version(),
            kind: self.gvk.kind.to_string(),
            namespace: self.namespace.as_ref().map(ToString::to_string),
            name: self.name.to_string(),
        }
    }

    /// Kind.
    pub fn kind(&self) -> &str {
        &self.gvk.kind
    }

    /// Whether it is of a kind in a group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.gvk.kind == kind && self.gvk.group == group
    }

    /// Namespace, or `""`.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// `namespace/name`, or the name alone.
    pub fn full_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.to_string(),
        }
    }

    /// The node at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.node.at(path)
    }

    /// The node at a dotted path.
    pub fn dig(&self, path: &str) -> Option<&Node> {
        self.node.dig(path)
    }

    /// The place of the name: where findings about the object as a whole point.
    pub fn place(&self) -> Span {
        self.at(&["metadata", "name"]).unwrap_or(&self.node).span()
    }

    /// The place of the kind.
    pub fn kind_place(&self) -> Span {
        self.at(&["kind"]).unwrap_or(&self.node).span()
    }

    /// A metadata label that is known.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "labels", key])?.as_str()
    }

    /// A metadata annotation that is known.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "annotations", key])?.as_str()
    }
}
