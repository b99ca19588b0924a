//! Whether the fields of a kustomization file hold what kustomize decodes them into.

use super::Spec;
use crate::finding::{Label, Observation};
use crate::yaml::{Entry as Field, Node, Value};

/// What kustomize decodes a field into, for the fields that it reads.
enum Shape {
    Text,
    Map,
    Texts,
    Maps,
}

fn shape(field: &str) -> Option<Shape> {
    Some(match field {
        "apiversion" | "kind" | "namespace" | "nameprefix" | "namesuffix" => Shape::Text,
        "metadata" | "openapi" | "sortoptions" | "generatoroptions" | "commonlabels" | "commonannotations" => {
            Shape::Map
        }
        "resources"
        | "bases"
        | "components"
        | "configurations"
        | "crds"
        | "buildmetadata"
        | "patchesstrategicmerge"
        | "transformers"
        | "generators"
        | "validators" => Shape::Texts,
        "patches" | "patchesjson6902" | "configmapgenerator" | "secretgenerator" | "labels" | "images"
        | "imagetags" | "replicas" | "replacements" | "vars" | "helmcharts" => Shape::Maps,
        _ => return None,
    })
}

/// A field of the wrong type: kustomize does not decode the file.
pub fn check(spec: &mut Spec, entry: &Field) {
    let Some(shape) = shape(&entry.key.to_ascii_lowercase()) else { return };
    let is_text = |node: &Node| matches!(node.value, Value::Str(_) | Value::Unknown(_) | Value::Null);
    let is_map = |node: &Node| matches!(node.value, Value::Map(_) | Value::Unknown(_) | Value::Null);
    let list = |node: &Node| matches!(node.value, Value::Seq(_) | Value::Unknown(_) | Value::Null);
    let value = &entry.value;
    let (sound, wanted, of) = match shape {
        Shape::Text => (is_text(value), "a text", None),
        Shape::Map => (is_map(value), "a map", None),
        Shape::Texts => {
            (list(value), "a list", value.items().iter().find(|item| !is_text(item)).map(|item| (item, "a text")))
        }
        Shape::Maps => {
            (list(value), "a list", value.items().iter().find(|item| !is_map(item)).map(|item| (item, "a map")))
        }
    };
    let (what, span, wanted, found) = match of {
        _ if !sound => (format!("`{}`", entry.key), entry.key_span, wanted, value),
        Some((item, wanted)) => (format!("an entry of `{}`", entry.key), item.span(), wanted, item),
        None => return,
    };
    let found = match &found.value {
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
        Value::Str(_) => "a text",
        _ => "a number or boolean",
    };
    spec.broken = true;
    spec.lost = true;
    spec.observations.push(
        Observation::new(
            "build-failed",
            format!("{what} is {found}, expected {wanted}"),
            Label::new(span, format!("expected {wanted}")),
        )
        .keyed(format!("{} {found}", entry.key)),
    );
}
