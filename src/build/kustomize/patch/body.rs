//! The text of a patch entry: objects to merge, or JSON 6902 operations.
//!
//! Source: kustomize `api/internal/builtins/PatchTransformer.go`, `PatchJson6902Transformer.go`,
//! `PatchStrategicMergeTransformer.go` (`Config`), `api/resource/factory.go` (`SliceFromBytes`).

use std::sync::Arc;

use super::{Applied, Form};
use crate::build::kustomize::file::PatchEntry;
use crate::build::kustomize::json_patch::{self, Operation};
use crate::build::kustomize::listing::expand_lists;
use crate::build::kustomize::log::Log;
use crate::build::manifests::{Library, Manifests};
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::{Mode, Node, Value};

/// The body of a patch entry.
pub enum Body {
    /// Objects to merge.
    Strategic(Vec<Node>),
    /// Operations.
    Json(Vec<Operation>),
}

impl Body {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Body::Strategic(objects) => objects.is_empty(),
            Body::Json(operations) => operations.is_empty(),
        }
    }
}

/// Where the text of an entry stands.
enum Text<'e> {
    Inline(&'e Node),
    File(&'e str),
}

impl Text<'_> {
    fn load(&self, library: &Library<'_>, mode: Mode) -> Option<Arc<Manifests>> {
        match self {
            Text::Inline(node) => library.embedded(node, mode),
            Text::File(path) => library.load(path, mode).ok(),
        }
    }

    /// The text as it is read: that of a file stays untrimmed.
    fn text(&self, library: &Library<'_>) -> Option<String> {
        match self {
            Text::Inline(node) => Some(node.as_str()?.trim().to_owned()),
            Text::File(path) => {
                let id = library.sources.load(path).ok()?;
                Some(library.sources.file(id).text.to_string())
            }
        }
    }
}

/// Reads the body of an entry; `None` when it says nothing or is refused.
pub fn read_body(
    library: &Library<'_>,
    entry: &PatchEntry,
    file: Option<&str>,
    form: Form,
    applied: &mut Applied,
) -> Option<Body> {
    let place = entry.path.as_ref().map_or(entry.span.head(), |path| path.span);
    if entry.patch.as_ref().is_some_and(Node::is_unknown) {
        applied.undecided = true;
        return None;
    }
    let blank = |node: &&Node| node.as_str().is_some_and(|text| text.trim().is_empty());
    let inline = entry.patch.as_ref().filter(|node| !blank(node));
    let text = match (inline, &entry.path, file) {
        (Some(_), Some(_), _) => {
            applied.refuse("patch-body-invalid", "`patch` and `path` cannot be set at the same time", place, "both");
            return None;
        }
        (Some(node), None, _) => Text::Inline(node),
        (None, Some(_), Some(file)) => Text::File(file),
        // The file is missing, which was said already.
        (None, Some(_), None) => return None,
        (None, None, _) => {
            applied.refuse("patch-body-invalid", "a patch needs `patch` or `path`", place, "neither");
            return None;
        }
    };
    match form {
        Form::Patch => either(library, &text, place, applied),
        Form::StrategicMerge => strategic(library, &text, applied),
        Form::Json6902 => {
            let operations = json(library, &text, place, applied)?;
            if operations.is_empty() {
                applied.refuse("patch-body-invalid", "the patch holds no operation", place, "empty");
                return None;
            }
            Some(Body::Json(operations))
        }
    }
}

/// Which of the two it is, the text says: objects where every document is one, else operations.
fn either(library: &Library<'_>, text: &Text<'_>, place: Span, applied: &mut Applied) -> Option<Body> {
    let manifests = text.load(library, Mode::V3)?;
    let is_list = manifests.documents.first().is_some_and(|root| !root.items().is_empty());
    if is_list {
        return json(library, text, place, applied).map(Body::Json);
    }
    strategic(library, text, applied)
}

fn strategic(library: &Library<'_>, text: &Text<'_>, applied: &mut Applied) -> Option<Body> {
    let manifests = text.load(library, Mode::V3)?;
    applied.observations.extend(manifests.observations.iter().cloned());
    if manifests.broken {
        applied.broken = true;
        return None;
    }
    // kustomize drops documents that hold nothing.
    let empty = |node: &Node| match &node.value {
        Value::Null => true,
        Value::Map(map) => map.is_empty(),
        Value::Seq(items) => items.is_empty(),
        _ => false,
    };
    let documents: Vec<Node> = manifests.documents.iter().filter(|node| !empty(node)).cloned().collect();
    let mut bodies = Vec::with_capacity(documents.len());
    let mut log = Log::default();
    let documents = expand_lists(&documents, &mut log);
    applied.broken |= log.broken;
    applied.observations.extend(log.observations);
    for document in documents {
        let id = Id::of(&document);
        let nameless = id.name.is_empty() && !id.gvk.kind.ends_with("List");
        if document.as_map().is_none() || id.gvk.kind.is_empty() || nameless {
            let message =
                "the patch is neither operations nor an object: a strategic merge patch has `kind` and `metadata.name`";
            let at = document.entries().next().map_or_else(|| document.span().head(), |entry| entry.key_span);
            applied.refuse("patch-body-invalid", message, at, "type");
            return None;
        }
        bodies.push(document);
    }
    Some(Body::Strategic(bodies))
}

/// The operations of the first document; the others are passed over.
fn json(library: &Library<'_>, text: &Text<'_>, place: Span, applied: &mut Applied) -> Option<Vec<Operation>> {
    let written = text.text(library)?;
    if written.starts_with('[')
        && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&written)
    {
        // A list in brackets is read as JSON, where YAML would do with fewer quotes.
        let message = format!("a JSON patch that begins with `[` has to be JSON: {error}");
        applied.refuse("patch-body-invalid", message, place, "json");
        return None;
    }
    let manifests = text.load(library, Mode::V2)?;
    let operations = match manifests.documents.first() {
        _ if manifests.broken => {
            applied.observations.extend(manifests.observations.iter().cloned());
            applied.broken = true;
            return None;
        }
        Some(root) => json_patch::operations(root),
        None => Ok(Vec::new()),
    };
    match operations {
        Ok(operations) => {
            for (path, span) in operations.iter().filter_map(Operation::unrooted) {
                let message = format!("the path `{path}` does not begin with `/`, so kustomize drops its first part");
                applied.observations.push(
                    Observation::new("patch-body-invalid", message, Label::new(span, "no `/` at its start"))
                        .help(format!("write `/{path}`"))
                        .keyed(path.to_owned()),
                );
            }
            Some(operations)
        }
        Err(failure) => {
            applied.refuse("patch-body-invalid", failure.message, failure.span, "operations");
            None
        }
    }
}
