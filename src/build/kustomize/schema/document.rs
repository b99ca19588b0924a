//! A schema read from an OpenAPI document: definitions by kind and by name, scope from the API paths.
//!
//! Source: kyaml `openapi/openapi.go` (`AddDefinitions`, `findNamespaceability`, `ResourceSchema`).

use hashbrown::HashMap;

use smol_str::{SmolStr, format_smolstr};

use super::ListRule;
use crate::yaml::Node;

/// What an OpenAPI document defines.
#[derive(Debug, Default)]
pub struct Document {
    definitions: HashMap<SmolStr, Node>,
    kinds: HashMap<(SmolStr, SmolStr), SmolStr>,
    namespaced: HashMap<(SmolStr, SmolStr), bool>,
}

impl Document {
    /// Reads the root of a document. What it does not define has no schema.
    pub fn read(root: &Node) -> Self {
        let mut document = Document::default();
        for entry in root.get("definitions").into_iter().flat_map(Node::entries) {
            for kind in entry.value.get("x-kubernetes-group-version-kind").into_iter().flat_map(Node::items) {
                document.kinds.extend(type_meta(kind).map(|kind| (kind, entry.key.clone())));
            }
            document.definitions.insert(entry.key.clone(), entry.value.clone());
        }
        for path in root.get("paths").into_iter().flat_map(Node::entries) {
            let kind = path.value.at(&["get", "x-kubernetes-group-version-kind"]).and_then(type_meta);
            let in_namespace = path.key.contains("namespaces/{namespace}");
            if let Some(kind) = kind {
                *document.namespaced.entry(kind).or_default() |= in_namespace;
            }
        }
        document
    }

    /// The definition of a kind.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<&Node> {
        self.definitions.get(self.kinds.get(&(api_version.into(), kind.into()))?)
    }

    /// Whether a kind lives in a namespace, where the paths say so.
    pub fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        self.namespaced.get(&(api_version.into(), kind.into())).copied()
    }

    /// A JSON pointer into the document, such as `#/definitions/a/properties/b`.
    pub fn resolve(&self, reference: &str) -> Option<&Node> {
        let mut parts =
            reference.strip_prefix("#/definitions/")?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~"));
        let definition = self.definitions.get(parts.next()?.as_str())?;
        parts.try_fold(definition, |node, part| node.get(&part))
    }
}

/// The schema of a field: a property, or what every value of a free map is.
pub fn field<'s>(schema: &'s Node, name: &str) -> Option<&'s Node> {
    let property = schema.get("properties").and_then(|properties| properties.get(name));
    property.or_else(|| schema.get("additionalProperties").filter(|free| free.as_map().is_some()))
}

/// The schema of the elements of a list.
pub fn elements(schema: &Node) -> Option<&Node> {
    let of = schema.get("type")?;
    let is_list = match of.items() {
        [] => of.as_str() == Some("array"),
        [only] => only.as_str() == Some("array"),
        _ => false,
    };
    schema.get("items").filter(|items| is_list && items.as_map().is_some())
}

/// How a list of this schema merges.
pub fn list(schema: &Node) -> ListRule {
    let strategy = schema.get("x-kubernetes-patch-strategy").and_then(Node::as_str).unwrap_or_default();
    if !strategy.split(',').any(|part| part == "merge") {
        return ListRule::Atomic;
    }
    let keys: Vec<SmolStr> = match schema.get("x-kubernetes-list-map-keys") {
        Some(keys) => keys.items().iter().filter_map(Node::as_str).map(SmolStr::from).collect(),
        None => {
            schema.get("x-kubernetes-patch-merge-key").and_then(Node::as_str).map(SmolStr::from).into_iter().collect()
        }
    };
    if keys.is_empty() { ListRule::Set } else { ListRule::Keyed(keys) }
}

/// `apiVersion` and kind of an `x-kubernetes-group-version-kind` entry.
fn type_meta(node: &Node) -> Option<(SmolStr, SmolStr)> {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let version = text("version")?;
    let api_version = match text("group") {
        Some(group) if !group.is_empty() => format_smolstr!("{group}/{version}"),
        _ => version.into(),
    };
    Some((api_version, text("kind")?.into()))
}
