//! The tree on disk, confined to its root.

use hashbrown::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ignore::WalkBuilder;

use super::{Entry, FileSystem, ReadError, file_name, parent};

/// A directory on disk. Links are followed, but never out of the root. Which files there are is found out once.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    walked: Arc<OnceLock<Walked>>,
    // What was found so far: most paths are asked for several times.
    found: Arc<RwLock<HashMap<String, Found>>>,
}

/// Where a path really is, and what stands there.
type Found = Result<(Arc<Path>, Metadata), ReadError>;

/// Every file of the tree, and which of them are links.
#[derive(Debug)]
struct Walked {
    files: Vec<String>,
    links: Vec<String>,
}

impl Disk {
    /// The tree below a directory.
    ///
    /// # Errors
    /// What the operating system says when the directory cannot be resolved.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Disk { root: root.canonicalize()?, walked: Arc::default(), found: Arc::default() })
    }

    /// The root as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn walked(&self) -> &Walked {
        self.walked.get_or_init(|| {
            let walker = WalkBuilder::new(&self.root)
                .hidden(false)
                .require_git(false)
                .filter_entry(|entry| entry.file_name() != ".git")
                .build();
            let mut walked = Walked { files: Vec::new(), links: Vec::new() };
            for entry in walker.filter_map(Result::ok) {
                let Some(kind) = entry.file_type().filter(|kind| kind.is_file() || kind.is_symlink()) else { continue };
                let Some(path) = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str) else { continue };
                let path = if std::path::MAIN_SEPARATOR == '/' { path.to_owned() } else { path.replace('\\', "/") };
                if kind.is_symlink() {
                    walked.links.push(path.clone());
                }
                walked.files.push(path);
            }
            walked.files.sort_unstable();
            walked.links.sort_unstable();
            walked
        })
    }

    /// The real place of a path, and what stands there. Asked of the system once a path.
    fn find(&self, path: &str) -> Found {
        if let Some(known) = self.found.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let found = self.look(path);
        self.found.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found.clone());
        found
    }

    fn look(&self, path: &str) -> Found {
        if path.is_empty() {
            let metadata = fs::metadata(&self.root).map_err(|error| read_error(&error))?;
            return Ok((self.root.as_path().into(), metadata));
        }
        let (folder, metadata) = self.find(parent(path))?;
        if !metadata.is_dir() {
            return Err(ReadError::Missing);
        }
        let place = folder.join(file_name(path));
        let metadata = fs::symlink_metadata(&place).map_err(|error| read_error(&error))?;
        if !metadata.is_symlink() {
            return Ok((place.into(), metadata));
        }
        let real = place.canonicalize().map_err(|error| read_error(&error))?;
        if !real.starts_with(&self.root) {
            return Err(ReadError::OutsideRoot);
        }
        let metadata = fs::metadata(&real).map_err(|error| read_error(&error))?;
        Ok((real.into(), metadata))
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

fn file_size(metadata: &Metadata) -> Result<u64, ReadError> {
    if metadata.is_dir() {
        return Err(ReadError::IsDirectory);
    }
    // Reading a pipe or a device would block or never end.
    if metadata.is_file() { Ok(metadata.len()) } else { Err(ReadError::Special) }
}

impl FileSystem for Disk {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        let (_, metadata) = self.find(path)?;
        if metadata.is_dir() {
            Ok(Entry::Directory)
        } else if metadata.is_file() {
            Ok(Entry::File)
        } else {
            Err(ReadError::Special)
        }
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        let (_, metadata) = self.find(path)?;
        file_size(&metadata)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (place, metadata) = self.find(path)?;
        file_size(&metadata)?;
        fs::read(place).map_err(|error| read_error(&error))
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        let Ok((directory, _)) = self.find(path) else { return Vec::new() };
        let Ok(entries) = fs::read_dir(&directory) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok()?;
                let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                // A link to a folder above would be listed for ever.
                if entry.file_type().ok()?.is_symlink() && directory.starts_with(self.find(&below).ok()?.0) {
                    return None;
                }
                Some((name, self.entry(&below).ok()?))
            })
            .collect();
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names
    }

    fn walk(&self) -> Vec<String> {
        self.walked().files.clone()
    }

    fn links(&self) -> Vec<String> {
        self.walked().links.clone()
    }

    fn beside(&self, path: &str) -> Option<Arc<dyn FileSystem>> {
        let disk = Disk::new(&self.root.join(path)).ok()?;
        disk.root.is_dir().then(|| Arc::new(disk) as Arc<dyn FileSystem>)
    }
}
