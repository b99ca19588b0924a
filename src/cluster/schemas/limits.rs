//! How much work a schema may ask for. One of a stranger can name itself twice at every step, and an answer would never come.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hashbrown::HashMap;
use serde_json::Value;

use crate::yaml::Node;

/// Parts of a schema, each counted as often as references lead to it.
const MAX_PARTS: u64 = 10_000_000;

/// How deep a schema may lead into itself: whoever goes through it goes as deep, and a stack ends.
const MAX_DEPTH: usize = 1_000;

/// How often a validator may look at a value of an object on the average, and besides.
const LOOKS_A_VALUE: u64 = 400;
const LOOKS_BESIDES: u64 = 200_000;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// A validator looked at values too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endless;

/// Whether references within a schema multiply it beyond what can be gone through.
pub fn is_endless(schema: &Value) -> bool {
    parts(schema, schema, &mut HashMap::new(), 0) > MAX_PARTS
}

fn parts<'s>(schema: &'s Value, root: &'s Value, known: &mut HashMap<&'s str, u64>, depth: usize) -> u64 {
    if depth > MAX_DEPTH {
        return u64::MAX;
    }
    let deeper = depth + 1;
    let below = match schema {
        Value::Object(map) => {
            let named = map.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
            let led = named.map_or(0, |name| match known.get(name) {
                Some(count) => *count,
                None => {
                    // What leads back to itself is gone through as often as an object is deep: looks are counted.
                    known.insert(name, 1);
                    let count = root.pointer(name).map_or(1, |target| parts(target, root, known, deeper));
                    known.insert(name, count);
                    count
                }
            });
            map.values().fold(led, |sum, inner| sum.saturating_add(parts(inner, root, known, deeper)))
        }
        Value::Array(items) => {
            items.iter().fold(0_u64, |sum, inner| sum.saturating_add(parts(inner, root, known, deeper)))
        }
        _ => 0,
    };
    below.saturating_add(1)
}

/// Runs a validator over an object.
///
/// # Errors
/// [`Endless`] where it looks at values too often.
pub fn within<T>(object: &Node, validate: impl FnOnce() -> T) -> Result<T, Endless> {
    LEFT.set(LOOKS_BESIDES + LOOKS_A_VALUE * values(object));
    let outcome = catch_unwind(AssertUnwindSafe(validate));
    LEFT.set(u64::MAX);
    outcome.map_err(|payload| match payload.downcast::<Endless>() {
        Ok(endless) => *endless,
        Err(payload) => resume_unwind(payload),
    })
}

/// Counts a look at a value.
pub fn look() {
    match LEFT.get().checked_sub(1) {
        Some(left) => LEFT.set(left),
        // The validator has no other way to stop.
        None => resume_unwind(Box::new(Endless)),
    }
}

fn values(node: &Node) -> u64 {
    let items = node.items().iter().map(values).sum::<u64>();
    1 + items + node.entries().map(|entry| values(&entry.value)).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A definition that names the next one twice, so many times.
    fn doubling(times: usize) -> Value {
        let name = |at: usize| json!({ "$ref": format!("#/definitions/a{at}") });
        let mut definitions = serde_json::Map::new();
        for at in 0..times {
            definitions.insert(format!("a{at}"), json!({ "allOf": [name(at + 1), name(at + 1)] }));
        }
        definitions.insert(format!("a{times}"), json!({ "type": "string" }));
        json!({ "$ref": "#/definitions/a0", "definitions": definitions })
    }

    #[test]
    fn references_that_multiply_are_counted() {
        assert!(!is_endless(&doubling(8)));
        assert!(is_endless(&doubling(60)));
        assert!(!is_endless(&json!({ "properties": { "a": { "$ref": "#" }, "b": { "$ref": "#" } } })));
    }

    #[test]
    fn references_that_lead_on_and_on_are_counted() {
        let next = |at: usize| (format!("a{at}"), json!({ "$ref": format!("#/definitions/a{}", at + 1) }));
        let chain = |times: usize| json!({ "$ref": "#/definitions/a0", "definitions": (0..times).map(next).collect::<serde_json::Map<_, _>>() });
        assert!(!is_endless(&chain(300)));
        assert!(is_endless(&chain(50_000)));
    }

    #[test]
    fn a_validator_that_looks_too_often_is_stopped() {
        let node = Node::text_node(
            "a",
            crate::yaml::Origin::Source(crate::source::Span::new(
                crate::source::Sources::new(crate::source::Memory::default()).add("a", "a"),
                0..1,
            )),
        );
        assert_eq!(within(&node, || 1), Ok(1));
        assert_eq!(within(&node, || (0..LOOKS_BESIDES + 2 * LOOKS_A_VALUE).for_each(|_| look())), Err(Endless));
        assert_eq!(within(&node, look), Ok(()));
    }
}
