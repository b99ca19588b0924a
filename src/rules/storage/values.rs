//! Texts under known keys in the values of releases whose charts have no model.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::yaml::{Node, Value};

/// A text of the values of a release.
pub struct Text<'w> {
    /// The release.
    pub release: &'w Object,
    /// Where it stands in the values.
    pub path: String,
    /// The text.
    pub node: &'w Node,
}

/// Every text under one of some keys that is not below something switched off.
pub fn texts<'w>(cluster: &Cluster<'w>, keys: &[&str]) -> Vec<Text<'w>> {
    let mut found = Vec::new();
    for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
        if cluster.model(release).is_some() || cluster.is_rendered(release) {
            continue;
        }
        let Some(values) = cluster.values(release) else { continue };
        let mut nodes = Vec::new();
        walk(&values.root, &mut Vec::new(), keys, &mut nodes);
        found.extend(nodes.into_iter().map(|(path, node)| Text { release, path, node }));
    }
    found
}

fn walk<'w>(node: &'w Node, path: &mut Vec<String>, keys: &[&str], found: &mut Vec<(String, &'w Node)>) {
    match &node.value {
        Value::Map(map) if map.get("enabled").and_then(Node::as_bool) != Some(false) => {
            for entry in map.iter() {
                path.push(entry.key.to_string());
                if keys.contains(&entry.key.as_str()) && entry.value.as_str().is_some_and(|text| !text.is_empty()) {
                    found.push((path.join("."), &entry.value));
                }
                walk(&entry.value, path, keys, found);
                path.pop();
            }
        }
        Value::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                walk(item, path, keys, found);
                path.pop();
            }
        }
        _ => {}
    }
}
