//! The kustomization file of `spec.path` as Flux edits it, or the one Flux writes where there is none.
//!
//! Source: fluxcd/pkg `kustomize/kustomize_generator.go`; default exclusions: source-controller.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::kustomization::FluxKustomization;
use crate::build::kustomize::{Spec, Text, find_file, read_spec, two_files};
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::{Entry, Span, join};
use crate::yaml::{Mode, Node};

/// Names that never reach the artifact.
const NOT_IN_ARTIFACT: &[&str] = &[
    ".git",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    ".github",
    ".circleci",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    ".goreleaser.yml",
    ".sops.yaml",
    ".flux.yaml",
];

/// How strictly a folder without kustomization file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As Flux does: a file that holds no Kubernetes object fails the build.
    Flux,
    /// A plain folder of manifests among other files: what holds no object is passed over.
    Lenient,
    /// A folder in which nobody found an object: only text that cannot be read.
    Broken,
}

/// The root kustomization of a folder, edited for a Flux Kustomization.
pub fn spec(
    library: &Library<'_>,
    directory: &str,
    kustomization: Option<&FluxKustomization>,
    reading: Reading,
    place: Span,
) -> Spec {
    let mut spec = match find_file(library, directory) {
        Some((path, second)) => {
            let mut spec = read_spec(library, &path).unwrap_or_else(|_| Spec::empty(directory, place));
            if let Some(second) = second {
                // Flux edits the first; kustomize then refuses the folder.
                spec.broken = true;
                spec.observations.push(two_files(directory, &path, &second, spec.place));
            }
            spec
        }
        None => generated(library, directory, reading, place),
    };
    if let Some(kustomization) = kustomization {
        edit(library, &mut spec, kustomization);
    }
    spec
}

/// Edits in place, never wraps: patches of the folder must see what the components bring.
fn edit(library: &Library<'_>, spec: &mut Spec, kustomization: &FluxKustomization) {
    if let Some(namespace) = &kustomization.target_namespace {
        spec.namespace = Some(namespace.clone());
    }
    if let Some(prefix) = &kustomization.name_prefix {
        spec.name_prefix = Some(prefix.clone());
    }
    if let Some(suffix) = &kustomization.name_suffix {
        spec.name_suffix = Some(suffix.clone());
    }
    spec.patches.extend(kustomization.patches.iter().cloned());
    let directory = spec.directory.clone();
    for component in &kustomization.components {
        let exists = join(&directory, &component.text)
            .is_some_and(|path| library.sources.system().entry(&path) == Ok(Entry::Directory));
        if exists || !kustomization.ignore_missing_components {
            spec.components.push((directory.clone(), component.clone()));
        }
    }
    for image in &kustomization.images {
        match spec.images.iter_mut().find(|existing| existing.name.text == image.name.text) {
            Some(existing) => {
                if image.new_name.is_some() {
                    existing.new_name.clone_from(&image.new_name);
                }
                if image.new_tag.is_some() || image.digest.is_some() {
                    existing.new_tag.clone_from(&image.new_tag);
                    existing.digest.clone_from(&image.digest);
                }
            }
            None => spec.images.push(image.clone()),
        }
    }
}

fn generated(library: &Library<'_>, directory: &str, reading: Reading, place: Span) -> Spec {
    let mut spec = Spec::empty(directory, place);
    let mut kept_out = Vec::new();
    let above = directory.match_indices('/').map(|(at, _)| directory.get(..at).unwrap_or_default());
    for folder in std::iter::once("").chain(above).filter(|folder| *folder != directory) {
        kept_out.extend(source_ignore(library, folder));
    }
    scan(library, directory, "", reading, &mut kept_out, &mut spec);
    spec
}

/// The patterns of a folder's `.sourceignore`, for that folder and what is below.
fn source_ignore(library: &Library<'_>, directory: &str) -> Option<Gitignore> {
    let id = library.sources.load(&join(directory, ".sourceignore")?).ok()?;
    let mut patterns = GitignoreBuilder::new(directory);
    for line in library.sources.file(id).text.lines() {
        // A line that is no pattern is passed over, as go-git does.
        let _ = patterns.add_line(None, line);
    }
    patterns.build().ok()
}

/// Whether a path is left out of the artifact: the deepest file that says anything about it decides.
fn is_kept_out(patterns: &[Gitignore], path: &str, kind: Entry) -> bool {
    let answers = patterns.iter().rev().map(|patterns| patterns.matched(path, kind == Entry::Directory));
    answers.into_iter().find(|answer| !answer.is_none()).is_some_and(|answer| answer.is_ignore())
}

fn scan(
    library: &Library<'_>,
    directory: &str,
    below: &str,
    reading: Reading,
    kept_out: &mut Vec<Gitignore>,
    spec: &mut Spec,
) {
    let outer = kept_out.len();
    kept_out.extend(source_ignore(library, directory));
    for (name, kind) in library.sources.system().list(directory) {
        if NOT_IN_ARTIFACT.contains(&name.as_str()) {
            continue;
        }
        let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
        let relative = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if is_kept_out(kept_out, &path, kind) {
            continue;
        }
        match kind {
            Entry::Directory if find_file(library, &path).is_some() => {
                if !is_component(library, &path) || reading == Reading::Flux {
                    spec.resources.push(Text { text: relative, span: spec.place });
                }
            }
            Entry::Directory => scan(library, &path, &relative, reading, kept_out, spec),
            Entry::File if name.ends_with(".yaml") || name.ends_with(".yml") => {
                if holds_objects(library, &path, reading, spec) {
                    spec.resources.push(Text { text: relative, span: spec.place });
                }
            }
            Entry::File => {}
        }
    }
    kept_out.truncate(outer);
}

fn is_component(library: &Library<'_>, directory: &str) -> bool {
    find_file(library, directory)
        .and_then(|(path, _)| read_spec(library, &path).ok())
        .is_some_and(|spec| spec.is_component)
}

fn holds_objects(library: &Library<'_>, path: &str, reading: Reading, spec: &mut Spec) -> bool {
    let Ok(manifests) = library.load(path, Mode::V3) else { return false };
    let is_object = |document: &Node| {
        let id = Id::of(document);
        !id.gvk.kind.is_empty() && !id.gvk.version.is_empty()
    };
    let strange = manifests.documents.iter().find(|document| !document.is_null() && !is_object(document));
    match (strange, reading) {
        (_, Reading::Broken) => manifests.broken,
        (None, _) => !manifests.documents.is_empty() || manifests.broken,
        (Some(_), Reading::Lenient) => manifests.documents.iter().any(is_object),
        (Some(_), Reading::Flux) if manifests.broken => true,
        (Some(document), Reading::Flux) => {
            spec.broken = true;
            let at = document.entries().next().map_or_else(|| document.span().head(), |entry| entry.key_span);
            spec.observations.push(
                Observation::new(
                    "kustomize-directory-undecodable",
                    format!("`{path}` holds no Kubernetes object, and Flux takes every YAML file of this folder"),
                    Label::new(at, "no apiVersion and kind"),
                )
                .keyed(path.to_owned()),
            );
            false
        }
    }
}
