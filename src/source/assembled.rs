//! A tree put together from files of other trees.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::memory::{entry_of, list_of};
use super::{Entry, FileSystem, ReadError, is_at_or_below};

/// Files of other trees under new paths.
#[derive(Clone, Default)]
pub struct Assembled {
    files: BTreeMap<String, (Arc<dyn FileSystem>, String)>,
    elsewhere: Vec<(String, String)>,
}

impl Assembled {
    /// Puts the file at `from` of another tree at `to`, in place of what is there.
    pub fn insert(&mut self, to: &str, system: &Arc<dyn FileSystem>, from: &str) {
        self.files.insert(to.to_owned(), (system.clone(), from.to_owned()));
    }

    /// Below this folder a source that is not known adds what it has.
    pub fn open(&mut self, folder: &str, source: &str) {
        self.elsewhere.push((folder.to_owned(), source.to_owned()));
    }

    /// Whether a file is at this path.
    pub fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether a file is below this path.
    pub fn holds_folder(&self, path: &str) -> bool {
        entry_of(&self.files, path) == Ok(Entry::Directory)
    }

    fn file(&self, path: &str) -> Result<&(Arc<dyn FileSystem>, String), ReadError> {
        match self.files.get(path) {
            Some(file) => Ok(file),
            None => Err(self.entry(path).err().unwrap_or(ReadError::IsDirectory)),
        }
    }
}

impl FileSystem for Assembled {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        entry_of(&self.files, path).map_err(|error| {
            let source = self.elsewhere.iter().find(|(folder, _)| is_at_or_below(path, folder));
            source.map_or(error, |(_, source)| ReadError::Elsewhere(source.clone()))
        })
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        let (system, from) = self.file(path)?;
        system.size(from)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (system, from) = self.file(path)?;
        system.read(from)
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        list_of(&self.files, path)
    }

    fn walk(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match self.files.get(path) {
            Some((system, from)) => Cow::Owned(system.shown(from).into_owned()),
            None => Cow::Borrowed(path),
        }
    }
}
