//! What happens once, at the root: hashes, references, variables, objects that stay local, order, annotations.
//! Source: kustomize `api/internal/target/kusttarget.go`, `api/krusty/kustomizer.go`.

use std::sync::Arc;

use super::accumulate::{Accumulated, Options};
use super::build_metadata::Tracking;
use super::file::Spec;
use super::log::Log;
use super::resource::Resource;
use super::{hash, name_reference, order, vars};
use crate::build::dates;
use crate::build::manifests::Library;
use crate::yaml::{Node, Origin, Step, Unknown, UnknownWhy, Value};

/// Finishes the resources of a root.
pub(super) fn finish(
    all: &mut Accumulated,
    spec: &Spec,
    options: &Options,
    tracking: &Tracking,
    library: &Library<'_>,
    log: &mut Log,
) {
    let config = all.config();
    let resources = &mut all.resources;
    resources.iter_mut().filter(|resource| resource.needs_hash).for_each(add_hash);
    name_reference::rewrite(resources, &config.name_reference, log);
    vars::expand(library, resources, &all.vars, &config.var_reference, log);
    resources.retain(|resource| {
        let local = resource.node.at(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
        local.and_then(Node::scalar_text).is_none_or(|value| value == "false")
    });
    order::sort(resources, spec.order.as_ref().unwrap_or(&options.order));
    if let Some(text) = options.managed_by.as_deref().or_else(|| tracking.wants_managed_by().then_some(VERSION)) {
        tracking.manage(resources, text);
    }
    tracking.write(resources);
    for resource in resources.iter_mut() {
        annotations_as_text(resource, library);
    }
}

/// Whether the text at the place of a value is the value.
fn is_as_written(origin: &Origin) -> bool {
    matches!(origin.chain().first(), Some((None | Some(Step::Patched), _)))
}

/// kustomize writes every annotation as text, as it stands in the file; maps and lists become empty.
fn annotations_as_text(resource: &mut Resource, library: &Library<'_>) {
    let (node, rewritten) = (&mut resource.node, resource.rewritten);
    // A plain date has become a time, which is text here already.
    let is_text = |node: &Node| match &node.value {
        Value::Str(_) => rewritten || dates::retyped(library.sources, node).is_none(),
        Value::Unknown(_) => true,
        _ => false,
    };
    let annotations = node.at(&["metadata", "annotations"]);
    if annotations.is_some_and(|annotations| !annotations.is_unknown() && annotations.entries().next().is_none()) {
        // Without any, the field goes.
        if let Some(map) = node.child_mut("metadata").and_then(Node::as_map_mut) {
            map.remove("annotations");
        }
        return;
    }
    if annotations.is_none_or(|annotations| annotations.entries().all(|entry| is_text(&entry.value))) {
        return;
    }
    let metadata = node.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut);
    let Some(map) = metadata.and_then(|map| map.get_mut("annotations")).and_then(Node::as_map_mut) else { return };
    for entry in map.iter_mut().filter(|entry| !is_text(&entry.value)) {
        let span = entry.value.span();
        let written = || library.sources.file(span.file).text.get(span.range()).map(ToOwned::to_owned);
        let text = match &entry.value.value {
            Value::Map(_) | Value::Seq(_) => String::new(),
            _ if !rewritten && is_as_written(&entry.value.origin) => written().unwrap_or_default(),
            _ => entry.value.scalar_text().map_or_else(|| "null".to_owned(), |text| text.into_owned()),
        };
        entry.value.value = Value::Str(text.into());
    }
}

/// The version of kustomize that Flux builds with.
const VERSION: &str = "kustomize-v5.8.1";

/// The name ends in the hash of the content. Content that cannot be read gives a name that cannot be known.
pub(super) fn add_hash(resource: &mut Resource) {
    resource.remember();
    let is_known = !resource.node.holds_unknown();
    let suffix = is_known.then(|| hash::suffix(&resource.node));
    let Some(name) = resource.node.child_mut("metadata").and_then(|metadata| metadata.child_mut("name")) else {
        return;
    };
    let old = name.shown().unwrap_or_default();
    let value = match suffix {
        Some(suffix) => Value::Str(format!("{old}-{suffix}").into()),
        None => Value::Unknown(Arc::new(Unknown { template: format!("{old}-*").into(), why: UnknownWhy::Hash })),
    };
    let place = name.span();
    *name = Node { value, origin: Origin::derived(Step::Renamed, place, Some(name.origin.clone())) };
}
