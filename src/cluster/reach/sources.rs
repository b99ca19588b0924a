//! From a text in an object to the pods that connect to what it names.

use hashbrown::HashMap;
use std::collections::BTreeSet;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Pods by the objects that make them.
pub struct Sources<'c, 'w> {
    cluster: &'c Cluster<'w>,
    by_object: HashMap<*const Object, Vec<usize>>,
}

impl<'c, 'w> Sources<'c, 'w> {
    /// Of a cluster.
    pub fn new(cluster: &'c Cluster<'w>) -> Self {
        let mut by_object: HashMap<*const Object, Vec<usize>> = HashMap::new();
        for (at, set) in cluster.pods().iter().enumerate() {
            by_object.entry(std::ptr::from_ref(set.object)).or_default().push(at);
            let release = set.object.release.and_then(|at| cluster.object(at));
            if let Some(release) = release.filter(|release| !std::ptr::eq(*release, set.object)) {
                by_object.entry(std::ptr::from_ref(release)).or_default().push(at);
            }
        }
        Sources { cluster, by_object }
    }

    /// Pods that an object makes.
    pub fn made_by(&self, object: &Object) -> &[usize] {
        self.by_object.get(&std::ptr::from_ref(object)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Pods of which one connects to what a text of an object names; none where that cannot be told.
    pub fn of(&self, object: &'w Object, place: Span) -> Vec<usize> {
        if object.is("", "ConfigMap") {
            return self.of_readers(object);
        }
        let made = self.made_by(object);
        if !object.is("helm.toolkit.fluxcd.io", "HelmRelease") {
            // What a custom resource of an unknown kind names, its operator may connect to.
            let known = |at: &usize| self.cluster.pods().get(*at).is_some_and(|set| is_known(set.labels()));
            let is_workload = matches!(object.gvk.group.as_str(), "" | "apps" | "batch");
            return made.iter().copied().filter(|at| is_workload || known(at)).collect();
        }
        if made.len() < 2 {
            return made.to_vec();
        }
        // What a model made of a value keeps its place.
        let holds = |at: &usize| {
            let set = self.cluster.pods().get(*at);
            set.is_some_and(|set| set.object.modelled.is_some() && holds(&set.object.node, place))
        };
        let holding: Vec<usize> = made.iter().copied().filter(holds).collect();
        if holding.is_empty() { made.to_vec() } else { holding }
    }

    /// Pods of the objects that name a ConfigMap.
    fn of_readers(&self, object: &Object) -> Vec<usize> {
        let references = self.cluster.references().to("ConfigMap", object.namespace(), &object.name);
        let readers: BTreeSet<usize> = references.flat_map(|one| self.made_by(one.from).iter().copied()).collect();
        readers.into_iter().collect()
    }
}

fn is_known(labels: &crate::cluster::pods::Labels) -> bool {
    labels.known().next().is_some()
}

fn holds(node: &Node, place: Span) -> bool {
    let span = node.span();
    if span.file == place.file && span.start <= place.start && place.end <= span.end && is_scalar(node) {
        return true;
    }
    match &node.value {
        Value::Map(map) => map.iter().any(|entry| holds(&entry.value, place)),
        Value::Seq(items) => items.iter().any(|item| holds(item, place)),
        _ => false,
    }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Map(_) | Value::Seq(_))
}
