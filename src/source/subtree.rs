//! A folder of another tree as a tree of its own, jailed at the folder.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Entry, FileSystem, ReadError};

/// A folder as a tree.
pub struct Subtree {
    below: Arc<dyn FileSystem>,
    folder: String,
    shown: Option<String>,
}

impl Subtree {
    /// The folder at a normalised path; `""` is the whole tree.
    pub fn new(below: Arc<dyn FileSystem>, folder: &str) -> Self {
        Subtree { below, folder: folder.to_owned(), shown: None }
    }

    /// The same, its paths reported below another one: `../shared`.
    #[must_use]
    pub fn shown_as(self, path: &str) -> Self {
        Subtree { shown: Some(path.trim_end_matches('/').to_owned()), ..self }
    }

    fn full(&self, path: &str) -> String {
        below(&self.folder, path)
    }

    fn inside(&self, paths: Vec<String>) -> Vec<String> {
        if self.folder.is_empty() {
            return paths;
        }
        let inside = |path: &String| Some(path.strip_prefix(&self.folder)?.strip_prefix('/')?.to_owned());
        paths.iter().filter_map(inside).collect()
    }
}

fn below(folder: &str, path: &str) -> String {
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

impl FileSystem for Subtree {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        self.below.entry(&self.full(path))
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.below.size(&self.full(path))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.below.read(&self.full(path))
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        self.below.list(&self.full(path))
    }

    fn walk(&self) -> Vec<String> {
        self.inside(self.below.walk())
    }

    fn links(&self) -> Vec<String> {
        self.inside(self.below.links())
    }

    fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match &self.shown {
            Some(shown) => Cow::Owned(below(shown, path)),
            None => Cow::Owned(self.below.shown(&self.full(path)).into_owned()),
        }
    }
}
