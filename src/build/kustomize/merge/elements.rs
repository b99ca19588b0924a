//! The elements of two lists that merge, and how kyaml finds, sets and removes them by key.
//!
//! Source: kyaml `yaml/fns.go` (`ElementSetter`, `ElementMatcher`, `FieldMatcher`), `yaml/rnode.go` (`ElementValuesList`).

use smol_str::SmolStr;

use super::scalar::is_written_null;
use super::tuples::Tuple;
use crate::yaml::{Node, Value};

/// Number of an element in [`Elements`]; it stands for the element as long as the merge runs.
pub type Slot = usize;

/// An element of the wrong kind for its list.
pub struct WrongKind(pub Slot);

/// The elements of both lists.
pub struct Elements {
    nodes: Vec<Node>,
    changed: Vec<bool>,
}

impl Elements {
    /// No elements yet.
    pub fn new() -> Self {
        Elements { nodes: Vec::new(), changed: Vec::new() }
    }

    /// Takes in the elements of a list.
    pub fn add(&mut self, items: &[Node]) -> Vec<Slot> {
        let first = self.nodes.len();
        self.nodes.extend(items.iter().cloned());
        self.changed.resize(self.nodes.len(), false);
        (first..self.nodes.len()).collect()
    }

    /// The element of a slot.
    pub fn get(&self, slot: Slot) -> Option<&Node> {
        self.nodes.get(slot)
    }

    /// Puts another value into a slot.
    pub fn put(&mut self, slot: Slot, node: Node) {
        if let (Some(own), Some(changed)) = (self.nodes.get_mut(slot), self.changed.get_mut(slot)) {
            *own = node;
            *changed = true;
        }
    }

    /// Whether a slot holds another value than at first.
    pub fn is_changed(&self, slot: Slot) -> bool {
        self.changed.get(slot).copied().unwrap_or_default()
    }

    /// The key values of the elements of a list. The key `""` stands for the element itself.
    pub fn tuples(&self, list: &[Slot], keys: &[&str]) -> Vec<Tuple> {
        let value = |node: &Node, key: &str| -> SmolStr {
            match key {
                "" => raw(node),
                _ => node.get(key).map(raw_unless_null).unwrap_or_default(),
            }
        };
        list.iter()
            .filter_map(|slot| self.get(*slot))
            .map(|node| keys.iter().map(|key| value(node, key)).collect())
            .collect()
    }

    /// The first element of a list with these key values.
    pub fn find(&self, list: &[Slot], keys: &[&str], values: &[SmolStr]) -> Option<Slot> {
        let by_value = keys.first().is_none_or(|key| key.is_empty());
        list.iter().copied().find(|slot| {
            let Some(node) = self.get(*slot) else { return false };
            if by_value {
                return raw(node) == values.first().map(SmolStr::as_str).unwrap_or_default();
            }
            node.as_map().is_some()
                && keys.iter().zip(values).all(|(key, value)| node.get(key).is_some_and(|found| raw(found) == *value))
        })
    }

    /// Sets an element of a list: the elements with these key values give way to it, or it is appended. Without an
    /// element, they are removed. Nulls and empty maps always go; fewer values than keys match oddly, and no values at
    /// all remove everything.
    pub fn set(
        &self,
        list: &mut Vec<Slot>,
        element: Option<Slot>,
        keys: &[&str],
        values: &[SmolStr],
    ) -> Result<(), WrongKind> {
        let by_key = keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|v| !v.is_empty());
        let mut kept = Vec::with_capacity(list.len() + 1);
        let mut found_any = false;
        for slot in list.drain(..) {
            let Some(node) = self.get(slot).filter(|node| !is_nothing(node)) else { continue };
            if node.as_map().is_none() && by_key {
                kept.push(slot);
                continue;
            }
            if !matches(node, keys, values).ok_or(WrongKind(slot))? {
                if !values.is_empty() {
                    kept.push(slot);
                }
                continue;
            }
            found_any = true;
            kept.extend(element);
        }
        *list = kept;
        if let Some(slot) = element
            && !found_any
            && self.get(slot).is_some_and(|node| !node.is_null())
        {
            list.push(slot);
        }
        Ok(())
    }

    /// Puts the elements of one list into another, by key. An element without a key is appended once for each key it
    /// lacks, and then replaces what its fewer values match.
    pub fn append(&self, list: &mut Vec<Slot>, from: &[Slot], keys: &[&str]) -> Result<(), WrongKind> {
        let by_value = keys.first().is_none_or(|key| key.is_empty());
        for slot in from {
            let Some(node) = self.get(*slot) else { continue };
            if by_value {
                self.set(list, Some(*slot), &[""], &[raw(node)])?;
                continue;
            }
            if node.as_map().is_none() && !node.is_null() {
                return Err(WrongKind(*slot));
            }
            let mut values: Tuple = Vec::with_capacity(keys.len());
            for key in keys {
                match node.get(key) {
                    Some(value) => values.push(raw(value)),
                    None => list.push(*slot),
                }
            }
            if keys.len() > 1 {
                self.set(list, None, keys, &values)?;
            }
            self.set(list, Some(*slot), keys, &values)?;
        }
        Ok(())
    }

    /// Whether every element of a list has a value of its own for every key, so that nothing odd can happen.
    pub fn is_well_formed(&self, list: &[Slot], keys: &[&str]) -> bool {
        let sound = |slot: &Slot| {
            self.get(*slot).is_some_and(|node| match keys {
                [""] => !raw(node).is_empty() && !node.is_null(),
                _ => keys.iter().all(|key| node.get(key).is_some_and(|value| !raw_unless_null(value).is_empty())),
            })
        };
        list.iter().all(sound)
    }
}

/// Whether an element matches; `None` for one that is no map (or, without key, no scalar).
fn matches(node: &Node, keys: &[&str], values: &[SmolStr]) -> Option<bool> {
    // A key without a value of its own takes over the answer of the key before it.
    let mut last = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(index) {
            last = match *key {
                "" => match node.value {
                    Value::Map(_) | Value::Seq(_) => return None,
                    _ => raw(node) == *value,
                },
                // An empty value matches whatever stands there.
                key => node.as_map()?.get(key).is_some_and(|found| value.is_empty() || raw(found) == *value),
            };
        }
        if !last {
            return Some(false);
        }
    }
    Some(true)
}

/// Null or an empty map: no element.
pub fn is_nothing(node: &Node) -> bool {
    node.is_null() || node.as_map().is_some_and(|map| map.is_empty())
}

/// The text of a value as go-yaml holds it; collections have none.
pub fn raw(node: &Node) -> SmolStr {
    match &node.value {
        Value::Null if is_written_null(node) => "null".into(),
        Value::Str(text) => text.clone(),
        _ => node.shown().map(SmolStr::from).unwrap_or_default(),
    }
}

fn raw_unless_null(node: &Node) -> SmolStr {
    if node.is_null() { SmolStr::default() } else { raw(node) }
}
