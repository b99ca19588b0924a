//! Whether a tree is where Secrets and ConfigMaps are kept: some people make them by hand, and name them in the tree.

use hashbrown::HashSet;

use super::Cluster;
use super::producers::Existence;

/// So many missing ones say nothing about the tree.
const FEW: usize = 2;

/// The tree keeps a kind when at least so many are there for one that is missing.
const KEPT_FOR_MISSING: usize = 4;

/// What the tree keeps.
#[derive(Clone, Copy, Debug)]
pub struct Custody {
    secrets: bool,
    config_maps: bool,
}

impl Custody {
    /// Counts what is named.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        Custody { secrets: is_kept(cluster, "Secret"), config_maps: is_kept(cluster, "ConfigMap") }
    }

    /// Whether objects of a kind that are named are kept in the tree, as far as can be told.
    pub fn keeps(self, kind: &str) -> bool {
        match kind {
            "Secret" => self.secrets,
            "ConfigMap" => self.config_maps,
            _ => true,
        }
    }
}

fn is_kept(cluster: &Cluster<'_>, kind: &str) -> bool {
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
}
