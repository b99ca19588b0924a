//! Labels and annotations set on everything. Source: kustomize `api/filters/{labels,annotations}`.

use hashbrown::HashSet;
use smol_str::SmolStr;

use super::field_spec::{Create, FieldError, FieldSpec, kind_of};
use super::file::LabelsEntry;
use super::log::Log;
use super::resource::Resource;
use super::transformer_config::TransformerConfig;
use crate::source::Span;
use crate::yaml::{Entry, Node, Origin, Step, Value};

/// The fields that an entry of `labels` sets.
///
/// # Errors
/// Two of the specifications disagree.
pub fn label_fields(
    entry: &LabelsEntry,
    config: &TransformerConfig,
) -> Result<Vec<FieldSpec>, super::field_spec::FieldSpecConflict> {
    let mut fields = entry.fields.clone();
    let mut add = |new: &[FieldSpec]| new.iter().cloned().try_for_each(|field| FieldSpec::merge(&mut fields, field));
    add(&config.labels)?;
    if entry.selectors {
        add(&config.common_labels)?;
    } else {
        if entry.templates {
            add(&config.template_labels)?;
        }
        add(&[FieldSpec::new(super::field_spec::GvkPattern::default(), "metadata/labels", true)])?;
    }
    Ok(fields)
}

/// Sets every pair in every field.
pub fn set(resources: &mut [Resource], pairs: &Node, fields: &[FieldSpec], log: &mut Log) {
    for resource in resources {
        let gvk = resource.id().gvk;
        for field in fields {
            let outcome = field.apply(&mut resource.node, &gvk, Create::Map, &mut |node| set_pairs(node, pairs, field));
            if let Err(error) = outcome {
                log.fail(resource.refusal(&error, pairs.span(), "set by these"));
            }
        }
    }
}

/// More pairs than people write.
const MANY: usize = 32;

fn set_pairs(node: &mut Node, pairs: &Node, field: &FieldSpec) -> Result<(), FieldError> {
    let (found, span) = (kind_of(node), node.span());
    let Some(map) = node.as_map_mut() else {
        return Err(FieldError::Kind { path: field.shown(), found, expected: "a map", span });
    };
    // With many pairs, most of them are new, and looking for each would take longer than all the rest.
    let many = pairs.as_map().filter(|pairs| pairs.len() > MANY);
    let known: Option<HashSet<SmolStr>> = many.map(|_| map.iter().map(|entry| entry.key.clone()).collect());
    for entry in pairs.entries() {
        let is_new = known.as_ref().is_some_and(|known| !known.contains(&entry.key));
        let before = if is_new { None } else { map.get(&entry.key) };
        let before = before.map(|old| old.origin.clone());
        let origin = Origin::derived(Step::MetadataSet, entry.value.span(), before);
        let value = match &entry.value.value {
            Value::Unknown(unknown) => Node { value: Value::Unknown(unknown.clone()), origin },
            _ => Node::text_node(entry.value.scalar_text().unwrap_or_default().as_ref(), origin),
        };
        if is_new {
            map.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        } else {
            map.set(&entry.key, entry.key_span, value);
        }
    }
    Ok(())
}

/// Sets one label or annotation that the build itself adds.
pub fn add(node: &mut Node, field: &str, key: &str, text: &str, place: Span) {
    let Some(map) =
        node.child_mut("metadata").and_then(|metadata| metadata.child_mut(field)).and_then(Node::as_map_mut)
    else {
        return;
    };
    let before = map.get(key).map(|old| old.origin.clone());
    map.set(key, place, Node::text_node(text, Origin::derived(Step::Added, place, before)));
}
