//! The hash that generated names end in. Source: kustomize `api/hasher/hasher.go`.

use sha2::{Digest, Sha256};

use super::go_json::{compact, sorted};
use crate::yaml::Node;

/// The ten characters for a ConfigMap, Secret, or any other object.
pub fn suffix(node: &Node) -> String {
    use serde_json::{Map, Value as Json, json};
    let field = |key: &str| node.get(key).map(sorted);
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default().to_owned();
    // kustomize asks for the field `metadata/name`, which no object has: the name it hashes is always empty
    // (checked against the real tool).
    let name = String::new();
    let mut content = Map::new();
    // Missing data counts as the empty text.
    let data = field("data").unwrap_or_else(|| json!(""));
    match kind.as_str() {
        "ConfigMap" => {
            if let Some(binary) = field("binaryData") {
                content.insert("binaryData".into(), binary);
            }
            content.insert("data".into(), data);
            content.insert("kind".into(), Json::String(kind));
            content.insert("name".into(), Json::String(name));
        }
        "Secret" => {
            content.insert("data".into(), data);
            content.insert("kind".into(), Json::String(kind));
            content.insert("name".into(), Json::String(name));
            if let Some(text) = field("stringData") {
                content.insert("stringData".into(), text);
            }
            content.insert("type".into(), field("type").unwrap_or_else(|| json!("")));
        }
        _ => return encode(&compact(&sorted(node))),
    }
    encode(&compact(&Json::Object(content)))
}

/// Hexadecimal digits that could spell words are replaced.
fn encode(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars()
        .take(10)
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    /// Names recorded with `kustomize build`.
    #[test]
    fn the_hash_is_that_of_the_real_tool() {
        for (text, expected) in [
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {v: a=1}}", "9fgmkf4mm4"),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {v: \"a: 1\\nb: 2\\n\"}}", "9d47g4hgcm"),
        ] {
            let sources = Sources::new(Memory::default());
            let id = sources.add("a", text);
            let tree = yaml::parse(text);
            let content = Content::whole(Span::new(id, 0..text.len()));
            let node = yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root;
            assert_eq!(suffix(&node), expected);
        }
    }
}
