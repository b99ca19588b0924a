//! JSON Schemas of the configuration and of other files of our own, for editors.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::text::{Date, NamespacedName, ObjectPattern, PathPattern, Percent, Resource, SourceName, Version};
use super::types::{Config, Level, Quantity, Rendered, RuleSetting};

/// The schema of `.flux-vet.yaml`, draft 7 as editors know it best.
pub fn schema() -> Value {
    schema_of::<Config>()
}

/// The schema of a file of our own.
pub fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value();
    allow_empty(&mut schema);
    for definition in schema.get_mut("definitions").and_then(Value::as_object_mut).into_iter().flatten() {
        allow_empty(definition.1);
    }
    // What the schema is comes first for people who open it.
    let mut ordered = serde_json::Map::new();
    for key in ["$schema", "title", "description"] {
        ordered.extend(schema.get_mut(key).map(|value| (key.to_owned(), value.take())));
    }
    for (key, value) in schema.as_object_mut().into_iter().flat_map(std::mem::take) {
        ordered.entry(key).or_insert(value);
    }
    Value::Object(ordered)
}

/// A list or map that may be left out may also stand empty (`ignore:` with all entries commented out).
fn allow_empty(schema: &mut Value) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| required.as_array().is_some_and(|names| names.iter().any(|known| known == name));
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let Value::Object(property) = property else { continue };
        property.remove("default");
        if is_required(name) {
            continue;
        }
        if let Some(kind @ ("array" | "object")) = property.get("type").and_then(Value::as_str) {
            let kinds = json!([kind, "null"]);
            property.insert("type".to_owned(), kinds);
        }
        if let Some(Value::Array(mut reference)) = property.remove("allOf") {
            reference.push(json!({ "type": "null" }));
            property.insert("anyOf".to_owned(), Value::Array(reference));
        }
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Unquoted it is a number to editors; the reader takes it as it is written.
        json_schema!({ "type": ["string", "number"], "pattern": r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?$", "examples": ["2.9"] })
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(100|[0-9]{1,2})%$", "examples": ["10%"] })
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "examples": ["500m", "24Gi"] })
    }
}

impl JsonSchema for NamespacedName {
    fn schema_name() -> Cow<'static, str> {
        "NamespacedName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[^/\s]+/[^/\s]+$", "examples": ["flux-system/apps"] })
    }
}

impl JsonSchema for Rendered {
    fn schema_name() -> Cow<'static, str> {
        "Rendered".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "object", "null"],
            "minLength": 1,
            "propertyNames": { "pattern": r"^[^/\s]+/[^/\s]+$" },
            "additionalProperties": { "type": "string" },
            "examples": ["rendered"],
        })
    }
}

impl JsonSchema for SourceName {
    fn schema_name() -> Cow<'static, str> {
        "SourceName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[^/\s]+/[^/\s]+/[^/\s]+$" })
    }
}

impl JsonSchema for Resource {
    fn schema_name() -> Cow<'static, str> {
        "Resource".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "enum": ["cpu", "memory", "ephemeral-storage"] },
            { "type": "string", "pattern": r"^(hugepages-.*|[^/\s]+/[^/\s]+)$" },
        ] })
    }
}

impl JsonSchema for ObjectPattern {
    fn schema_name() -> Cow<'static, str> {
        "ObjectPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Kind/namespace/name, or Kind/name for cluster-scoped objects; globs in every part.",
            "type": "string",
            "pattern": r"^[^/\s]+/([^/\s]+/)?[^/\s]+$",
            "examples": ["Secret/flux-system/*"],
        })
    }
}

impl JsonSchema for PathPattern {
    fn schema_name() -> Cow<'static, str> {
        "PathPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A path from the root, with globs: `*` within a folder, `**` over folders.",
            "type": "string",
            "minLength": 1,
            "examples": ["kubernetes/test/**"],
        })
    }
}

impl JsonSchema for RuleSetting {
    fn schema_name() -> Cow<'static, str> {
        "RuleSetting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let level = generator.subschema_for::<Level>();
        json_schema!({ "anyOf": [
            level.clone(),
            { "type": "object", "properties": { "severity": level }, "additionalProperties": true },
        ] })
    }
}
