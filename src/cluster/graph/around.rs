//! What names an object, and what it names, some steps far. All contact with the references of a cluster is here.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::draft::{Draft, Facts, Key};
use super::{Graph, Relation, Role, Standing};
use crate::build::object::Gvk;
use crate::build::{Object, scope};
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, FluxPresence, HELM, KINDS, KUSTOMIZE, SOURCE};
use crate::cluster::producers::Existence;
use crate::cluster::references::Reference;
use crate::source::Span;

/// Kinds of the core group that references mean without saying so.
const CORE: &[&str] =
    &["ConfigMap", "Namespace", "PersistentVolumeClaim", "Pod", "Secret", "Service", "ServiceAccount"];

/// An object names another one.
struct Named<'w> {
    from: &'w Object,
    // The group that is meant, where the field tells it.
    group: Option<&'static str>,
    kind: SmolStr,
    namespace: SmolStr,
    name: SmolStr,
    // The last part of the field.
    field: Option<String>,
    // It may be absent, or the chart of the release that names it may make it.
    is_lenient: bool,
}

/// Everything that names something: by fields that are known, then by what looks like a reference.
fn named<'w>(cluster: &Cluster<'w>) -> Vec<Named<'w>> {
    let links = cluster.links().iter().map(|link| Named {
        from: link.from,
        group: Some(link.group),
        kind: link.kind.into(),
        namespace: link.namespace.clone(),
        name: link.name.clone(),
        field: link.field.rsplit('.').next().map(|last| last.trim_end_matches("[]").to_owned()),
        is_lenient: link.optional || (link.by_form && link.from.kind() == "HelmRelease"),
    });
    let known: HashSet<(Key, Span)> =
        cluster.links().iter().map(|link| (key_of(link.from), link.node.span())).collect();
    let is_new = |reference: &&Reference<'w>| !known.contains(&(key_of(reference.from), reference.place));
    let others = cluster.references().all().filter(is_new).map(|reference| Named {
        from: reference.from,
        group: group_of(&reference.kind),
        kind: reference.kind.clone(),
        namespace: reference.namespace.clone(),
        name: reference.name.clone(),
        field: None,
        is_lenient: false,
    });
    links.chain(others).collect()
}

/// The group of a kind, where it goes without saying.
fn group_of(kind: &str) -> Option<&'static str> {
    let flux = KINDS.iter().find(|(_, known)| *known == kind).map(|(group, _)| *group);
    flux.or_else(|| CORE.contains(&kind).then_some(""))
}

/// The references around objects of a cluster.
pub fn around(cluster: &Cluster<'_>, centers: &[&Object], depth: usize) -> Graph {
    let all = named(cluster);
    let mut from: HashMap<Key, Vec<&Named<'_>>> = HashMap::new();
    let mut to: HashMap<Key, Vec<&Named<'_>>> = HashMap::new();
    for one in &all {
        from.entry(key_of(one.from)).or_default().push(one);
        to.entry(meant(one)).or_default().push(one);
    }
    let required = all.iter().filter(|one| !one.is_lenient).map(meant).collect();
    let mut reader = Reader { cluster, required, makers: FluxMakers::of(cluster), draft: Draft::default() };
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    for center in centers {
        let key = key_of(center);
        reader.draft.node(&key, || Facts { is_center: true, ..Facts::new(Standing::Known) });
        reader.makers_of(&key, center);
        keys.insert(key);
    }
    // Each way for itself: what else names a Gateway that the object names is not about the object.
    walk(&keys, depth, |key| from.get(key).into_iter().flatten().map(|one| reader.reference(one).1).collect());
    walk(&keys, depth, |key| to.get(key).into_iter().flatten().map(|one| reader.reference(one).0).collect());
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
    // What something cannot do without.
    required: HashSet<Key>,
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
    fn reference(&mut self, one: &Named<'_>) -> (Key, Key) {
        let (from, to) = (key_of(one.from), meant(one));
        self.draft.node(&from, || Facts::new(Standing::Known));
        let standing = self.standing(one.from, one.group, &to);
        self.draft.node(&to, || Facts::new(standing));
        let is_flux = |role: Role| matches!(role, Role::Kustomization | Role::Release);
        let relation = match one.field {
            _ if to.role == Role::Source && is_flux(from.role) => Relation::Source,
            None if to.role == from.role && is_flux(to.role) => Relation::DependsOn,
            _ => Relation::Names,
        };
        self.draft.labelled(&from, relation, &to, one.field.clone().filter(|_| relation == Relation::Names));
        (from, to)
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
            Existence::Absent
                if self.required.contains(to)
                    && self.cluster.keeps(&to.kind)
                    && !self.cluster.unnamed().may_be(self.cluster, from, &to.kind, &to.namespace, &to.name) =>
            {
                Standing::Missing
            }
            Existence::Absent | Existence::Possible(_) | Existence::Unknown => Standing::Unknown,
        }
    }
}

/// What a reference means.
fn meant(one: &Named<'_>) -> Key {
    let group = one.group.unwrap_or_default();
    let gvk = Gvk { group: group.into(), version: SmolStr::default(), kind: one.kind.clone() };
    let namespace = if scope::has_no_namespace(&gvk) { SmolStr::default() } else { one.namespace.clone() };
    Key { role: role(group, &one.kind), kind: one.kind.clone(), namespace, name: one.name.clone() }
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
