//! What the generated schemas of Kubernetes do not say: values and ranges that the API server checks in code. The table is
//! `rules/kubernetes-values.yaml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::lists;

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
    /// The form of texts.
    format: Option<String>,
    /// The form of the keys of a map.
    keys: Option<String>,
    /// The form of the values of a map.
    values: Option<String>,
    /// The fields that tell the items of a list apart, with their defaults.
    distinct: Option<BTreeMap<String, Option<String>>>,
    /// The values stand in a list.
    #[serde(default)]
    items: bool,
}

impl Row {
    /// What it adds to the schema of a field.
    fn rule(&self) -> Value {
        let mut rule = Map::new();
        let mut add = |key: &str, value: Value| rule.insert(key.to_owned(), value);
        if !self.options.is_empty() {
            add("enum", json!(self.options));
        }
        if let Some((least, most)) = self.range {
            add("minimum", json!(least));
            add("maximum", json!(most));
        }
        if let Some(form) = &self.format {
            add("format", json!(form));
        }
        if let Some(form) = &self.keys {
            add("propertyNames", json!({ "format": form }));
        }
        if let Some(form) = &self.values {
            add("additionalProperties", json!({ "type": "string", "format": form }));
        }
        if let Some(keys) = &self.distinct {
            add(lists::KEYWORD, json!("map"));
            add(lists::KEYS, json!(keys.keys().collect::<Vec<_>>()));
            add(lists::DEFAULTS, json!(keys));
        }
        Value::Object(rule)
    }
}

type Fields = BTreeMap<String, Vec<(String, Value, bool)>>;

/// What is added, by the last part of the definition's name.
fn fields() -> &'static Fields {
    static FIELDS: OnceLock<Fields> = OnceLock::new();
    FIELDS.get_or_init(|| {
        // The test below reads it, so that it is known to be right.
        let rows: Vec<Row> = table!("kubernetes-values").unwrap_or_default();
        let mut fields = Fields::new();
        for row in rows {
            let rule = row.rule();
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
        let rows: Vec<Row> = table!("kubernetes-values").unwrap();
        let text = flux_vet_schemas::text().unwrap();
        let definition = |line: &str| {
            let (name, schema) = line.split_once('\t').unwrap();
            (name.to_owned(), serde_json::from_str::<Value>(schema).unwrap())
        };
        let definitions: Vec<(String, Value)> = text.lines().skip(1).map(definition).collect();
        for field in rows.iter().flat_map(|row| &row.fields) {
            let (definition, name) = field.split_once('.').unwrap();
            let is_there = definitions.iter().any(|(full, schema)| {
                full.rsplit('.').next() == Some(definition) && schema["properties"].get(name).is_some()
            });
            assert!(is_there, "{field}");
        }
        assert!(rows.iter().all(|row| row.rule().as_object().is_some_and(|rule| !rule.is_empty())));
        let forms = rows.iter().flat_map(|row| [&row.format, &row.keys, &row.values]).flatten();
        forms.for_each(|form| assert!(super::super::formats::form(form).is_some(), "{form}"));
    }
}
