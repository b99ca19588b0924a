//! What an object says against its schema, in our words and at the places of its source.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value as JsonValue;

use super::Schema;
use super::instance::Instance;
use super::limits::{Endless, within};
use super::lists;
use super::place::Place;
use super::words::{enumeration, wrong};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::config::nearest;
use crate::finding::Label;
use crate::source::Span;
use crate::yaml::Node;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A field that the kind does not have.
    Field,
    /// A value that the field does not take.
    Value,
    /// A field that has to be there.
    Missing,
}

/// Something that an object says against its schema.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Position of the object in the build.
    pub object: usize,
    /// What is wrong.
    pub trouble: Trouble,
    /// The key or value to edit; the map that lacks a field.
    pub place: Span,
    /// How the value came to be.
    pub trail: Vec<Label>,
    /// Dotted path in the object.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// The fields that have to be there.
    pub(super) lacks: Vec<String>,
    /// Another place involved.
    pub related: Option<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The schema is that of a CRD in the tree.
    pub is_of_tree: bool,
}

/// Everything that an object says against its schema. `at` is its position among those that are judged.
///
/// # Errors
/// [`Endless`] where the schema asks for too much work.
pub fn judge(cluster: &Cluster<'_>, at: usize, object: &Object, schema: &Schema) -> Result<Vec<Violation>, Endless> {
    let position = cluster.position(object).unwrap_or(at);
    let mut found: Vec<Violation> = annotations(object, position).into_iter().collect();
    let errors = within(&object.node, || schema.compiled.validator.iter_errors(Instance::Node(&object.node)))?;
    for error in errors {
        read(object, schema, position, &error, &mut found);
    }
    for missing in found.iter_mut().filter(|violation| violation.trouble == Trouble::Missing) {
        missing.message = format!("{} {}", missing.message, enumeration(&missing.lacks));
    }
    Ok(found)
}

/// All annotations of an object, in bytes. Source: apimachinery `pkg/api/validation/objectmeta.go`.
const ANNOTATIONS: usize = 256 * 1024;

fn annotations(object: &Object, position: usize) -> Option<Violation> {
    let node = object.at(&["metadata", "annotations"])?;
    let size: usize = node.entries().map(|entry| entry.key.len() + entry.value.as_str().map_or(0, str::len)).sum();
    (size > ANNOTATIONS).then(|| Violation {
        object: position,
        trouble: Trouble::Value,
        place: object.place(),
        trail: crate::cluster::trail(node),
        path: "metadata.annotations".to_owned(),
        message: format!("the annotations of {} have {size} bytes, more than {ANNOTATIONS}", object.reference()),
        lacks: Vec::new(),
        related: None,
        help: Some("keep large texts in a ConfigMap".to_owned()),
        is_of_tree: false,
    })
}

fn read(object: &Object, schema: &Schema, position: usize, error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    let Some(at) = Place::of(object, error) else { return };
    let violation = |trouble, node: Option<&Node>, place, path, message, help| Violation {
        object: position,
        trouble,
        place,
        trail: node.map(crate::cluster::trail).unwrap_or_default(),
        path,
        message,
        lacks: Vec::new(),
        related: None,
        help,
        is_of_tree: schema.is_of_tree,
    };
    let field = || format!("`{}` of {}", at.shown(), object.reference());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_fields(schema, error);
            for name in unexpected {
                let Some(entry) = at.node.as_map().and_then(|map| map.entry(name)) else { continue };
                // What SOPS leaves in an encrypted object goes before it is applied.
                if name == "sops" && at.path.is_empty() {
                    continue;
                }
                let path = at.below(name);
                let message = format!("{} has no field `{path}`", kind(object));
                let near = nearest(name, known.iter().map(String::as_str));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                found.push(violation(Trouble::Field, Some(&entry.value), entry.key_span, path, message, help));
            }
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let path = at.below(name);
            let whose = if at.path.is_empty() { object.reference().to_string() } else { field() };
            let place = at.key.unwrap_or_else(|| object.place());
            // Fields that one map lacks come one after the other, and are one matter.
            match found.last_mut().filter(|last| last.trouble == Trouble::Missing && last.place == place) {
                Some(last) => last.lacks.push(name.to_owned()),
                None => {
                    let mut first =
                        violation(Trouble::Missing, Some(at.node), place, path, format!("{whose} lacks"), None);
                    first.lacks.push(name.to_owned());
                    found.push(first);
                }
            }
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let Some(name) = inner.instance().as_str() else { return };
            let Some(entry) = at.node.as_map().and_then(|map| map.entry(name)) else { return };
            let Some((what, help)) = wrong(inner.kind(), &Node::text_node(name, entry.value.origin.clone())) else {
                return;
            };
            let message = format!("the key `{name}` in {} {what}", field());
            found.push(violation(Trouble::Value, Some(&entry.value), entry.key_span, at.below(name), message, help));
        }
        ValidationErrorKind::Custom { keyword, message } if keyword == lists::KEYWORD => {
            let Some((later, first)) = message.split_once(' ') else { return };
            let item = |at_text: &str| at.node.items().get(at_text.parse::<usize>().ok()?);
            let (Some(later), Some(first)) = (item(later), item(first)) else { return };
            let message = format!("{} has two items alike, which the API server takes once", field());
            let help = Some("take one of them away, or make them differ".to_owned());
            let mut twice = violation(Trouble::Value, Some(later), later.span(), at.shown(), message, help);
            twice.related = Some(Label::new(first.span(), "the first"));
            found.push(twice);
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            choice(object, schema, position, &at, context, found);
        }
        ValidationErrorKind::Pattern { pattern } if is_flux_duration(object, pattern) => {}
        kind => {
            let Some((what, help)) = wrong(kind, at.node) else { return };
            let message = format!("{} {what}", field());
            found.push(violation(Trouble::Value, Some(at.node), at.node.span(), at.shown(), message, help));
        }
    }
}

/// A value that fits none of several schemas: what the nearest of them says.
fn choice(
    object: &Object,
    schema: &Schema,
    position: usize,
    at: &Place<'_>,
    context: &[Vec<ValidationError<'static>>],
    found: &mut Vec<Violation>,
) {
    // Choices between fields alone are one matter: one of them has to be there.
    let lacks = |branch: &Vec<ValidationError<'_>>| match branch.as_slice() {
        [only] => match only.kind() {
            ValidationErrorKind::Required { property } => property.as_str().map(ToOwned::to_owned),
            _ => None,
        },
        _ => None,
    };
    if let Some(names) = context.iter().map(lacks).collect::<Option<Vec<String>>>() {
        let whose = if at.path.is_empty() {
            object.reference().to_string()
        } else {
            format!("`{}` of {}", at.shown(), object.reference())
        };
        found.push(Violation {
            object: position,
            trouble: Trouble::Missing,
            place: at.key.unwrap_or_else(|| object.place()),
            trail: crate::cluster::trail(at.node),
            path: at.shown(),
            message: format!("{whose} lacks one of"),
            lacks: names,
            related: None,
            help: None,
            is_of_tree: schema.is_of_tree,
        });
        return;
    }
    let nearest = context.iter().filter(|branch| !branch.is_empty()).min_by_key(|branch| branch.len());
    for error in nearest.into_iter().flatten() {
        read(object, schema, position, error, found);
    }
}

/// What is no duration in an object of Flux is told by `duration-invalid`.
fn is_flux_duration(object: &Object, pattern: &str) -> bool {
    object.gvk.group.ends_with(".toolkit.fluxcd.io") && pattern.contains("(ms|s|m")
}

/// `Deployment` of `apps/v1`, for a sentence.
fn kind(object: &Object) -> String {
    format!("{} ({})", object.kind(), object.gvk.api_version())
}

/// The fields that the map of an error could have.
fn known_fields(schema: &Schema, error: &ValidationError<'_>) -> Vec<String> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let properties = schema.compiled.text.pointer(parent).and_then(|parent| parent.get("properties"));
    properties.and_then(JsonValue::as_object).map(|all| all.keys().cloned().collect()).unwrap_or_default()
}
