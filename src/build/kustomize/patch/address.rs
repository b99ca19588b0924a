//! What kustomize does to a patch before it merges, and to an object afterwards.
//!
//! Source: kustomize `api/resource/resource.go` (`CopyMergeMetaDataFieldsFrom`, `ApplySmPatch`), kyaml `yaml/rnode.go`
//! (`setMapInMetadata`).

use smol_str::SmolStr;

use crate::build::kustomize::merge::written_text;
use crate::source::Sources;
use crate::yaml::{Node, Value};

/// A patch as it is merged into what a target selects: its labels and annotations are texts, so that a null there sets
/// the text `null`, and maps of them that hold nothing are left out, so that they delete nothing.
pub fn addressed(patch: &Node, sources: &Sources) -> Node {
    as_texts(patch, &["labels", "annotations"], sources)
}

/// A patch with an option: the option is noted in its annotations, which become texts by that.
pub fn with_option(patch: &Node, sources: &Sources) -> Node {
    as_texts(patch, &["annotations"], sources)
}

fn as_texts(patch: &Node, fields: &[&str], sources: &Sources) -> Node {
    let mut patch = patch.clone();
    for field in fields {
        in_metadata(&mut patch, field, |node| {
            for entry in node.as_map_mut().into_iter().flat_map(|map| map.iter_mut()) {
                if entry.value.as_str().is_none() {
                    let text = SmolStr::from(written_text(&entry.value, sources));
                    entry.value.value = Value::Str(text);
                }
            }
        });
    }
    patch
}

/// Makes sure that there are annotations.
pub fn with_annotations(object: &mut Node) {
    if object.at(&["metadata", "annotations"]).is_none_or(Node::is_null)
        && let Some(annotations) = object.child_mut("metadata").and_then(|metadata| metadata.child_mut("annotations"))
    {
        annotations.as_map_mut();
    }
}

/// Annotations are set anew as texts after a JSON patch.
pub fn annotations_as_text(object: &mut Node) {
    in_metadata(object, "annotations", |node| {
        for entry in node.as_map_mut().into_iter().flat_map(|map| map.iter_mut()) {
            if entry.value.as_str().is_none() && !entry.value.is_unknown() {
                let text = if entry.value.is_null() { "null".into() } else { printed(&entry.value) };
                entry.value.value = Value::Str(text);
            }
        }
    });
}

/// A scalar as go-yaml prints it behind JSON, where every number is a float.
fn printed(node: &Node) -> SmolStr {
    let number = match node.value {
        Value::Int(value) => value as f64,
        Value::Uint(value) => value as f64,
        Value::Float(value) => value,
        _ => return node.shown().map(SmolStr::from).unwrap_or_default(),
    };
    let scientific = format!("{number:e}");
    match scientific.split_once('e') {
        Some((mantissa, exponent)) => match exponent.parse::<i32>() {
            Ok(exponent) if !(-4..6).contains(&exponent) => {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()).into()
            }
            _ => format!("{number}").into(),
        },
        None => scientific.into(),
    }
}

/// Changes a map of texts in the metadata, and drops it when it holds nothing.
fn in_metadata(object: &mut Node, field: &str, change: impl FnOnce(&mut Node)) {
    let Some(found) = object.at(&["metadata", field]) else { return };
    let texts = found.entries().all(|entry| entry.value.as_str().is_some());
    let empty = found.entries().next().is_none();
    if texts && !empty {
        return;
    }
    let Some(metadata) = object.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Node::as_map_mut) else {
        return;
    };
    if empty {
        metadata.remove(field);
    } else if let Some(node) = metadata.get_mut(field) {
        change(node);
    }
}

/// Puts back a field of the object that a patch must not change.
pub fn restore(node: &mut Node, path: &[&str], key: &str, before: &Node) {
    let old = path.iter().try_fold(before, |node, part| node.get(part)).and_then(|node| node.get(key));
    let now = path.iter().try_fold(&*node, |node, part| node.get(part)).and_then(|node| node.get(key));
    let untouched = match (&old, &now) {
        (Some(old), Some(now)) => old.same_value(now) && old.span() == now.span(),
        (None, None) => true,
        _ => false,
    };
    if untouched {
        return;
    }
    let mut parent = node;
    for part in path {
        let Some(child) = parent.child_mut(part) else { return };
        parent = child;
    }
    let Some(map) = parent.as_map_mut() else { return };
    match old {
        Some(old) => map.set(key, old.span(), old.clone()),
        None => {
            map.remove(key);
        }
    }
}

/// A namespace that says nothing is left out.
pub fn without_blank_namespace(object: &mut Node) {
    let path = ["metadata", "namespace"];
    if object.at(&path).is_some_and(|node| node.shown().is_none_or(|text| text.is_empty()))
        && let Some(metadata) = object.child_mut("metadata").and_then(Node::as_map_mut)
    {
        metadata.remove("namespace");
    }
}
