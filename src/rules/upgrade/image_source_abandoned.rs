//! Images come from somebody who still builds them. Card: rules/upgrade/image-source-abandoned.md

use std::sync::LazyLock;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::{Node, Value};

/// A row of `rules/image-sources.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Abandoned {
    images: Vec<String>,
    why: String,
    help: String,
    source: String,
}

// A table that cannot be read is caught by a test; it is a part of the program.
static TABLE: LazyLock<Vec<Abandoned>> = LazyLock::new(|| table!("image-sources").unwrap_or_default());

/// Kinds whose texts are no images that run.
const PASSIVE: [&str; 3] = ["CustomResourceDefinition", "ConfigMap", "Secret"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageSourceAbandoned {}

impl Rule for ImageSourceAbandoned {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects().filter(|object| !PASSIVE.contains(&object.kind())) {
            let is_release = object.is("helm.toolkit.fluxcd.io", "HelmRelease");
            let root = match cluster.values(object).filter(|_| is_release) {
                Some(values) => Some((&values.root, "spec.values")),
                None => object.node.get("spec").map(|spec| (spec, "spec")),
            };
            if let Some((root, path)) = root {
                walk(cluster, object, root, path, out);
            }
        }
    }
}

fn walk(cluster: &Cluster<'_>, object: &Object, node: &Node, path: &str, out: &mut Sink) {
    match &node.value {
        Value::Map(map) => {
            for entry in map.iter() {
                let path = format!("{path}.{}", entry.key);
                match (entry.key.as_str(), entry.value.as_str()) {
                    ("image" | "repository" | "imageName", Some(text)) => {
                        let registry =
                            node.get("registry").and_then(Node::as_str).filter(|_| entry.key == "repository");
                        let image = registry.map_or_else(|| text.to_owned(), |registry| format!("{registry}/{text}"));
                        out.observations.extend(abandoned(cluster, object, &entry.value, &path, &image));
                    }
                    _ => walk(cluster, object, &entry.value, &path, out),
                }
            }
        }
        Value::Seq(items) => {
            for item in items.iter() {
                let name = item.get("name").and_then(Node::as_str).unwrap_or_default();
                walk(cluster, object, item, &format!("{path}[{name}]"), out);
            }
        }
        _ => {}
    }
}

fn abandoned(cluster: &Cluster<'_>, object: &Object, node: &Node, path: &str, image: &str) -> Option<Observation> {
    let full = full_name(image);
    let is_of = |start: &String| {
        full.strip_prefix(start.as_str())
            .is_some_and(|rest| start.ends_with('/') || rest.is_empty() || rest.starts_with([':', '@']))
    };
    let row = TABLE.iter().find(|row| row.images.iter().any(is_of))?;
    let found = Observation::new(
        "image-source-abandoned",
        format!("{} runs `{image}`, which nobody builds any longer", object.reference()),
        Label::new(node.span(), "gets no updates"),
    )
    .about(object.reference(), path)
    .trail(trail(node))
    .why(format!("No new version comes with mended security holes: {} ({}).", row.why, row.source))
    .help(row.help.clone());
    Some(weighed(cluster, object, Confidence::Medium, found))
}

/// The name with its registry.
fn full_name(image: &str) -> String {
    let first = image.split('/').next().unwrap_or_default();
    let has_registry = image.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    if has_registry { image.to_owned() } else { format!("docker.io/{image}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_names_get_their_registry() {
        assert!(!TABLE.is_empty());
        assert_eq!(full_name("minio/minio:x"), "docker.io/minio/minio:x");
        assert_eq!(full_name("quay.io/minio/minio"), "quay.io/minio/minio");
        assert_eq!(full_name("localhost/x"), "localhost/x");
    }
}
