//! Which kinds live in a namespace: what is built in, and what the CRDs of the tree say.

use hashbrown::HashMap;

use smol_str::SmolStr;

use super::Cluster;
use crate::build::namespaced::is_namespaced;
use crate::build::{Gvk, scope};
use crate::yaml::Node;

/// Where the objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// Outside of namespaces.
    Cluster,
}

/// The kinds that the CRDs of a cluster define.
#[derive(Debug)]
pub struct Scopes {
    defined: HashMap<(SmolStr, SmolStr), Scope>,
}

impl Scopes {
    /// Reads the CRDs.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let crds = cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition");
        let defined = crds.filter_map(|crd| {
            let text = |path: &str| crd.dig(path).and_then(Node::as_str);
            let scope = match text("spec.scope")? {
                "Namespaced" => Scope::Namespaced,
                "Cluster" => Scope::Cluster,
                _ => return None,
            };
            Some(((text("spec.group")?.into(), text("spec.names.kind")?.into()), scope))
        });
        Scopes { defined: defined.collect() }
    }

    /// The scope of a kind; `None` where nothing says.
    pub fn get(&self, gvk: &Gvk) -> Option<Scope> {
        let defined = self.defined.get(&(gvk.group.clone(), gvk.kind.clone())).copied();
        defined
            .or_else(|| scope::has_no_namespace(gvk).then_some(Scope::Cluster))
            .or_else(|| is_namespaced(gvk).then_some(Scope::Namespaced))
    }
}
