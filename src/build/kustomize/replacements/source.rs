//! Finding the object that a replacement reads from, and saying what is wrong with a source.

use super::given::NoValue;
use super::path::near;
use super::read::ObjectSource;
use super::target::{advice, place_of};
use crate::build::kustomize::resource::Resource;
use crate::finding::{Label, Observation};
use crate::source::Span;

/// The one object that a source selects; `None` for none.
///
/// # Errors
/// It selects more than one.
pub fn select(source: &ObjectSource, resources: &[Resource]) -> Result<Option<usize>, Box<Observation>> {
    let mut found = resources.iter().enumerate().filter(|(_, resource)| source.object.selects(resource));
    let (first, second) = match (found.next(), found.next()) {
        (None, _) => return Ok(None),
        (Some((at, _)), None) => return Ok(Some(at)),
        (Some((_, first)), Some((_, second))) => (first, second),
    };
    let count = 2 + found.count();
    let shown = source.object.shown();
    let observation = Observation::new(
        "build-failed",
        format!("the source of the replacement selects {count} objects, not one: {shown}"),
        Label::new(source.span, "more than one object"),
    )
    .keyed(format!("replacement source {shown}"))
    .help("say which: by `group`, `version`, `kind`, `name` and `namespace`")
    .related(Label::new(place_of(first), "one of them"))
    .related(Label::new(place_of(second), "another"));
    Err(Box::new(observation))
}

/// The finding for a source that selects nothing.
pub fn missing(source: &ObjectSource, resources: &[Resource]) -> Observation {
    let shown = source.object.shown();
    let observation = Observation::new(
        "build-failed",
        format!("the replacement reads from {shown}, which this build does not hold"),
        Label::new(source.span, "no such object"),
    )
    .keyed(format!("replacement source {shown}"));
    match nearest(source, resources) {
        Some((help, span)) => observation.help(help).related(Label::new(span, "nearest object")),
        None => observation,
    }
}

/// The object that was probably meant: of the kind asked for, with a similar name, or of that name and another kind.
fn nearest(source: &ObjectSource, resources: &[Resource]) -> Option<(String, Span)> {
    let name = source.object.name.as_ref()?.text.as_str();
    let is_of_kind =
        |resource: &&Resource| source.object.kind.as_ref().is_none_or(|kind| resource.id().gvk.kind == *kind.text);
    let distance = |resource: &Resource| strsim::levenshtein(&resource.id().name, name);
    let similar = resources.iter().filter(is_of_kind).min_by_key(|resource| distance(resource));
    if let Some(resource) = similar.filter(|resource| distance(resource) <= name.len() / 3 + 1) {
        let id = resource.id();
        let words = match (id.name == *name, id.namespace.as_str()) {
            (false, _) => format!("did you mean `{}`?", id.name),
            (true, "") => format!("the object has apiVersion `{}` and no namespace", id.gvk.api_version()),
            (true, own) => format!("the object has apiVersion `{}` and namespace `{own}`", id.gvk.api_version()),
        };
        return Some((words, place_of(resource)));
    }
    let namesake = resources.iter().find(|resource| resource.id().name == *name)?;
    Some((format!("a {} of that name exists", namesake.id().gvk.kind), place_of(namesake)))
}

/// The finding for a source whose object has no such value.
pub fn refused(source: &ObjectSource, resource: &Resource, why: &NoValue) -> Observation {
    let id = resource.id();
    let path = &source.path.text;
    let field = format!("`{}` of {} `{}`", path.text, id.gvk.kind, id.name);
    let (message, label, place) = match why {
        NoValue::Missing => {
            (format!("the replacement reads {field}, where nothing stands"), "nothing stands there", path.span)
        }
        NoValue::Path(refusal) => {
            (format!("the replacement cannot read {field}: {refusal}"), "cannot be followed", path.span)
        }
        NoValue::NotPlain => {
            (format!("the replacement cannot take {field} apart: it is a map or list"), "a map or list", path.span)
        }
        NoValue::NoPart { index, count } => {
            let parts = if *count == 1 { "1 part" } else { &format!("{count} parts") };
            let message = format!("the replacement reads part {index} of {field}, which has {parts}, counted from 0");
            (message, "out of bounds", source.options.span)
        }
    };
    let observation = Observation::new("build-failed", message, Label::new(place, label))
        .keyed(format!("{} {} {}", id.gvk.kind, id.name, path.text))
        .related(Label::new(place_of(resource), "the object it reads"));
    match (advice(&source.path.parts), near(&resource.node, &source.path.parts)) {
        (Some(help), _) => observation.help(help),
        (None, Some((near, span))) => {
            observation.help(format!("did you mean `{near}`?")).related(Label::new(span, "nearest field"))
        }
        (None, None) => observation,
    }
}
