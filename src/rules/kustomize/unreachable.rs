//! Manifests that no build reads and nothing names, by the highest folder that holds nothing else: the weak form of
//! kustomize-file-unlisted.

use std::collections::BTreeMap;

use crate::build::Id;
use crate::build::kustomize::{NAMES, find_file};
use crate::cluster::usage::{Usage, speaks_of};
use crate::cluster::{FileDocument, Repository};
use crate::finding::{Confidence, Label, Observation, Severity};
use crate::rulebook::Sink;
use crate::source::{Span, file_name, parent};

/// Reports them.
pub fn report(repository: &Repository<'_>, out: &mut Sink) {
    let usage = repository.usage();
    let Some(area) = common_folder(usage) else { return };
    let mut found: BTreeMap<String, Vec<&FileDocument>> = BTreeMap::new();
    for document in repository.documents.iter().filter(|document| is_manifest(document)) {
        if let Some(unreachable) = highest(repository, usage, &area, &document.path) {
            found.entry(unreachable).or_default().push(document);
        }
    }
    for (path, documents) in found {
        out.observations.extend(observation(repository, &path, &documents));
    }
}

/// The folder that holds everything the builds read.
fn common_folder(usage: &Usage) -> Option<String> {
    let (first, last) = usage.read.first().zip(usage.read.last())?;
    let (first, last) = (parent(first).split('/'), parent(last).split('/'));
    let shared: Vec<&str> = first.zip(last).take_while(|(a, b)| a == b).map(|(part, _)| part).collect();
    Some(shared.join("/"))
}

fn is_manifest(document: &FileDocument) -> bool {
    let id = Id::of(&document.node);
    let is_object = !id.gvk.kind.is_empty() && !id.gvk.version.is_empty() && !id.name.is_empty();
    let is_hidden = document.path.split('/').any(|part| part.starts_with(['.', '_']));
    (is_object || NAMES.contains(&file_name(&document.path))) && !is_hidden
}

/// The highest folder of a file in which nothing is used, or the file itself; `None` for what is used or left out on
/// purpose.
fn highest(repository: &Repository<'_>, usage: &Usage, area: &str, path: &str) -> Option<String> {
    let below = if area.is_empty() { path } else { path.strip_prefix(area)?.strip_prefix('/')? };
    if usage.is_used(path) || usage.is_in_taken_folder(repository, path) {
        return None;
    }
    // Beside the folders of a whole repository stand others that have nothing to do with them.
    let first = usize::from(area.is_empty());
    let ends = below.match_indices('/').map(|(at, _)| path.len() - below.len() + at).skip(first);
    let folders = ends.filter_map(|end| path.get(..end));
    let top = path.split('/').next().unwrap_or_default();
    if area.is_empty() && (!path.contains('/') || !usage.is_used_below(top)) {
        return None;
    }
    let unused = folders.into_iter().find(|folder| !usage.is_used_below(folder)).unwrap_or(path);
    (!is_left_out(repository, unused)).then(|| unused.to_owned())
}

/// Whether the kustomization file beside it speaks of it, as one does that lists it in a comment.
fn is_left_out(repository: &Repository<'_>, path: &str) -> bool {
    let beside =
        find_file(repository.library, parent(path)).and_then(|(file, _)| repository.sources().load(&file).ok());
    beside.is_some_and(|file| speaks_of(&repository.sources().file(file).text, file_name(path)))
}

fn observation(repository: &Repository<'_>, path: &str, documents: &[&FileDocument]) -> Option<Observation> {
    let first = documents.first()?;
    let place = match find_file(repository.library, path) {
        Some((file, _)) => Span::new(repository.sources().load(&file).ok()?, 0..0),
        None => first.node.at(&["metadata", "name"]).unwrap_or(&first.node).span(),
    };
    let files = {
        let mut paths: Vec<&str> = documents.iter().map(|document| &*document.path).collect();
        paths.dedup();
        paths.len()
    };
    let message = match (*first.path == *path, files) {
        (true, _) if NAMES.contains(&file_name(path)) => format!("nothing builds `{path}`"),
        (true, _) => format!("nothing lists `{path}`"),
        (false, 1) => format!("nothing lists `{path}`, which holds a file of manifests"),
        (false, several) => format!("nothing lists `{path}`, which holds {several} files of manifests"),
    };
    Some(
        Observation::new("kustomize-file-unlisted", message, Label::new(place, "never applied"))
            .keyed(path.to_owned())
            .severity(Severity::Info)
            .confidence(Confidence::Low)
            .help(
                "list it, or remove it; name it in a comment of the kustomization file beside it to keep it as it is",
            ),
    )
}
