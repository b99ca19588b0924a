//! The patch transformers written as resources, as `transformers` of a kustomization file lists them.
//!
//! Source: kustomize `api/internal/builtins/Patch*Transformer.go` (the fields of the plugins).

use super::Form;
use crate::build::kustomize::file::{PatchEntry, Text, patch_entry};
use crate::yaml::Node;

/// The entries of a patch transformer and the form they have; `None` for every other kind.
pub fn plugin_entries(plugin: &Node) -> Option<(Form, Vec<PatchEntry>)> {
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
