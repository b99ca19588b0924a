//! Which files of the repository something uses: a build reads them, or a kustomization file or a Flux Kustomization
//! names them.

use std::collections::{BTreeMap, BTreeSet};

use super::Repository;
use crate::build::Id;
use crate::build::flux::{FluxKustomization, is_flux_kustomization};
use crate::build::kustomize::{NAMES, find_file, read_spec};
use crate::source::{file_name, join, normalize, parent};
use crate::yaml::Node;

/// What is known of the use of files.
#[derive(Debug)]
pub struct Usage {
    /// Paths of the files that the builds of some cluster read.
    pub read: BTreeSet<String>,
    /// Paths that files name, each with the files that do, whether or not these are built.
    named: BTreeMap<String, Vec<String>>,
}

impl Usage {
    /// Reads the kustomization files and Flux Kustomizations of a repository.
    pub fn of(repository: &Repository<'_>) -> Self {
        let read = repository.read.iter().map(|file| repository.sources().file(*file).path.to_string()).collect();
        let mut usage = Usage { read, named: BTreeMap::new() };
        for path in repository.sources().system().walk() {
            if NAMES.contains(&file_name(&path)) {
                usage.add_kustomization_file(repository, &path);
            }
        }
        for document in &repository.documents {
            let is_meant = document.node.get("kind").and_then(Node::as_str) == Some("Kustomization");
            if is_meant && is_flux_kustomization(&Id::of(&document.node)) {
                let spec = FluxKustomization::read(&document.node);
                let Some(path) = spec.path else { continue };
                spec.components.iter().for_each(|component| usage.add(join(&path, &component.text), &document.path));
                usage.add(Some(normalize(&path)), &document.path);
            }
        }
        usage
    }

    fn add(&mut self, path: Option<String>, by: &str) {
        if let Some(path) = path {
            self.named.entry(path).or_default().push(by.to_owned());
        }
    }

    fn add_kustomization_file(&mut self, repository: &Repository<'_>, path: &str) {
        let Ok(spec) = read_spec(repository.library, path) else { return };
        let patches = spec.patches.iter().chain(&spec.strategic_patches).chain(&spec.json_patches);
        let entries = spec.resources.iter().chain(&spec.configurations).chain(&spec.crds);
        let entries = entries.chain(spec.components.iter().map(|(_, text)| text));
        for entry in entries.chain(patches.filter_map(|patch| patch.path.as_ref())) {
            self.add(join(&spec.directory, &entry.text), path);
        }
        for generator in spec.config_maps.iter().chain(&spec.secrets) {
            for file in generator.files.iter().chain(&generator.envs) {
                let file = file.text.split_once('=').map_or(file.text.as_str(), |(_, path)| path);
                self.add(join(&spec.directory, file), path);
            }
        }
    }

    /// Whether a build reads a file, or another file names it.
    pub fn is_used(&self, path: &str) -> bool {
        self.read.contains(path) || self.named.contains_key(path)
    }

    /// Whether a build reads a file in a folder, or a file outside of it names it or something in it.
    pub fn is_used_below(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        let inside = |path: &str| path == folder || path.starts_with(&prefix);
        self.read.iter().any(|path| inside(path))
            || self.named.iter().any(|(path, by)| inside(path) && by.iter().any(|by| !inside(by)))
    }

    /// Whether a file lies in a folder that is named and takes everything in it, because it has no kustomization file.
    pub fn is_in_taken_folder(&self, repository: &Repository<'_>, path: &str) -> bool {
        let above = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
        above
            .take_while(|folder| find_file(repository.library, folder).is_none())
            .any(|folder| self.named.contains_key(folder))
    }
}

/// Whether a text holds a name as a part of a path, be it in a comment.
pub fn speaks_of(text: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|tail| tail.chars().next());
        !is_part(before) && !is_part(after)
    })
}
