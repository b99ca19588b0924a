//! The branches of an object that substitution acts on: most objects have a few, and printing and reading those alone
//! leaves the rest shared with every other build of the same file.

use std::sync::Arc;

use crate::yaml::{Map, Node, Value};

/// Whether substitution changes anything in a text. A single `$` stays as it is.
fn is_expanded(text: &str) -> bool {
    text.contains('$') && (text.contains("${") || text.contains("$$"))
}

/// Which branches of a node are affected, by position.
#[derive(Debug)]
pub enum Branches {
    /// The whole node: a text, or a collection with a key that may change.
    Whole,
    /// Entries of a map, or items of a list.
    Some(Vec<(usize, Branches)>),
}

impl Branches {
    /// Those of a node; `None` where nothing is affected.
    pub fn of(node: &Node) -> Option<Self> {
        let within = |children: &mut dyn Iterator<Item = &Node>| {
            let found: Vec<_> = children.enumerate().filter_map(|(at, child)| Some((at, Self::of(child)?))).collect();
            (!found.is_empty()).then_some(Branches::Some(found))
        };
        match &node.value {
            Value::Seq(items) => within(&mut items.iter()),
            Value::Map(map) if map.iter().any(|entry| is_expanded(&entry.key)) => Some(Branches::Whole),
            Value::Map(map) => within(&mut map.iter().map(|entry| &entry.value)),
            Value::Str(text) => is_expanded(text).then_some(Branches::Whole),
            Value::Unknown(unknown) => is_expanded(&unknown.template).then_some(Branches::Whole),
            _ => None,
        }
    }

    /// The node without everything else. What is left is printed as it would be in the whole: indentation and quotes do
    /// not depend on neighbours.
    pub fn alone(&self, node: &Node) -> Node {
        let Branches::Some(branches) = self else { return node.clone() };
        let value = match &node.value {
            Value::Seq(items) => {
                let kept = branches.iter().filter_map(|(at, branch)| Some(branch.alone(items.get(*at)?)));
                Value::Seq(Arc::new(kept.collect()))
            }
            Value::Map(map) => {
                let kept = branches.iter().filter_map(|(at, branch)| {
                    let mut entry = map.iter().nth(*at)?.clone();
                    entry.value = branch.alone(&entry.value);
                    Some(entry)
                });
                Value::Map(Arc::new(Map::from_entries(kept.collect())))
            }
            other => other.clone(),
        };
        Node { value, origin: node.origin.clone() }
    }

    /// The node with its branches replaced by what became of them; `None` where their form is not what it was.
    pub fn replaced(&self, node: &Node, alone: &Node) -> Option<Node> {
        let Branches::Some(branches) = self else { return Some(alone.clone()) };
        let mut node = node.clone();
        match (&mut node.value, &alone.value) {
            (Value::Seq(items), Value::Seq(alone)) if alone.len() == branches.len() => {
                let items = Arc::make_mut(items);
                for ((at, branch), alone) in branches.iter().zip(alone.iter()) {
                    let item = items.get_mut(*at)?;
                    *item = branch.replaced(item, alone)?;
                }
            }
            (Value::Map(map), Value::Map(alone)) if alone.len() == branches.len() => {
                let map = Arc::make_mut(map);
                for (at, branch) in branches {
                    let entry = map.iter_mut().nth(*at)?;
                    entry.value = branch.replaced(&entry.value, alone.get(&entry.key)?)?;
                }
            }
            _ => return None,
        }
        Some(node)
    }
}
