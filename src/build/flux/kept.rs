//! Builds of Kustomizations that an earlier check of the same tree made: one whose inputs are what they were is not made
//! again. An editor's check after a keystroke builds what reads the file that changed.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hashbrown::HashMap;

use super::artifact::Plain;
use super::kustomization::FluxKustomization;
use super::reconcile::{Reconciled, Request};
use super::root::Reading;
use super::variables::Variables;
use super::world::Undefined;
use crate::source::{File, Found, Sources, file_name};

/// What tells two Kustomizations of a tree apart: entry, namespace, name, position.
type Key = (String, String, String, usize);

/// The builds of the last check, and those of the one that is under way.
#[derive(Debug, Default)]
pub struct Builds {
    tree: Mutex<Option<Tree>>,
    last: RwLock<HashMap<Key, Arc<Kept>>>,
    now: Mutex<HashMap<Key, Arc<Kept>>>,
}

/// What every build depends on: which files there are, and which of them artifacts leave out.
#[derive(Debug)]
struct Tree {
    paths: Vec<String>,
    links: Vec<String>,
    ignored: Vec<Arc<File>>,
}

/// A build, and what it was made of.
#[derive(Debug)]
struct Kept {
    spec: FluxKustomization,
    variables: Arc<Variables>,
    artifact: Plain,
    reading: Reading,
    undefined: Undefined,
    files: Found,
    reconciled: Reconciled,
}

impl Tree {
    fn of(sources: &Sources) -> Self {
        let paths = sources.system().walk();
        let ignore = paths.iter().filter(|path| file_name(path) == ".sourceignore");
        let ignored = ignore.filter_map(|path| Some(sources.file(sources.load(path).ok()?))).collect();
        Tree { ignored, links: sources.system().links(), paths }
    }

    fn is_same(&self, other: &Tree) -> bool {
        let ignored = || self.ignored.iter().zip(&other.ignored).all(|(a, b)| Arc::ptr_eq(a, b));
        self.paths == other.paths && self.links == other.links && self.ignored.len() == other.ignored.len() && ignored()
    }
}

impl Builds {
    /// A check begins: what the last one had no use for, and what is known of another tree, is forgotten.
    pub fn begin(&self, sources: &Sources) {
        let now = Tree::of(sources);
        let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
        let built = std::mem::take(&mut *self.now.lock().unwrap_or_else(PoisonError::into_inner));
        let is_same = tree.as_ref().is_some_and(|before| before.is_same(&now));
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = if is_same { built } else { HashMap::new() };
        *tree = Some(now);
    }

    /// What an earlier check made of a request, where everything that went into it is as it was.
    pub fn find(&self, request: &Request<'_>) -> Option<Reconciled> {
        let key = key(request);
        let known = self.last.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()?;
        let is_same = Some(known.artifact) == request.artifact.plain
            && known.reading == request.reading
            && known.undefined == request.undefined
            && known.spec == *request.spec
            && known.variables == *request.variables;
        if !is_same || !known.files.is_as_it_was(&request.artifact.sources) {
            return None;
        }
        let reconciled = known.reconciled.clone();
        self.now.lock().unwrap_or_else(PoisonError::into_inner).insert(key, known);
        Some(reconciled)
    }

    /// Keeps what a request gave, with the paths that were read for it.
    pub fn keep(&self, request: &Request<'_>, paths: Vec<String>, reconciled: &Reconciled) {
        let Some(artifact) = request.artifact.plain else { return };
        let Some(files) = Found::of(&request.artifact.sources, paths) else { return };
        let kept = Kept {
            spec: request.spec.clone(),
            variables: request.variables.clone(),
            artifact,
            reading: request.reading,
            undefined: request.undefined,
            files,
            reconciled: reconciled.clone(),
        };
        self.now.lock().unwrap_or_else(PoisonError::into_inner).insert(key(request), Arc::new(kept));
    }
}

fn key(request: &Request<'_>) -> Key {
    let spec = request.spec;
    (request.entry.to_owned(), spec.namespace.clone(), spec.name.clone(), request.index)
}
