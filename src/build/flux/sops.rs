//! What Flux sees of SOPS: metadata, encrypted leaves, markers in text. Source: getsops/sops file format.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::yaml::{Node, Unknown, UnknownWhy, Value};

/// Whether a value is an encrypted leaf.
pub fn is_encrypted_leaf(text: &str) -> bool {
    text.starts_with("ENC[AES256_GCM,data:") && text.ends_with(']')
}

/// Whether a text of any format was encrypted with SOPS: what kustomize-controller looks for before it decrypts.
pub fn has_marker(text: &str) -> bool {
    ["mac: ENC[", "\"mac\": \"ENC[", "sops_mac=ENC[", "[sops]"].iter().any(|marker| text.contains(marker))
}

/// Whether an object carries SOPS metadata.
pub fn is_encrypted(object: &Node) -> bool {
    object.at(&["sops", "mac"]).is_some() || object.at(&["sops", "lastmodified"]).is_some()
}

/// Whether what kustomize tells objects apart by is encrypted.
pub fn hides_identity(object: &Node) -> bool {
    let paths: [&[&str]; 3] = [&["apiVersion"], &["kind"], &["metadata", "name"]];
    paths.iter().any(|path| object.at(path).and_then(Node::as_str).is_some_and(is_encrypted_leaf))
}

/// Turns encrypted leaves into unknown values. The `sops` block stays as it is.
pub fn hide_encrypted(object: &mut Node) {
    let Some(map) = object.as_map_mut() else { return };
    for entry in map.iter_mut().filter(|entry| entry.key != "sops") {
        hide(&mut entry.value);
    }
}

fn hide(node: &mut Node) {
    match &mut node.value {
        Value::Str(text) if is_encrypted_leaf(text) => {
            let unknown = Unknown { template: SmolStr::default(), why: UnknownWhy::Encrypted };
            node.value = Value::Unknown(Arc::new(unknown));
        }
        Value::Seq(items) => Arc::make_mut(items).iter_mut().for_each(hide),
        Value::Map(map) => Arc::make_mut(map).iter_mut().for_each(|entry| hide(&mut entry.value)),
        _ => {}
    }
}
