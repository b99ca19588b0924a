//! The tree of a git revision, read from git's own objects through the `git` program.

mod objects;

use std::collections::BTreeMap;
use std::path::Path;

use super::memory::{entry_of, list_of};
use super::{Entry, FileSystem, ReadError, file_name, join, parent};
use objects::Objects;

/// So many links may lead to each other. Source: Linux `include/linux/namei.h` (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// Why the tree of a revision cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// The `git` program cannot be started.
    #[error("`git` cannot be started: {0}")]
    NoGit(String),
    /// The root is in no repository.
    #[error("`{0}` is in no git repository")]
    NoRepository(String),
    /// The repository does not hold the revision.
    #[error("there is no revision `{0}` in this repository")]
    Unknown(String),
    /// Everything else that git says.
    #[error("git failed: {0}")]
    Git(String),
}

/// A file of the revision.
#[derive(Clone, Debug)]
struct Blob {
    id: String,
    size: u64,
    is_link: bool,
}

/// The files of a revision below a folder. Files are read when they are asked for.
#[derive(Debug)]
pub struct Revision {
    commit: String,
    files: BTreeMap<String, Blob>,
    objects: Objects,
}

impl Revision {
    /// The tree of a revision, as far as it lies below a folder of the working tree.
    ///
    /// # Errors
    /// [`RevisionError`], also where a shallow clone lacks the revision.
    pub fn open(root: &Path, revision: &str) -> Result<Self, RevisionError> {
        let objects = Objects::of(root)?;
        let commit = objects.commit(revision)?;
        let mut files = BTreeMap::new();
        for line in objects.tree(&commit)? {
            if let Some((path, blob)) = blob(&line) {
                files.insert(path, blob);
            }
        }
        Ok(Revision { commit, files, objects })
    }

    /// The commit, in hexadecimal.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// A path without the links on its way.
    fn real(&self, path: &str) -> Result<String, ReadError> {
        let mut links = 0;
        let mut open: Vec<String> = path.rsplit('/').map(ToOwned::to_owned).collect();
        let mut real = String::new();
        while let Some(part) = open.pop() {
            if matches!(part.as_str(), "" | ".") {
                continue;
            }
            let below = join(&real, &part).ok_or(ReadError::OutsideRoot)?;
            match self.files.get(&below).filter(|blob| blob.is_link) {
                Some(link) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(ReadError::LinkLoop);
                    }
                    let target = self.objects.read(&link.id)?;
                    let target = String::from_utf8(target).map_err(|_| ReadError::Missing)?;
                    if target.starts_with('/') {
                        return Err(ReadError::OutsideRoot);
                    }
                    open.extend(target.rsplit('/').map(ToOwned::to_owned));
                }
                None => real = below,
            }
        }
        Ok(real)
    }
}

/// A line of `git ls-tree -l`: mode, type, id, size, path. Submodules hold nothing here.
fn blob(line: &[u8]) -> Option<(String, Blob)> {
    let line = std::str::from_utf8(line).ok()?;
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, kind, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let is_blob = kind == "blob";
    is_blob.then(|| {
        (path.to_owned(), Blob { id: id.to_owned(), size: size.parse().unwrap_or_default(), is_link: mode == "120000" })
    })
}

impl FileSystem for Revision {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        entry_of(&self.files, &self.real(path)?)
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        let real = self.real(path)?;
        match self.files.get(&real) {
            Some(blob) => Ok(blob.size),
            None => Err(entry_of(&self.files, &real).err().unwrap_or(ReadError::IsDirectory)),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let real = self.real(path)?;
        match self.files.get(&real) {
            Some(blob) => self.objects.read(&blob.id),
            None => Err(entry_of(&self.files, &real).err().unwrap_or(ReadError::IsDirectory)),
        }
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        let Ok(real) = self.real(path) else { return Vec::new() };
        let below = |name: &str| if real.is_empty() { name.to_owned() } else { format!("{real}/{name}") };
        let mut names = list_of(&self.files, &real);
        names.retain_mut(|(name, entry)| {
            let path = below(name);
            if !self.files.get(&path).is_some_and(|blob| blob.is_link) {
                return true;
            }
            // A link to a folder above would be listed for ever.
            let target = self.real(&path).ok().filter(|target| !is_above(target, &real));
            match target.and_then(|target| entry_of(&self.files, &target).ok()) {
                Some(found) => {
                    *entry = found;
                    true
                }
                None => false,
            }
        });
        names
    }

    fn walk(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn links(&self) -> Vec<String> {
        self.files.iter().filter(|(_, blob)| blob.is_link).map(|(path, _)| path.clone()).collect()
    }
}

/// Whether a folder is another one or lies around it.
fn is_above(folder: &str, path: &str) -> bool {
    let mut around = path;
    loop {
        if around == folder {
            return true;
        }
        if file_name(around).is_empty() {
            return false;
        }
        around = parent(around);
    }
}
