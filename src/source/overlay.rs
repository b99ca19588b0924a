//! A tree with other texts for some of its files: unsaved buffers of an editor, files as a fix leaves them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, FileSystem, ReadError};

/// A tree, and texts that stand over it.
#[derive(Clone)]
pub struct Overlay {
    below: Arc<dyn FileSystem>,
    texts: BTreeMap<String, Vec<u8>>,
}

impl Overlay {
    /// The tree as it is.
    pub fn new(below: Arc<dyn FileSystem>) -> Self {
        Overlay { below, texts: BTreeMap::new() }
    }

    /// The tree with unsaved texts, by path. Texts of files that version control leaves out are left out too.
    pub fn unsaved<'t>(below: Arc<dyn FileSystem>, texts: impl IntoIterator<Item = (&'t str, &'t [u8])>) -> Self {
        let known = below.walk();
        let mut overlay = Overlay::new(below);
        for (path, text) in texts {
            let is_in_tree = known.binary_search_by(|known| known.as_str().cmp(path)).is_ok();
            if is_in_tree || overlay.below.entry(path) == Err(ReadError::Missing) {
                overlay.insert(path, text);
            }
        }
        overlay
    }

    /// Puts a text over a file, which need not be there.
    pub fn insert(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.texts.insert(path.to_owned(), text.into());
    }

    /// Takes the text away again.
    pub fn remove(&mut self, path: &str) {
        self.texts.remove(path);
    }

    /// The texts, by path.
    pub fn texts(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.texts
    }

    /// Paths that exist only here, seen from a folder: what they are called directly below it.
    fn own_below(&self, folder: &str) -> BTreeMap<String, Entry> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut own = BTreeMap::new();
        for rest in self.texts.keys().filter_map(|path| path.strip_prefix(&prefix)) {
            match rest.split_once('/') {
                Some((name, _)) => own.insert(name.to_owned(), Entry::Directory),
                None => own.insert(rest.to_owned(), Entry::File),
            };
        }
        own
    }
}

impl FileSystem for Overlay {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        if self.texts.contains_key(path) {
            return Ok(Entry::File);
        }
        self.below.entry(path).or_else(|error| match self.own_below(path).is_empty() {
            true => Err(error),
            false => Ok(Entry::Directory),
        })
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.texts.get(path).map_or_else(|| self.below.size(path), |text| Ok(text.len() as u64))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.texts.get(path).map_or_else(|| self.below.read(path), |text| Ok(text.clone()))
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        let mut entries: BTreeMap<String, Entry> = self.below.list(path).into_iter().collect();
        for (name, entry) in self.own_below(path) {
            entries.entry(name).or_insert(entry);
        }
        entries.into_iter().collect()
    }

    fn walk(&self) -> Vec<String> {
        let mut paths = self.below.walk();
        paths.extend(self.texts.keys().cloned());
        paths.sort();
        paths.dedup();
        paths
    }

    fn links(&self) -> Vec<String> {
        self.below.links()
    }

    fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.below.shown(path)
    }

    fn beside(&self, path: &str) -> Option<Arc<dyn FileSystem>> {
        self.below.beside(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn texts_stand_over_files_and_beside_them() {
        let mut memory = Memory::default();
        memory.insert("apps/a.yaml", "a: 1\n");
        memory.insert("b.yaml", "b: 1\n");
        let mut overlay = Overlay::new(Arc::new(memory));
        overlay.insert("apps/a.yaml", "a: 22\n");
        overlay.insert("new/deep/c.yaml", "c: 1\n");
        assert_eq!(overlay.read("apps/a.yaml").unwrap(), b"a: 22\n");
        assert_eq!((overlay.size("apps/a.yaml"), overlay.size("b.yaml")), (Ok(6), Ok(5)));
        assert_eq!(overlay.walk(), ["apps/a.yaml", "b.yaml", "new/deep/c.yaml"]);
        assert_eq!(overlay.entry("new/deep"), Ok(Entry::Directory));
        let names: Vec<String> = overlay.list("").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["apps", "b.yaml", "new"]);
        assert!(overlay.read("none").is_err() && overlay.entry("none").is_err());
        overlay.remove("apps/a.yaml");
        assert_eq!(overlay.read("apps/a.yaml").unwrap(), b"a: 1\n");
    }
}
