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

/// The objects of every YAML file of a folder, and what is wrong with the files; of a folder for all releases those of
/// the file `OF.yaml` and of the folder `OF`.
pub fn rendered(
    library: &Library<'_>,
    folder: &Arc<dyn FileSystem>,
    of: Option<&str>,
    release: &Object,
    at: usize,
) -> (Vec<Object>, Vec<Observation>) {
    let window = library.sources.window(folder.clone());
    let library = library.through(&window, Arc::default());
    let namespace = ReleaseNames::of(release).namespace;
    let trail = [Label::new(release.place(), "rendered for this release")];
    let mut objects = Vec::new();
    let mut observations = Vec::new();
    let is_own = |path: &str| {
        let rest = match of {
            Some(of) => path.strip_prefix(of).filter(|rest| rest.starts_with('/') || matches!(*rest, ".yaml" | ".yml")),
            None => Some(path),
        };
        rest.is_some_and(|rest| rest.ends_with(".yaml") || rest.ends_with(".yml"))
    };
    for path in folder.walk().iter().filter(|path| is_own(path)) {
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
