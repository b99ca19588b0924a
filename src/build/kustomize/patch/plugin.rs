//! The patch transformers written as resources, as `transformers` of a kustomization file lists them.
//!
//! Source: kustomize `api/internal/builtins/Patch*Transformer.go` (the fields of the plugins).

use std::sync::Arc;

use smol_str::SmolStr;

use super::Form;
use crate::build::kustomize::file::{PatchEntry, Text, patch_entry};
use crate::yaml::{Entry, Map, Node, Value};

/// The entries of a patch transformer and the form they have; `None` for every other kind.
pub fn plugin_entries(plugin: &Node) -> Option<(Form, Vec<PatchEntry>)> {
    let plugin = &folded(plugin);
    match plugin.get("kind")?.as_str()? {
        "PatchTransformer" => Some((Form::Patch, vec![patch_entry(plugin)])),
        "PatchStrategicMergeTransformer" => {
            let paths = plugin.get("paths").map(Node::items).unwrap_or_default();
            let text = plugin.get("patches").filter(|text| text.as_str().is_some_and(|text| !text.is_empty()));
            let inline = |node: &Node| PatchEntry { patch: Some(node.clone()), ..empty(node) };
            let mut entries: Vec<PatchEntry> = paths.iter().map(path_or_inline).collect();
            entries.extend(text.map(inline));
            Some((Form::StrategicMerge, entries))
        }
        "PatchJson6902Transformer" => {
            let operations = plugin.get("jsonOp").cloned();
            Some((Form::Json6902, vec![PatchEntry { patch: operations, ..patch_entry(plugin) }]))
        }
        _ => None,
    }
}

/// Names of fields as Go writes them; it reads them in any case.
const FIELDS: &[&str] = &[
    "kind",
    "path",
    "patch",
    "paths",
    "patches",
    "jsonOp",
    "target",
    "options",
    "group",
    "version",
    "name",
    "namespace",
    "labelSelector",
    "annotationSelector",
    "allowNameChange",
    "allowKindChange",
];

fn folded(node: &Node) -> Node {
    let Value::Map(map) = &node.value else { return node.clone() };
    let fold = |entry: &Entry| {
        let name = FIELDS.iter().find(|name| name.eq_ignore_ascii_case(&entry.key));
        let key = name.map_or_else(|| entry.key.clone(), |name| SmolStr::new_static(name));
        let nested = matches!(key.as_str(), "target" | "options");
        let value = if nested { folded(&entry.value) } else { entry.value.clone() };
        Entry { key, key_span: entry.key_span, value }
    };
    let map = Map::from_entries(map.iter().map(fold).collect());
    Node { value: Value::Map(Arc::new(map)), origin: node.origin.clone() }
}

fn empty(node: &Node) -> PatchEntry {
    PatchEntry {
        patch: None,
        path: None,
        target: None,
        allow_name_change: false,
        allow_kind_change: false,
        span: node.span(),
    }
}

/// An entry of `paths`: the object itself where the text is one, else the path of its file.
fn path_or_inline(node: &Node) -> PatchEntry {
    let text = node.shown().unwrap_or_default();
    if text.contains('\n') || text.trim_start().starts_with('{') {
        return PatchEntry { patch: Some(node.clone()), ..empty(node) };
    }
    PatchEntry { path: Some(Text { text: text.into_owned(), span: node.span() }), ..empty(node) }
}
