//! Objects whose names hold a variable that is not known: one of them may be what is named.

use hashbrown::HashMap;

use crate::build::Object;
use crate::cluster::Cluster;

/// These objects, by kind and namespace.
pub struct Unnamed<'w> {
    objects: HashMap<(&'w str, &'w str), Vec<&'w Object>>,
}

impl<'w> Unnamed<'w> {
    /// Looks through a cluster.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let mut objects: HashMap<(&str, &str), Vec<&Object>> = HashMap::new();
        for object in cluster.objects().chain(cluster.modelled()).filter(|object| object.name.contains("${")) {
            objects.entry((object.kind(), object.namespace())).or_default().push(object);
        }
        Unnamed { objects }
    }

    /// Whether one of them may be what is named: one that comes with the object that names it, or from a Kustomization
    /// that is called like it.
    pub fn may_be(&self, cluster: &Cluster<'_>, from: &Object, kind: &str, namespace: &str, name: &str) -> bool {
        let is_related = |object: &Object| {
            let own = cluster.kustomization_of(object).map(|one| one.spec.name.as_str()).unwrap_or_default();
            object.kustomization == from.kustomization || own.contains(name) || name.contains(own)
        };
        let found = self.objects.get(&(kind, namespace));
        found.into_iter().flatten().any(|object| is_related(object))
    }
}
