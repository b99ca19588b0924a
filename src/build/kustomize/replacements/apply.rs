//! Carrying out replacements. Source: kustomize `api/filters/replacement/replacement.go`.

use std::sync::Arc;

use super::path::{self, Found, Matcher, Refusal, Shape, lookup};
use super::read::{FieldOptions, FieldPath, From, ObjectSource, Replacement, TargetEntry};
use super::scalar::{Kind, Texts, WrongKind, kind_of, text_of, typed};
use super::structured;
use crate::build::kustomize::log::Log;
use crate::build::kustomize::resource::Resource;
use crate::build::manifests::Library;
use crate::finding::{Label, Observation, Severity};
use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Unknown, Value};

/// A value on its way from a source to its targets.
#[derive(Clone, Debug)]
pub struct Given {
    what: What,
    /// Where it stands.
    pub place: Span,
}

#[derive(Clone, Debug)]
enum What {
    Text(Kind, String),
    Tree(Node),
    Unknown(Arc<Unknown>),
}

impl Given {
    /// Its text: of a map or list, nothing; of an unknown value, its template.
    pub fn text(&self) -> &str {
        match &self.what {
            What::Text(_, text) => text,
            What::Tree(_) => "",
            What::Unknown(unknown) => &unknown.template,
        }
    }

    /// The value as it goes where no plain value stands.
    ///
    /// # Errors
    /// A part of a text that does not have the type of the whole.
    pub fn value(&self) -> Result<Value, WrongKind> {
        match &self.what {
            What::Text(kind, text) => typed(*kind, text),
            What::Tree(node) => Ok(node.value.clone()),
            What::Unknown(unknown) => Ok(Value::Unknown(unknown.clone())),
        }
    }

    /// A text that holds it.
    pub fn as_text(&self, text: String) -> Value {
        match &self.what {
            What::Unknown(unknown) => Value::Unknown(Arc::new(Unknown { template: text.into(), why: unknown.why })),
            _ => Value::Str(text.into()),
        }
    }

    fn shape(&self) -> Shape {
        match &self.what {
            What::Tree(node) if node.as_map().is_some() => Shape::Map,
            What::Tree(_) => Shape::Seq,
            _ => Shape::Scalar,
        }
    }
}

/// Why a value cannot be put where it should go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Failure {
    #[error("nothing stands at this path")]
    Missing,
    #[error("{0}")]
    Path(#[from] Refusal),
    #[error("`delimiter` cannot be used: the field is a map or list")]
    NotPlain { span: Span },
    #[error("{why}, which the field is")]
    Kind { why: WrongKind, span: Span },
}

impl Failure {
    fn label(&self) -> (&'static str, Option<Span>) {
        match self {
            Failure::Missing => ("no such field", None),
            Failure::Path(refusal) => ("cannot be followed", refusal.span()),
            Failure::NotPlain { span } => ("a map or list", Some(*span)),
            Failure::Kind { span, .. } => ("of another type", Some(*span)),
        }
    }
}

/// Carries out replacements, one after the other: later ones see what earlier ones did.
pub fn apply(library: &Library<'_>, entries: &[Replacement], resources: &mut [Resource], log: &mut Log) {
    let texts = Texts::Files(library.sources);
    // What an entry does not find may be something that was left out; what other entries do wrong is no reason.
    let open = log.is_open();
    for entry in entries {
        let (given, source) = match &entry.from {
            From::Value(text) => {
                let what = What::Text(Kind::Untyped, text.text.clone());
                (Given { what, place: text.span }, None)
            }
            From::Object(source) => {
                let Some(at) = select_source(source, resources, open, log) else { continue };
                let Some(resource) = resources.get(at) else { continue };
                match take(source, resource, texts) {
                    Ok(given) => (given, Some((source, at))),
                    Err(failure) => {
                        if !(open && failure.may_be_open) {
                            log.fail(source_failure(source, resource, &failure));
                        }
                        continue;
                    }
                }
            }
        };
        Run { entry, given, source, texts, open }.targets(resources, log);
    }
}

fn select_source(source: &ObjectSource, resources: &[Resource], open: bool, log: &mut Log) -> Option<usize> {
    let mut found = resources.iter().enumerate().filter(|(_, resource)| source.object.selects(resource));
    let (place, shown) = (source.object.place().map_or(source.span, |text| text.span), source.object.shown());
    match (found.next(), found.next()) {
        (Some((at, _)), None) => return Some(at),
        (None, _) if open => {}
        (None, _) => {
            let mut observation = Observation::new(
                "build-failed",
                format!("the replacement reads from {shown}, which this build does not hold"),
                Label::new(place, "no such object"),
            )
            .keyed(format!("replacement source {shown}"));
            if let Some((help, span)) = nearest(source, resources) {
                observation = observation.help(help).related(Label::new(span, "nearest object"));
            }
            log.fail(observation);
        }
        (Some((_, first)), Some((_, second))) => {
            let observation = Observation::new(
                "build-failed",
                format!("the replacement reads from {shown}, which are {} objects", 2 + found.count()),
                Label::new(place, "more than one object"),
            )
            .keyed(format!("replacement source {shown}"))
            .help("say which: by `group`, `version`, `kind`, `name` and `namespace`")
            .related(Label::new(place_of(first), "one of them"))
            .related(Label::new(place_of(second), "another"));
            log.fail(observation);
        }
    }
    None
}

/// The object that was probably meant: of the kind asked for, with a similar name, or of that name and another kind.
fn nearest(source: &ObjectSource, resources: &[Resource]) -> Option<(String, Span)> {
    let name = &source.object.name.as_ref()?.text;
    let of_kind = |resource: &&Resource| {
        source.object.kind.as_ref().is_none_or(|kind| resource.id().gvk.kind.as_str() == kind.text)
    };
    let distance = |resource: &Resource| strsim::levenshtein(&resource.id().name, name);
    let similar = resources.iter().filter(of_kind).min_by_key(|resource| distance(resource));
    if let Some(resource) = similar.filter(|resource| distance(resource) <= name.len() / 3 + 1) {
        let id = resource.id();
        let words = if id.name.as_str() == name.as_str() {
            let namespace = if id.namespace.is_empty() {
                "no namespace".to_owned()
            } else {
                format!("namespace `{}`", id.namespace)
            };
            format!("the object has apiVersion `{}` and {namespace}", id.gvk.api_version())
        } else {
            format!("did you mean `{}`?", id.name)
        };
        return Some((words, place_of(resource)));
    }
    let namesake = resources.iter().find(|resource| resource.id().name.as_str() == name.as_str())?;
    Some((format!("a {} of that name exists", namesake.id().gvk.kind), place_of(namesake)))
}

fn place_of(resource: &Resource) -> Span {
    resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).span()
}

/// Why nothing can be read from a source.
struct NoValue {
    why: String,
    label: &'static str,
    /// An input that was left out could have brought it.
    may_be_open: bool,
}

/// Reads the value of a source.
fn take(source: &ObjectSource, resource: &Resource, texts: Texts<'_>) -> Result<Given, NoValue> {
    let missing = || NoValue {
        why: format!("reads `{}`, where nothing stands", source.path.text.text),
        label: "nothing stands there",
        may_be_open: true,
    };
    let address = lookup(&resource.node, &source.path.parts, texts).map_err(|refusal| NoValue {
        why: format!("cannot follow `{}`: {refusal}", source.path.text.text),
        label: "cannot be followed",
        may_be_open: false,
    })?;
    let node = address.and_then(|address| path::at(&resource.node, &address)).ok_or_else(missing)?;
    let place = node.span();
    let what = match &node.value {
        Value::Unknown(unknown) => What::Unknown(unknown.clone()),
        Value::Null => return Err(missing()),
        Value::Map(map) if map.is_empty() => return Err(missing()),
        Value::Seq(items) if items.is_empty() => return Err(missing()),
        Value::Map(_) | Value::Seq(_) if source.options.delimiter.is_some() => {
            return Err(NoValue {
                why: format!("cannot divide `{}`: it is a map or list", source.path.text.text),
                label: "a map or list",
                may_be_open: false,
            });
        }
        Value::Map(_) | Value::Seq(_) => What::Tree(node.clone()),
        _ => {
            let text = text_of(node, texts).unwrap_or_default();
            let text = match &source.options.delimiter {
                None => text,
                Some(delimiter) => part(&text, delimiter, source.options.index).map_err(|count| NoValue {
                    why: format!("asks for part {} of a value that has {count}", source.options.index),
                    label: "out of bounds",
                    may_be_open: false,
                })?,
            };
            What::Text(kind_of(node, texts).unwrap_or(Kind::Str), text)
        }
    };
    Ok(Given { what, place })
}

/// A part of a text, or the number of its parts.
fn part(text: &str, delimiter: &str, index: i64) -> Result<String, usize> {
    let mut parts = text.split(delimiter);
    let found = usize::try_from(index).ok().and_then(|index| parts.nth(index));
    found.map(str::to_owned).ok_or_else(|| text.split(delimiter).count())
}

fn source_failure(source: &ObjectSource, resource: &Resource, failure: &NoValue) -> Observation {
    let id = resource.id();
    let place = if failure.label == "out of bounds" { source.options.span } else { source.path.text.span };
    let mut observation = Observation::new(
        "build-failed",
        format!("the replacement {} in {} `{}`", failure.why, id.gvk.kind, id.name),
        Label::new(place, failure.label),
    )
    .keyed(format!("{} {} {}", id.gvk.kind, id.name, source.path.text.text))
    .related(Label::new(place_of(resource), "the object it reads"));
    if let Some((near, span)) = path::near(&resource.node, &source.path.parts) {
        observation = observation.help(format!("did you mean `{near}`?")).related(Label::new(span, "nearest field"));
    }
    observation
}

/// One replacement under way.
struct Run<'r> {
    entry: &'r Replacement,
    given: Given,
    /// The source, and which resource it is.
    source: Option<(&'r ObjectSource, usize)>,
    texts: Texts<'r>,
    open: bool,
}

impl Run<'_> {
    fn targets(mut self, resources: &mut [Resource], log: &mut Log) {
        for target in &self.entry.targets {
            // One object is enough to show what is wrong with a path.
            let mut said = vec![false; target.paths.len()];
            for at in 0..resources.len() {
                let Some(resource) = resources.get_mut(at) else { continue };
                if !target.selection.selects(resource) {
                    continue;
                }
                for (path, said) in target.paths.iter().zip(&mut said) {
                    let outcome = self.write(&mut resource.node, path, &target.options);
                    if !*said && let Some(observation) = self.report(outcome, target, path, resource) {
                        *said = true;
                        match observation.severity {
                            Some(_) => log.note(observation),
                            None => log.fail(observation),
                        }
                    }
                }
                self.look_again(at, resource);
            }
        }
    }

    /// A replacement that changes its own source hands over what stands there then, unless it took a part of it.
    fn look_again(&mut self, at: usize, resource: &Resource) {
        if let Some((source, own)) = self.source
            && own == at
            && source.options.delimiter.is_none()
            && let Ok(given) = take(source, resource, self.texts)
        {
            self.given = given;
        }
    }

    /// Puts the value into one field, or all that the path leads to. Tells whether that has an effect.
    fn write(&self, object: &mut Node, path: &FieldPath, options: &FieldOptions) -> Result<bool, Failure> {
        let by = path.text.span;
        let create = options.create.then(|| self.given.shape());
        if path.parts.len() > 1 && structured::set(object, &path.parts, &self.given, create, by, self.texts) {
            return Ok(true);
        }
        let mut visit = |found: Found<'_>| self.set(found, by, options);
        let mut matcher = Matcher { create, by, texts: self.texts, visit: &mut visit, count: 0, inside_text: 0 };
        matcher.run(object, &path.parts)?;
        match matcher.count {
            0 => Err(Failure::Missing),
            count => Ok(matcher.inside_text < count),
        }
    }

    fn set(&self, found: Found<'_>, by: Span, options: &FieldOptions) -> Result<(), Failure> {
        let Found { node, fresh } = found;
        let before = node.origin.clone();
        let before = if fresh { before } else { Origin::derived(Step::Transformed, by, Some(before)) };
        let kind = kind_of(node, self.texts);
        let is_unknown = node.is_unknown();
        if kind.is_none() && !is_unknown && options.delimiter.is_some() {
            return Err(Failure::NotPlain { span: node.span() });
        }
        let value = match (kind, &self.given.what) {
            // What was there cannot be read, so neither can what it becomes.
            _ if is_unknown => node.value.clone(),
            (Some(_), What::Unknown(unknown)) => {
                let template = self.joined(node, options);
                Value::Unknown(Arc::new(Unknown { template: template.into(), why: unknown.why }))
            }
            (Some(kind), _) => {
                typed(kind, &self.joined(node, options)).map_err(|why| Failure::Kind { why, span: node.span() })?
            }
            (None, _) => self.given.value().map_err(|why| Failure::Kind { why, span: node.span() })?,
        };
        *node = Node { value, origin: Origin::derived(Step::Copied, self.given.place, Some(before)) };
        Ok(())
    }

    /// The text a plain field gets: the whole, or what stands there with one part put in.
    fn joined(&self, node: &Node, options: &FieldOptions) -> String {
        let new = self.given.text();
        let Some(delimiter) = &options.delimiter else { return new.to_owned() };
        let old = text_of(node, self.texts).unwrap_or_default();
        let mut parts: Vec<&str> = old.split(delimiter.as_str()).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, new),
            Ok(index) => match parts.get_mut(index) {
                Some(part) => *part = new,
                None => parts.push(new),
            },
        }
        parts.join(delimiter)
    }

    fn report(
        &self,
        outcome: Result<bool, Failure>,
        target: &TargetEntry,
        path: &FieldPath,
        resource: &Resource,
    ) -> Option<Observation> {
        let id = resource.id();
        let field = format!("`{}` of {} `{}`", path.text.text, id.gvk.kind, id.name);
        let key = format!("{} {} {}", id.gvk.kind, id.name, path.text.text);
        let related = Label::new(place_of(resource), "the object it changes");
        let failure = match outcome {
            Ok(true) => return None,
            Ok(false) => {
                let message = format!("the replacement of {field} has no effect: it leads through a list into a text");
                let observation = Observation::new("build-failed", message, Label::new(path.text.span, "does nothing"))
                    .severity(Severity::Warning)
                    .why("kustomize changes a copy of the text and forgets it, without a word")
                    .help("name the element by its number: a path into a text cannot hold a pattern before it");
                return Some(observation.keyed(key).related(related));
            }
            Err(Failure::Missing) if self.open => return None,
            Err(failure) => failure,
        };
        let (label, span) = failure.label();
        let mut observation = Observation::new(
            "build-failed",
            format!("the replacement cannot set {field}: {failure}"),
            Label::new(path.text.span, label),
        )
        .keyed(key)
        .related(related);
        if let Some(span) = span {
            observation = observation.related(Label::new(span, "the value there"));
        }
        if let Failure::Kind { .. } = failure {
            observation = observation.related(Label::new(self.given.place, "the value it gets"));
        }
        match (&failure, path::near(&resource.node, &path.parts), bracketed(&path.parts)) {
            (Failure::Missing, _, Some(help)) => observation = observation.help(help),
            (Failure::Missing, Some((near, span)), _) => {
                observation =
                    observation.help(format!("did you mean `{near}`?")).related(Label::new(span, "nearest field"));
            }
            (Failure::Missing, None, None) if !target.options.create => {
                observation = observation.help("`options: {create: true}` makes fields that are missing");
            }
            _ => {}
        }
        Some(observation)
    }
}

/// Advice for `containers[0]`, which is the name of a field and no element.
fn bracketed(parts: &[String]) -> Option<String> {
    let part = parts.iter().find(|part| part.find('[').is_some_and(|at| at > 0) && part.ends_with(']'))?;
    let (name, element) = part.split_once('[')?;
    let element = element.trim_end_matches(']');
    let element = if element.contains('=') { format!("[{element}]") } else { element.to_owned() };
    Some(format!("an element of a list is a part of its own: write `{name}.{element}`"))
}
