//! Files as lists of manifests, read and resolved once.

use hashbrown::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use smol_str::SmolStr;

use crate::finding::{Label, Observation};
use crate::source::{File, FileId, ReadError, Sources, Span};
use crate::yaml::{self, Comment, Content, Mode, Node, Problem, ProblemKind};

/// What one file holds.
#[derive(Debug)]
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
}

/// What was read so far. It outlives a library: with sources [after](Sources::after) those of this one, only files that
/// changed are read again.
#[derive(Clone, Debug, Default)]
pub struct ReadSoFar(Arc<RwLock<HashMap<(FileId, Mode), Read>>>);

/// A file as it was, and what it held.
#[derive(Debug)]
struct Read {
    file: Arc<File>,
    manifests: Arc<Manifests>,
}

/// All files of the run as manifests.
pub struct Library<'s> {
    /// The files below.
    pub sources: &'s Sources,
    memo: ReadSoFar,
    inner: Inner,
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
        Library { sources, memo, inner: Inner::default() }
    }

    /// The same manifests, found through a window of these sources: paths are those of the window.
    pub fn through<'w>(&self, window: &'w Sources) -> Library<'w> {
        Library { sources: window, memo: self.memo.clone(), inner: self.inner.clone() }
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
        let key = (id, mode);
        let file = self.sources.file(id);
        let memo = &self.memo.0;
        if let Some(known) = memo.read().unwrap_or_else(PoisonError::into_inner).get(&key)
            && Arc::ptr_eq(&known.file, &file)
        {
            return known.manifests.clone();
        }
        let manifests = Arc::new(read(&file, id, mode));
        let mut memo = memo.write().unwrap_or_else(PoisonError::into_inner);
        let entry = memo.entry(key).or_insert_with(|| Read { file: file.clone(), manifests: manifests.clone() });
        // Another thread may have read it, or an older text may have stood there.
        if !Arc::ptr_eq(&entry.file, &file) {
            *entry = Read { file, manifests };
        }
        entry.manifests.clone()
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
        let manifests = Arc::new(resolve(text, span.file, &content, mode));
        self.inner.write().unwrap_or_else(PoisonError::into_inner).insert(key, manifests.clone());
        Some(manifests)
    }
}

fn read(file: &File, id: FileId, mode: Mode) -> Manifests {
    let text: &str = &file.text;
    if let Some(problem) = &file.problem {
        let at = match problem {
            crate::source::TextProblem::NotUtf8 { offset } => *offset,
            _ => 0,
        };
        let place = Span::new(id, at..at);
        let observation = Observation::new(
            "file-unreadable",
            format!("`{}` cannot be read as text: {problem}", file.path),
            Label::new(place, ""),
        )
        .keyed(file.path.to_string());
        return Manifests {
            file: id,
            documents: Vec::new(),
            observations: vec![observation],
            broken: true,
            comments: Vec::new(),
        };
    }
    resolve(text, id, &Content::whole(Span::new(id, 0..text.len())), mode)
}

fn resolve(text: &str, file: FileId, content: &Content, mode: Mode) -> Manifests {
    let tree = yaml::parse(text);
    let mut documents = Vec::with_capacity(tree.documents.len());
    let mut observations: Vec<Observation> =
        tree.problems.iter().map(|problem| observe(problem, text, content)).collect();
    let mut broken = tree.is_broken();
    for document in tree.documents.iter().filter(|document| !document.ignored) {
        let Some(resolved) = yaml::resolve(&tree, document, text, content, mode) else { continue };
        broken |= resolved.problems.iter().any(|problem| problem.kind.is_fatal());
        observations.extend(resolved.problems.iter().map(|problem| observe(problem, text, content)));
        documents.push(resolved.root);
    }
    Manifests { file, documents, observations, broken, comments: tree.comments }
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
