//! A tree of files in memory: standard input, the examples of cards, tests.

use std::collections::BTreeMap;

use super::{Entry, FileSystem, ReadError, parent};

/// Files by path.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(super::normalize(path), content.into());
    }

    /// Whether there is no file at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn below(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}/") }
}

/// What stands at a path of a tree that is a map of files.
pub(in crate::source) fn entry_of<V>(files: &BTreeMap<String, V>, path: &str) -> Result<Entry, ReadError> {
    if files.contains_key(path) {
        return Ok(Entry::File);
    }
    let prefix = below(path);
    let inside = files.range(prefix.clone()..).next().is_some_and(|(file, _)| file.starts_with(&prefix));
    if inside || path.is_empty() { Ok(Entry::Directory) } else { Err(ReadError::Missing) }
}

/// What stands directly below a directory of such a tree.
pub(in crate::source) fn list_of<V>(files: &BTreeMap<String, V>, path: &str) -> Vec<(String, Entry)> {
    let prefix = below(path);
    let mut names = BTreeMap::new();
    for (file, _) in files.range(prefix.clone()..).take_while(|(file, _)| file.starts_with(&prefix)) {
        let Some(rest) = file.strip_prefix(&prefix) else { continue };
        match rest.split_once('/') {
            Some((directory, _)) => names.insert(directory.to_owned(), Entry::Directory),
            None => names.insert(rest.to_owned(), Entry::File),
        };
    }
    names.into_iter().collect()
}

impl FileSystem for Memory {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        entry_of(&self.files, path)
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => Err(self.entry(path).err().unwrap_or(ReadError::IsDirectory)),
        }
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        list_of(&self.files, path)
    }

    fn walk(&self) -> Vec<String> {
        self.files.keys().filter(|path| !parent(path).split('/').any(|part| part == ".git")).cloned().collect()
    }
}
