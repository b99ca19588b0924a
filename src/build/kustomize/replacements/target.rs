//! What can go wrong where a replacement writes.

use super::given::Given;
use super::path::{Refusal, near};
use super::read::{FieldPath, TargetEntry};
use super::scalar::WrongKind;
use crate::build::kustomize::resource::Resource;
use crate::finding::{Label, Observation, Severity};
use crate::source::Span;

/// Why a value cannot be put where it should go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The path leads to nothing.
    #[error("nothing stands at this path")]
    Missing,
    /// The path does not fit the object.
    #[error("{0}")]
    Path(#[from] Refusal),
    /// A part is to be changed, but the field is a map or list.
    #[error("`delimiter` cannot be used on a map or list")]
    NotPlain {
        /// The field.
        span: Span,
    },
    /// The field has another type.
    #[error("{why}, which the field is")]
    Kind {
        /// The type.
        why: WrongKind,
        /// The field.
        span: Span,
    },
}

impl Failure {
    /// Words for the path, and the place in the object.
    fn label(&self) -> (&'static str, Option<Span>) {
        match self {
            Failure::Missing => ("no such field", None),
            Failure::Path(refusal) => ("cannot be followed", refusal.span()),
            Failure::NotPlain { span } => ("a map or list", Some(*span)),
            Failure::Kind { span, .. } => ("of another type", Some(*span)),
        }
    }
}

/// The place of an object's name.
pub fn place_of(resource: &Resource) -> Span {
    resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).span()
}

fn observe(message: String, label: &str, path: &FieldPath, resource: &Resource) -> Observation {
    let id = resource.id();
    Observation::new("build-failed", message, Label::new(path.text.span, label))
        .keyed(format!("{} {} {}", id.gvk.kind, id.name, path.text.text))
        .related(Label::new(place_of(resource), "the object it changes"))
}

fn field(path: &FieldPath, resource: &Resource) -> String {
    let id = resource.id();
    format!("`{}` of {} `{}`", path.text.text, id.gvk.kind, id.name)
}

/// The finding for a replacement that kustomize carries out on a copy.
pub fn lost(path: &FieldPath, resource: &Resource) -> Observation {
    let message =
        format!("the replacement of {} has no effect: it leads through a list into a text", field(path, resource));
    observe(message, "does nothing", path, resource)
        .severity(Severity::Warning)
        .why("kustomize changes a copy of the text and forgets it, without a word")
        .help("name the element by its number: a path into a text cannot hold a pattern before it")
}

/// The finding for a field that cannot be set.
pub fn refused(
    failure: &Failure,
    target: &TargetEntry,
    path: &FieldPath,
    given: &Given,
    resource: &Resource,
) -> Observation {
    let (label, span) = failure.label();
    let message = format!("the replacement cannot set {}: {failure}", field(path, resource));
    let mut observation = observe(message, label, path, resource);
    if let Some(span) = span {
        observation = observation.related(Label::new(span, "the value there"));
    }
    if let Failure::Kind { .. } = failure {
        observation = observation.related(Label::new(given.place, "the value it gets"));
    }
    if *failure != Failure::Missing {
        return observation;
    }
    match (advice(&path.parts), near(&resource.node, &path.parts)) {
        (Some(help), _) => observation.help(help),
        (None, Some((near, span))) => {
            observation.help(format!("did you mean `{near}`?")).related(Label::new(span, "nearest field"))
        }
        (None, None) if !target.options.create => {
            observation.help("`options: {create: true}` makes fields that are missing")
        }
        (None, None) => observation,
    }
}

/// Advice for `containers[0]`, which is the name of a field and no element.
pub fn advice(parts: &[String]) -> Option<String> {
    let part = parts.iter().find(|part| part.find('[').is_some_and(|at| at > 0) && part.ends_with(']'))?;
    let (name, element) = part.split_once('[')?;
    let element = element.trim_end_matches(']');
    let element = if element.contains('=') { format!("[{element}]") } else { element.to_owned() };
    Some(format!("an element of a list is a part of its own: write `{name}.{element}`"))
}
