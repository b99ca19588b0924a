//! JSON as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped. Source: Go `encoding/json/encode.go`.

use serde_json::Value as Json;

use crate::yaml::{Node, Value};

/// A tree as JSON with sorted keys; unknown values as their template.
pub fn sorted(node: &Node) -> Json {
    match &node.value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            entries.into_iter().map(|entry| (entry.key.to_string(), sorted(&entry.value))).collect()
        }
        Value::Seq(items) => items.iter().map(sorted).collect(),
        // Go writes no `.0`.
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Json::from(*value as i64),
        _ => node.to_json(),
    }
}

/// On one line, without blanks.
pub fn compact(value: &Json) -> String {
    escape(&value.to_string())
}

/// Over several lines, two columns a level.
pub fn pretty(value: &Json) -> String {
    escape(&format!("{value:#}"))
}

fn escape(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
