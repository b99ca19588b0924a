//! The kustomization file of `spec.path` as Flux edits it, or the one Flux writes where there is none.
//!
//! Source: fluxcd/pkg `kustomize/kustomize_generator.go`.

use std::sync::Arc;

use super::kustomization::FluxKustomization;
use crate::build::kustomize::{Spec, Text, find_file, read_spec, two_files};
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::{Entry, ReadError, Span, join};
use crate::yaml::{Mode, Node};

/// Folders of version control and pipelines hold no manifests, even where nothing is downloaded as an artifact.
const NEVER_SCANNED: &[&str] = &[".git", ".github", ".circleci"];

/// The namespace that Flux writes into a kustomization file with nothing else in it.
const PLACEHOLDER: &str = "_placeholder";

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
            let mut spec =
                read_spec(library, &path).map_or_else(|_| Spec::empty(directory, place), Arc::unwrap_or_clone);
            if let Some(second) = second {
                // Flux edits the first; kustomize then refuses the folder.
                spec.broken = true;
                spec.observations.push(two_files(directory, &path, &second, spec.place));
            }
            if spec.resources.is_empty() && reading == Reading::Flux {
                // Flux keeps kustomize from calling the file empty.
                spec.build_metadata = vec![Text { text: "originAnnotations".to_owned(), span: spec.place }];
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
        if !is_local_and_relative(&component.text) {
            spec.broken = true;
            spec.observations.push(remote_component(component));
            continue;
        }
        let found = join(&directory, &component.text).map(|path| library.sources.system().entry(&path));
        let exists = matches!(found, Some(Ok(_) | Err(ReadError::Elsewhere(_))));
        if exists || !kustomization.ignore_missing_components {
            spec.components.push((directory.clone(), component.clone()));
        }
    }
    spec.strategic_patches.extend(kustomization.strategic_patches.iter().cloned());
    spec.json_patches.extend(kustomization.json_patches.iter().cloned());
    if !kustomization.build_metadata.is_empty() {
        spec.build_metadata.clone_from(&kustomization.build_metadata);
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

/// What fluxcd/pkg `IsLocalRelativePath` accepts.
fn is_local_and_relative(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let remote = ["git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/"];
    let is_remote = remote.iter().any(|prefix| lower.len() > prefix.len() && lower.starts_with(prefix));
    !is_remote && !path.starts_with('/') && !lower.strip_prefix("file://").is_some_and(|rest| rest.starts_with('/'))
}

fn remote_component(component: &Text) -> Observation {
    Observation::new(
        "component-missing",
        format!("component `{}` is not in the artifact: a component path must be local and relative", component.text),
        Label::new(component.span, "not local and relative"),
    )
    .keyed(component.text.clone())
    .help("list a remote component in a kustomization file of the folder")
}

fn generated(library: &Library<'_>, directory: &str, reading: Reading, place: Span) -> Spec {
    let mut spec = Spec::empty(directory, place);
    scan(library, directory, "", reading, &mut spec);
    if spec.resources.is_empty() && reading == Reading::Flux {
        spec.namespace = Some(Text { text: PLACEHOLDER.to_owned(), span: place });
    }
    spec
}

fn scan(library: &Library<'_>, directory: &str, below: &str, reading: Reading, spec: &mut Spec) {
    for (name, kind) in library.sources.system().list(directory) {
        if reading != Reading::Flux && NEVER_SCANNED.contains(&name.as_str()) {
            continue;
        }
        let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
        let relative = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        match kind {
            Entry::Directory if find_file(library, &path).is_some() => {
                if !is_component(library, &path) || reading == Reading::Flux {
                    spec.resources.push(Text { text: relative, span: spec.place });
                }
            }
            Entry::Directory => scan(library, &path, &relative, reading, spec),
            Entry::File if name.ends_with(".yaml") || name.ends_with(".yml") => {
                if holds_objects(library, &path, reading, spec) {
                    spec.resources.push(Text { text: relative, span: spec.place });
                }
            }
            Entry::File => {}
        }
    }
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
