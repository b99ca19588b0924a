//! Strategic merge of a patch into an object, keeping for every value who set it and what it was before.
//!
//! Source: kyaml `yaml/merge2`, `yaml/walk`.

use crate::build::object::Gvk;
use crate::yaml::{Map, Node, Step, Value};

use super::merge_keys::{ListRule, list_rule};

/// What is left of the target.
#[derive(Debug)]
pub enum Merged {
    /// The merged value.
    Value(Node),
    /// The patch takes it away.
    Gone,
}

/// Merges `patch` into `target`.
pub fn merge(target: &Node, patch: &Node, gvk: &Gvk) -> Merged {
    let mut path = Vec::new();
    match merge_node(Some(target), patch, gvk, &mut path) {
        Some(node) => Merged::Value(node),
        None => Merged::Gone,
    }
}

fn patched(patch: &Node, before: Option<&Node>) -> Node {
    let place = patch.span();
    let node = Node { value: patch.value.clone(), origin: patch.origin.clone() };
    match before {
        Some(before) if before.same_value(patch) => Node { value: patch.value.clone(), origin: before.origin.clone() },
        Some(before) => node.marked(Step::Patched, place, Some(before.origin.clone())),
        None => node.marked(Step::Patched, place, None),
    }
}

fn directive(patch: &Node) -> Option<&str> {
    patch.get("$patch")?.as_str()
}

fn without_directive(patch: &Node) -> Node {
    let mut patch = patch.clone();
    if let Some(map) = patch.as_map_mut() {
        map.remove("$patch");
    }
    patch
}

fn merge_node<'p>(target: Option<&Node>, patch: &'p Node, gvk: &Gvk, path: &mut Vec<&'p str>) -> Option<Node> {
    match (&patch.value, target.map(|target| &target.value)) {
        (Value::Null, _) => None,
        (Value::Map(_), _) if directive(patch) == Some("delete") => None,
        (Value::Map(_), _) if directive(patch) == Some("replace") => Some(patched(&without_directive(patch), target)),
        (Value::Map(map), Some(Value::Map(old))) => Some(merge_maps(target?, old, map, gvk, path)),
        // A map over nothing: nulls and directives inside it still act.
        (Value::Map(map), _) => {
            let empty = Node { value: Value::Map(std::sync::Arc::default()), origin: patch.origin.clone() };
            let node = merge_maps(&empty, &Map::default(), map, gvk, path);
            Some(match target {
                Some(before) => node.marked(Step::Patched, patch.span(), Some(before.origin.clone())),
                None => node,
            })
        }
        (Value::Seq(items), Some(Value::Seq(old))) => match list_rule(gvk, path) {
            ListRule::Keyed(keys) => Some(merge_keyed(target?, old, items, keys, gvk, path)),
            ListRule::Set => Some(merge_set(target?, old, items)),
            ListRule::Atomic => Some(atomic(target, patch)),
        },
        (Value::Seq(_), _) => Some(atomic(target, patch)),
        _ => Some(patched(patch, target)),
    }
}

/// A list element `$patch: replace|delete` that holds nothing else acts on the whole list.
fn atomic(target: Option<&Node>, patch: &Node) -> Node {
    let rest: Vec<Node> = patch.items().iter().filter(|item| !is_bare_directive(item)).cloned().collect();
    if rest.len() == patch.items().len() {
        return patched(patch, target);
    }
    let node = Node { value: Value::Seq(std::sync::Arc::new(rest)), origin: patch.origin.clone() };
    patched(&node, target)
}

fn is_bare_directive(item: &Node) -> bool {
    item.as_map().is_some_and(|map| map.len() == 1) && directive(item).is_some()
}

fn merge_maps<'p>(target: &Node, old: &Map, patch: &'p Map, gvk: &Gvk, path: &mut Vec<&'p str>) -> Node {
    let mut result = old.clone();
    for entry in patch.iter().filter(|entry| entry.key != "$patch") {
        path.push(&entry.key);
        match merge_node(old.get(&entry.key), &entry.value, gvk, path) {
            Some(value) => result.set(&entry.key, entry.key_span, value),
            None => {
                result.remove(&entry.key);
            }
        }
        path.pop();
    }
    Node { value: Value::Map(std::sync::Arc::new(result)), origin: target.origin.clone() }
}

/// The values of the keys that tell list elements apart; missing ones are `None`.
fn key_values(item: &Node, keys: &[&str]) -> Vec<Option<String>> {
    keys.iter().map(|key| item.get(key).and_then(Node::shown).map(|text| text.into_owned())).collect()
}

fn merge_keyed<'p>(
    target: &Node,
    old: &[Node],
    patch: &'p [Node],
    keys: &[&str],
    gvk: &Gvk,
    path: &mut Vec<&'p str>,
) -> Node {
    if let Some(order) = patch.iter().find(|item| is_bare_directive(item)).and_then(directive) {
        let rest: Vec<Node> = match order {
            "replace" => patch.iter().filter(|item| !is_bare_directive(item)).cloned().collect(),
            _ => Vec::new(),
        };
        let place = patch.first().map_or_else(|| target.span(), Node::span);
        let node = Node { value: Value::Seq(std::sync::Arc::new(rest)), origin: target.origin.clone() };
        return node.marked(Step::Patched, place, Some(target.origin.clone()));
    }
    // A secondary key counts only when some element gives it.
    let counted: Vec<&str> = keys
        .iter()
        .enumerate()
        .filter(|(index, key)| *index == 0 || old.iter().chain(patch).any(|item| item.get(key).is_some()))
        .map(|(_, key)| *key)
        .collect();
    let same = |a: &[Option<String>], b: &[Option<String>]| {
        a.iter().zip(b).all(|(a, b)| a == b || a.is_none() || b.is_none())
            && a.iter().zip(b).any(|(a, b)| a.is_some() && a == b)
    };
    let mut taken = vec![false; old.len()];
    let mut result = Vec::with_capacity(old.len() + patch.len());
    for item in patch {
        let wanted = key_values(item, &counted);
        let found = old.iter().enumerate().position(|(index, candidate)| {
            !taken.get(index).copied().unwrap_or(true) && same(&key_values(candidate, &counted), &wanted)
        });
        match found.and_then(|index| Some((index, old.get(index)?))) {
            Some((index, before)) => {
                if let Some(flag) = taken.get_mut(index) {
                    *flag = true;
                }
                result.extend(merge_node(Some(before), item, gvk, path));
            }
            None => result.extend(merge_node(None, item, gvk, path)),
        }
    }
    let rest = old.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(item, _)| item.clone());
    result.extend(rest);
    Node { value: Value::Seq(std::sync::Arc::new(result)), origin: target.origin.clone() }
}

fn merge_set(target: &Node, old: &[Node], patch: &[Node]) -> Node {
    let mut result: Vec<Node> = patch.iter().map(|item| patched(item, None)).collect();
    for item in old {
        if !result.iter().any(|added| added.same_value(item)) {
            result.push(item.clone());
        }
    }
    Node { value: Value::Seq(std::sync::Arc::new(result)), origin: target.origin.clone() }
}

/// Puts back a field of the target that a patch with a selector must not change.
pub fn restore(node: &mut Node, path: &[&str], key: &str, before: &Node) {
    let mut parent = node;
    for part in path {
        let Some(child) = parent.child_mut(part) else { return };
        parent = child;
    }
    let old = path.iter().try_fold(before, |node, part| node.get(part)).and_then(|node| node.get(key));
    let Some(map) = parent.as_map_mut() else { return };
    match old {
        Some(old) => {
            let place = old.span();
            map.set(key, place, old.clone());
        }
        None => {
            map.remove(key);
        }
    }
}
