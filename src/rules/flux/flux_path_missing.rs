//! Paths of entry points that lead to no folder, so that nothing is built from them: the build itself reports all
//! others. Card: rules/flux/flux-path-missing.md

use serde::Deserialize;

use crate::build::Id;
use crate::build::flux::{FluxKustomization, folders, nearest_folder};
use crate::cluster::flux::{KUSTOMIZE, SOURCE};
use crate::cluster::{FileDocument, Repository};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Entry, Span, file_name, normalize, parent};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FluxPathMissing {}

impl Rule for FluxPathMissing {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        for document in &repository.documents {
            let place = document.node.span();
            let found = instance(repository, document).or_else(|| {
                if repository.reached.contains(&place.file) { None } else { by_hand(repository, document) }
            });
            if let Some(found) = found {
                out.report(found.confidence(Confidence::Medium));
            }
        }
    }
}

/// A folder at which there is none, or one whose path ends so: an artifact may be made of a part of the repository.
fn is_missing(repository: &Repository<'_>, path: &str) -> bool {
    let system = repository.sources().system();
    let suffix = format!("/{path}");
    !path.is_empty()
        && !path.contains("${")
        && system.entry(path) != Ok(Entry::Directory)
        && !folders(system).iter().any(|folder| folder.ends_with(&suffix))
}

/// `sync.path` of a `FluxInstance`, of its chart, or of values for it; nothing says whether its source is this
/// repository, but a folder of nearly that path does.
fn instance(repository: &Repository<'_>, document: &FileDocument) -> Option<Observation> {
    let id = Id::of(&document.node);
    let sync = match id.gvk.kind.as_str() {
        "FluxInstance" => document.node.at(&["spec", "sync"]),
        "HelmRelease" => document.node.at(&["spec", "values", "instance", "sync"]),
        "" => document.node.at(&["instance", "sync"]),
        _ => None,
    }?;
    let node = sync.get("path")?;
    let path = normalize(node.as_str()?);
    if !is_missing(repository, &path) {
        return None;
    }
    let near = nearest_folder(repository.sources().system(), &path)?;
    Some(observation(
        format!("path `{path}` of the cluster that `{}` makes", document.path),
        node.span(),
        document,
        &near,
    ))
}

/// A Kustomization that nothing applies, beside the source that it names: what somebody applies to set a cluster up.
fn by_hand(repository: &Repository<'_>, document: &FileDocument) -> Option<Observation> {
    let id = Id::of(&document.node);
    if id.gvk.group != KUSTOMIZE || id.gvk.kind != "Kustomization" || document.node.at(&["spec", "path"]).is_none() {
        return None;
    }
    let spec = FluxKustomization::read(&document.node);
    let (path, source) = (spec.path.as_deref()?, spec.source.as_ref()?);
    if !is_missing_here(repository, path) {
        return None;
    }
    let own = parent(&document.path);
    let is_beside = |other: &FileDocument| {
        let folder = parent(&other.path);
        let is_below = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !own.is_empty()
            && (is_below(folder, own) || is_below(own, folder))
            && !repository.reached.contains(&other.node.span().file)
    };
    repository.written(SOURCE, &source.kind, &source.name).find(|other| is_beside(other))?;
    // The folder of the same name that shares most with the place of the Kustomization.
    let shared = |folder: &str| folder.split('/').zip(own.split('/')).take_while(|(a, b)| a == b).count();
    let near = folders(repository.sources().system())
        .into_iter()
        .filter(|folder| file_name(folder) == file_name(path) && shared(folder) > 0)
        .max_by(|a, b| shared(a).cmp(&shared(b)).then_with(|| b.cmp(a)))?;
    let observation = observation(format!("path `{path}` of {}", spec.shown()), spec.path_place, document, &near);
    Some(observation.about(spec.reference(), "spec.path"))
}

fn is_missing_here(repository: &Repository<'_>, path: &str) -> bool {
    !path.is_empty() && !path.contains("${") && repository.sources().system().entry(path) != Ok(Entry::Directory)
}

fn observation(what: String, place: Span, document: &FileDocument, near: &str) -> Observation {
    Observation::new("flux-path-missing", format!("{what} does not exist"), Label::new(place, "no such folder"))
        .keyed(document.path.to_string())
        .help(format!("did you mean `./{near}`?"))
}
