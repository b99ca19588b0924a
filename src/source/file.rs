//! A file as text: why it may not be one, lines and columns, places as people read them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::Span;

/// Files above this size are not read as text (bytes). Spans are 32-bit, so 4 GiB is the hard limit.
pub const MAX_TEXT_BYTES: u64 = 64 * 1024 * 1024;

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
    pub(super) fn new(path: &str, text: Arc<str>, problem: Option<TextProblem>) -> Self {
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
