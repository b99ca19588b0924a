//! Values as Go holds them while they are merged: maps and lists that stand in two trees at once change in both.
//!
//! fluxcd/pkg merges inline values into the result before it sets a `targetPath`, and once more at the end. What it sets
//! inside a map that the result took over from the inline values is therefore set in these too, and survives the end.

use std::cell::RefCell;
use std::rc::Rc;

use hashbrown::HashMap;
use smol_str::SmolStr;

use super::set_line::Step;
use crate::source::Span;
use crate::yaml::{self, Entry, Node, Origin, Step as Done};

/// Longest list that an index may make; upstream's limit.
const LONGEST_LIST: usize = 65_536;

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Neither map nor list.
    Leaf(Node),
    /// A map.
    Map(SharedMap),
    /// A list.
    List(SharedList),
}

/// A list that may stand in two trees.
#[derive(Clone, Debug)]
pub struct SharedList {
    items: Rc<RefCell<Vec<Value>>>,
    origin: Origin,
}

/// A map that may stand in two trees.
#[derive(Clone, Debug)]
pub struct SharedMap {
    entries: Rc<RefCell<Vec<(SmolStr, Span, Value)>>>,
    origin: Origin,
}

impl Value {
    fn of(node: &Node) -> Self {
        match &node.value {
            yaml::Value::Map(_) => Value::Map(SharedMap::of(node)),
            yaml::Value::Seq(items) => Value::List(SharedList {
                items: Rc::new(RefCell::new(items.iter().map(Value::of).collect())),
                origin: node.origin.clone(),
            }),
            _ => Value::Leaf(node.clone()),
        }
    }

    fn node(&self) -> Node {
        match self {
            Value::Leaf(node) => node.clone(),
            Value::Map(map) => map.node(),
            Value::List(list) => {
                let items = list.items.borrow().iter().map(Value::node).collect();
                Node { value: yaml::Value::Seq(std::sync::Arc::new(items)), origin: list.origin.clone() }
            }
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Value::Leaf(node) if node.is_null())
    }

    fn origin(&self) -> &Origin {
        match self {
            Value::Leaf(node) => &node.origin,
            Value::Map(map) => &map.origin,
            Value::List(list) => &list.origin,
        }
    }
}

impl SharedMap {
    /// A map of its own.
    pub fn empty(origin: Origin) -> Self {
        SharedMap { entries: Rc::default(), origin }
    }

    /// A copy of a tree; what is no map is empty.
    pub fn of(node: &Node) -> Self {
        let entries = node.entries().map(|entry| (entry.key.clone(), entry.key_span, Value::of(&entry.value)));
        SharedMap { entries: Rc::new(RefCell::new(entries.collect())), origin: node.origin.clone() }
    }

    /// The tree.
    pub fn node(&self) -> Node {
        let entries = self.entries.borrow();
        let entries = entries.iter().map(|(key, key_span, value)| Entry {
            key: key.clone(),
            key_span: *key_span,
            value: value.node(),
        });
        let map = yaml::Map::from_entries(entries.collect());
        Node { value: yaml::Value::Map(std::sync::Arc::new(map)), origin: self.origin.clone() }
    }

    fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().iter().find(|(own, _, _)| own == key).map(|(_, _, value)| value.clone())
    }

    fn set(&self, key: &str, key_span: Span, value: Value) {
        let mut entries = self.entries.borrow_mut();
        match entries.iter_mut().find(|(own, _, _)| own == key) {
            Some((_, _, old)) => *old = value,
            None => entries.push((key.into(), key_span, value)),
        }
    }

    /// A new map: this one with another over it. Maps merge, everything else of the other wins, null takes a key away;
    /// what only one of them holds is shared with it.
    #[must_use]
    pub fn merged(&self, over: &SharedMap) -> SharedMap {
        let mut entries: Vec<_> = self.entries.borrow().iter().cloned().map(Some).collect();
        let place = |(at, entry): (usize, &Option<(SmolStr, Span, Value)>)| Some((entry.as_ref()?.0.clone(), at));
        let places: HashMap<SmolStr, usize> = entries.iter().enumerate().filter_map(place).collect();
        for (key, key_span, value) in over.entries.borrow().iter() {
            let old = places.get(key).and_then(|at| entries.get_mut(*at));
            if value.is_null() {
                old.map(Option::take);
                continue;
            }
            let value = match (old.as_ref().and_then(|old| Some(&old.as_ref()?.2)), value) {
                (Some(Value::Map(old)), Value::Map(new)) => Value::Map(old.merged(new)),
                (Some(old), Value::Leaf(new)) if !same_place(old.origin(), &new.origin) => {
                    let place = new.span();
                    Value::Leaf(new.clone().marked(Done::ValuesMerged, place, Some(old.origin().clone())))
                }
                _ => value.clone(),
            };
            match old {
                Some(Some((_, _, old))) => *old = value,
                _ => entries.push(Some((key.clone(), *key_span, value))),
            }
        }
        let entries = entries.into_iter().flatten().collect();
        SharedMap { entries: Rc::new(RefCell::new(entries)), origin: self.origin.clone() }
    }

    /// Sets a value at a path, in place. `false` where something in the way is of another kind.
    pub fn assign(&self, path: &[Step], value: &Node) -> bool {
        let Some((Step::Key(key), rest)) = path.split_first() else { return false };
        let place = value.span();
        let set = |value: Value| {
            // Upstream sets nothing under an empty name.
            if !key.is_empty() {
                self.set(key, place, value);
            }
            true
        };
        match rest.first() {
            None => set(Value::of(value)),
            Some(Step::Key(_)) => {
                let inner = match self.get(key) {
                    Some(Value::Map(map)) => map,
                    Some(_) => return false,
                    None => SharedMap::empty(value.origin.clone()),
                };
                inner.assign(rest, value) && set(Value::Map(inner))
            }
            Some(Step::Index(_)) => {
                let list = match self.get(key) {
                    Some(Value::List(list)) => list,
                    Some(_) => return false,
                    None => SharedList { items: Rc::default(), origin: value.origin.clone() },
                };
                list.assigned(rest, value).is_some_and(|list| set(Value::List(list)))
            }
        }
    }
}

impl SharedList {
    /// The list with a value set: itself where it is long enough, else a longer copy.
    fn assigned(&self, path: &[Step], value: &Node) -> Option<SharedList> {
        let (Step::Index(index), rest) = path.split_first()? else { return None };
        if *index > LONGEST_LIST {
            return None;
        }
        let old = self.items.borrow().get(*index).cloned().filter(|old| !old.is_null());
        let new = match rest.first() {
            None => Value::of(value),
            Some(Step::Key(_)) => {
                let inner = match old {
                    Some(Value::Map(map)) => map,
                    _ => SharedMap::empty(value.origin.clone()),
                };
                inner.assign(rest, value).then_some(Value::Map(inner))?
            }
            Some(Step::Index(_)) => {
                let inner = match old {
                    Some(Value::List(list)) => list,
                    Some(_) => return None,
                    None => SharedList { items: Rc::default(), origin: value.origin.clone() },
                };
                Value::List(inner.assigned(rest, value)?)
            }
        };
        if let Some(item) = self.items.borrow_mut().get_mut(*index) {
            *item = new;
            return Some(self.clone());
        }
        let mut items = self.items.borrow().clone();
        let null = Node { value: yaml::Value::Null, origin: value.origin.clone() };
        items.resize(*index, Value::Leaf(null));
        items.push(new);
        Some(SharedList { items: Rc::new(RefCell::new(items)), origin: self.origin.clone() })
    }
}

/// Whether two values are one that was merged with itself.
fn same_place(a: &Origin, b: &Origin) -> bool {
    a.span() == b.span()
}
