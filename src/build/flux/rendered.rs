//! The output of a chart renderer, as objects of the release.

use std::sync::Arc;

use smol_str::SmolStr;

use super::release::ReleaseNames;
use crate::build::manifests::Library;
use crate::build::object::{Id, Object};
use crate::build::scope;
use crate::finding::{Label, Observation};
use crate::source::FileSystem;
use crate::yaml::{Mode, Node, Value};

/// The objects of every YAML file of a folder, and what is wrong with the files.
pub fn rendered(
    library: &Library<'_>,
    folder: &Arc<dyn FileSystem>,
    release: &Object,
    at: usize,
) -> (Vec<Object>, Vec<Observation>) {
    let window = library.sources.window(folder.clone());
    let library = library.through(&window);
    let namespace = ReleaseNames::of(release).namespace;
    let trail = [Label::new(release.place(), "rendered for this release")];
    let mut objects = Vec::new();
    let mut observations = Vec::new();
    for path in folder.walk().iter().filter(|path| path.ends_with(".yaml") || path.ends_with(".yml")) {
        let Ok(manifests) = library.load(path, Mode::V3) else { continue };
        observations.extend(manifests.observations.iter().cloned());
        for document in manifests.documents.iter().flat_map(items) {
            objects.extend(
                object(document, release, at, &namespace)
                    .filter(|one| !is_test(&one.node))
                    .map(|one| Object { trail: trail.to_vec(), ..one }),
            );
        }
    }
    (objects, observations)
}

fn items(document: &Node) -> Vec<&Node> {
    match document.get("items").map(|items| &items.value) {
        Some(Value::Seq(items)) => items.iter().collect(),
        _ => vec![document],
    }
}

/// An object that a release brings, from what its chart gives.
pub fn object(node: &Node, release: &Object, at: usize, namespace: &str) -> Option<Object> {
    let id = Id::of(node);
    if id.name.is_empty() || id.gvk.kind.is_empty() {
        return None;
    }
    let written = id.clone();
    let own = if id.namespace.is_empty() { SmolStr::from(namespace) } else { id.namespace };
    Some(Object {
        namespace: (!scope::has_no_namespace(&id.gvk)).then_some(own),
        gvk: id.gvk,
        name: id.name,
        node: node.clone(),
        written,
        kustomization: release.kustomization,
        trail: Vec::new(),
        encrypted: false,
        left_alone: release.left_alone,
        release: Some(at),
        modelled: None,
    })
}

/// A test is not installed.
fn is_test(node: &Node) -> bool {
    let hook = node.at(&["metadata", "annotations", "helm.sh/hook"]).and_then(Node::as_str).unwrap_or_default();
    !hook.is_empty() && hook.split(',').all(|hook| matches!(hook.trim(), "test" | "test-success" | "test-failure"))
}
