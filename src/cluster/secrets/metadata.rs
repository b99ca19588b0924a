//! SOPS metadata of a document, and which of its leaves it says are encrypted. Source: getsops/sops `sops.go`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::pattern::Pattern;
use crate::source::{File, Sources, Span};
use crate::yaml::{Entry, Node, Value};

/// What marks the leaves that are encrypted.
#[derive(Clone, Debug)]
pub enum Selector {
    /// All but paths with a key that ends so.
    UnencryptedSuffix(String),
    /// Only paths with a key that ends so.
    EncryptedSuffix(String),
    /// All but paths with a key that matches.
    UnencryptedRegex(Pattern),
    /// Only paths with a key that matches.
    EncryptedRegex(Pattern),
    /// All but what a comment that matches stands above.
    UnencryptedComment(Pattern),
    /// Only what a comment that matches stands above.
    EncryptedComment(Pattern),
}

/// The six keys that choose what is encrypted.
pub(super) const SELECTORS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// What SOPS uses where nothing is said.
const DEFAULT_SUFFIX: &str = "_unencrypted";

impl Selector {
    /// From a key and its text.
    pub fn new(key: &str, text: &str) -> Self {
        match key {
            "unencrypted_suffix" => Selector::UnencryptedSuffix(text.to_owned()),
            "encrypted_suffix" => Selector::EncryptedSuffix(text.to_owned()),
            "unencrypted_regex" => Selector::UnencryptedRegex(Pattern::new(text)),
            "encrypted_regex" => Selector::EncryptedRegex(Pattern::new(text)),
            "unencrypted_comment_regex" => Selector::UnencryptedComment(Pattern::new(text)),
            _ => Selector::EncryptedComment(Pattern::new(text)),
        }
    }

    /// Of a map that may hold one of the six keys: SOPS metadata, or a creation rule.
    pub fn of(map: &Node) -> Self {
        SELECTORS
            .iter()
            .find_map(|key| {
                map.get(key).and_then(Node::as_str).filter(|text| !text.is_empty()).map(|text| Selector::new(key, text))
            })
            .unwrap_or_else(|| Selector::UnencryptedSuffix(DEFAULT_SUFFIX.to_owned()))
    }

    /// Whether the leaf at a path of keys is encrypted; `None` when it cannot be told. Every part of the path counts.
    pub fn selects(&self, path: &[&str]) -> Option<bool> {
        let matched = |pattern: &Pattern| -> Option<bool> {
            let found: Option<Vec<bool>> = path.iter().map(|part| pattern.is_match(part)).collect();
            found.map(|found| found.contains(&true))
        };
        match self {
            Selector::UnencryptedSuffix(suffix) => Some(!path.iter().any(|part| part.ends_with(suffix.as_str()))),
            Selector::EncryptedSuffix(suffix) => Some(path.iter().any(|part| part.ends_with(suffix.as_str()))),
            Selector::UnencryptedRegex(pattern) => matched(pattern).map(|matched| !matched),
            Selector::EncryptedRegex(pattern) => matched(pattern),
            Selector::UnencryptedComment(_) | Selector::EncryptedComment(_) => None,
        }
    }

    /// The same for a leaf of a file, whose comments count too: those above any key that leads to it.
    pub fn selects_leaf(&self, sources: &Sources, leaf: &Leaf<'_>) -> Option<bool> {
        let (pattern, encrypts) = match self {
            Selector::EncryptedComment(pattern) => (pattern, true),
            Selector::UnencryptedComment(pattern) => (pattern, false),
            _ => return self.selects(&leaf.path),
        };
        let mut found = false;
        for span in &leaf.key_spans {
            for comment in comments_above(&sources.file(span.file), span.range().start) {
                found |= pattern.is_match(&comment)?;
            }
        }
        Some(found == encrypts)
    }
}

/// The `sops` block of a document.
#[derive(Clone, Debug)]
pub struct SopsMetadata<'d> {
    /// The block.
    pub node: &'d Node,
    /// The place of the key `sops`.
    pub key_span: Span,
    /// What it encrypts.
    pub selector: Selector,
}

impl<'d> SopsMetadata<'d> {
    /// The metadata of a document that SOPS wrote; `None` where `sops` is something else.
    pub fn of(document: &'d Node) -> Option<Self> {
        let entry = document.as_map()?.entry("sops")?;
        let node = &entry.value;
        let own = ["mac", "lastmodified"].iter().any(|key| node.get(key).is_some());
        // A damaged block is still one: the ciphertext beside it says so.
        let is_sops = own
            || (node.as_map().is_some() && leaves(document).iter().any(|leaf| leaf.value() == LeafValue::Encrypted));
        is_sops.then(|| SopsMetadata { node, key_span: entry.key_span, selector: Selector::of(node) })
    }

    /// The selector keys that it sets.
    pub fn selector_keys(&self) -> Vec<&'d Entry> {
        let map = self.node.as_map().into_iter().flatten();
        map.filter(|entry| {
            SELECTORS.contains(&entry.key.as_str()) && entry.value.as_str().is_some_and(|text| !text.is_empty())
        })
        .collect()
    }

    /// The age recipients.
    pub fn age_recipients(&self) -> BTreeSet<String> {
        let items = self.node.get("age").map(Node::items).unwrap_or_default();
        items.iter().filter_map(|item| Some(item.get("recipient")?.as_str()?.trim().to_owned())).collect()
    }

    /// Whether any key can decrypt it.
    pub fn has_key(&self) -> bool {
        ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "key_groups"]
            .iter()
            .any(|key| self.node.get(key).is_some_and(|keys| !keys.items().is_empty()))
    }
}

/// How a leaf stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafValue {
    /// Null and the empty text, which SOPS leaves as they are.
    Empty,
    /// Ciphertext.
    Encrypted,
    /// Begins as ciphertext and is none.
    Damaged,
    /// Plain text.
    Plain,
}

/// A scalar of a document.
#[derive(Clone, Debug)]
pub struct Leaf<'d> {
    /// The keys that lead to it; lists add none.
    pub path: Vec<&'d str>,
    /// The place of the last key.
    pub key_span: Span,
    /// The places of all keys, in the order of the path.
    pub key_spans: Vec<Span>,
    /// The scalar.
    pub node: &'d Node,
}

impl Leaf<'_> {
    /// How it stands in the file.
    pub fn value(&self) -> LeafValue {
        match &self.node.value {
            Value::Str(text) => encrypted_leaf(text),
            Value::Null => LeafValue::Empty,
            Value::Unknown(_) => LeafValue::Encrypted,
            _ => LeafValue::Plain,
        }
    }

    /// The path with dots.
    pub fn dotted(&self) -> String {
        self.path.join(".")
    }
}

/// How a text stands in a file.
pub fn encrypted_leaf(text: &str) -> LeafValue {
    static WHOLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^ENC\[AES256_GCM,data:.+,iv:.+,tag:.+,type:(str|int|float|bytes|bool|time|comment)\][ \t-\r]*$")
            .ok()
    });
    if text.is_empty() {
        LeafValue::Empty
    } else if WHOLE.as_ref().is_some_and(|whole| whole.is_match(text)) {
        LeafValue::Encrypted
    } else if text.starts_with("ENC[") {
        LeafValue::Damaged
    } else {
        LeafValue::Plain
    }
}

/// Every scalar of a document but those of its top-level `sops` block.
pub fn leaves(document: &Node) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    for entry in document.entries().filter(|entry| entry.key != "sops") {
        collect(&entry.value, &mut vec![(entry.key.as_str(), entry.key_span)], &mut found);
    }
    found
}

fn collect<'d>(node: &'d Node, path: &mut Vec<(&'d str, Span)>, found: &mut Vec<Leaf<'d>>) {
    match &node.value {
        Value::Map(map) => {
            for entry in map.iter() {
                path.push((&entry.key, entry.key_span));
                collect(&entry.value, path, found);
                path.pop();
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| collect(item, path, found)),
        _ => {
            let (keys, key_spans): (Vec<&str>, Vec<Span>) = path.iter().copied().unzip();
            let key_span = key_spans.last().copied().unwrap_or_else(|| node.span());
            found.push(Leaf { path: keys, key_span, key_spans, node });
        }
    }
}

/// The texts of the comment lines right above a place, without their `#`, the nearest first.
fn comments_above(file: &File, at: usize) -> Vec<String> {
    let line = file.line_index(at);
    let lines = (0..line).rev().map_while(|line| file.text.get(file.line_range(line)?).map(str::trim));
    let comments = lines.take_while(|text| text.is_empty() || text.starts_with('#'));
    comments.filter_map(|text| text.strip_prefix('#').map(ToOwned::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_path_counts() {
        let regex = Selector::new("encrypted_regex", "^(data|stringData)$");
        assert_eq!(regex.selects(&["stringData", "token"]), Some(true));
        assert_eq!(regex.selects(&["metadata", "name"]), Some(false));
        let default = Selector::UnencryptedSuffix("_unencrypted".to_owned());
        assert_eq!(default.selects(&["a_unencrypted", "b"]), Some(false));
        assert_eq!(default.selects(&["kind"]), Some(true));
        assert_eq!(Selector::new("encrypted_comment_regex", "x").selects(&["a"]), None);
        assert_eq!(Selector::new("unencrypted_regex", "^meta").selects(&["metadata", "name"]), Some(false));
    }

    #[test]
    fn ciphertext_is_told_from_what_only_begins_so() {
        let whole = "ENC[AES256_GCM,data:YQ==,iv:Yg==,tag:Yw==,type:str]";
        assert_eq!(encrypted_leaf(whole), LeafValue::Encrypted);
        assert_eq!(encrypted_leaf("ENC[AES256_GCM,data:YQ==,iv:Yg==]"), LeafValue::Damaged);
        assert_eq!(encrypted_leaf(""), LeafValue::Empty);
        assert_eq!(encrypted_leaf("hunter2"), LeafValue::Plain);
    }
}
