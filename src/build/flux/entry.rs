//! The Kustomization of an entry point: as written, or as a FluxInstance makes it.

use super::discover::EntryPoint;
use super::kustomization::FluxKustomization;
use super::root::Reading;
use crate::build::kustomize::{Resource, Schema, apply_patch, patch_entry};
use crate::build::manifests::Library;
use crate::yaml::{Node, Origin, Step, Value};

/// The Kustomization that applies the folder of an entry point.
pub fn kustomization(library: &Library<'_>, entry: &EntryPoint) -> FluxKustomization {
    let object = entry.object.clone().unwrap_or_else(|| made_by_instance(library, entry));
    // What is applied by hand is applied from the repository.
    let path = if entry.reading == Reading::Flux { entry.path_in_artifact() } else { entry.path.clone() };
    FluxKustomization { path: Some(path), source: entry.sources.first().cloned(), ..FluxKustomization::read(&object) }
}

fn made_by_instance(library: &Library<'_>, entry: &EntryPoint) -> Node {
    let place = entry.place;
    let added = || Origin::derived(Step::Added, place, None);
    let text = |text: &str| Node::text_node(text, added());
    let map = |entries: &[(&str, Node)]| {
        let mut map = Node::empty_map(added());
        for (key, value) in entries {
            if let Some(map) = map.as_map_mut() {
                map.set(key, place, value.clone());
            }
        }
        map
    };
    let object = map(&[
        ("apiVersion", text("kustomize.toolkit.fluxcd.io/v1")),
        ("kind", text("Kustomization")),
        ("metadata", map(&[("name", text("flux-system")), ("namespace", text("flux-system"))])),
        (
            "spec",
            map(&[
                ("path", text(&entry.path_in_artifact())),
                ("prune", Node { value: Value::Bool(true), origin: added() }),
            ]),
        ),
    ]);
    let Some(patches) = &entry.instance_patches else { return object };
    let mut resources = vec![Resource::new(object.clone())];
    for patch in patches.items() {
        apply_patch(library, &Schema::default(), &patch_entry(patch), &mut resources, false);
    }
    resources.into_iter().next().map_or(object, |patched| patched.node.into_node())
}
