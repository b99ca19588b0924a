//! The pod templates of workloads, with their containers. Those that models of charts make are among them.

use super::Cluster;
use crate::build::Object;
use crate::yaml::Node;

/// Group, kind, and the path of the template; empty for what is a pod itself.
pub(super) const KINDS: [(&str, &str, &str); 8] = [
    ("apps", "Deployment", "spec.template"),
    ("apps", "StatefulSet", "spec.template"),
    ("apps", "DaemonSet", "spec.template"),
    ("apps", "ReplicaSet", "spec.template"),
    ("batch", "Job", "spec.template"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template"),
    ("", "ReplicationController", "spec.template"),
    ("", "Pod", ""),
];

/// A pod template: metadata and `spec` of the pods of a workload.
#[derive(Clone, Copy, Debug)]
pub struct Template<'w> {
    /// The workload.
    pub object: &'w Object,
    /// Path of the template in the workload; empty for a Pod.
    pub path: &'static str,
    /// The `spec` of its pods.
    pub spec: &'w Node,
    /// The whole template.
    pub node: &'w Node,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Beside the others.
    Main,
    /// Before the others.
    Init,
}

/// A container of a template.
#[derive(Clone, Copy, Debug)]
pub struct Container<'w> {
    /// When it runs.
    pub phase: Phase,
    /// Its position in its list.
    pub index: usize,
    /// The container.
    pub node: &'w Node,
}

impl<'w> Template<'w> {
    /// The template of a workload; nothing for other kinds and where it has none.
    pub fn of(object: &'w Object) -> Option<Self> {
        let (_, _, path) = KINDS.iter().find(|(group, kind, _)| object.is(group, kind))?;
        let node = if path.is_empty() { &object.node } else { object.dig(path)? };
        Some(Template { object, path, spec: node.get("spec")?, node })
    }

    /// Every container, those of the beginning first.
    pub fn containers(&self) -> impl Iterator<Item = Container<'w>> + use<'w> {
        let of = |spec: &'w Node, key: &str, phase: Phase| {
            let items = spec.get(key).map(Node::items).unwrap_or_default();
            items.iter().enumerate().map(move |(index, node)| Container { phase, index, node })
        };
        of(self.spec, "initContainers", Phase::Init).chain(of(self.spec, "containers", Phase::Main))
    }

    /// The path of a field of a container in the workload.
    pub fn path_of(&self, container: &Container<'_>, field: &str) -> String {
        let below = if self.path.is_empty() { "spec".to_owned() } else { format!("{}.spec", self.path) };
        format!("{below}.{}[{}].{field}", container.list(), container.name())
    }
}

impl<'w> Container<'w> {
    /// The key of its list.
    pub fn list(&self) -> &'static str {
        match self.phase {
            Phase::Main => "containers",
            Phase::Init => "initContainers",
        }
    }

    /// Its name; its position where it has none.
    pub fn name(&self) -> String {
        self.node.get("name").and_then(Node::as_str).map_or_else(|| self.index.to_string(), ToOwned::to_owned)
    }

    /// What to point at when the whole container is meant: its name.
    pub fn named(&self) -> &'w Node {
        self.node.get("name").unwrap_or(self.node)
    }
}

impl<'w> Cluster<'w> {
    /// Every pod template.
    pub fn templates(&self) -> impl Iterator<Item = Template<'w>> + use<'_, 'w> {
        KINDS.iter().flat_map(|(group, kind, _)| self.of_kind(group, kind)).filter_map(Template::of)
    }
}
