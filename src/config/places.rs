//! Where each value of a file of our own stands: our own reading of the same text.

use std::sync::Arc;

use crate::fault::Fault;
use crate::source::{File, Span};
use crate::yaml::{Node, Value};

/// The tree of a file of our own, and the file; both absent for defaults.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub(super) file: Option<Arc<File>>,
    pub(super) root: Option<Node>,
}

/// What a complaint at an offset is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The key that begins there.
    Key,
    /// The value that begins there. In place of a collection stands the key that holds it.
    Value,
}

impl Places {
    /// The place of the value at a dotted path, or of its key for `key:<path>`.
    pub fn find(&self, path: &str) -> Option<Span> {
        let root = self.root.as_ref()?;
        match path.strip_prefix("key:") {
            Some(path) => dig(root, None, path)?.0,
            None => dig(root, None, path).map(|(_, node)| node.span()),
        }
    }

    /// The node at a dotted path.
    pub fn node(&self, path: &str) -> Option<&Node> {
        dig(self.root.as_ref()?, None, path).map(|(_, node)| node)
    }

    /// The narrowest place for a complaint about a path: the key where it names one, else the scalar, or the key of a
    /// collection, or the first key in an item of a list. For a path that does not exist, what should hold it.
    pub fn narrow(&self, path: &str) -> Option<Span> {
        let (plain, found) = match path.strip_prefix("key:") {
            Some(plain) => (plain, self.find(path)),
            None => (path, dig(self.root.as_ref()?, None, path).map(|(key, node)| narrowest(node, key))),
        };
        found.or_else(|| self.narrow(plain.rsplit_once('.')?.0))
    }

    /// Every scalar and every empty collection: its dotted path, its text, its place.
    pub fn leaves(&self) -> Vec<(String, String, Span)> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            leaves(root, String::new(), &mut found);
        }
        found
    }

    /// A fault at the narrowest place of a path.
    pub fn fault(&self, path: &str, message: impl Into<String>, label: &str, help: Option<String>) -> Fault {
        let message = message.into();
        let Some(file) = &self.file else { return Fault::Usage { message, help } };
        let at = self.narrow(path).map_or(0..0, Span::range);
        Fault::place(&file.path, &file.text, at, message, label, help)
    }

    /// The place for a complaint at a byte offset.
    pub(super) fn at(&self, offset: u32, about: About) -> Option<Span> {
        Some(at(self.root.as_ref()?, None, offset, about))
    }
}

/// Keys may hold dots themselves, so each key that begins the path is tried.
fn dig<'n>(node: &'n Node, key: Option<Span>, path: &str) -> Option<(Option<Span>, &'n Node)> {
    if path.is_empty() {
        return Some((key, node));
    }
    match &node.value {
        Value::Map(map) => map.iter().find_map(|entry| match path.strip_prefix(entry.key.as_str())? {
            "" => Some((Some(entry.key_span), &entry.value)),
            rest => dig(&entry.value, Some(entry.key_span), rest.strip_prefix('.')?),
        }),
        Value::Seq(items) => {
            let (index, rest) = path.split_once('.').unwrap_or((path, ""));
            dig(items.get(index.parse::<usize>().ok()?)?, None, rest)
        }
        _ => None,
    }
}

fn leaves(node: &Node, path: String, found: &mut Vec<(String, String, Span)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            map.iter().for_each(|entry| leaves(&entry.value, below(entry.key.as_str()), found));
        }
        Value::Seq(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, below(&index.to_string()), found));
        }
        // A key without a value says nothing.
        Value::Null => {}
        Value::Map(_) => found.push((path, "{}".to_owned(), node.span())),
        Value::Seq(_) => found.push((path, "[]".to_owned(), node.span())),
        _ => {
            let text = node.scalar_text().map(|text| text.into_owned()).unwrap_or_default();
            found.push((path, text, node.span()));
        }
    }
}

fn narrowest(node: &Node, key: Option<Span>) -> Span {
    match (&node.value, key) {
        (Value::Map(_) | Value::Seq(_) | Value::Null, Some(key)) => key,
        (Value::Map(map), None) => map.iter().next().map_or(node.span(), |first| first.key_span),
        (Value::Seq(items), None) => items.first().map_or(node.span(), |first| narrowest(first, None)),
        _ => node.span(),
    }
}

fn at(node: &Node, key: Option<Span>, offset: u32, about: About) -> Span {
    if about == About::Value && node.span().start == offset {
        return narrowest(node, key);
    }
    match &node.value {
        Value::Map(map) => {
            let before = map.iter().filter(|entry| entry.key_span.start <= offset);
            match before.max_by_key(|entry| entry.key_span.start) {
                Some(entry) if offset < entry.key_span.end => entry.key_span,
                Some(entry) => at(&entry.value, Some(entry.key_span), offset, about),
                None => narrowest(node, key),
            }
        }
        Value::Seq(items) => {
            let before = items.iter().filter(|item| item.span().start <= offset);
            match before.max_by_key(|item| item.span().start) {
                Some(item) => at(item, None, offset, about),
                None => narrowest(node, key),
            }
        }
        _ => narrowest(node, key),
    }
}
