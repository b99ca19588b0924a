//! What names an object, and what it names, some steps far. All contact with the references of a cluster is here.

use std::collections::{BTreeSet, HashMap};

use smol_str::SmolStr;

use super::draft::{Draft, Facts, Key};
use super::{Graph, Relation, Role, Standing};
use crate::build::object::Gvk;
use crate::build::{Object, scope};
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, FluxPresence, HELM, KINDS, KUSTOMIZE, SOURCE};
use crate::cluster::links::links;
use crate::cluster::producers::Existence;
use crate::cluster::references::{Reference, References};
use crate::source::Span;

/// Kinds of the core group that references mean without saying so.
const CORE: &[&str] =
    &["ConfigMap", "Namespace", "PersistentVolumeClaim", "Pod", "Secret", "Service", "ServiceAccount"];

/// The references around objects of a cluster.
pub fn around(cluster: &Cluster<'_>, centers: &[&Object], depth: usize) -> Graph {
    let references = References::of(cluster);
    let mut from: HashMap<(&str, &str, &str), Vec<&Reference<'_>>> = HashMap::new();
    for reference in references.all() {
        let by = reference.from;
        from.entry((by.kind(), by.namespace(), by.name.as_str())).or_default().push(reference);
    }
    let mut reader = Reader { cluster, makers: FluxMakers::of(cluster), draft: Draft::default() };
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    for center in centers {
        let key = key_of(center);
        reader.draft.node(&key, || Facts { is_center: true, ..Facts::new(Standing::Known) });
        reader.makers_of(&key, center);
        keys.insert(key);
    }
    // Each way for itself: what else names a Gateway that the object names is not about the object.
    walk(&keys, depth, |key| {
        let own = (key.kind.as_str(), key.namespace.as_str(), key.name.as_str());
        let names = from.get(&own).into_iter().flatten();
        names.map(|reference| reader.reference(reference).1).collect()
    });
    walk(&keys, depth, |key| {
        let named_by = references.to(&key.kind, &key.namespace, &key.name);
        named_by.map(|reference| reader.reference(reference).0).collect()
    });
    reader.draft.finish(cluster.entry(), |_| true, Vec::new())
}

/// Goes so many steps from some objects.
fn walk(from: &BTreeSet<Key>, depth: usize, mut step: impl FnMut(&Key) -> Vec<Key>) {
    let (mut near, mut seen) = (from.clone(), from.clone());
    for _ in 0..depth {
        let next: Vec<Key> = near.iter().flat_map(&mut step).collect();
        near = next.into_iter().filter(|key| seen.insert(key.clone())).collect();
    }
}

struct Reader<'c, 'w> {
    cluster: &'c Cluster<'w>,
    makers: FluxMakers<'c, 'w>,
    draft: Draft,
}

impl Reader<'_, '_> {
    /// What applies an object, and the release that makes it.
    fn makers_of(&mut self, key: &Key, object: &Object) {
        let release = object.release.and_then(|at| self.cluster.object(at));
        let applier = self.cluster.kustomization_of(object).filter(|one| !one.by_hand).map(|one| Key {
            role: Role::Kustomization,
            kind: "Kustomization".into(),
            namespace: one.spec.namespace.as_str().into(),
            name: one.spec.name.as_str().into(),
        });
        if let Some(maker) = release.map(key_of).or(applier).filter(|maker| maker != key) {
            self.draft.node(&maker, || Facts::new(Standing::Known));
            self.draft.edge(&maker, Relation::Applies, key);
        }
    }

    /// Adds a reference; gives its ends.
    fn reference(&mut self, reference: &Reference<'_>) -> (Key, Key) {
        let from = key_of(reference.from);
        let (group, label) = self.field(reference);
        let gvk =
            Gvk { group: group.unwrap_or_default().into(), version: SmolStr::default(), kind: reference.kind.clone() };
        let namespace = if scope::has_no_namespace(&gvk) { SmolStr::default() } else { reference.namespace.clone() };
        let to = Key {
            role: role(group.unwrap_or_default(), &reference.kind),
            kind: reference.kind.clone(),
            namespace,
            name: reference.name.clone(),
        };
        self.draft.node(&from, || Facts::new(Standing::Known));
        let standing = self.standing(reference.from, group, &to);
        self.draft.node(&to, || Facts::new(standing));
        let relation = match label.as_deref() {
            _ if to.role == Role::Source && matches!(from.role, Role::Kustomization | Role::Release) => {
                Relation::Source
            }
            None if to.role == from.role && matches!(to.role, Role::Kustomization | Role::Release) => {
                Relation::DependsOn
            }
            _ => Relation::Names,
        };
        self.draft.labelled(&from, relation, &to, label.filter(|_| relation == Relation::Names));
        (from, to)
    }

    /// The group of what a reference means, where that is known, and the field that names it.
    fn field(&self, reference: &Reference<'_>) -> (Option<&'static str>, Option<String>) {
        let is_same = |span: Span| span == reference.place;
        if let Some(link) = links(reference.from).into_iter().find(|link| is_same(link.node.span())) {
            let last = link.field.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
            return (Some(link.group), Some(last.to_owned()));
        }
        let flux = KINDS.iter().find(|(_, kind)| *kind == reference.kind).map(|(group, _)| *group);
        (flux.or_else(|| CORE.contains(&reference.kind.as_str()).then_some("")), None)
    }

    fn standing(&self, from: &Object, group: Option<&str>, to: &Key) -> Standing {
        let is_here = |object: &Object| object.kind() == to.kind && object.namespace() == to.namespace;
        if self.cluster.named(&to.name).any(is_here) {
            return Standing::Known;
        }
        let Some(group) = group else { return Standing::Unknown };
        if group.ends_with(".toolkit.fluxcd.io") {
            return match self.makers.presence(group, &to.kind, &to.namespace, &to.name) {
                FluxPresence::Here(_) | FluxPresence::Made => Standing::Known,
                FluxPresence::Possible(_) | FluxPresence::Unknown => Standing::Unknown,
                FluxPresence::Absent => Standing::Missing,
            };
        }
        match self.cluster.existence_for(Some(from), group, &to.kind, &to.namespace, &to.name) {
            Existence::Here(_) | Existence::Made(_) => Standing::Known,
            Existence::Possible(_) | Existence::Unknown => Standing::Unknown,
            Existence::Absent => Standing::Missing,
        }
    }
}

fn key_of(object: &Object) -> Key {
    Key {
        role: role(&object.gvk.group, object.kind()),
        kind: object.gvk.kind.clone(),
        namespace: object.namespace().into(),
        name: object.name.clone(),
    }
}

fn role(group: &str, kind: &str) -> Role {
    match (group, kind) {
        (KUSTOMIZE, "Kustomization") => Role::Kustomization,
        (HELM, "HelmRelease") => Role::Release,
        (SOURCE, _) => Role::Source,
        _ => Role::Other,
    }
}
