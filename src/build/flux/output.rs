//! Built objects as `flux build kustomization` prints them: with the labels of their owner, encrypted values masked.
//!
//! Source: fluxcd/flux2 `internal/build/build.go` (`maskSopsData`), kustomize-controller (owner labels on every object).

use base64::Engine as _;

use super::kustomization::FluxKustomization;
use super::sops;
use super::variables::decoded;
use crate::build::object::Object;
use crate::yaml::{Node, Origin, Step, UnknownWhy, Value};

/// What stands for an encrypted value.
const MASK: &str = "**SOPS**";

/// The object with the labels of the Kustomization that applies it, and nothing of what SOPS encrypted.
pub fn as_flux_prints(object: &Object, owner: &FluxKustomization) -> Node {
    let mut node = object.node.clone();
    let labels = node.child_mut("metadata").and_then(|metadata| metadata.child_mut("labels"));
    if let Some(labels) = labels.and_then(Node::as_map_mut) {
        for (key, value) in [("name", &owner.name), ("namespace", &owner.namespace)] {
            let text = Node::text_node(value.as_str(), Origin::derived(Step::Added, owner.place, None));
            labels.set(&format!("kustomize.toolkit.fluxcd.io/{key}"), owner.place, text);
        }
    }
    if object.is("", "Secret") {
        mask(&mut node);
    }
    node
}

fn mask(secret: &mut Node) {
    let Some(map) = secret.as_map_mut() else { return };
    map.remove("sops");
    for field in ["data", "stringData"] {
        let Some(values) = map.get_mut(field).filter(|values| values.as_map().is_some()).and_then(Node::as_map_mut)
        else {
            continue;
        };
        for entry in values.iter_mut() {
            let value = &entry.value;
            let hidden = value.unknown().is_some_and(|unknown| unknown.why == UnknownWhy::Encrypted)
                || (field == "data" && decoded(value).is_some_and(|text| sops::has_marker(&text)));
            if hidden {
                entry.value.value = Value::Str(masked(&entry.key, field == "data").into());
            }
        }
    }
}

fn masked(key: &str, is_encoded: bool) -> String {
    // A value of this key must be JSON.
    let text = if key == ".dockerconfigjson" && is_encoded { r#"{"mask":"**SOPS**"}"# } else { MASK };
    if is_encoded { base64::engine::general_purpose::STANDARD.encode(text) } else { text.to_owned() }
}
