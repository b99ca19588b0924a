//! Paths such as `spec.containers.[name=web].env.0.value`, and looking up the one value such a path leads to.
//! Source: kyaml `yaml/fns.go` (`PathGetter`), `utils/pathsplitter.go`.

use smol_str::SmolStr;

use super::scalar::{Texts, text_of};
use crate::build::kustomize::field_spec::kind_of;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Why a path cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A part needs another kind of value.
    #[error("`{part}` asks for {expected}, but the value there is {found}")]
    Kind {
        /// The part.
        part: String,
        /// What it can be used on.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
        /// Where.
        span: Span,
    },
    /// A list is too short.
    #[error("there is no element {index}: the list has {length}")]
    Short {
        /// The index asked for, from 0.
        index: usize,
        /// Elements there are.
        length: usize,
        /// The list.
        span: Span,
    },
    /// A part has a form that is not understood here.
    #[error("`{part}` cannot be used in this path")]
    Part {
        /// The part.
        part: String,
    },
    /// The value in a part like `[name=value]` is no pattern, or no pattern that it fulfils itself where an element of
    /// that name has to be made.
    #[error("`{pattern}` is no pattern that an element can be found or made by")]
    Pattern {
        /// The value.
        pattern: String,
    },
    /// The text on the way holds no structure.
    #[error("the text on the way is no YAML with fields")]
    Text {
        /// The text.
        span: Span,
    },
}

impl Refusal {
    /// The place in the object, where there is one.
    pub fn span(&self) -> Option<Span> {
        match self {
            Refusal::Kind { span, .. } | Refusal::Short { span, .. } | Refusal::Text { span } => Some(*span),
            Refusal::Part { .. } | Refusal::Pattern { .. } => None,
        }
    }

    pub(super) fn kind(part: &str, expected: &'static str, node: &Node) -> Self {
        Refusal::Kind { part: part.to_owned(), expected, found: kind_of(node), span: node.span() }
    }
}

/// Splits a path at its dots. `\.` is a dot inside a part, and so is one between brackets; brackets without `=` go.
pub fn split(path: &str) -> Vec<String> {
    let mut pieces: Vec<&str> = path.split('.').collect();
    if pieces.len() > 1 && pieces.first().is_some_and(|first| first.is_empty()) {
        pieces.remove(0);
    }
    let mut joined: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            _ => joined.push(piece.to_owned()),
        }
    }
    let mut parts: Vec<String> = Vec::with_capacity(joined.len());
    let mut rest = joined.into_iter();
    while let Some(mut part) = rest.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for piece in rest.by_ref() {
                part.push('.');
                part.push_str(&piece);
                if piece.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                part = part.trim_matches(['[', ']']).to_owned();
            }
        }
        parts.push(part);
    }
    parts
}

pub(super) fn is_element(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// `[name=value]` as `name` and `value`.
pub(super) fn element(part: &str) -> Result<(&str, &str), Refusal> {
    let inner = part.strip_suffix(']').unwrap_or(part);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or_else(|| Refusal::Part { part: part.to_owned() })
}

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seg {
    /// To the value of a key.
    Key(SmolStr),
    /// To an element of a list.
    Index(usize),
}

/// The way from an object to one of its values.
pub type Address = Vec<Seg>;

/// The value at an address.
pub fn at<'n>(node: &'n Node, address: &[Seg]) -> Option<&'n Node> {
    address.iter().try_fold(node, |node, seg| match seg {
        Seg::Key(key) => node.get(key),
        Seg::Index(index) => node.items().get(*index),
    })
}

/// The value at an address, to change it.
pub fn at_mut<'n>(node: &'n mut Node, address: &[Seg]) -> Option<&'n mut Node> {
    address.iter().try_fold(node, |node, seg| match seg {
        Seg::Key(key) => node.as_map_mut()?.get_mut(key),
        Seg::Index(index) => node.as_seq_mut()?.get_mut(*index),
    })
}

/// Finds the one value a path leads to; `None` where nothing stands there. What is inside a value that cannot be read is
/// that value.
///
/// # Errors
/// A part that does not fit the value it is used on.
pub fn lookup(root: &Node, parts: &[String], texts: Texts<'_>) -> Result<Option<Address>, Refusal> {
    let mut address = Address::new();
    let mut node = root;
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        if node.is_unknown() {
            break;
        }
        let Some(seg) = lookup_part(node, part, texts)? else { return Ok(None) };
        let Some(next) = at(node, std::slice::from_ref(&seg)) else { return Ok(None) };
        address.push(seg);
        node = next;
    }
    Ok(Some(address))
}

fn lookup_part(node: &Node, part: &str, texts: Texts<'_>) -> Result<Option<Seg>, Refusal> {
    let index = part.parse::<i64>().ok();
    if part == "*" || index.is_some_and(|index| index < 0) {
        return Err(Refusal::Part { part: part.to_owned() });
    }
    if index.is_none() && part != "-" && !is_element(part) {
        return match &node.value {
            Value::Map(map) => Ok(map.entry(part).map(|entry| Seg::Key(entry.key.clone()))),
            Value::Null => Ok(None),
            _ => Err(Refusal::kind(part, "a map", node)),
        };
    }
    let items = match &node.value {
        Value::Seq(items) => items.as_slice(),
        Value::Null => &[],
        _ => return Err(Refusal::kind(part, "a list", node)),
    };
    if let Some(index) = index {
        return Ok(usize::try_from(index).ok().filter(|index| *index < items.len()).map(Seg::Index));
    }
    if part == "-" {
        return Ok(items.len().checked_sub(1).map(Seg::Index));
    }
    let (name, value) = element(part)?;
    let equals = |node: &Node| text_of(node, texts).is_some_and(|text| text == value);
    let position = items.iter().position(|item| match name {
        "" => equals(item),
        name => item.get(name).is_some_and(equals),
    });
    Ok(position.map(Seg::Index))
}

/// The key that was probably meant where a path ends in nothing, with the path up to it.
pub fn near(root: &Node, parts: &[String]) -> Option<(String, Span)> {
    let mut node = root;
    for (position, part) in parts.iter().enumerate() {
        let next = match &node.value {
            Value::Map(map) => {
                if map.get(part).is_none() {
                    let distance = |key: &str| strsim::levenshtein(key, part);
                    let nearest = map.iter().min_by_key(|entry| distance(&entry.key))?;
                    if distance(&nearest.key) > part.len() / 3 + 1 {
                        return None;
                    }
                    let mut path: Vec<&str> = parts.get(..position)?.iter().map(String::as_str).collect();
                    path.push(&nearest.key);
                    return Some((path.join("."), nearest.key_span));
                }
                map.get(part)
            }
            Value::Seq(items) => match part.parse::<usize>() {
                Ok(index) => items.get(index),
                Err(_) => {
                    let (name, value) = element(part).ok()?;
                    items.iter().find(|item| item.get(name).and_then(Node::as_str) == Some(value))
                }
            },
            _ => None,
        };
        node = next?;
    }
    None
}
