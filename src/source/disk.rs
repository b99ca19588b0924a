//! The tree on disk, confined to its root.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::{Entry, FileSystem, ReadError};

/// A directory on disk. Links are followed, but never out of the root.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The tree below a directory.
    ///
    /// # Errors
    /// What the operating system says when the directory cannot be resolved.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Disk { root: root.canonicalize()? })
    }

    /// The root as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let real = self.root.join(path).canonicalize().map_err(|error| read_error(&error))?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(ReadError::OutsideRoot) }
    }
}

fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing,
        // `ELOOP` has no stable kind yet: 40 on Linux, 62 on macOS.
        _ if matches!(error.raw_os_error(), Some(40 | 62)) => ReadError::LinkLoop,
        _ => ReadError::Io(error.to_string()),
    }
}

impl FileSystem for Disk {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        let metadata = fs::metadata(self.resolve(path)?).map_err(|error| read_error(&error))?;
        if metadata.is_dir() {
            Ok(Entry::Directory)
        } else if metadata.is_file() {
            Ok(Entry::File)
        } else {
            Err(ReadError::Special)
        }
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        let metadata = fs::metadata(self.resolve(path)?).map_err(|error| read_error(&error))?;
        if metadata.is_dir() {
            return Err(ReadError::IsDirectory);
        }
        // Reading a pipe or a device would block or never end.
        if metadata.is_file() { Ok(metadata.len()) } else { Err(ReadError::Special) }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.size(path)?;
        fs::read(self.resolve(path)?).map_err(|error| read_error(&error))
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        let Ok(directory) = self.resolve(path) else { return Vec::new() };
        let Ok(entries) = fs::read_dir(&directory) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok()?;
                let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                // A link to a folder above would be listed for ever.
                if entry.file_type().ok()?.is_symlink() && directory.starts_with(self.resolve(&below).ok()?) {
                    return None;
                }
                Some((name, self.entry(&below).ok()?))
            })
            .collect();
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names
    }

    fn walk(&self) -> Vec<String> {
        let walker = WalkBuilder::new(&self.root)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        let mut files: Vec<String> = walker
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink()))
            .filter_map(|entry| {
                let relative = entry.path().strip_prefix(&self.root).ok()?.to_str()?.to_owned();
                Some(if std::path::MAIN_SEPARATOR == '/' { relative } else { relative.replace('\\', "/") })
            })
            .collect();
        files.sort_unstable();
        files
    }
}
