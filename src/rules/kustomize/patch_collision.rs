//! Two patches do not set one field to different values. Card: rules/kustomize/patch-collision.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::build::Id;
use crate::cluster::Cluster;
use crate::cluster::patches::{Body, Patch, lists, only_object};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchCollision {}

impl Rule for PatchCollision {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for list in lists(cluster) {
            let mut earlier: HashMap<Field, (usize, Node)> = HashMap::new();
            for (at, patch) in list.patches.iter().enumerate() {
                for (field, value) in settings(patch) {
                    match earlier.get(&field) {
                        Some((before, old)) if *before != at && !old.same_value(&value) => {
                            out.report(observation(&field, old, &value));
                        }
                        _ => {}
                    }
                    earlier.insert(field, (at, value));
                }
            }
        }
    }
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Field {
    kind: String,
    namespace: String,
    name: String,
    path: String,
}

/// The plain values that a patch sets in one object alone.
fn settings(patch: &Patch) -> Vec<(Field, Node)> {
    let target = match &patch.entry.target {
        Some(target) => match only_object(target) {
            Some((kind, name)) => {
                let namespace = target.namespace.as_ref().map(|text| text.text.clone()).unwrap_or_default();
                Some((kind.text.clone(), namespace, name.text.clone()))
            }
            None => return Vec::new(),
        },
        None => None,
    };
    let mut found = Vec::new();
    match (&patch.body, target) {
        (Body::Strategic(bodies), target) => {
            for body in bodies {
                let id = Id::of(body);
                let (kind, namespace, name) = target
                    .clone()
                    .unwrap_or_else(|| (id.gvk.kind.to_string(), id.namespace.to_string(), id.name.to_string()));
                let field = |path: &str| Field {
                    kind: kind.clone(),
                    namespace: namespace.clone(),
                    name: name.clone(),
                    path: path.to_owned(),
                };
                for entry in body.entries().filter(|entry| !matches!(entry.key.as_str(), "apiVersion" | "kind")) {
                    leaves(&entry.value, entry.key.to_string(), &mut |path, value| {
                        if !matches!(path, "metadata.name" | "metadata.namespace") {
                            found.push((field(path), value.clone()));
                        }
                    });
                }
            }
        }
        (Body::Operations(operations), Some((kind, namespace, name))) => {
            for operation in operations {
                let text = |key: &str| operation.get(key).and_then(Node::as_str);
                let (Some("add" | "replace"), Some(path), Some(value)) =
                    (text("op"), text("path"), operation.get("value"))
                else {
                    continue;
                };
                let is_plain = !matches!(value.value, Value::Map(_) | Value::Seq(_) | Value::Null);
                // A position in a list says nothing about which item is meant.
                let by_position = |part: &str| part == "-" || part.bytes().all(|b| b.is_ascii_digit());
                if is_plain && !path.split('/').skip(1).any(by_position) {
                    let path = path.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
                    let field = Field { kind: kind.clone(), namespace: namespace.clone(), name: name.clone(), path };
                    found.push((field, value.clone()));
                }
            }
        }
        (Body::Operations(_), None) => {}
    }
    found
}

/// The plain values below a node; items of a list by their name, other lists not at all.
fn leaves(node: &Node, path: String, found: &mut dyn FnMut(&str, &Node)) {
    match &node.value {
        Value::Map(map) => {
            // A directive changes what the map beside it means.
            if map.get("$patch").is_none() {
                map.iter().for_each(|entry| leaves(&entry.value, format!("{path}.{}", entry.key), found));
            }
        }
        Value::Seq(items) => {
            for item in items.iter() {
                if let Some(name) = item.get("name").and_then(Node::as_str) {
                    leaves(item, format!("{path}[name={name}]"), found);
                }
            }
        }
        Value::Null | Value::Unknown(_) => {}
        _ => found(&path, node),
    }
}

fn observation(field: &Field, old: &Node, new: &Node) -> Observation {
    let Field { kind, name, path, .. } = field;
    let message = if kind == "Secret" {
        format!("two patches set `{path}` of {kind} `{name}` to different values")
    } else {
        let shown = |node: &Node| node.scalar_text().unwrap_or_default().lines().next().unwrap_or_default().to_owned();
        format!("two patches set `{path}` of {kind} `{name}`: to `{}`, then to `{}`", shown(old), shown(new))
    };
    Observation::new("patch-collision", message, Label::new(new.span(), "this one wins"))
        .related(Label::new(old.span(), "set here before"))
        .keyed(format!("{kind} {name} {path}"))
}
