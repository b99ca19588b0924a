//! Files, spans, lines and columns: the only reader of the disk, over a small file-system trait.

mod assembled;
mod changes;
mod disk;
mod file;
mod found;
mod gitignore;
mod glob;
mod memory;
mod overlay;
mod path;
mod regexes;
mod revision;
mod store;
mod subtree;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub use assembled::Assembled;
pub use changes::Changes;
pub use disk::Disk;
pub use file::{File, Location, MAX_TEXT_BYTES, TextProblem};
pub use found::Found;
pub use gitignore::{Pattern, deciding};
pub use glob::{BadGlob, Glob};
pub use memory::Memory;
pub use overlay::Overlay;
pub use path::{file_name, is_at_or_below, join, normalize, parent, relative_to};
pub use regexes::compiled;
pub use revision::{Revision, RevisionError};
pub use store::Sources;
pub use subtree::Subtree;

/// A file of the run. Numbers say nothing about order: sort by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A byte range in a file; `start <= end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets; offsets beyond 4 GiB saturate (such files are never read as text).
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file, start: narrow(range.start), end: narrow(range.end.max(range.start)) }
    }

    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that covers both; `other` in another file is ignored.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if other.file != self.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span where this one begins.
    #[must_use]
    pub fn head(self) -> Span {
        Span { end: self.start, ..self }
    }
}

/// Why a path could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing stands at that path.
    #[error("no such file or directory")]
    Missing,
    /// A directory stands where a file was asked for.
    #[error("it is a directory")]
    IsDirectory,
    /// A link leads out of the root.
    #[error("a link leads out of the repository")]
    OutsideRoot,
    /// Links lead to each other.
    #[error("symbolic links lead in a circle")]
    LinkLoop,
    /// Neither file nor directory (socket, device, pipe).
    #[error("it is neither a file nor a directory")]
    Special,
    /// The repository holds it, but what Flux downloads from the repository does not.
    #[error("it is not in the artifact: {why}")]
    NotInArtifact {
        /// Why.
        why: String,
        /// The pattern that leaves it out.
        place: Option<Span>,
    },
    /// A source that is not in this tree brings it, or not.
    #[error("it would come from {0}, which is not in this tree")]
    Elsewhere(String),
    /// Everything else the operating system says.
    #[error("{0}")]
    Io(String),
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A regular file, links followed.
    File,
    /// A directory, links followed.
    Directory,
}

/// A tree of files below one root. Paths are relative, with `/`, normalised; the root is `""`.
pub trait FileSystem: Send + Sync {
    /// What stands at `path`.
    ///
    /// # Errors
    /// [`ReadError`] when nothing readable stands there or a link leads out of the root.
    fn entry(&self, path: &str) -> Result<Entry, ReadError>;

    /// Size in bytes of the file at `path`.
    ///
    /// # Errors
    /// [`ReadError`] as for [`FileSystem::entry`].
    fn size(&self, path: &str) -> Result<u64, ReadError>;

    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// [`ReadError`] as for [`FileSystem::entry`].
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Names directly below a directory, sorted, with what stands there; unreadable entries are left out.
    fn list(&self, path: &str) -> Vec<(String, Entry)>;

    /// Every file of the tree that version control would keep, sorted.
    fn walk(&self) -> Vec<String>;

    /// Symbolic links among them, sorted.
    fn links(&self) -> Vec<String> {
        Vec::new()
    }

    /// The path by which reports name the file at `path`: another one where this tree shows files of another tree.
    fn shown<'p>(&self, path: &'p str) -> Cow<'p, str> {
        Cow::Borrowed(path)
    }

    /// The tree at a path that may lead out of this one: `../shared`.
    fn beside(&self, path: &str) -> Option<Arc<dyn FileSystem>> {
        let _ = path;
        None
    }
}
