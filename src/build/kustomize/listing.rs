//! Entries of a kustomization file that lead nowhere, and documents that are no resources: the findings for them.

use super::log::Log;
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::source::{Entry, ReadError, Span, file_name, join, parent};
use crate::yaml::{Node, Value};

use super::file::Text;

/// Items of `List` kinds go to the end, as kustomize queues them.
///
/// `log` hears of lists whose items are none.
pub fn expand_lists(documents: &[Node], log: &mut Log) -> Vec<Node> {
    let mut queue: Vec<Node> = documents.to_vec();
    let mut flat = Vec::with_capacity(queue.len());
    let mut at = 0;
    while let Some(document) = queue.get(at).cloned() {
        at += 1;
        let is_list = document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        match document.get("items") {
            Some(items) if is_list => match &items.value {
                Value::Seq(items) => queue.extend(items.iter().cloned()),
                Value::Null => {}
                _ => log.fail(
                    Observation::new(
                        "build-failed",
                        "the `items` of a list are no list",
                        Label::new(items.span(), "expected a list of objects"),
                    )
                    .keyed("items"),
                ),
            },
            _ if document.is_null() => {}
            _ => flat.push(document),
        }
    }
    flat
}

/// The finding for a document that is no object, or `None`.
pub fn untyped(document: &Node, in_broken_file: bool, is_flux: bool) -> Option<Observation> {
    let id = Id::of(document);
    let what = if document.as_map().is_none() {
        "the document is no object"
    } else if id.gvk.kind.is_empty() {
        "the object has no `kind`"
    } else if id.name.is_empty() && !id.gvk.kind.ends_with("List") {
        "the object has no `metadata.name`"
    } else if is_flux && id.gvk.version.is_empty() {
        "the object has no `apiVersion`"
    } else {
        return None;
    };
    if in_broken_file {
        // The missing part may be what could not be read.
        return None;
    }
    let place = document.entries().next().map_or_else(|| document.span().head(), |entry| entry.key_span);
    let shown = if id.gvk.kind.is_empty() { String::new() } else { format!(" of kind `{}`", id.gvk.kind) };
    Some(
        Observation::new(
            "object-type-missing",
            format!("{what}{shown}, so the build is refused"),
            Label::new(place, ""),
        )
        .keyed(format!("{what}{}{}", id.gvk.kind, id.name)),
    )
}

/// The finding for a folder with two kustomization files.
pub fn two_files(directory: &str, first: &str, second: &str, span: Span) -> Observation {
    let message =
        format!("{} has two kustomization files: `{}` and `{}`", show(directory), file_name(first), file_name(second));
    Observation::new("build-failed", message, Label::new(span, "")).keyed(directory.to_owned())
}

/// Whether an entry is fetched from elsewhere.
pub fn is_remote(entry: &str) -> bool {
    entry.contains("://")
        || entry.starts_with("git@")
        || entry.contains("//")
        || ["github.com/", "gitlab.com/", "bitbucket.org/"].iter().any(|host| entry.starts_with(host))
}

/// A folder in a sentence.
pub fn show(directory: &str) -> String {
    if directory.is_empty() { "the root".to_owned() } else { format!("`{directory}`") }
}

/// The finding for a listed path that cannot be read.
pub fn missing_entry(library: &Library<'_>, path: &str, span: Span, text: &str, error: &ReadError) -> Observation {
    let (rule, message, label) = match error {
        ReadError::Missing => {
            ("kustomize-resource-missing", format!("`{text}` does not exist"), "nothing at this path")
        }
        ReadError::IsDirectory => {
            ("kustomize-resource-missing", format!("`{text}` is a folder, not a file"), "a folder")
        }
        ReadError::OutsideRoot => {
            ("kustomize-resource-missing", format!("`{text}` leads out of the repository"), "outside")
        }
        ReadError::LinkLoop => {
            ("file-unreadable", format!("`{text}` is a link that leads in a circle"), "links to itself")
        }
        ReadError::NotInArtifact { why, .. } => {
            let message = format!("`{text}` is not in the artifact: {why}");
            ("kustomize-resource-missing", message, "left out of the artifact")
        }
        ReadError::Special | ReadError::Io(_) | ReadError::Elsewhere(_) => {
            ("file-unreadable", format!("`{text}` cannot be read: {error}"), "")
        }
    };
    let mut observation = Observation::new(rule, message, Label::new(span, label)).keyed(text.to_owned());
    if let ReadError::NotInArtifact { place, .. } = error {
        return left_out_of_artifact(observation, *place);
    }
    let candidates = library.sources.system().list(parent(path));
    let wanted = file_name(path);
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let nearest = candidates
        .iter()
        .map(|(name, _)| name)
        .filter(|name| stem(name) == stem(wanted) || strsim::levenshtein(name, wanted) <= wanted.len() / 4 + 1)
        .min_by_key(|name| (stem(name) != stem(wanted), strsim::levenshtein(name, wanted)));
    if let (ReadError::Missing, Some(nearest)) = (error, nearest) {
        observation = observation.help(format!("did you mean `{nearest}`?"));
        if let Some(head) = text.strip_suffix(wanted) {
            observation = observation.fix(Fix {
                title: format!("write `{nearest}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span, text: format!("{head}{nearest}") }],
            });
        }
    }
    observation
}

/// A finding about what the repository holds and its artifact does not.
fn left_out_of_artifact(observation: Observation, place: Option<Span>) -> Observation {
    let observation = observation.why(
        "Flux builds from an artifact of the repository, without what it leaves out, so nothing of this build is applied",
    );
    match place {
        Some(place) => {
            observation.related(Label::new(place, "left out here")).help("keep it with a later pattern `!…`")
        }
        None => observation
            .help("rename it, or state your own patterns in a `.sourceignore`: they replace the default ones"),
    }
}

/// The finding for a component that is not there.
pub fn missing_component(library: &Library<'_>, directory: &str, entry: &Text) -> Observation {
    let mut observation = Observation::new(
        "component-missing",
        format!("component `{}` does not exist", entry.text),
        Label::new(entry.span, "no such folder"),
    )
    .keyed(entry.text.clone());
    let wanted = file_name(&entry.text);
    let siblings =
        join(directory, &entry.text).map(|path| library.sources.system().list(parent(&path))).unwrap_or_default();
    let nearest = siblings
        .iter()
        .filter(|(_, kind)| *kind == Entry::Directory)
        .min_by_key(|(name, _)| strsim::levenshtein(name, wanted));
    if let Some((nearest, _)) = nearest
        && strsim::levenshtein(nearest, wanted) <= wanted.len() / 3 + 1
    {
        observation = observation.help(format!("did you mean `{nearest}`?"));
    }
    observation
}
