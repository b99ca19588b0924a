//! A substituted text stays a text where the field wants one. Card: rules/substitution/substitution-unquoted.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Node, Origin, Step, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionUnquoted {}

impl Rule for SubstitutionUnquoted {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects() {
            for (path, node) in texts(object) {
                let (Some(names), Some(kind)) = (substituted(node), retyped(node)) else { continue };
                let message = format!("`{path}` of {} becomes {kind} when Flux puts in {names}", object.reference());
                out.report(
                    Observation::new("substitution-unquoted", message, Label::new(node.span(), "must be a text"))
                        .about(object.reference(), path)
                        .trail(trail(node)),
                );
            }
        }
    }
}

/// The variables that were put in last.
fn substituted(node: &Node) -> Option<String> {
    match &node.origin {
        Origin::Derived(derivation) => match &derivation.step {
            Step::Substituted(names) => {
                Some(names.split(", ").map(|name| format!("`${{{name}}}`")).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        },
        Origin::Source(_) => None,
    }
}

fn retyped(node: &Node) -> Option<&'static str> {
    match &node.value {
        Value::Bool(_) => Some("a boolean"),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => Some("a number"),
        Value::Seq(_) => Some("a list"),
        Value::Map(_) => Some("a map"),
        Value::Null | Value::Str(_) | Value::Unknown(_) => None,
    }
}

/// Values that the API server takes as text only, with their paths.
fn texts(object: &Object) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    let mut maps = vec!["metadata.labels", "metadata.annotations"];
    match (object.gvk.group.as_str(), object.kind()) {
        ("", "ConfigMap") => maps.push("data"),
        ("", "Secret") => maps.push("stringData"),
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job") => {
            maps.extend(["spec.template.metadata.labels", "spec.template.metadata.annotations"]);
            environment(object.dig("spec.template.spec"), &mut found);
        }
        ("batch", "CronJob") => environment(object.dig("spec.jobTemplate.spec.template.spec"), &mut found),
        _ => {}
    }
    for map in maps {
        for entry in object.dig(map).into_iter().flat_map(Node::entries) {
            found.push((format!("{map}.{}", entry.key), &entry.value));
        }
    }
    found
}

fn environment<'n>(pod: Option<&'n Node>, found: &mut Vec<(String, &'n Node)>) {
    for list in ["initContainers", "containers"] {
        for container in pod.and_then(|pod| pod.get(list)).map(Node::items).unwrap_or_default() {
            for variable in container.get("env").map(Node::items).unwrap_or_default() {
                let name = variable.get("name").and_then(Node::as_str).unwrap_or_default();
                found.extend(variable.get("value").map(|value| (format!("env.{name}"), value)));
            }
        }
    }
}
