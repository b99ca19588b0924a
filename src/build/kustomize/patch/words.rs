//! What is said where a patch finds nothing to patch, or cannot be merged.

use crate::build::kustomize::file::{PatchEntry, Target, Text};
use crate::build::kustomize::json_patch::Operation;
use crate::build::kustomize::merge::Refused;
use crate::build::kustomize::resource::Resource;
use crate::build::object::Id;
use crate::finding::{Label, Observation, Severity};
use crate::source::Span;
use crate::yaml::Node;

/// The place of a resource's name.
pub fn resource_place(node: &Node) -> Span {
    node.at(&["metadata", "name"]).unwrap_or(node).span()
}

/// The place of a resource's name as it was first written.
pub fn first_place(node: &Node) -> Span {
    let name = node.at(&["metadata", "name"]).unwrap_or(node);
    name.origin.chain().last().map_or_else(|| name.span(), |(_, span)| *span)
}

/// No resource has the identity of a strategic merge patch.
pub fn nobody(id: &Id, patch: &Node, entry: &PatchEntry, resources: &[Resource]) -> Observation {
    let place = patch.at(&["metadata", "name"]).unwrap_or(patch).span();
    let mut observation = Observation::new(
        "patch-target-missing",
        format!("the patch is for {} `{}`, which this build does not hold", id.gvk.kind, id.name),
        Label::new(place, "no such object"),
    )
    .keyed(format!("{} {}", id.gvk.kind, id.name));
    if let Some(path) = &entry.path {
        observation = observation.related(Label::new(path.span, "listed here"));
    }
    match nearest(id, resources) {
        Some((words, span)) => observation.help(words).related(Label::new(span, "nearest object")),
        None => observation,
    }
}

/// The object that was probably meant.
fn nearest(id: &Id, resources: &[Resource]) -> Option<(String, Span)> {
    let found = |fits: &dyn Fn(&Id) -> bool| {
        resources.iter().map(|resource| (resource, resource.id())).find(|(_, other)| fits(other))
    };
    if let Some((resource, other)) = found(&|other| other.name == id.name && other.gvk.kind == id.gvk.kind) {
        let place = resource_place(&resource.node);
        if other.gvk != id.gvk {
            return Some((format!("the object has apiVersion `{}`", other.gvk.api_version()), place));
        }
        return Some((format!("the object has namespace `{}`", other.namespace), place));
    }
    if let Some((resource, name)) = similar(&id.gvk.kind, &id.name, resources) {
        return Some((format!("did you mean `{name}`?"), resource_place(&resource.node)));
    }
    let (resource, other) = found(&|other| other.name == id.name && other.gvk.kind != id.gvk.kind)?;
    Some((format!("a {} of that name exists", other.gvk.kind), resource_place(&resource.node)))
}

/// The resource of a kind whose name is most like another.
fn similar<'r>(kind: &str, name: &str, resources: &'r [Resource]) -> Option<(&'r Resource, String)> {
    resources
        .iter()
        .map(|resource| (resource, resource.id()))
        .filter(|(_, id)| id.gvk.kind == kind)
        .map(|(resource, id)| (strsim::levenshtein(&id.name, name), resource, id.name.to_string()))
        .min_by_key(|(distance, _, _)| *distance)
        .filter(|(distance, _, _)| *distance <= name.len() / 3 + 1)
        .map(|(_, resource, name)| (resource, name))
}

/// A target without matches is silent in kustomize; here it is said where it names one object.
pub fn nothing_selected(target: &Target, entry: &PatchEntry, resources: &[Resource]) -> Observation {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.text.clone()).unwrap_or_default();
    let (kind, name) = (text(&target.kind), text(&target.name));
    let place = target.name.as_ref().map_or(entry.span, |name| name.span);
    let observation = Observation::new(
        "patch-target-missing",
        format!("the patch is for {kind} `{name}`, which this build does not hold, so it does nothing"),
        Label::new(place, "matches no object"),
    )
    .severity(Severity::Warning)
    .keyed(format!("{kind} {name}"));
    match similar(&kind, &name, resources) {
        Some((resource, near)) => observation
            .help(format!("did you mean `{near}`?"))
            .related(Label::new(resource_place(&resource.node), "nearest object")),
        None => observation,
    }
}

/// kustomize refuses to merge a patch into an object.
pub fn refused(refused: &Refused, id: &Id) -> Observation {
    let rule = if refused.limit { "limit-exceeded" } else { "patch-body-invalid" };
    let message = format!("{}, so the patch for {} `{}` fails", refused.message, id.gvk.kind, id.name);
    let observation = Observation::new(rule, message, Label::new(refused.patch.head(), "in the patch"))
        .keyed(format!("{} {} {}", id.gvk.kind, id.name, refused.message));
    match refused.target {
        Some(target) => observation.related(Label::new(target.head(), "in the object")),
        None => observation,
    }
}

/// Whether a patch is to stand for the whole object.
pub fn replaces_all(patch: &Node) -> bool {
    patch.get("$patch").and_then(Node::as_str) == Some("replace")
}

/// `$patch: replace` at the root of a patch does nothing in a build.
pub fn replace_ignored(patch: &Node, id: &Id) -> Observation {
    let place = patch.as_map().and_then(|map| map.entry("$patch")).map_or(patch.span().head(), |entry| entry.key_span);
    let message = format!("`$patch: replace` for the whole of {} `{}` has no effect", id.gvk.kind, id.name);
    Observation::new("patch-body-invalid", message, Label::new(place, "does nothing here"))
        .severity(Severity::Warning)
        .why("kustomize leaves the object as it is, the rest of the patch included")
        .help("write `$patch: replace` into the maps below, such as `spec`")
        .keyed(format!("{} {}", id.gvk.kind, id.name))
}

/// The field of its identity that an object lacks.
pub fn identity_lost(node: &Node) -> Option<&'static str> {
    let lacks = |path: &[&str]| node.at(path).and_then(Node::shown).is_none_or(|text| text.is_empty());
    if lacks(&["kind"]) {
        Some("kind")
    } else if lacks(&["metadata", "name"]) {
        Some("metadata.name")
    } else {
        None
    }
}

/// A JSON patch leaves an object that is none any more.
pub fn no_identity(field: &str, operations: &[Operation], object: &Node, before: &Id) -> Observation {
    let message = format!("the patch takes the `{field}` away from {} `{}`", before.gvk.kind, before.name);
    let place = place_of(&[&format!("/{}", field.replace('.', "/"))], operations, object);
    Observation::new("patch-body-invalid", message, Label::new(place, "")).keyed(format!("{} {}", before.name, field))
}

/// The operation that gives an object another identity.
pub fn renaming_place(operations: &[Operation], object: &Node) -> Span {
    place_of(&["/metadata/name", "/metadata/namespace", "/kind", "/apiVersion"], operations, object)
}

fn place_of(pointers: &[&str], operations: &[Operation], object: &Node) -> Span {
    let named = pointers.iter().find_map(|pointer| operations.iter().find_map(|operation| operation.place_of(pointer)));
    named.or_else(|| operations.first().map(Operation::place)).unwrap_or_else(|| object.span().head())
}

/// The strategic merge patches of one transformer hold no object at all: kustomize refuses that, while an entry of
/// `patches` may be empty.
pub fn nothing_to_merge(place: Span) -> Observation {
    let message = "the strategic merge patches hold no object: kustomize takes that for a mistake";
    Observation::new("patch-body-invalid", message, Label::new(place, "nothing in it")).keyed("empty")
}
