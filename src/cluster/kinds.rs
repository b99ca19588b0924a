//! The kinds of the Kubernetes API with their resources, and every other kind that something tells of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::Cluster;
use crate::build::namespaced;
use crate::yaml::Node;

/// Kinds with their resources, by group.
type Table = BTreeMap<String, BTreeMap<String, String>>;

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| table!("kinds").map_err(|error| error.to_string()));

fn table() -> Option<&'static Table> {
    // A table that cannot be read is caught by a test; it is a part of the program.
    TABLE.as_ref().ok()
}

/// Kind and resource of everything in a group of the Kubernetes API; `None` for any other group.
pub fn of_group(group: &str) -> Option<impl Iterator<Item = (&'static str, &'static str)>> {
    let kinds = table()?.get(group)?;
    Some(kinds.iter().map(|(kind, resource)| (kind.as_str(), resource.as_str())))
}

/// The groups of the Kubernetes API that have a resource of this name.
pub fn groups_with(resource: &str) -> impl Iterator<Item = &'static str> {
    let has = move |kinds: &BTreeMap<String, String>| kinds.values().any(|own| own == resource);
    table().into_iter().flatten().filter(move |(_, kinds)| has(kinds)).map(|(group, _)| group.as_str())
}

/// The kinds that something tells of: the Kubernetes API, the CRDs of the tree, its objects, and kinds that are widely
/// used.
#[derive(Debug, Default)]
pub struct Kinds {
    known: BTreeSet<String>,
    by_lower: BTreeMap<String, String>,
}

impl Kinds {
    /// Reads a cluster.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let mut kinds = Kinds::default();
        table().into_iter().flatten().flat_map(|(_, own)| own.keys()).for_each(|kind| kinds.add(kind));
        namespaced::kinds().for_each(|(_, kind)| kinds.add(kind));
        for crd in cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
            crd.dig("spec.names.kind").and_then(Node::as_str).into_iter().for_each(|kind| kinds.add(kind));
        }
        cluster.objects().chain(cluster.modelled()).for_each(|object| kinds.add(object.kind()));
        kinds
    }

    fn add(&mut self, kind: &str) {
        if self.known.insert(kind.to_owned()) {
            self.by_lower.insert(kind.to_ascii_lowercase(), kind.to_owned());
        }
    }

    /// The kind of another spelling, where this one is no kind.
    pub fn respelled(&self, kind: &str) -> Option<&str> {
        if self.known.contains(kind) {
            return None;
        }
        let lower = kind.to_ascii_lowercase();
        let exact = self.by_lower.get(&lower);
        let singular = || self.by_lower.get(lower.strip_suffix('s')?);
        exact.or_else(singular).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_resources_are_plural_names() {
        let table = TABLE.as_ref().unwrap();
        assert!(table.len() > 15);
        for (kind, resource) in table.values().flatten() {
            let lower = kind.to_ascii_lowercase();
            assert!(resource.starts_with(lower.trim_end_matches(['y', 's'])), "{kind} {resource}");
        }
        assert_eq!(groups_with("ingresses").collect::<Vec<_>>(), ["networking.k8s.io"]);
    }
}
