//! Schemas of Flux's own kinds, for trees that hold no CRDs of Flux. The table is `rules/flux-kinds.yaml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::crds;

/// A kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `group/version Kind`.
    kind: String,
    /// Where the fields are from.
    #[expect(dead_code, reason = "for whoever reads the table")]
    source: String,
    /// The fields of its `spec`.
    spec: Value,
}

/// The schema of a kind of Flux; `None` for every other.
pub fn schema(api_version: &str, kind: &str) -> Option<Value> {
    all().get(&format!("{api_version} {kind}")).map(whole)
}

/// The versions of a kind of Flux; none for what is no kind of Flux.
pub fn versions(group: &str, kind: &str) -> Vec<&'static str> {
    let own = kinds().filter(|(_, own)| *own == kind).filter_map(|(api_version, _)| api_version.split_once('/'));
    own.filter(|(own, _)| *own == group).map(|(_, version)| version).collect()
}

/// Every kind of Flux: API version and name.
pub fn kinds() -> impl DoubleEndedIterator<Item = (&'static str, &'static str)> {
    all().keys().filter_map(|name| name.split_once(' '))
}

/// The fields of every kind's `spec`, as the table writes them.
fn all() -> &'static BTreeMap<String, Value> {
    static KINDS: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    KINDS.get_or_init(|| {
        // The test below reads it, so that it is known to be right.
        let rows: Vec<Row> = table!("flux-kinds").unwrap_or_default();
        rows.into_iter().map(|row| (row.kind, row.spec)).collect()
    })
}

fn whole(spec: &Value) -> Value {
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["spec"],
        "properties": { "spec": read(spec) },
    });
    crds::framed(&mut schema);
    schema
}

/// A type of the table as a schema.
fn read(given: &Value) -> Value {
    match given {
        Value::String(word) => scalar(word),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map(read).unwrap_or_default() }),
        Value::Object(fields) => match fields.get("*") {
            Some(each) => json!({ "type": "object", "additionalProperties": read(each) }),
            None => object(fields),
        },
        _ => json!({}),
    }
}

fn object(fields: &Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, given) in fields {
        let plain = name.trim_end_matches('!');
        if plain.len() < name.len() {
            required.push(plain);
        }
        properties.insert(plain.to_owned(), read(given));
    }
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    // Older drafts refuse an empty list, and others read the schemas that are exported.
    if let (false, Value::Object(schema)) = (required.is_empty(), &mut schema) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn scalar(word: &str) -> Value {
    if let Some(options) = word.strip_prefix("one of ") {
        let options: Vec<&str> = options.split(", ").collect();
        return json!({ "type": "string", "enum": options });
    }
    match word {
        // What is no duration is told by `duration-invalid`.
        "text" | "duration" => json!({ "type": "string" }),
        "bool" => json!({ "type": "boolean" }),
        "int" => json!({ "type": "integer" }),
        "number" => json!({ "type": "number" }),
        "int or text" => json!({ "type": ["integer", "string"] }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(given: &Value, found: &mut Vec<String>) {
        match given {
            Value::String(word) => found.push(word.clone()),
            Value::Array(items) => items.iter().for_each(|item| words(item, found)),
            Value::Object(fields) => fields.values().for_each(|value| words(value, found)),
            other => found.push(other.to_string()),
        }
    }

    #[test]
    fn the_table_is_read_and_every_type_is_known() {
        let rows: Vec<Row> = table!("flux-kinds").unwrap();
        assert!(rows.len() > 10);
        let known = ["text", "duration", "bool", "int", "number", "int or text", "any"];
        for row in &rows {
            let mut found = Vec::new();
            words(&row.spec, &mut found);
            for word in found {
                assert!(known.contains(&word.as_str()) || word.starts_with("one of "), "{}: {word}", row.kind);
            }
        }
        let schema = schema("helm.toolkit.fluxcd.io/v2", "HelmRelease").unwrap();
        assert_eq!(schema["properties"]["spec"]["required"], json!(["interval"]));
    }
}
