//! Schemas that CustomResourceDefinitions of the tree bring.

use serde_json::{Value, json};

use super::{builtin, harden};
use crate::build::object::Gvk;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// The schema of a kind in its version, hardened; `None` where no CRD of the tree has it.
pub fn schema(cluster: &Cluster<'_>, gvk: &Gvk) -> Option<Value> {
    let definitions = cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition");
    let mut own = definitions.filter(|crd| {
        let text = |path: &str| crd.dig(path).and_then(Node::as_str);
        text("spec.group") == Some(&gvk.group) && text("spec.names.kind") == Some(&gvk.kind)
    });
    let crd = own.next()?;
    let versions = crd.dig("spec.versions").map(Node::items).unwrap_or_default();
    let version = versions.iter().find(|version| version.get("name").and_then(Node::as_str) == Some(&gvk.version))?;
    let given = version.dig("schema.openAPIV3Schema")?;
    if given.holds_unknown() {
        return None;
    }
    let mut schema = given.to_json();
    let Value::Object(root) = &mut schema else { return None };
    let metadata = root.get_mut("properties").and_then(|all| all.get_mut("metadata")).map(Value::take);
    harden::structural(&mut schema);
    framed(&mut schema);
    // A definition may ask for names of its own.
    if let (Some(own), Value::Object(root)) = (metadata, &mut schema) {
        root.insert("allOf".to_owned(), json!([{ "properties": { "metadata": own } }]));
    }
    Some(schema)
}

/// Every object has these, whatever its schema lists.
pub fn framed(schema: &mut Value) {
    let Some((metadata, definitions)) = builtin::metadata() else { return };
    let Value::Object(root) = schema else { return };
    root.insert("$defs".to_owned(), Value::Object(definitions));
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        for key in ["apiVersion", "kind"] {
            properties.insert(key.to_owned(), json!({ "type": "string" }));
        }
        properties.insert("metadata".to_owned(), metadata);
        properties.entry("status").or_insert_with(|| json!({}));
    }
}

/// The schema of objects of which nothing else is known.
pub fn bare() -> Value {
    let mut schema = json!({ "type": "object", "properties": {}, "additionalProperties": true });
    framed(&mut schema);
    schema
}
