//! Schemas as strict as the API server: closed where their fields are listed, with the types that extensions stand for.

use serde_json::{Map, Value, json};

/// Amounts. Source: apimachinery `pkg/api/resource/quantity.go`.
pub const QUANTITY: &str = "^[+-]?([0-9]+|[0-9]+\\.[0-9]*|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$";

/// Definitions that hold anything. Source: apiextensions `pkg/apis/apiextensions/v1/types_jsonschema.go`.
const OPEN: [&str; 3] = ["JSONSchemaProps", "RawExtension", "JSON"];

const AMOUNT: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/// Hardens a definition of Kubernetes.
pub fn definition(name: &str, schema: &mut Value) {
    if name == AMOUNT {
        *schema = json!({ "type": ["number", "string"], "pattern": QUANTITY });
        return;
    }
    if OPEN.iter().any(|open| name.ends_with(open)) {
        *schema = json!({});
        return;
    }
    harden(schema);
}

/// Hardens a structural schema of a CRD.
pub fn structural(schema: &mut Value) {
    harden(schema);
}

fn harden(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if flag(map, "x-kubernetes-int-or-string") {
        map.insert("type".to_owned(), json!(["integer", "string"]));
        // Written as a choice of the two types, it would hide where the error is.
        map.remove("anyOf");
    }
    if flag(map, "nullable")
        && let Some(Value::String(own)) = map.get("type").cloned()
    {
        map.insert("type".to_owned(), json!([own, "null"]));
        if let Some(Value::Array(options)) = map.get_mut("enum") {
            options.push(Value::Null);
        }
    }
    whole_numbers(map);
    exclusive(map);
    let is_open = flag(map, "x-kubernetes-preserve-unknown-fields") || flag(map, "x-kubernetes-embedded-resource");
    if map.get("properties").is_some_and(Value::is_object) && !map.contains_key("additionalProperties") && !is_open {
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for key in ["properties", "patternProperties"] {
        if let Some(Value::Object(properties)) = map.get_mut(key) {
            properties.values_mut().for_each(harden);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            harden(inner);
        }
    }
    // Inside of a choice only what is said there counts: closing it would refuse what the schema around it lists.
}

/// Source: kube-openapi `pkg/validation/validate/values.go` (`IsValueValidAgainstRange`).
fn whole_numbers(map: &mut Map<String, Value>) {
    let (least, most) = match map.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("int64") => (i64::MIN, i64::MAX),
        _ => return,
    };
    map.entry("minimum").or_insert_with(|| json!(least));
    map.entry("maximum").or_insert_with(|| json!(most));
}

/// `exclusiveMinimum: true` beside `minimum`, as OpenAPI 3.0 writes it.
fn exclusive(map: &mut Map<String, Value>) {
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let Some(Value::Bool(is_exclusive)) = map.get(exclusive).cloned() else { continue };
        map.remove(exclusive);
        if is_exclusive && let Some(value) = map.remove(limit) {
            map.insert(exclusive.to_owned(), value);
        }
    }
}

fn flag(map: &Map<String, Value>, key: &str) -> bool {
    map.get(key).and_then(Value::as_bool) == Some(true)
}
