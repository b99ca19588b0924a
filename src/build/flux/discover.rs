//! Entry points: the folders from which Flux applies a cluster, found without configuration.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::kustomization::{FluxKustomization, SourceKey};
use super::root::{self, Reading};
use crate::build::kustomize::{Builder, NAMES, Options};
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::source::{Entry, Span, file_name, normalize, parent};
use crate::yaml::{Mode, Node};

/// A cluster to build.
#[derive(Clone, Debug)]
pub struct EntryPoint {
    /// The folder, relative to the root.
    pub path: String,
    /// The folder that the artifact is made of, where it is not the whole repository.
    pub artifact_folder: String,
    /// The Flux Kustomization that applies it, where one is written down.
    pub object: Option<Node>,
    /// The source that stands for this repository.
    pub sources: Vec<SourceKey>,
    /// Its URL, where it is written down beside the entry.
    pub url: Option<String>,
    /// How its folder is read.
    pub reading: Reading,
    /// `spec.kustomize.patches` of a FluxInstance: applied to the Kustomization it makes.
    pub instance_patches: Option<Node>,
    /// Where it was found.
    pub place: Span,
}

/// A document of some file.
struct Found {
    path: String,
    node: Node,
}

/// Whether a document is a Flux Kustomization.
pub fn is_flux_kustomization(id: &Id) -> bool {
    id.gvk.kind == "Kustomization" && id.gvk.group == "kustomize.toolkit.fluxcd.io"
}

impl EntryPoint {
    /// The folder, relative to the artifact.
    pub fn path_in_artifact(&self) -> String {
        match self.path.strip_prefix(&self.artifact_folder) {
            Some(rest) if !self.artifact_folder.is_empty() => rest.trim_start_matches('/').to_owned(),
            _ => self.path.clone(),
        }
    }
}

/// What the documents of a repository tell before anything is built.
pub struct Survey {
    /// Every entry point, sorted by path.
    pub entries: Vec<EntryPoint>,
    /// Source objects, each with the folder it stands in.
    pub sources: Vec<(String, Node)>,
}

/// Looks through all documents.
pub fn survey(library: &Library<'_>, configured: &[String]) -> Survey {
    let documents = scan(library);
    let entries = entry_points(library, configured, &documents);
    let is_source = |found: &Found| Id::of(&found.node).gvk.group == "source.toolkit.fluxcd.io";
    let sources = documents.into_iter().filter(is_source).map(|found| (parent(&found.path).to_owned(), found.node));
    Survey { entries, sources: sources.collect() }
}

fn entry_points(library: &Library<'_>, configured: &[String], documents: &[Found]) -> Vec<EntryPoint> {
    let kustomizations: Vec<&Found> = documents
        .iter()
        .filter(|found| is_flux_kustomization(&Id::of(&found.node)) && found.node.at(&["spec", "path"]).is_some())
        .collect();
    let mut entries: Vec<EntryPoint> = if configured.is_empty() {
        let mut entries = instances(library, documents);
        entries.extend(gotk_syncs(library, &kustomizations));
        if entries.is_empty() { unproduced(library, &kustomizations) } else { entries }
    } else {
        configured.iter().map(|path| named(library, path, &kustomizations)).collect()
    };
    if entries.is_empty() && configured.is_empty() {
        entries.extend(plain(library, documents));
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    if configured.is_empty() {
        // The folder of one entry holds that of another: the outer build contains the inner one.
        let paths: Vec<String> = entries.iter().map(|entry| format!("{}/", entry.path)).collect();
        entries.retain(|entry| !paths.iter().any(|outer| outer != "/" && entry.path.starts_with(outer.as_str())));
    }
    entries
}

fn scan(library: &Library<'_>) -> Vec<Found> {
    yaml_files(library)
        .par_iter()
        .flat_map_iter(|path| {
            let documents =
                library.load(path, Mode::V3).map(|manifests| manifests.documents.clone()).unwrap_or_default();
            documents.into_iter().map(|node| Found { path: path.clone(), node })
        })
        .collect()
}

fn yaml_files(library: &Library<'_>) -> Vec<String> {
    let files = library.sources.system().walk().into_iter();
    files.filter(|path| path.ends_with(".yaml") || path.ends_with(".yml")).collect()
}

fn flux_system(kind: &str, name: &str) -> SourceKey {
    SourceKey { kind: kind.to_owned(), namespace: "flux-system".to_owned(), name: name.to_owned() }
}

/// FluxInstance objects, releases of the flux-instance chart, and values files for it.
fn instances(library: &Library<'_>, documents: &[Found]) -> Vec<EntryPoint> {
    let mut entries = Vec::new();
    for found in documents {
        let id = Id::of(&found.node);
        let sync = match id.gvk.kind.as_str() {
            "FluxInstance" => found.node.at(&["spec", "sync"]),
            "HelmRelease" => found.node.at(&["spec", "values", "instance", "sync"]),
            "" => found.node.at(&["instance", "sync"]),
            _ => None,
        };
        let Some(sync) = sync else { continue };
        let Some(path) = sync.get("path").and_then(Node::as_str) else { continue };
        let Some((path, artifact_folder)) = locate(library, &normalize(path)) else { continue };
        let text = |key: &str| sync.get(key).and_then(Node::as_str);
        let patches = match id.gvk.kind.as_str() {
            "FluxInstance" => found.node.at(&["spec", "kustomize", "patches"]),
            "HelmRelease" => found.node.at(&["spec", "values", "instance", "kustomize", "patches"]),
            _ => found.node.at(&["instance", "kustomize", "patches"]),
        };
        let name = text("name").unwrap_or("flux-system");
        let kind = text("kind").unwrap_or("GitRepository");
        entries.push(EntryPoint {
            path,
            artifact_folder,
            object: None,
            sources: vec![flux_system(kind, name)],
            url: text("url").map(ToOwned::to_owned),
            reading: Reading::Flux,
            instance_patches: patches.cloned(),
            place: sync.get("path").unwrap_or(sync).span(),
        });
    }
    entries
}

/// An artifact may be built from a sub-folder of the repository: the folder whose path ends in the path asked for, and
/// what stands before it.
fn locate(library: &Library<'_>, path: &str) -> Option<(String, String)> {
    if path.contains("${") {
        return None;
    }
    let system = library.sources.system();
    if system.entry(path) == Ok(Entry::Directory) {
        return Some((path.to_owned(), String::new()));
    }
    let suffix = format!("/{path}");
    let mut candidates: BTreeSet<String> = BTreeSet::new();
    for file in system.walk() {
        let mut directory = parent(&file);
        while !directory.is_empty() {
            if directory.ends_with(&suffix) {
                candidates.insert(directory.to_owned());
            }
            directory = parent(directory);
        }
    }
    // Two places would be a guess.
    if candidates.len() > 1 {
        return None;
    }
    let found = candidates.into_iter().next()?;
    let folder = found.strip_suffix(&suffix)?.to_owned();
    Some((found, folder))
}

fn gotk_syncs(library: &Library<'_>, kustomizations: &[&Found]) -> Vec<EntryPoint> {
    kustomizations
        .iter()
        .filter(|found| file_name(&found.path).starts_with("gotk-sync"))
        .map(|found| written(library, found))
        .collect()
}

/// An entry point from the object that applies it.
fn written(library: &Library<'_>, found: &Found) -> EntryPoint {
    let kustomization = FluxKustomization::read(&found.node);
    let path = kustomization.path.clone().unwrap_or_default();
    // Git knows no part of a repository.
    let is_whole = kustomization.source.as_ref().is_none_or(|source| source.kind == "GitRepository");
    let located = if is_whole { None } else { locate(library, &path) };
    let (path, artifact_folder) = located.unwrap_or((path, String::new()));
    EntryPoint {
        path,
        artifact_folder,
        sources: kustomization.source.clone().into_iter().collect(),
        url: None,
        object: Some(found.node.clone()),
        reading: Reading::Flux,
        instance_patches: None,
        place: kustomization.path_place,
    }
}

fn named(library: &Library<'_>, path: &str, kustomizations: &[&Found]) -> EntryPoint {
    let path = normalize(path);
    if let Some(own) = kustomizations.iter().map(|found| written(library, found)).find(|entry| entry.path == path) {
        return own;
    }
    // The sources of the Kustomizations written in that folder.
    let inside = format!("{path}/");
    let sources: BTreeSet<SourceKey> = kustomizations
        .iter()
        .filter(|found| found.path.starts_with(&inside) || path.is_empty())
        .filter_map(|found| FluxKustomization::read(&found.node).source)
        // An artifact made from other sources stands for none of its makers.
        .filter(|source| source.kind != "ExternalArtifact")
        .collect();
    let place = Span::new(library.sources.add(&format!("{path}/"), ""), 0..0);
    EntryPoint {
        path,
        artifact_folder: String::new(),
        object: None,
        sources: sources.into_iter().collect(),
        url: None,
        reading: Reading::Flux,
        instance_patches: None,
        place,
    }
}

/// Kustomizations that no other Kustomization's folder holds, and that lead to further ones.
fn unproduced(library: &Library<'_>, kustomizations: &[&Found]) -> Vec<EntryPoint> {
    let reached: Vec<BTreeSet<String>> = kustomizations
        .par_iter()
        .map(|found| {
            let path = FluxKustomization::read(&found.node).path.unwrap_or_default();
            if library.sources.system().entry(&path) == Ok(Entry::Directory) {
                files_below(library, &path)
            } else {
                BTreeSet::new()
            }
        })
        .collect();
    let sources: Vec<Option<SourceKey>> =
        kustomizations.iter().map(|found| FluxKustomization::read(&found.node).source).collect();
    // A path counts only in the source it is meant for: `./` of another repository reaches nothing here.
    let leads_on: Vec<bool> = kustomizations
        .iter()
        .zip(&reached)
        .zip(&sources)
        .map(|((own, files), source)| {
            kustomizations
                .iter()
                .zip(&sources)
                .any(|(other, theirs)| other.path != own.path && files.contains(&other.path) && theirs == source)
        })
        .collect();
    let any_leads = leads_on.contains(&true);
    let mut folders: BTreeMap<String, EntryPoint> = BTreeMap::new();
    for (index, found) in kustomizations.iter().enumerate() {
        let by_other = kustomizations.iter().zip(&reached).enumerate().any(|(other, (from, files))| {
            other != index
                && from.path != found.path
                && files.contains(&found.path)
                && sources.get(other) == sources.get(index)
        });
        let leads = leads_on.get(index).copied().unwrap_or_default();
        if by_other || (any_leads && !leads) {
            continue;
        }
        let by_itself = reached.get(index).is_some_and(|files| files.contains(&found.path));
        let entry = written(library, found);
        if by_itself {
            folders.insert(entry.path.clone(), entry);
            continue;
        }
        // Applied by hand or by a bootstrap tool, together with what stands beside it.
        let folder = parent(&found.path).to_owned();
        let known = folders.entry(folder.clone()).or_insert_with(|| EntryPoint {
            path: folder,
            artifact_folder: String::new(),
            object: None,
            sources: Vec::new(),
            url: None,
            reading: Reading::Lenient,
            instance_patches: None,
            place: entry.place,
        });
        for source in entry.sources {
            // An artifact made from other sources stands for none of its makers.
            if source.kind != "ExternalArtifact" && !known.sources.contains(&source) {
                known.sources.push(source);
            }
        }
    }
    folders.into_values().collect()
}

/// The files whose objects the build of a folder holds.
fn files_below(library: &Library<'_>, path: &str) -> BTreeSet<String> {
    let place = Span::new(library.sources.add("", ""), 0..0);
    let spec = root::spec(library, path, None, Reading::Lenient, place);
    let outcome = Builder::new(library, Options { programs: true, ..Options::flux() }).build(&spec);
    outcome
        .resources
        .iter()
        .map(|resource| {
            library.sources.file(resource.node.at(&["kind"]).unwrap_or(&resource.node).span().file).path.to_string()
        })
        .collect()
}

/// A tree without Flux: kustomizations and manifests of the whole folder. Text that nobody can read counts as a
/// manifest: that nothing was found in it would say too much.
fn plain(library: &Library<'_>, documents: &[Found]) -> Option<EntryPoint> {
    let of_kustomize = |found: &Found| NAMES.contains(&file_name(&found.path));
    let first = documents.iter().find(|found| !Id::of(&found.node).gvk.kind.is_empty() || of_kustomize(found));
    let (place, reading) = match first {
        Some(first) => (first.node.span().head(), Reading::Lenient),
        None => {
            let broken = |path: &str| library.load(path, Mode::V3).ok().filter(|manifests| manifests.broken);
            let broken = yaml_files(library).iter().find_map(|path| broken(path))?;
            (Span::new(broken.file, 0..0), Reading::Broken)
        }
    };
    Some(EntryPoint {
        path: String::new(),
        artifact_folder: String::new(),
        object: None,
        sources: Vec::new(),
        url: None,
        reading,
        instance_patches: None,
        place,
    })
}
