//! What an older revision of the tree built: for rules about changes that a cluster refuses or regrets.

use hashbrown::HashMap;
use std::collections::BTreeMap;

use super::Cluster;
use crate::build::Object;
use crate::yaml::Node;

/// An object of the older revision. Its places belong to the files of that revision: only its values can be used.
#[derive(Clone, Debug)]
pub struct Former {
    /// The object.
    pub node: Node,
    /// The merged values of a HelmRelease.
    pub values: Option<Node>,
    /// Kind.
    pub kind: String,
    /// API group.
    pub group: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The Kustomization that applied it, for a sentence.
    pub kustomization: String,
    /// That Kustomization deletes what is no longer there.
    pub is_pruned: bool,
    /// A model of a chart made it, or it was rendered.
    pub is_of_release: bool,
    /// Another object has the same identity, or its name holds a variable: which object it became is not known.
    is_ambiguous: bool,
}

impl Former {
    /// `Kind namespace/name`, for a sentence.
    pub fn shown(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{} `{}`", self.kind, self.name),
            namespace => format!("{} `{namespace}/{}`", self.kind, self.name),
        }
    }
}

/// Group, kind, namespace, name.
type Key = (String, String, String, String);

/// The older revision, by entry path of its clusters.
#[derive(Clone, Debug, Default)]
pub struct Before {
    clusters: BTreeMap<String, HashMap<Key, Former>>,
}

/// Keeps an object of a pruned Kustomization. Source: kustomize-controller `internal/controller`.
const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";

impl Before {
    /// What clusters have built.
    pub fn of(clusters: &[Cluster<'_>]) -> Self {
        let keep = |cluster: &Cluster<'_>| {
            let mut kept = HashMap::new();
            for object in cluster.objects().chain(cluster.modelled()) {
                let mut former = former(cluster, object);
                let other: Option<&Former> = kept.get(&key(object));
                former.is_ambiguous |= other.is_some();
                kept.insert(key(object), former);
            }
            kept
        };
        Before { clusters: clusters.iter().map(|cluster| (cluster.entry().to_owned(), keep(cluster))).collect() }
    }

    /// The older form of an object, where it is known which one that is.
    pub fn get(&self, entry: &str, object: &Object) -> Option<&Former> {
        self.clusters.get(entry)?.get(&key(object)).filter(|former| !former.is_ambiguous)
    }

    /// Every object of a cluster, sorted by identity.
    pub fn all(&self, entry: &str) -> Vec<&Former> {
        let mut all: Vec<_> = self.clusters.get(entry).into_iter().flatten().collect();
        all.sort_by_key(|(key, _)| *key);
        all.into_iter().map(|(_, former)| former).collect()
    }
}

fn key(object: &Object) -> Key {
    let gvk = &object.gvk;
    (gvk.group.to_string(), gvk.kind.to_string(), object.namespace().to_owned(), object.name.to_string())
}

fn former(cluster: &Cluster<'_>, object: &Object) -> Former {
    let owner = cluster.kustomization_of(object);
    let own = owner.and_then(|one| cluster.object(one.object?));
    let prunes = own.and_then(|own| own.dig("spec.prune")).and_then(Node::as_bool) == Some(true);
    let is_kept = [object.annotation(PRUNE), object.label(PRUNE)].contains(&Some("disabled"));
    Former {
        node: object.node.clone(),
        values: cluster.values(object).map(|values| values.root.clone()),
        kind: object.kind().to_owned(),
        group: object.gvk.group.to_string(),
        namespace: object.namespace().to_owned(),
        name: object.name.to_string(),
        kustomization: owner.map(|one| one.spec.shown()).unwrap_or_default(),
        is_pruned: prunes && !is_kept,
        is_of_release: object.release.is_some(),
        is_ambiguous: object.name.contains("${") || object.namespace().contains("${"),
    }
}

impl<'w> Cluster<'w> {
    /// The older revision, where one was given.
    pub fn before(&self) -> Option<&'w Before> {
        self.repository.before.as_ref()
    }

    /// The older form of an object, where a revision was given that has it.
    pub fn former(&self, object: &Object) -> Option<&'w Former> {
        self.before()?.get(self.entry(), object)
    }
}
