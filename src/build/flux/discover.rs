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
    let folders = Folders::of(library);
    let mut entries: Vec<EntryPoint> = if configured.is_empty() {
        let mut entries = instances(&folders, documents);
        entries.extend(gotk_syncs(&folders, &kustomizations));
        if entries.is_empty() { unproduced(library, &folders, &kustomizations) } else { entries }
    } else {
        configured.iter().map(|path| named(library, &folders, path, &kustomizations)).collect()
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
fn instances(folders: &Folders, documents: &[Found]) -> Vec<EntryPoint> {
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
        let located = folders.locate(&normalize(path), parent(&found.path));
        let Some((path, artifact_folder)) = located else { continue };
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

/// Every folder of a repository.
struct Folders(BTreeSet<String>);

impl Folders {
    fn of(library: &Library<'_>) -> Self {
        let mut folders = BTreeSet::new();
        for file in library.sources.system().walk() {
            let mut folder = parent(&file);
            while !folder.is_empty() && folders.insert(folder.to_owned()) {
                folder = parent(folder);
            }
        }
        Folders(folders)
    }

    /// An artifact may be built from a sub-folder of the repository: the folder whose path ends in the path asked for,
    /// and what stands before it. Of several the one nearest to the file that asks counts.
    fn locate(&self, path: &str, asked_in: &str) -> Option<(String, String)> {
        if path.contains("${") {
            return None;
        }
        if path.is_empty() || self.0.contains(path) {
            return Some((path.to_owned(), String::new()));
        }
        let suffix = format!("/{path}");
        let near = |folder: &str| folder.split('/').zip(asked_in.split('/')).take_while(|(a, b)| a == b).count();
        let candidates = || self.0.iter().filter(|folder| folder.ends_with(&suffix));
        let best = candidates().map(|folder| near(folder)).max()?;
        let mut nearest = candidates().filter(|folder| near(folder) == best);
        // Two places would be a guess.
        let (found, None) = (nearest.next()?, nearest.next()) else { return None };
        Some((found.clone(), found.strip_suffix(&suffix)?.to_owned()))
    }
}

fn gotk_syncs(folders: &Folders, kustomizations: &[&Found]) -> Vec<EntryPoint> {
    kustomizations
        .iter()
        .filter(|found| file_name(&found.path).starts_with("gotk-sync"))
        .map(|found| written(folders, found))
        .collect()
}

/// An entry point from the object that applies it.
fn written(folders: &Folders, found: &Found) -> EntryPoint {
    let kustomization = FluxKustomization::read(&found.node);
    let path = kustomization.path.clone().unwrap_or_default();
    // Git knows no part of a repository.
    let is_whole = kustomization.source.as_ref().is_none_or(|source| source.kind == "GitRepository");
    let located = if is_whole { None } else { folders.locate(&path, parent(&found.path)) };
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

fn named(library: &Library<'_>, folders: &Folders, path: &str, kustomizations: &[&Found]) -> EntryPoint {
    let path = normalize(path);
    if let Some(own) = kustomizations.iter().map(|found| written(folders, found)).find(|entry| entry.path == path) {
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

/// A Kustomization that may be an entry.
struct Candidate {
    file: String,
    source: Option<SourceKey>,
    entry: EntryPoint,
    // Files whose objects its folder gives.
    reached: BTreeSet<String>,
}

impl Candidate {
    fn new(library: &Library<'_>, folders: &Folders, found: &Found) -> Self {
        let entry = written(folders, found);
        let is_here = library.sources.system().entry(&entry.path) == Ok(Entry::Directory);
        let reached = if is_here { files_below(library, &entry.path) } else { BTreeSet::new() };
        Candidate { file: found.path.clone(), source: FluxKustomization::read(&found.node).source, entry, reached }
    }

    /// Whether its folder holds another. A path counts only in the source it is meant for: `./` of another repository
    /// reaches nothing here.
    fn holds(&self, other: &Candidate) -> bool {
        self.file != other.file && self.reached.contains(&other.file) && self.source == other.source
    }

    /// Whether its folder holds one that builds something else. The same path in the folder of another cluster does not.
    fn leads_to(&self, other: &Candidate) -> bool {
        self.holds(other) && self.entry.path != other.entry.path
    }
}

/// Kustomizations that no other Kustomization's folder holds, and that lead to further ones.
fn unproduced(library: &Library<'_>, folders: &Folders, kustomizations: &[&Found]) -> Vec<EntryPoint> {
    let candidates: Vec<Candidate> =
        kustomizations.par_iter().map(|found| Candidate::new(library, folders, found)).collect();
    let leads = |own: &Candidate| candidates.iter().any(|other| own.leads_to(other));
    let any_leads = candidates.iter().any(leads);
    let mut entries: BTreeMap<String, EntryPoint> = BTreeMap::new();
    for own in &candidates {
        if candidates.iter().any(|other| other.holds(own)) || (any_leads && !leads(own)) {
            continue;
        }
        let entry = own.entry.clone();
        if own.reached.contains(&own.file) {
            entries.insert(entry.path.clone(), entry);
            continue;
        }
        // Applied by hand or by a bootstrap tool, together with what stands beside it.
        let folder = parent(&own.file).to_owned();
        let known = entries.entry(folder.clone()).or_insert_with(|| EntryPoint {
            path: folder,
            artifact_folder: entry.artifact_folder.clone(),
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
    entries.into_values().collect()
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
