//! Matching a path against an object: all the values it leads to, made where they are missing if that is asked for.
//! Source: kyaml `yaml/match.go`.

use std::sync::Arc;

use regex::Regex;

use super::path::{Refusal, element, is_element};
use super::scalar::{Texts, text_of, untyped};
use super::structured;
use crate::source::{Span, compiled};
use crate::yaml::emit::emit;
use crate::yaml::{Map, Node, Origin, Step, Value};

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
    /// It stands in a copy of a text, which is forgotten: a change has no effect.
    pub in_text: bool,
}

/// Matches a path against an object.
pub struct Matcher<'m, E> {
    create: Option<Shape>,
    by: Span,
    texts: Texts<'m>,
    visit: &'m mut dyn FnMut(Found<'_>) -> Result<(), E>,
    /// Values found.
    pub count: usize,
    /// Of them, values in copies of texts.
    pub in_text: usize,
    is_in_text: bool,
}

impl<'m, E: From<Refusal>> Matcher<'m, E> {
    /// A matcher that creates a value of a shape where nothing stands, if there is one, on the order of a place.
    pub fn new(
        create: Option<Shape>,
        by: Span,
        texts: Texts<'m>,
        visit: &'m mut dyn FnMut(Found<'_>) -> Result<(), E>,
    ) -> Self {
        Matcher { create, by, texts, visit, count: 0, in_text: 0, is_in_text: false }
    }
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
            self.in_text += usize::from(self.is_in_text);
            return (self.visit)(Found { node, fresh, in_text: self.is_in_text });
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
                Value::Seq(items) => Arc::make_mut(items).iter_mut().try_for_each(|item| self.walk(item, rest, false)),
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
            Shape::Map => Value::Map(Arc::default()),
            Shape::Seq => Value::Seq(Arc::default()),
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
                Arc::make_mut(map).set(name, by, empty);
                true
            }
        };
        let Some(child) = Arc::make_mut(map).get_mut(name) else { return Ok(()) };
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
        let was_in_text = std::mem::replace(&mut self.is_in_text, true);
        let done = self.walk(&mut copy, rest, false);
        self.is_in_text = was_in_text;
        done
    }

    fn lose(&mut self, lost: bool) {
        self.count += usize::from(lost);
        self.in_text += usize::from(lost);
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
            Value::Seq(items) => Arc::make_mut(items),
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
            Value::Seq(items) => Arc::make_mut(items),
            _ => return Err(Refusal::kind(part, "a list", node).into()),
        };
        // An empty list is never compared with the pattern.
        let regex = compiled(value);
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
        let own = Node { value: untyped(value), ..own };
        let made = match name {
            "" => own,
            name => {
                let mut map = Map::default();
                map.set(name, self.by, own);
                self.made(Value::Map(Arc::new(map)))
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
