//! What `crds:` says about custom kinds: fields that hold names, labels and annotations.
//! Source: kustomize `api/internal/accumulator/loadconfigfromcrds.go`.

use super::field_spec::{FieldSpec, GvkPattern};
use super::transformer_config::{NameReference, TransformerConfig};
use crate::yaml::Node;

/// Types inside types; definitions may refer to each other in a circle.
const MAX_DEPTH: usize = 32;

/// Reads a file of OpenAPI definitions.
pub fn read(root: &Node) -> TransformerConfig {
    let mut config = TransformerConfig::default();
    for entry in root.entries() {
        let properties = entry.value.at(&["Schema", "properties"]);
        let is_object = ["kind", "apiVersion", "metadata"]
            .iter()
            .all(|key| properties.is_some_and(|properties| properties.get(key).is_some()));
        if is_object {
            let kind = entry.key.rsplit('.').next().unwrap_or_default();
            let gvk = GvkPattern { kind: kind.to_owned(), ..GvkPattern::default() };
            walk(root, &entry.key, &gvk, &mut Vec::new(), &mut config);
        }
    }
    config
}

fn walk(root: &Node, name: &str, gvk: &GvkPattern, path: &mut Vec<String>, config: &mut TransformerConfig) {
    if path.len() >= MAX_DEPTH {
        return;
    }
    let properties = root.get(name).and_then(|definition| definition.at(&["Schema", "properties"]));
    for property in properties.into_iter().flat_map(Node::entries) {
        path.push(property.key.to_string());
        // A conflict cannot arise: none of these fields is created.
        let field = |path: &[String]| FieldSpec { gvk: gvk.clone(), path: path.to_vec(), create: false };
        let text = |key: &str| property.value.field(key).and_then(Node::as_str);
        if text("x-kubernetes-annotation").is_some() {
            config.common_annotations.push(field(path));
        }
        if text("x-kubernetes-label-selector").is_some() {
            config.common_labels.push(field(path));
        }
        if text("x-kubernetes-identity").is_some() {
            config.name_prefix.push(field(path));
        }
        if let (Some(version), Some(kind)) =
            (text("x-kubernetes-object-ref-api-version"), text("x-kubernetes-object-ref-kind"))
        {
            let mut named = path.clone();
            named.push(text("x-kubernetes-object-ref-name-key").unwrap_or("name").to_owned());
            config.name_reference.push(NameReference {
                target: GvkPattern { version: version.to_owned(), kind: kind.to_owned(), ..GvkPattern::default() },
                fields: vec![field(&named)],
            });
        }
        if let Some(reference) = property.value.get("$ref").and_then(Node::as_str) {
            walk(root, reference, gvk, path, config);
        }
        path.pop();
    }
}
