//! What Flux downloads of a source: its files without those that are left out.
//!
//! Source: fluxcd/pkg `sourceignore` and `artifact/storage` (`SourceIgnoreFilter`, `Archive`), source-controller
//! `gitrepository_controller.go`. Any pattern of a `.sourceignore` or of `spec.ignore` replaces the default list, of which
//! only the files of version control stay out.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashSet;

use crate::build::kustomize::Folders;
use crate::build::manifests::Library;
use crate::source::{
    Entry, FileSystem, Pattern, ReadError, Sources, Span, deciding, file_name, is_at_or_below, parent,
};
use crate::yaml::{Content, Node};

/// Left out whatever the patterns say, unless one of them brings it back.
const VERSION_CONTROL: &[&str] = &[".git/", ".gitignore", ".gitmodules", ".gitattributes"];

/// Left out where nobody states patterns.
const BY_DEFAULT: &[&str] = &[
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

/// An artifact of the repository as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Every file.
    Whole,
    /// What source-controller leaves of a clone.
    Cloned,
    /// What is left of a push, which has no links.
    Pushed,
}

/// A downloaded source.
pub struct Artifact {
    /// The files of the run, seen through the artifact: paths are those in it.
    pub sources: Sources,
    /// What kind of artifact it is, where that and the files of the repository say all about it.
    pub plain: Option<Plain>,
    folders: Arc<Folders>,
}

impl Artifact {
    /// An artifact that holds what a file system holds.
    pub fn new(sources: &Sources, system: Arc<dyn FileSystem>) -> Self {
        Artifact { sources: sources.window(system), plain: None, folders: Arc::default() }
    }

    /// The manifests of the run, found through the artifact, or through a window on it.
    pub fn library<'a>(&self, library: &Library<'_>, window: &'a Sources) -> Library<'a> {
        library.through(window, self.folders.clone())
    }
}

/// Every pattern of the `.sourceignore` files of a tree, those of outer folders first.
pub fn source_ignore(sources: &Sources) -> Vec<Pattern> {
    let mut files: Vec<String> =
        sources.system().walk().into_iter().filter(|path| file_name(path) == ".sourceignore").collect();
    files.sort_by(|a, b| parent(a).cmp(parent(b)));
    let mut patterns = Vec::new();
    for path in files {
        let Ok(id) = sources.load(&path) else { continue };
        let text = sources.file(id).text.clone();
        patterns.extend(lines(&text, parent(&path), |range| Span::new(id, range)));
    }
    patterns
}

/// The patterns of a source's `spec.ignore`.
pub fn stated_patterns(sources: &Sources, ignore: &Node) -> Vec<Pattern> {
    let Some(text) = ignore.as_str() else { return Vec::new() };
    let span = ignore.span();
    let content = Content::new(&sources.file(span.file), span, text);
    lines(text, "", |range| content.span(range))
}

fn lines(text: &str, folder: &str, place: impl Fn(std::ops::Range<usize>) -> Span) -> Vec<Pattern> {
    let mut at = 0;
    let mut patterns = Vec::new();
    for line in text.split_inclusive('\n') {
        let pattern = line.trim_end_matches('\n').trim_end_matches('\r');
        patterns.extend(Pattern::line(pattern, folder, Some(place(at..at + pattern.len()))));
        at += line.len();
    }
    patterns
}

/// A tree without what Flux leaves out of an artifact.
pub struct Filtered {
    below: Arc<dyn FileSystem>,
    patterns: Vec<Pattern>,
    // Whether a pattern keeps something that others leave out.
    any_keeps: bool,
    // `spec.sparseCheckout`: paths that begin with one of these texts.
    sparse: Option<Vec<String>>,
    links: Vec<String>,
    // Files, then folders, that no pattern leaves out: most paths are asked for several times.
    kept: [RwLock<HashSet<String>>; 2],
}

impl Filtered {
    /// A tree with its own patterns, in the order in which they count.
    pub fn new(below: Arc<dyn FileSystem>, stated: Vec<Pattern>) -> Self {
        let fixed = |patterns: &'static [&str]| patterns.iter().map(|text| Pattern::new(text, "", None));
        let mut patterns: Vec<Pattern> = fixed(VERSION_CONTROL).collect();
        if stated.is_empty() {
            patterns.extend(fixed(BY_DEFAULT));
        }
        patterns.extend(stated);
        let links = below.links();
        let any_keeps = patterns.iter().any(|pattern| pattern.keeps);
        Filtered { any_keeps, below, patterns, sparse: None, links, kept: Default::default() }
    }

    /// The same with symbolic links: who pushed the artifact may have put files in their place.
    #[must_use]
    pub fn with_links(self) -> Self {
        Filtered { links: Vec::new(), ..self }
    }

    /// A checkout of some folders, nothing else left out.
    pub fn checkout(below: Arc<dyn FileSystem>, folders: Vec<String>) -> Self {
        let links = below.links();
        let sparse = Some(folders);
        Filtered { below, patterns: Vec::new(), any_keeps: false, sparse, links, kept: Default::default() }
    }

    /// The folders of `spec.sparseCheckout`.
    #[must_use]
    pub fn sparse(self, folders: Option<Vec<String>>) -> Self {
        Filtered { sparse: folders, kept: Default::default(), ..self }
    }

    /// Why something is not in the artifact, or `None`.
    fn left_out(&self, path: &str, entry: Entry) -> Option<ReadError> {
        let [files, folders] = &self.kept;
        let kept = if entry == Entry::Directory { folders } else { files };
        if kept.read().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return None;
        }
        let why = self.why_left_out(path, entry);
        if why.is_none() {
            kept.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        }
        why
    }

    fn why_left_out(&self, path: &str, entry: Entry) -> Option<ReadError> {
        let because = |why: Cow<'_, str>, place| Some(ReadError::NotInArtifact { why: why.into_owned(), place });
        if path.is_empty() {
            return None;
        }
        if self.links.iter().any(|link| is_at_or_below(path, link)) {
            return because("Flux leaves out symbolic links".into(), None);
        }
        let folder = entry == Entry::Directory;
        if let Some(sparse) = &self.sparse {
            let leads_to = |wanted: &String| folder && is_at_or_below(wanted.trim_end_matches('/'), path);
            if !sparse.iter().any(|wanted| path.starts_with(wanted.as_str()) || leads_to(wanted)) {
                return because("`spec.sparseCheckout` of the source does not list its folder".into(), None);
            }
        }
        let pattern = deciding(&self.patterns, path, folder).filter(|pattern| !pattern.keeps)?;
        if folder && self.any_keeps && self.keeps_something(path) {
            return None;
        }
        match pattern.place {
            Some(place) => because(format!("the pattern `{}` leaves it out", pattern.text).into(), Some(place)),
            None => because(format!("Flux leaves out `{}` by default", pattern.text).into(), None),
        }
    }

    /// Whether some file below a folder that is left out is kept all the same.
    fn keeps_something(&self, folder: &str) -> bool {
        self.below.list(folder).iter().any(|(name, entry)| {
            let path = format!("{folder}/{name}");
            match entry {
                Entry::Directory => self.keeps_something(&path),
                Entry::File => deciding(&self.patterns, &path, false).is_none_or(|pattern| pattern.keeps),
            }
        })
    }
}

impl FileSystem for Filtered {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        let entry = self.below.entry(path)?;
        self.left_out(path, entry).map_or(Ok(entry), Err)
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        let size = self.below.size(path)?;
        self.left_out(path, Entry::File).map_or(Ok(size), Err)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.left_out(path, Entry::File) {
            Some(error) => Err(self.below.entry(path).err().unwrap_or(error)),
            None => self.below.read(path),
        }
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        let mut names = self.below.list(path);
        names.retain(|(name, entry)| {
            let full = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            self.left_out(&full, *entry).is_none()
        });
        names
    }

    fn walk(&self) -> Vec<String> {
        let mut files = self.below.walk();
        files.retain(|path| self.left_out(path, Entry::File).is_none());
        files
    }

    fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.below.shown(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn filtered(patterns: &[&str]) -> Filtered {
        let mut files = Memory::default();
        for path in ["apps/a.yaml", "apps/logo.png", "docs/keep/b.yaml", "docs/c.yaml", ".github/d.yaml", ".gitignore"]
        {
            files.insert(path, "");
        }
        let stated = patterns.iter().map(|text| Pattern::new(text, "", None)).collect();
        Filtered::new(Arc::new(files), stated)
    }

    #[test]
    fn pictures_and_pipelines_stay_out_by_default() {
        assert_eq!(filtered(&[]).walk(), ["apps/a.yaml", "docs/c.yaml", "docs/keep/b.yaml"]);
    }

    #[test]
    fn a_pattern_of_ones_own_replaces_the_default_ones_but_not_those_of_version_control() {
        assert_eq!(
            filtered(&["nothing"]).walk(),
            [".github/d.yaml", "apps/a.yaml", "apps/logo.png", "docs/c.yaml", "docs/keep/b.yaml"]
        );
    }

    #[test]
    fn a_folder_is_there_when_something_in_it_is() {
        let tree = filtered(&["/*", "!/docs/keep"]);
        assert_eq!(tree.walk(), ["docs/keep/b.yaml"]);
        assert_eq!(tree.entry("docs"), Ok(Entry::Directory));
        assert_eq!(tree.list("docs"), [("keep".to_owned(), Entry::Directory)]);
        assert!(matches!(tree.entry("apps"), Err(ReadError::NotInArtifact { .. })));
        assert!(matches!(tree.read("docs/c.yaml"), Err(ReadError::NotInArtifact { .. })));
    }

    #[test]
    fn a_sparse_checkout_holds_its_folders() {
        let tree = filtered(&[]).sparse(Some(vec!["docs/keep".to_owned()]));
        assert_eq!(tree.walk(), ["docs/keep/b.yaml"]);
        assert_eq!(tree.entry("docs"), Ok(Entry::Directory));
    }
}
