//! Values as Go templates see them: what counts as empty, and numbers as texts.

use std::borrow::Cow;

use crate::yaml::{Map, Node, Value};

/// Whether a value counts as true: there, and neither zero, false nor empty. What cannot be read is there.
pub fn is_true(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::Uint(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Unknown(_) => true,
    }
}

/// The value of a key, where it counts as true.
pub fn given<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| is_true(value))
}

/// The value at a path of keys, where it counts as true.
pub fn given_at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    node.at(path).filter(|value| is_true(value))
}

/// The value of a key, where it is a boolean or counts as true.
pub fn set<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| is_true(value) || value.as_bool().is_some())
}

/// A scalar as `toString` of sprig writes it. Numbers are floats to Helm, so that large ones get an exponent.
pub fn as_text(node: &Node) -> Option<Cow<'_, str>> {
    match &node.value {
        Value::Int(number) => Some(float(*number as f64).into()),
        Value::Uint(number) => Some(float(*number as f64).into()),
        Value::Float(number) => Some(float(*number).into()),
        _ => node.scalar_text(),
    }
}

/// A scalar that a template prints without quotes, as YAML reads it again: a text of digits becomes a number.
pub fn printed(node: &Node) -> Node {
    let number = node.as_str().filter(|text| !text.starts_with(['0', '+', '-'])).and_then(|text| text.parse().ok());
    number.map_or_else(|| node.clone(), |number| Node { value: Value::Int(number), origin: node.origin.clone() })
}

/// A float as Go's `%v` writes it. Source: Go `strconv/ftoa.go` (`%e` from the sixth power of ten on).
fn float(number: f64) -> String {
    let written = format!("{number:e}");
    let Some((digits, exponent)) = written.split_once('e') else { return written };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// Two maps as one: what stands in `over` wins, maps inside are merged too.
pub fn merged(under: &Node, over: &Node) -> Node {
    let (Some(below), Some(above)) = (under.as_map(), over.as_map()) else {
        return if is_true(over) { over.clone() } else { under.clone() };
    };
    let mut entries: Vec<_> = above.iter().cloned().collect();
    for entry in &mut entries {
        if let Some(other) = below.get(&entry.key) {
            entry.value = merged(other, &entry.value);
        }
    }
    entries.extend(below.iter().filter(|entry| above.get(&entry.key).is_none()).cloned());
    Node { value: Value::Map(Map::from_entries(entries).into()), origin: over.origin.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_texts_as_floats_do_in_go() {
        let cases = [
            (1.0, "1"),
            (0.5, "0.5"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-15_000_000.0, "-1.5e+07"),
        ];
        for (number, text) in cases {
            assert_eq!(float(number), text);
        }
    }
}
