//! Schemas that CustomResourceDefinitions of the tree bring.

use serde_json::{Value, json};

use super::harden;
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
    harden::structural(&mut schema);
    // Every object has these, whatever its schema lists.
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for key in ["apiVersion", "kind"] {
            properties.insert(key.to_owned(), json!({ "type": "string" }));
        }
        properties.insert("metadata".to_owned(), json!({ "type": "object" }));
        properties.entry("status").or_insert_with(|| json!({}));
    }
    Some(schema)
}
