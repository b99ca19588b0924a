//! Look-ups by identity, kind, namespace and name.

use hashbrown::HashMap;

use smol_str::SmolStr;

use crate::build::Object;

/// Positions of objects.
#[derive(Debug, Default)]
pub struct Index {
    by_kind: HashMap<(SmolStr, SmolStr), Vec<usize>>,
    by_namespace: HashMap<SmolStr, Vec<usize>>,
    by_name: HashMap<SmolStr, Vec<usize>>,
    by_identity: HashMap<(SmolStr, SmolStr, SmolStr, SmolStr), usize>,
}

impl Index {
    /// Indexes objects; those Flux leaves alone are left out. The first of an identity wins.
    pub fn new<'o>(objects: impl Iterator<Item = &'o Object>) -> Self {
        let mut index = Index::default();
        for (at, object) in objects.enumerate().filter(|(_, object)| !object.left_alone) {
            let namespace = object.namespace.clone().unwrap_or_default();
            let kind = (object.gvk.group.clone(), object.gvk.kind.clone());
            index.by_kind.entry(kind.clone()).or_default().push(at);
            index.by_namespace.entry(namespace.clone()).or_default().push(at);
            index.by_name.entry(object.name.clone()).or_default().push(at);
            index.by_identity.entry((kind.0, kind.1, namespace, object.name.clone())).or_insert(at);
        }
        index
    }

    /// Objects of a kind.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.by_kind.get(&(group.into(), kind.into())).into_iter().flatten().copied()
    }

    /// The groups that have objects of a kind, sorted.
    pub fn groups_of(&self, kind: &str) -> Vec<SmolStr> {
        let mut groups: Vec<SmolStr> =
            self.by_kind.keys().filter(|(_, own)| own == kind).map(|(group, _)| group.clone()).collect();
        groups.sort();
        groups
    }

    /// Objects of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.by_namespace.get(namespace).into_iter().flatten().copied()
    }

    /// Objects of a name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = usize> + use<'_> {
        self.by_name.get(name).into_iter().flatten().copied()
    }

    /// The object of an identity.
    pub fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.by_identity.get(&(group.into(), kind.into(), namespace.into(), name.into())).copied()
    }
}
