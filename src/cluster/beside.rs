//! What a cluster asks of the repository around it, noted: a check of the same tree after an edit asks the same again, and
//! where the answers are as they were, so is what the rules say of the cluster.

use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::nearest::DocumentKey;
use super::{Cluster, FileDocument, Repository};
use crate::source::{File, FileId};
use crate::yaml::Node;

/// What was asked so far.
#[derive(Debug, Default)]
pub(super) struct Asked {
    scripts: AtomicBool,
    reached: Mutex<HashSet<FileId>>,
    versions: AtomicBool,
    unnamed: AtomicBool,
    policies: AtomicBool,
    written: Mutex<BTreeSet<DocumentKey>>,
}

/// Questions of a cluster with what the repository answers to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    scripts: Option<Arc<Vec<(String, String)>>>,
    reached: HashMap<FileId, bool>,
    versions: Option<Vec<Node>>,
    unnamed: Option<Vec<FileDocument>>,
    policies: Option<Vec<FileDocument>>,
    written: BTreeMap<DocumentKey, Vec<(FileDocument, Text)>>,
}

/// A text that is the same only where the file is.
#[derive(Clone, Debug)]
struct Text(Arc<File>);

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Answers {
    /// The same questions, asked of a repository now.
    #[must_use]
    pub fn again(&self, repository: &Repository<'_>) -> Self {
        Answers {
            scripts: self.scripts.as_ref().map(|_| repository.scripts().clone()),
            reached: self.reached.keys().map(|file| (*file, repository.reached.contains(file))).collect(),
            versions: self.versions.as_ref().map(|_| repository.kubernetes_versions().cloned().collect()),
            unnamed: self.unnamed.as_ref().map(|_| repository.unnamed_namespaces().cloned().collect()),
            policies: self.policies.as_ref().map(|_| repository.policy_documents().cloned().collect()),
            written: self.written.keys().map(|key| (key.clone(), with_texts(repository, key))).collect(),
        }
    }
}

fn with_texts(repository: &Repository<'_>, (group, kind, name): &DocumentKey) -> Vec<(FileDocument, Text)> {
    let text = |document: &FileDocument| Text(repository.sources().file(document.node.span().file));
    repository.written(group, kind, name).map(|document| (document.clone(), text(document))).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'w> Cluster<'w> {
    /// What this cluster asked of the repository so far, with the answers.
    pub fn answers(&self) -> Answers {
        let asked = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let questions = Answers {
            scripts: asked(&self.asked.scripts).then(Arc::default),
            reached: lock(&self.asked.reached).iter().map(|file| (*file, false)).collect(),
            versions: asked(&self.asked.versions).then(Vec::new),
            unnamed: asked(&self.asked.unnamed).then(Vec::new),
            policies: asked(&self.asked.policies).then(Vec::new),
            written: lock(&self.asked.written).iter().map(|key| (key.clone(), Vec::new())).collect(),
        };
        questions.again(self.repository)
    }

    /// As [`Repository::bootstrap_mention`].
    pub fn bootstrap_mention(&self, words: &[&str], wanted: impl Fn(&str) -> bool) -> Option<&'w str> {
        self.asked.scripts.store(true, Ordering::Relaxed);
        self.repository.bootstrap_mention(words, wanted)
    }

    /// Whether some object of some cluster came from a file.
    pub fn is_reached(&self, file: FileId) -> bool {
        lock(&self.asked.reached).insert(file);
        self.repository.reached.contains(&file)
    }

    /// As [`Repository::kubernetes_versions`].
    pub fn kubernetes_versions(&self) -> impl Iterator<Item = &'w Node> + use<'w> {
        self.asked.versions.store(true, Ordering::Relaxed);
        self.repository.kubernetes_versions()
    }

    /// As [`Repository::unnamed_namespaces`].
    pub fn unnamed_namespaces(&self) -> impl Iterator<Item = &'w FileDocument> + use<'w> {
        self.asked.unnamed.store(true, Ordering::Relaxed);
        self.repository.unnamed_namespaces()
    }

    /// As [`Repository::policy_documents`].
    pub fn policy_documents(&self) -> impl Iterator<Item = &'w FileDocument> + use<'w> {
        self.asked.policies.store(true, Ordering::Relaxed);
        self.repository.policy_documents()
    }

    /// As [`Repository::written`].
    pub fn written(&self, group: &str, kind: &str, name: &str) -> impl Iterator<Item = &'w FileDocument> + use<'w> {
        let key = (group.into(), kind.into(), name.into());
        lock(&self.asked.written).insert(key);
        self.repository.written(group, kind, name)
    }
}
