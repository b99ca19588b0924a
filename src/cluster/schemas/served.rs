//! Kinds and versions that Kubernetes and Flux do not have. What they had once is told by the rules about removed APIs.

use super::judge::{Trouble, Violation};
use super::{builtin, flux};
use crate::build::Object;
use crate::cluster::kinds::of_group;
use crate::cluster::{Cluster, apis, trail};
use crate::config::nearest;
use crate::yaml::Node;

/// What is wrong with the type of the objects of a kind.
#[derive(Debug)]
pub struct Wrong {
    /// `apiVersion` or `kind`.
    key: &'static str,
    message: String,
    help: Option<String>,
}

/// What is wrong with the API version or the kind of an object that has no schema; nothing where others may serve it.
pub fn wrong(cluster: &Cluster<'_>, object: &Object) -> Option<Wrong> {
    let (group, kind) = (object.gvk.group.as_str(), object.kind());
    let is_told = apis::flux().row(object).is_some() || apis::kubernetes().row(object).is_some();
    // Versions that are no release come and go with every release of Kubernetes and Flux.
    let is_preview = object.gvk.version.contains("alpha") || object.gvk.version.contains("beta");
    if is_told || is_preview || defines(cluster, group, kind) {
        return None;
    }
    // Groups that definitions bring have a dot; others are built in or nothing.
    let is_closed = of_group(group).is_some() || !group.contains('.');
    let served = if is_closed { builtin::versions(group, kind) } else { flux::versions(group, kind) };
    let written = object.gvk.api_version();
    if let Some(newest) = served.last() {
        let better = if group.is_empty() { (*newest).to_owned() } else { format!("{group}/{newest}") };
        let shown: Vec<String> = served.iter().map(|version| format!("`{version}`")).collect();
        let message = format!("{kind} has no version `{written}`; it has {}", shown.join(", "));
        return Some(Wrong { key: "apiVersion", message, help: Some(format!("write `{better}`")) });
    }
    // Kinds that nobody writes down, such as reviews, have no schema here and are kinds all the same.
    let is_known = of_group(group).is_some_and(|mut kinds| kinds.any(|(known, _)| known == kind));
    if !is_closed || is_known {
        return None;
    }
    let message = format!("`{written}` has no kind `{kind}`");
    let mut elsewhere = flux::kinds().chain(builtin::kinds()).filter(|(_, own)| *own == kind);
    if let Some((better, _)) = elsewhere.next_back() {
        return Some(Wrong { key: "apiVersion", message, help: Some(format!("write `{better}`")) });
    }
    let near = nearest(kind, of_group(group)?.map(|(known, _)| known)).map(|near| format!("did you mean `{near}`?"));
    Some(Wrong { key: "kind", message, help: near })
}

/// Whether something of the tree brings kinds of a group: a definition, or an API server beside that of Kubernetes.
fn defines(cluster: &Cluster<'_>, group: &str, kind: &str) -> bool {
    let is = |object: &Object, path: &str, text: &str| object.dig(path).and_then(Node::as_str) == Some(text);
    let mut definitions = cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition");
    let mut services = cluster.of_kind("apiregistration.k8s.io", "APIService");
    definitions.any(|own| is(own, "spec.group", group) && is(own, "spec.names.kind", kind))
        || services.any(|own| is(own, "spec.group", group))
}

/// The same, said of one object.
pub fn say(cluster: &Cluster<'_>, at: usize, object: &Object, wrong: &Wrong) -> Violation {
    let node = object.at(&[wrong.key]);
    Violation {
        object: cluster.position(object).unwrap_or(at),
        trouble: Trouble::Value,
        place: node.map_or_else(|| object.place(), Node::span),
        trail: node.map(trail).unwrap_or_default(),
        path: wrong.key.to_owned(),
        message: wrong.message.clone(),
        lacks: Vec::new(),
        related: None,
        help: wrong.help.clone(),
        is_of_tree: false,
    }
}
