//! Files of lines `KEY=value`, dotenv and INI: the formats without a tree that SOPS encrypts.
//! Source: getsops/sops `stores/dotenv/store.go`, `stores/ini/store.go`.

use crate::source::{File, FileId, Span};

/// A line `KEY=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatEntry {
    /// The section of an INI file.
    pub section: Option<String>,
    /// The key. Metadata of SOPS begins with `sops_`, as in dotenv files.
    pub key: String,
    /// Where it stands.
    pub key_span: Span,
    /// The value.
    pub value: String,
}

impl FlatEntry {
    /// What SOPS writes besides the content.
    pub fn is_metadata(&self) -> bool {
        self.section.is_none() && self.key.starts_with("sops_")
    }

    /// The keys that lead to the value.
    pub fn path(&self) -> Vec<&str> {
        self.section.iter().chain([&self.key]).map(String::as_str).collect()
    }
}

/// Every entry of a file.
pub fn read_flat(file: &File, id: FileId) -> Vec<FlatEntry> {
    let is_ini = file.path.ends_with(".ini");
    let mut section: Option<String> = None;
    let mut at = 0;
    let mut entries = Vec::new();
    for line in file.text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let body = line.trim();
        if is_ini && let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(name.trim().to_owned());
            continue;
        }
        let is_comment = body.starts_with('#') || (is_ini && body.starts_with(';'));
        let Some((key, value)) = body.split_once('=').filter(|_| !is_comment) else { continue };
        let key = key.trim_end();
        let key_span = Span::new(id, start..start + key.len());
        let value = value.trim().to_owned();
        entries.push(if section.as_deref() == Some("sops") {
            FlatEntry { section: None, key: format!("sops_{key}"), key_span, value }
        } else {
            FlatEntry { section: section.clone(), key: key.to_owned(), key_span, value }
        });
    }
    entries
}
