//! `KEY=value` files: the other format that SOPS and generators share.

use crate::source::{File, FileId, Span};

/// A line `KEY=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotenvEntry {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub key_span: Span,
    /// The value.
    pub value: String,
}

/// Every entry of a file.
pub fn read_dotenv(file: &File, id: FileId) -> Vec<DotenvEntry> {
    let mut at = 0;
    let mut entries = Vec::new();
    for line in file.text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let body = line.trim();
        let Some((key, value)) = body.split_once('=').filter(|_| !body.starts_with('#')) else { continue };
        let key = key.trim_end();
        let key_span = Span::new(id, start..start + key.len());
        entries.push(DotenvEntry { key: key.to_owned(), key_span, value: value.trim().to_owned() });
    }
    entries
}
