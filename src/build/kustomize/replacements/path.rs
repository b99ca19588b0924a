//! Paths of replacements: `spec.containers.[name=web].env.0.value`. Source: kyaml `yaml/match.go`, `yaml/fns.go`,
//! `utils/pathsplitter.go`.
//!
//! A source is looked up, which finds one value; a target is matched, which finds many and may create them.

use regex::Regex;
use smol_str::SmolStr;

use super::scalar::{Texts, text_of};
use super::structured;
use crate::build::kustomize::field_spec::kind_of;
use crate::source::Span;
use crate::yaml::emit::emit;
use crate::yaml::{Map, Node, Origin, Step, Value};

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

    fn kind(part: &str, expected: &'static str, node: &Node) -> Self {
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

fn is_element(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

/// `[name=value]` as `name` and `value`.
fn element(part: &str) -> Result<(&str, &str), Refusal> {
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

/// Finds the one value a path leads to; `None` where nothing stands there.
///
/// # Errors
/// A part that does not fit the value it is used on.
pub fn lookup(root: &Node, parts: &[String], texts: Texts<'_>) -> Result<Option<Address>, Refusal> {
    let mut address = Address::new();
    let mut node = root;
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
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

/// What stands at the end of a path that is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A plain value; a null until it is set.
    Scalar,
    /// A map.
    Map,
    /// A list.
    Seq,
}

/// A value that a path leads to.
pub struct Found<'n> {
    /// The value.
    pub node: &'n mut Node,
    /// It was created on the way.
    pub fresh: bool,
}

/// Matches a path against an object.
pub struct Matcher<'m, E> {
    /// What to create where nothing stands; `None` for nothing.
    pub create: Option<Shape>,
    /// Where the order to create stands.
    pub by: Span,
    /// The texts that nodes stand in.
    pub texts: Texts<'m>,
    /// What is done to every value found.
    pub visit: &'m mut dyn FnMut(Found<'_>) -> Result<(), E>,
    /// Values found.
    pub count: usize,
    /// Of them, values inside texts, where a change has no effect.
    pub inside_text: usize,
}

impl<E: From<Refusal>> Matcher<'_, E> {
    /// Visits every value a path leads to.
    ///
    /// # Errors
    /// A part that does not fit the value it is used on, or what the visit says.
    pub fn run(&mut self, node: &mut Node, parts: &[String]) -> Result<(), E> {
        self.walk(node, parts, false)
    }

    fn walk(&mut self, node: &mut Node, parts: &[String], fresh: bool) -> Result<(), E> {
        let Some((part, rest)) = parts.split_first() else {
            self.count += 1;
            return (self.visit)(Found { node, fresh });
        };
        if node.is_unknown() {
            // What is inside cannot be read, so it is not said to be missing.
            self.count += 1;
            return Ok(());
        }
        if let Ok(index) = part.parse::<usize>() {
            return self.index(node, index, part, rest);
        }
        if is_element(part) {
            let (name, value) = element(part)?;
            return self.elements(node, name, value, part, rest);
        }
        if part == "*" {
            return match &mut node.value {
                Value::Null => Ok(()),
                Value::Seq(items) => {
                    std::sync::Arc::make_mut(items).iter_mut().try_for_each(|item| self.walk(item, rest, false))
                }
                _ => Err(Refusal::kind(part, "a list", node).into()),
            };
        }
        self.field(node, part, rest)
    }

    fn made(&self, value: Value) -> Node {
        Node { value, origin: Origin::derived(Step::Transformed, self.by, None) }
    }

    /// An empty value for what comes next on the path.
    fn empty(&self, shape: Shape, rest: &[String]) -> Node {
        let shape = match rest.first() {
            Some(next) if is_element(next) || next.parse::<usize>().is_ok() => Shape::Seq,
            Some(next) if !next.is_empty() => Shape::Map,
            _ => shape,
        };
        self.made(match shape {
            Shape::Scalar => Value::Null,
            Shape::Map => Value::Map(Default::default()),
            Shape::Seq => Value::Seq(Default::default()),
        })
    }

    fn field(&mut self, node: &mut Node, name: &str, rest: &[String]) -> Result<(), E> {
        if node.is_null() {
            // A null in a list or text stays null, whatever is put into it.
            self.lose(self.create.is_some());
            return Ok(());
        }
        let (by, create) = (self.by, self.create);
        let Value::Map(map) = &mut node.value else { return Err(Refusal::kind(name, "a map", node).into()) };
        if name.is_empty() {
            return Err(Refusal::Part { part: String::new() }.into());
        }
        let fresh = match (map.get(name), create) {
            (Some(_), _) => false,
            (None, None) => return Ok(()),
            (None, Some(shape)) => {
                let empty = self.empty(shape, rest);
                std::sync::Arc::make_mut(map).set(name, by, empty);
                true
            }
        };
        let Some(child) = std::sync::Arc::make_mut(map).get_mut(name) else { return Ok(()) };
        let is_scalar = !matches!(child.value, Value::Map(_) | Value::Seq(_) | Value::Unknown(_));
        if is_scalar && !rest.is_empty() {
            return self.inside(child, rest);
        }
        self.walk(child, rest, fresh)
    }

    /// The path goes on inside a text. Only the way through a list with a pattern leads here, and there kustomize
    /// changes a copy of the text and forgets it.
    fn inside(&mut self, host: &Node, rest: &[String]) -> Result<(), E> {
        let mut copy = text_of(host, self.texts)
            .and_then(|text| structured::parse(&text, host.span()))
            .ok_or(Refusal::Text { span: host.span() })?;
        let mut matcher = Matcher::<Refusal> {
            create: self.create,
            by: self.by,
            texts: self.texts,
            visit: &mut |_| Ok(()),
            count: 0,
            inside_text: 0,
        };
        matcher.run(&mut copy, rest)?;
        self.count += matcher.count;
        self.inside_text += matcher.count;
        Ok(())
    }

    fn lose(&mut self, lost: bool) {
        self.count += usize::from(lost);
        self.inside_text += usize::from(lost);
    }

    fn index(&mut self, node: &mut Node, index: usize, part: &str, rest: &[String]) -> Result<(), E> {
        let span = node.span();
        let (create, empty) = (self.create, self.create.map(|shape| self.empty(shape, rest)));
        let items = match &mut node.value {
            Value::Null if create.is_some() && index == 0 => {
                self.lose(true);
                return Ok(());
            }
            Value::Null => return Err(Refusal::Short { index, length: 0, span }.into()),
            Value::Seq(items) => std::sync::Arc::make_mut(items),
            _ => return Err(Refusal::kind(part, "a list", node).into()),
        };
        let length = items.len();
        let mut fresh = false;
        if let Some(empty) = empty.filter(|_| index == length) {
            items.push(empty);
            fresh = true;
        }
        let item = items.get_mut(index).ok_or(Refusal::Short { index, length, span })?;
        self.walk(item, rest, fresh)
    }

    fn elements(&mut self, node: &mut Node, name: &str, value: &str, part: &str, rest: &[String]) -> Result<(), E> {
        let pattern = || Refusal::Pattern { pattern: value.to_owned() };
        let items = match &mut node.value {
            Value::Null => {
                self.lose(self.create.is_some());
                return Ok(());
            }
            Value::Seq(items) => std::sync::Arc::make_mut(items),
            _ => return Err(Refusal::kind(part, "a list", node).into()),
        };
        // An empty list is never compared with the pattern.
        let regex = Regex::new(value);
        if regex.is_err() && !items.is_empty() {
            return Err(pattern().into());
        }
        let before = self.count;
        if let Ok(regex) = &regex {
            for item in items.iter_mut() {
                self.element(item, name, regex, rest, false)?;
            }
        }
        if self.count > before || self.create.is_none() {
            return Ok(());
        }
        let own = self.made(Value::Null);
        let own = Node { value: super::scalar::untyped(value), ..own };
        let made = match name {
            "" => own,
            name => {
                let mut map = Map::default();
                map.set(name, self.by, own);
                self.made(Value::Map(std::sync::Arc::new(map)))
            }
        };
        items.push(made);
        // kustomize searches again for what it made, and never ends where the pattern does not match itself.
        let regex = regex.map_err(|_| pattern())?;
        let Some(last) = items.last_mut() else { return Ok(()) };
        self.element(last, name, &regex, rest, true)?;
        if self.count == before { Err(pattern().into()) } else { Ok(()) }
    }

    fn element(&mut self, item: &mut Node, name: &str, regex: &Regex, rest: &[String], fresh: bool) -> Result<(), E> {
        let compared = match name {
            "" => Some(&*item),
            name => item.get(name),
        };
        if !compared.is_some_and(|node| regex.is_match(&printed(node, self.texts))) {
            return Ok(());
        }
        // The rest of the path is not looked at behind a plain element.
        self.walk(item, if name.is_empty() { &[] } else { rest }, fresh)
    }
}

/// What a pattern is compared with: the value as it would be printed.
fn printed(node: &Node, texts: Texts<'_>) -> String {
    text_of(node, texts).unwrap_or_else(|| emit(node).text.trim().to_owned())
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
