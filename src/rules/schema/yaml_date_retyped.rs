//! A plain date stays the text that was written. Card: rules/schema/yaml-date-retyped.md

use serde::Deserialize;

use crate::build::Object;
use crate::build::dates::retyped;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct YamlDateRetyped {}

impl Rule for YamlDateRetyped {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if !cluster.library().holds_times() {
            return;
        }
        for object in cluster.objects() {
            walk(cluster, object, &object.node, &mut Vec::new(), out);
        }
    }
}

/// A key, or `None` for an item of a list.
type Path<'n> = Vec<Option<&'n str>>;

fn walk<'n>(cluster: &Cluster<'_>, object: &Object, node: &'n Node, path: &mut Path<'n>, out: &mut Sink) {
    match &node.value {
        Value::Str(_) => out.observations.extend(observation(cluster, object, node, path)),
        Value::Seq(items) => {
            path.push(None);
            items.iter().for_each(|item| walk(cluster, object, item, path, out));
            path.pop();
        }
        Value::Map(map) => {
            for entry in map.iter() {
                path.push(Some(&entry.key));
                walk(cluster, object, &entry.value, path, out);
                path.pop();
            }
        }
        _ => {}
    }
}

/// What a field is for.
enum Meant {
    Text,
    Time,
    /// Its schema is not in the tree.
    Perhaps,
}

fn observation(cluster: &Cluster<'_>, object: &Object, node: &Node, path: &Path<'_>) -> Option<Observation> {
    let (place, written) = retyped(cluster.sources(), node)?;
    let meant = meant(cluster, object, path);
    if matches!(meant, Meant::Time) {
        return None;
    }
    let shown = shown(path);
    let message = if object.is("", "Secret") {
        format!("a date at `{shown}` of {} becomes a time in the build", object.reference())
    } else {
        let value = node.as_str().unwrap_or_default();
        format!("`{written}` at `{shown}` of {} becomes `{value}` in the build", object.reference())
    };
    let mut found = Observation::new("yaml-date-retyped", message, Label::new(place, "read as a time"))
        .about(object.reference(), shown)
        .trail(trail(node));
    found.fix = quotes(cluster, place, &written);
    if matches!(meant, Meant::Perhaps) {
        found = found.confidence(Confidence::Low);
    }
    Some(found)
}

fn shown(path: &Path<'_>) -> String {
    let mut text = String::new();
    for part in path {
        match part {
            Some(key) if text.is_empty() => text.push_str(key),
            Some(key) => text.extend([".", key]),
            None => text.push_str("[]"),
        }
    }
    text
}

fn meant(cluster: &Cluster<'_>, object: &Object, path: &Path<'_>) -> Meant {
    let key = path.iter().rev().flatten().next().copied().unwrap_or_default();
    let names_a_time = ["time", "timestamp", "notbefore", "notafter", "at"].iter().any(|end| {
        let rest = key.len().checked_sub(end.len()).map(|at| key.split_at_checked(at));
        rest.flatten().is_some_and(|(head, tail)| {
            tail.eq_ignore_ascii_case(end) && (head.is_empty() || tail.starts_with(|c: char| c.is_ascii_uppercase()))
        })
    });
    // Charts get their values, and everything in metadata is text.
    let is_text = match path.as_slice() {
        [Some("metadata"), ..] => true,
        [Some("spec"), Some("values"), ..] => object.is("helm.toolkit.fluxcd.io", "HelmRelease"),
        [Some("data" | "stringData"), ..] => object.gvk.group.is_empty(),
        _ => false,
    };
    if is_text {
        return Meant::Text;
    }
    match in_schema(cluster, object, path) {
        Some(schema) if schema.get("format").and_then(Node::as_str) == Some("date-time") => Meant::Time,
        Some(schema) if schema.get("type").and_then(Node::as_str) == Some("string") => Meant::Text,
        _ if names_a_time => Meant::Time,
        _ if is_of_kubernetes(object) => Meant::Text,
        _ => Meant::Perhaps,
    }
}

/// Kubernetes' own groups: no dot, or below `k8s.io`.
fn is_of_kubernetes(object: &Object) -> bool {
    !object.gvk.group.contains('.') || object.gvk.group.ends_with(".k8s.io")
}

/// What the CRD of the kind says about a field, where it is in the tree.
fn in_schema<'c>(cluster: &Cluster<'c>, object: &Object, path: &Path<'_>) -> Option<&'c Node> {
    let crd = cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition").find(|crd| {
        let text = |path: &str| crd.dig(path).and_then(Node::as_str);
        text("spec.group") == Some(&object.gvk.group) && text("spec.names.kind") == Some(&object.gvk.kind)
    })?;
    let mut versions = crd.dig("spec.versions").map(Node::items).unwrap_or_default().iter();
    let version = versions.find(|version| version.get("name").and_then(Node::as_str) == Some(&object.gvk.version))?;
    let mut schema = version.at(&["schema", "openAPIV3Schema"])?;
    for part in path {
        schema = match part {
            Some(key) => schema.at(&["properties", key]).or_else(|| schema.get("additionalProperties"))?,
            None => schema.get("items")?,
        };
    }
    Some(schema)
}

/// Quotes around the date, where it does not stand inside of a quoted text.
fn quotes(cluster: &Cluster<'_>, place: Span, written: &str) -> Option<Fix> {
    let file = cluster.sources().file(place.file);
    let line = file.line_range(file.line_index(place.range().start))?;
    let before = file.text.get(line.start..place.range().start)?;
    let edits = vec![Edit { span: place, text: format!("\"{written}\"") }];
    (!before.contains(['"', '\''])).then(|| Fix {
        title: "put the date in quotes".to_owned(),
        applicability: Applicability::Safe,
        edits,
    })
}
