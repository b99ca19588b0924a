//! What the generated schemas of Kubernetes do not say: values and ranges that the API server checks in code. The table is
//! `rules/kubernetes-values.yaml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../../rules/kubernetes-values.yaml");

/// What is allowed in some fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    /// `Definition.field` by the last part of the definition's name.
    fields: Vec<String>,
    /// The only values.
    #[serde(rename = "enum", default)]
    options: Vec<String>,
    /// Lowest and highest number; of texts nothing is said.
    range: Option<(i64, i64)>,
    /// The values stand in a list.
    #[serde(default)]
    items: bool,
}

type Fields = BTreeMap<String, Vec<(String, Value, bool)>>;

/// What is added, by the last part of the definition's name.
fn fields() -> &'static Fields {
    static FIELDS: OnceLock<Fields> = OnceLock::new();
    FIELDS.get_or_init(|| {
        // The test below reads it, so that it is known to be right.
        let rows: Vec<Row> = serde_yaml::from_str(TABLE).unwrap_or_default();
        let mut fields = Fields::new();
        for row in rows {
            let rule = match row.range {
                Some((least, most)) => json!({ "minimum": least, "maximum": most }),
                None => json!({ "enum": row.options }),
            };
            for field in row.fields {
                if let Some((definition, name)) = field.split_once('.') {
                    let entry = (name.to_owned(), rule.clone(), row.items);
                    fields.entry(definition.to_owned()).or_default().push(entry);
                }
            }
        }
        fields
    })
}

/// Adds what is known of the fields of a definition.
pub fn apply(name: &str, definition: &mut Value) {
    let short = name.rsplit('.').next().unwrap_or(name);
    for (field, rule, items) in fields().get(short).into_iter().flatten() {
        let Some(mut place) = definition.get_mut("properties").and_then(|all| all.get_mut(field)) else { continue };
        if *items {
            let Some(inner) = place.get_mut("items") else { continue };
            place = inner;
        }
        if let (Value::Object(place), Value::Object(rule)) = (place, rule) {
            place.extend(rule.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_every_field_is_there() {
        let rows: Vec<Row> = serde_yaml::from_str(TABLE).unwrap();
        let text = flux_vet_schemas::json().unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        let definitions = all["definitions"].as_object().unwrap();
        for field in rows.iter().flat_map(|row| &row.fields) {
            let (definition, name) = field.split_once('.').unwrap();
            let is_there = definitions.iter().any(|(full, schema)| {
                full.rsplit('.').next() == Some(definition) && schema["properties"].get(name).is_some()
            });
            assert!(is_there, "{field}");
        }
        assert!(rows.iter().all(|row| row.options.is_empty() == row.range.is_some()));
    }
}
