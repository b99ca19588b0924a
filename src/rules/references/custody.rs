//! Whether a tree is where Secrets and ConfigMaps are kept: some people make them by hand, and name them in the tree.

use std::collections::{HashMap, HashSet};

use crate::cluster::Cluster;
use crate::cluster::producers::Existence;

/// So many missing ones say nothing about the tree.
const FEW: usize = 2;

/// The tree keeps a kind when at least so many are there for one that is missing.
const KEPT_FOR_MISSING: usize = 4;

/// What the tree keeps, by kind.
pub struct Custody<'c, 'w> {
    cluster: &'c Cluster<'w>,
    known: HashMap<&'static str, bool>,
}

impl<'c, 'w> Custody<'c, 'w> {
    /// Nothing is counted yet.
    pub fn new(cluster: &'c Cluster<'w>) -> Self {
        Custody { cluster, known: HashMap::new() }
    }

    /// Whether objects of a kind that are named are kept in the tree, as far as can be told.
    pub fn keeps(&mut self, kind: &'static str) -> bool {
        if !matches!(kind, "Secret" | "ConfigMap") {
            return true;
        }
        let cluster = self.cluster;
        *self.known.entry(kind).or_insert_with(|| {
            let named: HashSet<_> = cluster
                .links()
                .iter()
                .filter(|link| link.group.is_empty() && link.kind == kind && !link.optional)
                .map(|link| (link.namespace.as_str(), link.name.as_str()))
                .collect();
            let (mut kept, mut missing) = (0, 0);
            for (namespace, name) in named {
                match cluster.existence("", kind, namespace, name) {
                    Existence::Here(_) | Existence::Made(_) => kept += 1,
                    Existence::Absent => missing += 1,
                    Existence::Possible(_) | Existence::Unknown => {}
                }
            }
            missing <= FEW || missing * KEPT_FOR_MISSING <= kept
        })
    }
}
