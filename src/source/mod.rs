//! Files, spans, lines and columns: the only reader of the disk, over a small file-system trait.

mod disk;
mod memory;
mod path;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock, RwLock};

pub use disk::Disk;
pub use memory::Memory;
pub use path::{file_name, join, normalize, parent, relative_to};

/// Files above this size are not read as text (bytes). Spans are 32-bit, so 4 GiB is the hard limit.
pub const MAX_TEXT_BYTES: u64 = 64 * 1024 * 1024;

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

/// Why a file's content is not usable as text. The file still has an id, so that findings can point at it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// Larger than [`MAX_TEXT_BYTES`].
    #[error("the file has {size} bytes; the limit is {MAX_TEXT_BYTES}")]
    TooLarge {
        /// Size in bytes.
        size: u64,
    },
    /// Holds a NUL byte.
    #[error("the file holds a NUL byte at offset {offset}: it is binary, not text")]
    Binary {
        /// Offset of the first NUL byte.
        offset: usize,
    },
    /// Not UTF-8.
    #[error("the file is not valid UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Offset of the first invalid byte.
        offset: usize,
    },
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
}

/// A file that was read.
#[derive(Debug)]
pub struct File {
    /// Path relative to the root.
    pub path: Arc<str>,
    /// The text; empty when `problem` says that there is none.
    pub text: Arc<str>,
    /// Why there is no text.
    pub problem: Option<TextProblem>,
    lines: OnceLock<Vec<u32>>,
}

impl File {
    fn new(path: &str, text: Arc<str>, problem: Option<TextProblem>) -> Self {
        File { path: path.into(), text, problem, lines: OnceLock::new() }
    }

    /// Byte offsets at which lines begin.
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
            starts
        })
    }

    /// Zero-based line of a byte offset.
    pub fn line_index(&self, at: usize) -> usize {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.lines().partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// Byte range of a zero-based line, its line break included.
    pub fn line_range(&self, line: usize) -> Option<Range<usize>> {
        let start = *self.lines().get(line)? as usize;
        let end = self.lines().get(line + 1).map_or(self.text.len(), |next| *next as usize);
        Some(start..end)
    }

    /// Line and column of a byte offset, both from 1; the column counts Unicode characters.
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        let line = self.line_index(at);
        let start = self.line_range(line).map_or(0, |range| range.start);
        let mut end = at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(start..end).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count();
        (line + 1, column + 1)
    }

    /// The text of a span, or `""` when it lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

/// A place as people read it: lines and columns from 1, columns in Unicode characters, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path relative to the root.
    pub path: Arc<str>,
    /// First line.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
}

/// Every file of the run, read once and kept. Shared between threads.
pub struct Sources {
    system: Box<dyn FileSystem>,
    files: RwLock<Vec<Arc<File>>>,
    known: RwLock<HashMap<String, Result<FileId, ReadError>>>,
}

impl Sources {
    /// Sources over a file system.
    pub fn new(system: impl FileSystem + 'static) -> Self {
        Sources { system: Box::new(system), files: RwLock::default(), known: RwLock::default() }
    }

    /// The file system below.
    pub fn system(&self) -> &dyn FileSystem {
        &*self.system
    }

    /// Reads a file as text, once. Content that is no text gives a file with [`File::problem`] set.
    ///
    /// # Errors
    /// [`ReadError`] when there is no readable file at that path.
    pub fn load(&self, path: &str) -> Result<FileId, ReadError> {
        if let Some(known) = read(&self.known).get(path) {
            return known.clone();
        }
        let loaded = self.load_text(path);
        // Two threads may have read the same file: the first entry wins, so that ids stay unique.
        let mut known = write(&self.known);
        if let Some(known) = known.get(path) {
            return known.clone();
        }
        let entry = loaded.map(|(text, problem)| self.push(File::new(path, text, problem)));
        known.insert(path.to_owned(), entry.clone());
        entry
    }

    fn load_text(&self, path: &str) -> Result<(Arc<str>, Option<TextProblem>), ReadError> {
        let size = self.system.size(path)?;
        if size > MAX_TEXT_BYTES {
            return Ok(("".into(), Some(TextProblem::TooLarge { size })));
        }
        let bytes = self.system.read(path)?;
        if let Some(offset) = memchr::memchr(0, &bytes) {
            return Ok(("".into(), Some(TextProblem::Binary { offset })));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok((text.into(), None)),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                Ok((
                    String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
                    Some(TextProblem::NotUtf8 { offset }),
                ))
            }
        }
    }

    /// Adds a text that stands in no file (standard input, a card's example, the configuration of another root).
    pub fn add(&self, path: &str, text: &str) -> FileId {
        let id = self.push(File::new(path, text.into(), None));
        write(&self.known).insert(path.to_owned(), Ok(id));
        id
    }

    fn push(&self, file: File) -> FileId {
        let mut files = write(&self.files);
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        files.push(Arc::new(file));
        id
    }

    /// The file of an id. Ids come from this value only, so the empty file is never seen.
    pub fn file(&self, id: FileId) -> Arc<File> {
        read(&self.files).get(id.0 as usize).cloned().unwrap_or_else(|| Arc::new(File::new("", "".into(), None)))
    }

    /// Whether a path was read (or tried) in this run.
    pub fn was_read(&self, path: &str) -> bool {
        read(&self.known).contains_key(path)
    }

    /// Where a span stands, for people.
    pub fn location(&self, span: Span) -> Location {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start as usize);
        let (end_line, end_column) = file.line_column(span.end as usize);
        Location { path: file.path.clone(), line, column, end_line, end_column }
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> String {
        self.file(span.file).slice(span).to_owned()
    }
}

// A poisoned lock means that another thread panicked while pushing; the data is append-only and still whole.
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> (Sources, FileId) {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a.yaml", text);
        (sources, id)
    }

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let (sources, id) = sources("ä: 1\nkey: välue\n");
        let at = sources.location(Span::new(id, 11..17));
        assert_eq!((at.line, at.column, at.end_line, at.end_column), (2, 6, 2, 11));
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_not_move_columns() {
        let (sources, id) = sources("\u{feff}a: 1\r\nb: 2\r\n");
        assert_eq!(sources.location(Span::new(id, 3..4)).column, 1);
        let second = sources.location(Span::new(id, 9..10));
        assert_eq!((second.line, second.column), (2, 1));
    }

    #[test]
    fn the_end_of_the_last_line_has_a_place() {
        let (sources, id) = sources("a: 1");
        assert_eq!(sources.location(Span::new(id, 4..4)).column, 5);
    }

    #[test]
    fn invalid_text_keeps_an_id_and_says_why() {
        let mut files = Memory::default();
        files.insert("bad.yaml", b"a: \xff".to_vec());
        files.insert("nul.yaml", b"a: \0".to_vec());
        let sources = Sources::new(files);
        let bad = sources.load("bad.yaml").unwrap();
        assert_eq!(sources.file(bad).problem, Some(TextProblem::NotUtf8 { offset: 3 }));
        let nul = sources.load("nul.yaml").unwrap();
        assert_eq!(sources.file(nul).problem, Some(TextProblem::Binary { offset: 3 }));
    }
}
