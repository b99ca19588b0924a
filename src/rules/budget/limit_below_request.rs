//! No request is above its limit. Card: rules/budget/limit-below-request.md

use hashbrown::HashSet;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::budget::{Amount, Container, Stated};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitBelowRequest {}

impl Rule for LimitBelowRequest {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut seen: HashSet<(Span, Span)> = HashSet::new();
        for object in cluster.objects() {
            let is_release = object.is("helm.toolkit.fluxcd.io", "HelmRelease");
            let values =
                if is_release { cluster.values(object).map(|values| &values.root) } else { object.at(&["spec"]) };
            let Some(root) = values else { continue };
            // What a chart or an operator does with a map of this shape is not written in the tree.
            let plain = matches!(&*object.gvk.group, "" | "apps" | "batch");
            let confidence = if plain { Confidence::High } else { Confidence::Medium };
            let mut path = vec![Part::Key(if is_release { "spec.values" } else { "spec" })];
            walk(root, &mut path, &mut |path, resources| {
                let mut container = Container::empty("", resources.span());
                container.overlay(resources);
                for (resource, request, limit) in reversed(&container) {
                    if seen.insert((request.place, limit.place)) {
                        let node = resources.at(&["requests", resource]).unwrap_or(resources);
                        let path = format!("{}.requests.{resource}", shown(path));
                        out.report(
                            wrong(object, resource, &request, &limit, path).confidence(confidence).trail(trail(node)),
                        );
                    }
                }
            });
        }
        // What only shows once defaults of a chart or of a controller are in place.
        for contributor in &cluster.account().contributors {
            for container in contributor.pod.iter().flat_map(|pod| pod.all()) {
                for (resource, request, limit) in reversed(container) {
                    if seen.insert((request.place, limit.place)) {
                        let path = format!("{}[{}].requests.{resource}", contributor.part, container.name);
                        out.report(
                            wrong(contributor.object, resource, &request, &limit, path).confidence(contributor.trust),
                        );
                    }
                }
            }
        }
    }
}

/// Resources whose request is above the limit.
fn reversed(container: &Container) -> Vec<(&str, Amount, Amount)> {
    let pairs = container
        .requests
        .iter()
        .filter_map(|(resource, request)| Some((resource, request, container.limits.get(resource)?)));
    pairs
        .filter_map(|(resource, request, limit)| match (request, limit) {
            (Stated::Known(request), Stated::Known(limit)) if request.value > limit.value => {
                Some((resource.as_str(), *request, *limit))
            }
            _ => None,
        })
        .collect()
}

/// A part of a path.
#[derive(Clone, Copy)]
enum Part<'n> {
    Key(&'n str),
    Named(&'n str),
    Item,
}

fn shown(path: &[Part<'_>]) -> String {
    let parts = path.iter().map(|part| match part {
        Part::Key(key) => (*key).to_owned(),
        Part::Named(name) => format!("[{name}]"),
        Part::Item => String::new(),
    });
    parts.collect::<Vec<_>>().join(".")
}

/// Every map with requests and limits that is not switched off.
fn walk<'n>(node: &'n Node, path: &mut Vec<Part<'n>>, visit: &mut dyn FnMut(&[Part<'n>], &'n Node)) {
    match &node.value {
        Value::Map(map) => {
            let (mut requests, mut limits) = (false, false);
            for entry in map.iter() {
                match (entry.key.as_str(), &entry.value.value) {
                    ("enabled", Value::Bool(false)) => return,
                    ("requests", Value::Map(_)) => requests = true,
                    ("limits", Value::Map(_)) => limits = true,
                    _ => {}
                }
            }
            if requests && limits {
                return visit(path, node);
            }
            for entry in map.iter().filter(|entry| matches!(entry.value.value, Value::Map(_) | Value::Seq(_))) {
                path.push(Part::Key(&entry.key));
                walk(&entry.value, path, visit);
                path.pop();
            }
        }
        Value::Seq(items) => {
            for item in items.iter().filter(|item| matches!(item.value, Value::Map(_) | Value::Seq(_))) {
                path.push(item.get("name").and_then(Node::as_str).map_or(Part::Item, Part::Named));
                walk(item, path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}

fn wrong(object: &Object, resource: &str, request: &Amount, limit: &Amount, path: String) -> Observation {
    let message = format!(
        "{} requests `{}` of {resource}{}, more than its limit of `{}`{}",
        object.reference(),
        request.value,
        if request.by_default { " by default of its chart" } else { "" },
        limit.value,
        if limit.by_default { " by default of its chart" } else { "" },
    );
    // Where the chart sets the request, the limit is the value to edit.
    let (primary, other) = if request.by_default { (limit, request) } else { (request, limit) };
    let (label, other_label) = if request.by_default {
        ("below the chart's request", "the release")
    } else {
        ("above the limit", "the limit")
    };
    Observation::new("limit-below-request", message, Label::new(primary.place, label))
        .about(object.reference(), path)
        .related(Label::new(other.place, other_label))
}
