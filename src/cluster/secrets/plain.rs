//! The plain values of a Secret, each with its key and what it looks like.

use super::classify::{Class, classify, classify_encoded};
use crate::source::{Sources, Span};
use crate::yaml::{Entry, Node, Step, Value};

/// A key of a Secret with a readable value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainKey {
    /// `data.token`
    pub path: String,
    /// Where the key stands; `None` where no text is that key.
    pub place: Option<Span>,
    /// Where the value stands.
    pub value_place: Span,
    /// What its value looks like.
    pub class: Class,
}

/// Whether a Secret is filled by a controller, so that what it holds is not its content.
pub fn needs_no_encryption(secret: &Node) -> bool {
    if secret.get("type").and_then(Node::as_str) == Some("kubernetes.io/service-account-token") {
        return true;
    }
    const FILLED: [&str; 4] = ["/replicate-from", "/reflects", "/autogenerate", "avp.kubernetes.io/path"];
    let annotations = secret.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    annotations.into_iter().any(|entry| FILLED.iter().any(|known| entry.key.ends_with(known)))
}

/// Whether a Secret takes any value from elsewhere: its author keeps credentials out of it.
pub fn takes_from_elsewhere(sources: &Sources, secret: &Node) -> bool {
    let entries = ["data", "stringData"]
        .into_iter()
        .flat_map(|field| secret.get(field).into_iter().flat_map(Node::entries).map(move |entry| (field, entry)));
    entries.into_iter().any(|(field, entry)| {
        let is_empty = entry.value.is_null() || entry.value.as_str().is_some_and(|text| text.trim().is_empty());
        !is_empty && class_of(sources, field, entry) == Class::Nothing
    })
}

/// The keys of a Secret whose values can be read, in order.
pub fn plain_keys(sources: &Sources, secret: &Node) -> Vec<PlainKey> {
    let mut keys = Vec::new();
    for field in ["data", "stringData"] {
        let entries = || secret.get(field).into_iter().flat_map(Node::entries);
        // A dotenv file that SOPS wrote and a generator read: whether it is whole is asked of the file.
        let encrypted = entries().find(|entry| entry.key == "sops_mac").map(|entry| entry.key_span.file);
        for entry in entries().filter(|entry| encrypted != Some(entry.key_span.file)) {
            let class = class_of(sources, field, entry);
            if class != Class::Nothing {
                keys.push(PlainKey {
                    path: format!("{field}.{}", entry.key),
                    place: key_place(sources, entry),
                    value_place: entry.value.span(),
                    class,
                });
            }
        }
    }
    keys
}

fn class_of(sources: &Sources, field: &str, entry: &Entry) -> Class {
    let text = match &entry.value.value {
        Value::Unknown(_) | Value::Null | Value::Seq(_) | Value::Map(_) => return Class::Nothing,
        _ => entry.value.scalar_text().unwrap_or_default(),
    };
    // What a variable brought in stands elsewhere: only what is written here counts.
    let written = entry.value.origin.chain().into_iter().find(|(step, _)| matches!(step, Some(Step::Substituted(_))));
    if let Some((_, place)) = written {
        return classify(&entry.key, &sources.text(place));
    }
    if field == "data" { classify_encoded(&entry.key, &text) } else { classify(&entry.key, &text) }
}

/// The place of a key, never of its value: the text there must be the key.
pub fn key_place(sources: &Sources, entry: &Entry) -> Option<Span> {
    let text = sources.text(entry.key_span);
    let quote = text.starts_with(['"', '\'']);
    let inner = text.trim_start_matches(['"', '\'']);
    let key = inner.split_once('=').map_or(inner, |(key, _)| key).trim_end_matches(['"', '\'']);
    // A generator's file is shown by its whole entry: `[key=]path`.
    let is_path = key != entry.key && key.ends_with(entry.key.as_str()) && !inner.contains('=');
    if key != entry.key && !is_path {
        return None;
    }
    let start = entry.key_span.start + u32::from(quote && inner.contains('='));
    let end =
        if inner.contains('=') { start + u32::try_from(key.len()).unwrap_or_default() } else { entry.key_span.end };
    Some(Span { start, end: end.min(entry.key_span.end), ..entry.key_span })
}
