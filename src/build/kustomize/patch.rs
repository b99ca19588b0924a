//! Patches: finding what an entry is for, and applying it. Source: kustomize `api/internal/builtins/PatchTransformer.go`.

use regex::Regex;

use super::file::{PatchEntry, Target, Text};
use super::json_patch::{self, Operation};
use super::merge::{Merged, merge, restore};
use super::resource::Resource;
use crate::build::manifests::{Library, Manifests};
use crate::build::object::Id;
use crate::build::selector::TextSelector;
use crate::finding::{Label, Observation, Severity};
use crate::source::Span;
use crate::yaml::{Mode, Node, Value};

/// The body of a patch entry.
enum Body {
    Strategic(Vec<Node>),
    Json(Vec<Operation>),
}

/// What happened to one entry.
#[derive(Default)]
pub struct Applied {
    /// What is to be said about it.
    pub observations: Vec<Observation>,
    /// Kustomize would fail here.
    pub broken: bool,
    /// Something it might match was left out of the build.
    pub undecided: bool,
}

/// Applies one entry to the resources of a build. `open` says that the build lacks resources it could match.
pub fn apply(
    library: &Library<'_>,
    entry: &PatchEntry,
    file: Option<&str>,
    resources: &mut Vec<Resource>,
    open: bool,
) -> Applied {
    let mut applied = Applied::default();
    let Some(body) = read_body(library, entry, file, &mut applied) else { return applied };
    match (&entry.target, body) {
        (Some(target), body) => with_target(entry, target, &body, resources, open, &mut applied),
        (None, Body::Strategic(patches)) => {
            for patch in patches {
                without_target(entry, &patch, resources, open, &mut applied);
            }
        }
        (None, Body::Json(_)) => {
            applied.broken = true;
            applied.observations.push(
                Observation::new(
                    "patch-body-invalid",
                    "a JSON 6902 patch needs a `target` that says what it is for",
                    Label::new(entry.span.head(), "no target here"),
                )
                .keyed("target"),
            );
        }
    }
    applied
}

fn refuse(applied: &mut Applied, rule: &'static str, message: String, span: Span, key: &str) {
    applied.broken = true;
    applied.observations.push(Observation::new(rule, message, Label::new(span, "")).keyed(key.to_owned()));
}

fn read_body(library: &Library<'_>, entry: &PatchEntry, file: Option<&str>, applied: &mut Applied) -> Option<Body> {
    let place = entry.path.as_ref().map_or(entry.span.head(), |path| path.span);
    match (&entry.patch, file) {
        (Some(_), Some(_)) => {
            refuse(
                applied,
                "patch-body-invalid",
                "`patch` and `path` cannot be set at the same time".into(),
                place,
                "both",
            );
            return None;
        }
        (None, None) => {
            if entry.path.is_none() {
                refuse(applied, "patch-body-invalid", "a patch needs `patch` or `path`".into(), place, "neither");
            }
            return None;
        }
        _ => {}
    }
    if entry.patch.as_ref().is_some_and(Node::is_unknown) {
        applied.undecided = true;
        return None;
    }
    // The reader of the body depends on what it is: operations are read as YAML 1.1, resources as v3.
    let read = |mode: Mode| -> Option<Manifests> {
        match (&entry.patch, file) {
            (Some(patch), _) => library.embedded(patch, mode),
            (None, Some(file)) => {
                let manifests = library.load(file, mode).ok()?;
                Some(Manifests {
                    file: manifests.file,
                    documents: manifests.documents.clone(),
                    observations: manifests.observations.clone(),
                    broken: manifests.broken,
                    comments: Vec::new(),
                })
            }
            (None, None) => None,
        }
    };
    let strategic = read(Mode::V3)?;
    let is_list = strategic.documents.first().is_some_and(|root| matches!(root.value, Value::Seq(_)));
    let manifests = if is_list { read(Mode::V2)? } else { strategic };
    applied.observations.extend(manifests.observations.iter().cloned());
    if manifests.broken {
        applied.broken = true;
        return None;
    }
    if is_list {
        let root = manifests.documents.first()?;
        return match json_patch::operations(root) {
            Ok(operations) => Some(Body::Json(operations)),
            Err(failure) => {
                refuse(applied, "patch-body-invalid", failure.message, failure.span, "operations");
                None
            }
        };
    }
    let mut bodies = Vec::new();
    for document in manifests.documents {
        let id = Id::of(&document);
        if document.as_map().is_none() || id.gvk.kind.is_empty() || id.name.is_empty() {
            let message =
                "the patch is neither operations nor an object: a strategic merge patch has `kind` and `metadata.name`";
            let at = document.entries().next().map_or_else(|| document.span().head(), |entry| entry.key_span);
            refuse(applied, "patch-body-invalid", message.into(), at, "type");
            continue;
        }
        bodies.push(document);
    }
    Some(Body::Strategic(bodies))
}

/// A compiled target selector.
struct Matcher<'t> {
    target: &'t Target,
    patterns: [(Option<Regex>, Part); 5],
    labels: Option<TextSelector>,
    annotations: Option<TextSelector>,
}

#[derive(Clone, Copy)]
enum Part {
    Group,
    Version,
    Kind,
    Name,
    Namespace,
}

impl<'t> Matcher<'t> {
    fn new(target: &'t Target) -> Result<Self, &'t Text> {
        let compile = |text: &'t Option<Text>| match text {
            Some(text) if !text.text.is_empty() => {
                Regex::new(&format!("^(?:{})$", text.text)).map(Some).map_err(|_| text)
            }
            _ => Ok(None),
        };
        let select = |text: &'t Option<Text>| match text {
            Some(text) => TextSelector::parse(&text.text).map(Some).ok_or(text),
            None => Ok(None),
        };
        Ok(Matcher {
            target,
            patterns: [
                (compile(&target.group)?, Part::Group),
                (compile(&target.version)?, Part::Version),
                (compile(&target.kind)?, Part::Kind),
                (compile(&target.name)?, Part::Name),
                (compile(&target.namespace)?, Part::Namespace),
            ],
            labels: select(&target.labels)?,
            annotations: select(&target.annotations)?,
        })
    }

    fn matches(&self, resource: &Resource) -> bool {
        let now = resource.id();
        let fits = |id: &Id| {
            self.patterns.iter().all(|(pattern, part)| {
                let Some(pattern) = pattern else { return true };
                match part {
                    Part::Group => pattern.is_match(&now.gvk.group),
                    Part::Version => pattern.is_match(&now.gvk.version),
                    Part::Kind => pattern.is_match(&now.gvk.kind),
                    Part::Name => pattern.is_match(&id.name),
                    Part::Namespace => pattern.is_match(&id.namespace),
                }
            })
        };
        if !(fits(&now) || resource.previous.iter().any(fits)) {
            return false;
        }
        let metadata = |key: &str| resource.node.at(&["metadata", key]);
        self.labels.as_ref().is_none_or(|selector| selector.matches(metadata("labels")))
            && self.annotations.as_ref().is_none_or(|selector| selector.matches(metadata("annotations")))
    }

    /// Whether it names one object: no pattern characters, no selector.
    fn is_exact(&self) -> bool {
        let plain = |text: &Option<Text>| {
            text.as_ref()
                .is_some_and(|text| !text.text.is_empty() && regex::escape(&text.text).replace("\\-", "-") == text.text)
        };
        plain(&self.target.name) && plain(&self.target.kind) && self.labels.is_none() && self.annotations.is_none()
    }
}

/// The positions of the resources that a selector matches; all without one.
///
/// # Errors
/// The text that is neither a pattern nor a selector.
pub fn select<'t>(resources: &[Resource], target: Option<&'t Target>) -> Result<Vec<usize>, &'t Text> {
    let matcher = target.map(Matcher::new).transpose()?;
    let fits = |resource: &Resource| matcher.as_ref().is_none_or(|matcher| matcher.matches(resource));
    Ok(resources.iter().enumerate().filter(|(_, resource)| fits(resource)).map(|(at, _)| at).collect())
}

fn with_target(
    entry: &PatchEntry,
    target: &Target,
    body: &Body,
    resources: &mut Vec<Resource>,
    open: bool,
    applied: &mut Applied,
) {
    let matcher = match Matcher::new(target) {
        Ok(matcher) => matcher,
        Err(text) => {
            let message = format!("`{}` is neither a pattern nor a selector", text.text);
            refuse(applied, "patch-body-invalid", message, text.span, &text.text);
            return;
        }
    };
    let matched: Vec<usize> = resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| matcher.matches(resource))
        .map(|(index, _)| index)
        .collect();
    if matched.is_empty() {
        if open {
            applied.undecided = true;
        } else if matcher.is_exact() {
            applied.observations.push(nothing_matched(target, entry, resources));
        }
        return;
    }
    let mut gone = Vec::new();
    for index in matched {
        let Some(resource) = resources.get_mut(index) else { continue };
        match body {
            Body::Json(operations) => {
                if let Err(failure) = json_patch::apply(&mut resource.node, operations) {
                    applied.broken = true;
                    let rule = if failure.missing_path { "patch-path-missing" } else { "patch-body-invalid" };
                    let id = resource.id();
                    applied.observations.push(
                        Observation::new(
                            rule,
                            format!("{} of {} `{}`", failure.message, id.gvk.kind, id.name),
                            Label::new(failure.span, "this path"),
                        )
                        .related(Label::new(resource_place(&resource.node), "the object patched"))
                        .keyed(format!("{} {} {}", id.gvk.kind, id.name, failure.message)),
                    );
                }
            }
            Body::Strategic(patches) => {
                for patch in patches {
                    if !merge_into(resource, patch, Some(entry)) {
                        gone.push(index);
                    }
                }
            }
        }
    }
    for index in gone.into_iter().rev() {
        if index < resources.len() {
            resources.remove(index);
        }
    }
}

fn resource_place(node: &Node) -> Span {
    node.at(&["metadata", "name"]).unwrap_or(node).span()
}

/// Merges a patch; false when the patch deletes the object.
fn merge_into(resource: &mut Resource, patch: &Node, with_target: Option<&PatchEntry>) -> bool {
    let id = resource.id();
    let before = resource.node.clone();
    match merge(&resource.node, patch, &id.gvk) {
        Merged::Gone => return false,
        Merged::Value(node) => resource.node = node,
    }
    if let Some(entry) = with_target {
        if !entry.allow_name_change {
            restore(&mut resource.node, &["metadata"], "name", &before);
        }
        if !entry.allow_kind_change {
            restore(&mut resource.node, &[], "kind", &before);
            restore(&mut resource.node, &[], "apiVersion", &before);
        }
        restore(&mut resource.node, &["metadata"], "namespace", &before);
    } else {
        // The patch was found by an identity the object may have left behind.
        restore(&mut resource.node, &["metadata"], "name", &before);
        restore(&mut resource.node, &["metadata"], "namespace", &before);
    }
    true
}

fn without_target(entry: &PatchEntry, patch: &Node, resources: &mut Vec<Resource>, open: bool, applied: &mut Applied) {
    let id = Id::of(patch);
    let found: Vec<usize> =
        resources.iter().enumerate().filter(|(_, resource)| resource.had(&id)).map(|(index, _)| index).collect();
    match found.as_slice() {
        [index] => {
            let index = *index;
            let deleted = resources.get_mut(index).is_some_and(|resource| !merge_into(resource, patch, None));
            if deleted {
                resources.remove(index);
            }
        }
        [] if open => applied.undecided = true,
        [] => {
            applied.broken = true;
            let place = patch.at(&["metadata", "name"]).unwrap_or(patch).span();
            let near = near_misses(&id, resources);
            let mut observation = Observation::new(
                "patch-target-missing",
                format!("the patch is for {} `{}`, which this build does not hold", id.gvk.kind, id.name),
                Label::new(place, "no such object"),
            )
            .keyed(format!("{} {}", id.gvk.kind, id.name));
            if entry.path.is_some() {
                observation = observation
                    .related(Label::new(entry.path.as_ref().map_or(entry.span, |path| path.span), "listed here"));
            }
            if let Some((words, span)) = near {
                observation = observation.help(words).related(Label::new(span, "nearest object"));
            }
            applied.observations.push(observation);
        }
        _ => {
            let place = patch.at(&["metadata", "name"]).unwrap_or(patch).span();
            let message = format!("the patch for {} `{}` matches {} objects", id.gvk.kind, id.name, found.len());
            refuse(applied, "build-failed", message, place, &id.name);
        }
    }
}

/// The object that was probably meant.
fn near_misses(id: &Id, resources: &[Resource]) -> Option<(String, Span)> {
    let other_kind =
        resources.iter().find(|resource| resource.id().name == id.name && resource.id().gvk.kind != id.gvk.kind);
    let other_version =
        resources.iter().find(|resource| resource.id().name == id.name && resource.id().gvk.kind == id.gvk.kind);
    if let Some(resource) = other_version {
        let found = resource.id();
        let place = resource_place(&resource.node);
        if found.gvk != id.gvk {
            return Some((format!("the object has apiVersion `{}`", found.gvk.api_version()), place));
        }
        return Some((format!("the object has namespace `{}`", found.namespace), place));
    }
    let candidates = resources.iter().filter(|resource| resource.id().gvk.kind == id.gvk.kind);
    let nearest = candidates.min_by_key(|resource| strsim::levenshtein(&resource.id().name, &id.name));
    match nearest {
        Some(resource) if strsim::levenshtein(&resource.id().name, &id.name) <= id.name.len() / 3 + 1 => {
            Some((format!("did you mean `{}`?", resource.id().name), resource_place(&resource.node)))
        }
        _ => other_kind.map(|resource| {
            (format!("a {} of that name exists", resource.id().gvk.kind), resource_place(&resource.node))
        }),
    }
}

/// A selector without matches is silent in kustomize; here it is said where it names one object.
fn nothing_matched(target: &Target, entry: &PatchEntry, resources: &[Resource]) -> Observation {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.text.clone()).unwrap_or_default();
    let (kind, name) = (text(&target.kind), text(&target.name));
    let place = target.name.as_ref().map_or(entry.span, |name| name.span);
    let id = Id {
        gvk: crate::build::object::Gvk { kind: kind.as_str().into(), ..Default::default() },
        name: name.as_str().into(),
        ..Id::default()
    };
    let mut observation = Observation::new(
        "patch-target-missing",
        format!("the patch is for {kind} `{name}`, which this build does not hold, so it does nothing"),
        Label::new(place, "matches no object"),
    )
    .severity(Severity::Warning)
    .keyed(format!("{kind} {name}"));
    let nearest = resources
        .iter()
        .filter(|resource| resource.id().gvk.kind == kind)
        .min_by_key(|resource| strsim::levenshtein(&resource.id().name, &id.name));
    if let Some(resource) = nearest
        && strsim::levenshtein(&resource.id().name, &id.name) <= id.name.len() / 3 + 1
    {
        observation = observation
            .help(format!("did you mean `{}`?", resource.id().name))
            .related(Label::new(resource_place(&resource.node), "nearest object"));
    }
    observation
}
