//! A tree on disk that is read once, until somebody says that it changed.

use hashbrown::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::source::{Disk, Entry, FileSystem, ReadError};

/// What the disk answered, by path.
type Answers<T> = RwLock<HashMap<String, T>>;

/// A tree on disk and its answers so far.
pub struct Kept {
    disk: Disk,
    entries: Answers<Result<Entry, ReadError>>,
    sizes: Answers<Result<u64, ReadError>>,
    texts: Answers<Result<Arc<Vec<u8>>, ReadError>>,
    lists: Answers<Vec<(String, Entry)>>,
}

impl Kept {
    /// A tree of which nothing is known yet.
    pub fn new(disk: Disk) -> Self {
        Kept {
            disk,
            entries: RwLock::default(),
            sizes: RwLock::default(),
            texts: RwLock::default(),
            lists: RwLock::default(),
        }
    }

    /// Forgets the text of one file.
    pub fn forget(&self, path: &str) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(path);
        self.sizes.write().unwrap_or_else(PoisonError::into_inner).remove(path);
        self.texts.write().unwrap_or_else(PoisonError::into_inner).remove(path);
    }
}

fn kept<T: Clone>(answers: &Answers<T>, path: &str, ask: impl FnOnce() -> T) -> T {
    if let Some(known) = answers.read().unwrap_or_else(PoisonError::into_inner).get(path) {
        return known.clone();
    }
    let answer = ask();
    answers.write().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_insert(answer).clone()
}

impl FileSystem for Kept {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        kept(&self.entries, path, || self.disk.entry(path))
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        kept(&self.sizes, path, || self.disk.size(path))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        kept(&self.texts, path, || self.disk.read(path).map(Arc::new)).map(|text| text.to_vec())
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        kept(&self.lists, path, || self.disk.list(path))
    }

    fn walk(&self) -> Vec<String> {
        self.disk.walk()
    }

    fn links(&self) -> Vec<String> {
        self.disk.links()
    }

    fn beside(&self, path: &str) -> Option<Arc<dyn FileSystem>> {
        self.disk.beside(path)
    }
}
