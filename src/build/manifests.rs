//! Files as lists of manifests, read and resolved once.

use hashbrown::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use smol_str::SmolStr;

use super::flux::Builds;
use super::kustomize::{Folders, NAMES, Spec};
use crate::finding::{Label, Observation};
use crate::source::{File, FileId, ReadError, Sources, Span, TextProblem, file_name};
use crate::yaml::{self, Comment, Content, Mode, Node, Problem, ProblemKind};

/// What one file holds.
#[derive(Debug, PartialEq)]
pub struct Manifests {
    /// The file.
    pub file: FileId,
    /// Documents with content, in order, those Flux does not see left out.
    pub documents: Vec<Node>,
    /// What is wrong with the text, as findings.
    pub observations: Vec<Observation>,
    /// Flux refuses the file: what is in `documents` is true, but not all.
    pub broken: bool,
    /// Comments of the file.
    pub comments: Vec<Comment>,
    /// Some plain date was made into a time.
    pub times: bool,
}

/// What was read so far. It outlives a library: with sources [after](Sources::after) those of this one, only files that
/// changed are read again.
#[derive(Clone, Debug, Default)]
pub struct ReadSoFar {
    files: Arc<RwLock<HashMap<FileId, Read>>>,
    specs: Specs,
    // Some text holds a plain date.
    times: Arc<AtomicBool>,
    builds: Option<Arc<Builds>>,
}

impl ReadSoFar {
    /// For a tree that is checked again and again: what was built of it is kept, too.
    pub fn with_builds() -> Self {
        ReadSoFar { builds: Some(Arc::default()), ..ReadSoFar::default() }
    }
}

/// Kustomization files by the path under which they were found, each with the manifests it was read from.
type Specs = Arc<RwLock<HashMap<(FileId, String), (Arc<Manifests>, Arc<Spec>)>>>;

/// A file as it was, and what it held.
#[derive(Debug)]
struct Read {
    file: Arc<File>,
    modes: Modes,
}

/// The manifests of one text, by the mode they were read in.
#[derive(Debug, Default)]
struct Modes {
    v2: Option<Arc<Manifests>>,
    v3: Option<Arc<Manifests>>,
}

impl Modes {
    fn get(&self, mode: Mode) -> Option<&Arc<Manifests>> {
        match mode {
            Mode::V2 => self.v2.as_ref(),
            Mode::V3 => self.v3.as_ref(),
        }
    }

    fn slot(&mut self, mode: Mode) -> &mut Option<Arc<Manifests>> {
        match mode {
            Mode::V2 => &mut self.v2,
            Mode::V3 => &mut self.v3,
        }
    }
}

/// All files of the run as manifests.
pub struct Library<'s> {
    /// The files below.
    pub sources: &'s Sources,
    memo: ReadSoFar,
    inner: Inner,
    /// Kustomization folders that several builds list.
    pub folders: Arc<Folders>,
}

/// Texts inside of scalars: one patch is often applied to many objects.
type Inner = Arc<RwLock<HashMap<(Span, Mode, SmolStr), Arc<Manifests>>>>;

impl<'s> Library<'s> {
    /// An empty library over sources.
    pub fn new(sources: &'s Sources) -> Self {
        Library::knowing(sources, ReadSoFar::default())
    }

    /// A library over sources, some of whose files may have been read before.
    pub fn knowing(sources: &'s Sources, memo: ReadSoFar) -> Self {
        Library { sources, memo, inner: Inner::default(), folders: Arc::default() }
    }

    /// The same manifests, found through a window of these sources: paths are those of the window, and so are folders that
    /// were built through it.
    pub fn through<'w>(&self, window: &'w Sources, folders: Arc<Folders>) -> Library<'w> {
        Library { sources: window, memo: self.memo.clone(), inner: self.inner.clone(), folders }
    }

    /// The manifests of a file.
    ///
    /// # Errors
    /// [`ReadError`] when there is no readable file at that path.
    pub fn load(&self, path: &str, mode: Mode) -> Result<Arc<Manifests>, ReadError> {
        let id = self.sources.load(path)?;
        Ok(self.of(id, mode))
    }

    /// The manifests of a file that was read.
    pub fn of(&self, id: FileId, mode: Mode) -> Arc<Manifests> {
        let file = self.sources.file(id);
        let memo = &self.memo.files;
        if let Some(known) = memo.read().unwrap_or_else(PoisonError::into_inner).get(&id)
            && Arc::ptr_eq(&known.file, &file)
            && let Some(manifests) = known.modes.get(mode)
        {
            return manifests.clone();
        }
        let (own, other) = self.read(&file, id, mode);
        let mut memo = memo.write().unwrap_or_else(PoisonError::into_inner);
        let entry = memo.entry(id).or_insert_with(|| Read { file: file.clone(), modes: Modes::default() });
        // An older text may have stood there.
        if !Arc::ptr_eq(&entry.file, &file) {
            *entry = Read { file, modes: Modes::default() };
        }
        // Another thread may have read it: what was given out first stays.
        if let Some((mode, other)) = other {
            entry.modes.slot(mode).get_or_insert(other);
        }
        entry.modes.slot(mode).get_or_insert(own).clone()
    }

    /// A file in the mode that is asked for, and in the other one where somebody will ask for that.
    fn read(&self, file: &File, id: FileId, mode: Mode) -> (Arc<Manifests>, Option<(Mode, Arc<Manifests>)>) {
        if let Some(problem) = &file.problem {
            return (Arc::new(unreadable(file, id, problem)), None);
        }
        let text: &str = &file.text;
        let content = Content::whole(Span::new(id, 0..text.len()));
        let tree = yaml::parse(text);
        let first = self.noted(resolve(&tree, text, id, &content, mode));
        // A kustomization file is a document of the tree, too, and kustomize reads the one otherwise than the other.
        if !NAMES.contains(&file_name(&file.path)) {
            return (first, None);
        }
        let other = if mode == Mode::V2 { Mode::V3 } else { Mode::V2 };
        let second = self.noted(resolve(&tree, text, id, &content, other));
        // Hardly ever does it matter.
        let second = if *second == *first { first.clone() } else { second };
        (first, Some((other, second)))
    }

    fn noted(&self, manifests: Manifests) -> Arc<Manifests> {
        if manifests.times {
            self.memo.times.store(true, Ordering::Relaxed);
        }
        Arc::new(manifests)
    }

    /// What earlier checks built, where that is kept.
    pub fn builds(&self) -> Option<&Builds> {
        self.memo.builds.as_deref()
    }

    /// Whether any text that was read holds a plain date that the reader made into a time.
    pub fn holds_times(&self) -> bool {
        self.memo.times.load(Ordering::Relaxed)
    }

    /// The kustomization file that manifests at a path are, made by `read` where nobody asked before.
    pub fn kustomization(
        &self,
        path: &str,
        manifests: &Arc<Manifests>,
        read: impl FnOnce(&Manifests) -> Spec,
    ) -> Arc<Spec> {
        let key = (manifests.file, path.to_owned());
        let memo = &self.memo.specs;
        if let Some((from, spec)) = memo.read().unwrap_or_else(PoisonError::into_inner).get(&key)
            && Arc::ptr_eq(from, manifests)
        {
            return spec.clone();
        }
        let spec = Arc::new(read(manifests));
        memo.write().unwrap_or_else(PoisonError::into_inner).insert(key, (manifests.clone(), spec.clone()));
        spec
    }

    /// Reads YAML text that stands inside a scalar: an inline patch, a values file in a ConfigMap.
    pub fn embedded(&self, host: &Node, mode: Mode) -> Option<Arc<Manifests>> {
        let text = host.as_str()?;
        let span = host.span();
        let key = (span, mode, SmolStr::new(text));
        if let Some(known) = self.inner.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(known.clone());
        }
        let content = Content::new(&self.sources.file(span.file), span, text);
        let manifests = self.noted(resolve(&yaml::parse(text), text, span.file, &content, mode));
        self.inner.write().unwrap_or_else(PoisonError::into_inner).insert(key, manifests.clone());
        Some(manifests)
    }
}

fn unreadable(file: &File, id: FileId, problem: &TextProblem) -> Manifests {
    let at = match problem {
        TextProblem::NotUtf8 { offset } => *offset,
        _ => 0,
    };
    let observation = Observation::new(
        "file-unreadable",
        format!("`{}` cannot be read as text: {problem}", file.path),
        Label::new(Span::new(id, at..at), ""),
    )
    .keyed(file.path.to_string());
    Manifests {
        file: id,
        documents: Vec::new(),
        observations: vec![observation],
        broken: true,
        comments: Vec::new(),
        times: false,
    }
}

fn resolve(tree: &yaml::Tree, text: &str, file: FileId, content: &Content, mode: Mode) -> Manifests {
    let mut documents = Vec::with_capacity(tree.documents.len());
    let mut observations: Vec<Observation> =
        tree.problems.iter().map(|problem| observe(problem, text, content)).collect();
    let (mut broken, mut times) = (tree.is_broken(), false);
    for document in tree.documents.iter().filter(|document| !document.ignored) {
        let Some(resolved) = yaml::resolve(tree, document, text, content, mode) else { continue };
        broken |= resolved.problems.iter().any(|problem| problem.kind.is_fatal());
        observations.extend(resolved.problems.iter().map(|problem| observe(problem, text, content)));
        times |= resolved.times;
        documents.push(resolved.root);
    }
    Manifests { file, documents, observations, broken, comments: tree.comments.clone(), times }
}

fn observe(problem: &Problem, text: &str, content: &Content) -> Observation {
    let rule = match problem.kind {
        ProblemKind::Syntax | ProblemKind::Value => "yaml-syntax-invalid",
        ProblemKind::DuplicateKey => "yaml-key-duplicate",
        ProblemKind::UndefinedAlias => "yaml-alias-undefined",
        ProblemKind::RedefinedAnchor => "yaml-anchor-redefined",
        ProblemKind::IgnoredDocument => "yaml-document-ignored",
        ProblemKind::Limit => "limit-exceeded",
    };
    let key = text.get(problem.at.clone()).unwrap_or_default();
    let key = if key.is_empty() { problem.message.as_str() } else { key };
    let mut observation =
        Observation::new(rule, problem.message.clone(), Label::new(content.span(problem.at.clone()), ""))
            .keyed(key.to_owned());
    if let Some((range, words)) = &problem.other {
        observation = observation.related(Label::new(content.span(range.clone()), *words));
    }
    observation
}
