//! Variables left in the configuration of Loki and Tempo are expanded there. Card:
//! rules/observability/loki-expand-env-missing.md

use std::ops::Range;

use serde::Deserialize;

use super::loki_values::Loki;
use crate::build::Object;
use crate::build::flux::ReleaseValues;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Content, Node, Value};

/// The argument that has the server put variables in.
const ARGUMENT: &str = "config.expand-env=true";

/// Keys below `loki` and `tempo` that make no part of the server's configuration.
const NOT_CONFIGURATION: [&str; 12] = [
    "annotations",
    "extraArgs",
    "extraEnv",
    "extraEnvFrom",
    "extraVolumeMounts",
    "image",
    "podAnnotations",
    "podLabels",
    "resources",
    "runtimeConfig",
    "serviceAnnotations",
    "serviceLabels",
];

/// The targets that read the configuration in each mode.
const TARGETS: [(&str, &[&str]); 3] = [
    ("SimpleScalable", &["read", "write", "backend"]),
    ("SingleBinary", &["singleBinary"]),
    (
        "Distributed",
        &["ingester", "distributor", "querier", "queryFrontend", "queryScheduler", "indexGateway", "compactor"],
    ),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiExpandEnvMissing {}

impl Rule for LokiExpandEnvMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // Later charts pass the argument themselves.
        for loki in Loki::all(cluster).into_iter().filter(Loki::is_of_grafana) {
            check_loki(cluster, &loki, out);
        }
        for object in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            let is_tempo = cluster.chart(object).is_some_and(|chart| chart.name.as_deref() == Some("tempo"));
            if let Some(values) = cluster.values(object).filter(|_| is_tempo && !cluster.is_rendered(object)) {
                check_tempo(cluster, object, values, out);
            }
        }
    }
}

fn check_loki(cluster: &Cluster<'_>, loki: &Loki<'_>, out: &mut Sink) {
    let left = loki.value("loki").node().map(|node| variables(cluster, node)).unwrap_or_default();
    if left.is_empty() {
        return;
    }
    let undecided = |out: &mut Sink, why: &str| {
        out.undecided(cluster, "values", format!("variables in the configuration of {}", loki.object.reference()), why);
    };
    let mode = loki.mode();
    let Some((_, targets)) = TARGETS.iter().find(|(name, _)| mode.as_deref() == Some(*name)) else {
        return undecided(out, "its deployment mode is not known");
    };
    let mut lacking = Vec::new();
    for target in *targets {
        match (loki.replicas(target), loki.passes(target, ARGUMENT)) {
            (Some(0), _) | (_, Some(true)) => {}
            (_, Some(false)) => lacking.push(*target),
            (_, None) => return undecided(out, "its arguments are not known"),
        }
    }
    if !lacking.is_empty() {
        let help = match lacking.as_slice() {
            [one] => format!("add `-{ARGUMENT}` to `{one}.extraArgs`"),
            [] => String::new(),
            several => format!("add `-{ARGUMENT}` to `extraArgs` of {}", several.join(", ")),
        };
        let found = literal(loki.object, "Loki", &left, &format!("`{}`", lacking.join("`, `")));
        return out.observations.extend(found.map(|found| loki.weighed(cluster, Confidence::High, found.help(help))));
    }
    let namespace = loki.namespace();
    let running = targets.iter().filter(|target| loki.replicas(target) != Some(0));
    for target in running {
        let lists = [format!("{target}.extraEnv"), "global.extraEnv".to_owned()];
        let sources = [format!("{target}.extraEnvFrom"), "global.extraEnvFrom".to_owned()];
        let nodes = |paths: &[String]| -> Option<Vec<Node>> {
            let known = paths.iter().map(|path| match loki.value(path) {
                super::loki_values::Value::Set(node) => Some(node.items().to_vec()),
                super::loki_values::Value::Default => Some(Vec::new()),
                super::loki_values::Value::Unknown => None,
            });
            Some(known.collect::<Option<Vec<_>>>()?.concat())
        };
        let (Some(list), Some(sources)) = (nodes(&lists), nodes(&sources)) else { continue };
        let Some(names) = environment(cluster, &namespace, &list, &sources) else { continue };
        let unset: Vec<&Left> = left.iter().filter(|left| !names.contains(&left.name) && !left.has_default).collect();
        if let Some(found) = unset_in(loki.object, &format!("`{target}`"), &unset) {
            return out.report(loki.weighed(cluster, Confidence::Medium, found));
        }
    }
}

/// Source: chart tempo 1.24 `templates/statefulset.yaml`: `tempo.extraArgs` is a map of arguments.
fn check_tempo(cluster: &Cluster<'_>, object: &Object, values: &ReleaseValues, out: &mut Sink) {
    let Some(tempo) = values.root.get("tempo") else { return };
    let left = variables(cluster, tempo);
    let expands = tempo.get("extraArgs").is_some_and(|args| {
        args.is_unknown()
            || args.entries().any(|entry| entry.key == "config.expand-env" && entry.value.as_bool() != Some(false))
    });
    if left.is_empty() || expands {
        return;
    }
    if !values.is_closed() {
        let what = format!("variables in the configuration of {}", object.reference());
        return out.undecided(cluster, "values", what, "its arguments are not known");
    }
    let help = "set `config.expand-env: true` in `tempo.extraArgs`";
    out.observations.extend(literal(object, "Tempo", &left, "").map(|found| found.help(help)));
}

/// A variable that stands in the configuration.
struct Left {
    name: String,
    has_default: bool,
    place: Span,
    trail: Vec<Label>,
    path: String,
}

/// Every `${NAME}` below a map of configuration.
fn variables(cluster: &Cluster<'_>, configuration: &Node) -> Vec<Left> {
    let mut found = Vec::new();
    for entry in configuration.entries().filter(|entry| !NOT_CONFIGURATION.contains(&entry.key.as_str())) {
        collect(cluster, &entry.value, &entry.key, &mut found);
    }
    found
}

fn collect(cluster: &Cluster<'_>, node: &Node, path: &str, found: &mut Vec<Left>) {
    match &node.value {
        Value::Map(map) => {
            for entry in map.iter() {
                collect(cluster, &entry.value, &format!("{path}.{}", entry.key), found);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| collect(cluster, item, path, found)),
        _ => {
            let Some(text) = node.as_str().filter(|text| text.contains("${")) else { return };
            let content = Content::new(&cluster.sources().file(node.span().file), node.span(), text);
            for (at, name, has_default) in references(text) {
                let place = if node.origin.is_source() { content.span(at) } else { node.span() };
                found.push(Left { name, has_default, place, trail: trail(node), path: path.to_owned() });
            }
        }
    }
}

/// The variables of a text as the server reads them: `${NAME}` or `${NAME:default}`.
fn references(text: &str) -> Vec<(Range<usize>, String, bool)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("${") {
        let Some(inner) = text.get(start + 2..).and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner) else {
            continue;
        };
        let name = inner.split(':').next().unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            found.push((start..start + inner.len() + 3, name.to_owned(), inner.contains(':')));
        }
    }
    found
}

fn literal(object: &Object, server: &str, left: &[Left], targets: &str) -> Option<Observation> {
    let (first, others) = left.split_first()?;
    let of = if targets.is_empty() { String::new() } else { format!(" of {targets}") };
    let mut found = Observation::new(
        "loki-expand-env-missing",
        format!(
            "{} leaves `${{{}}}` to {server}, but the arguments{of} do not have it expanded",
            object.reference(),
            first.name
        ),
        Label::new(first.place, "taken as it stands"),
    )
    .about(object.reference(), format!("spec.values.{}", first.path))
    .trail(first.trail.clone());
    for other in others {
        found = found.related(Label::new(other.place, "and this"));
    }
    Some(found)
}

fn unset_in(object: &Object, target: &str, unset: &[&Left]) -> Option<Observation> {
    let (first, others) = unset.split_first()?;
    let mut found = Observation::new(
        "loki-expand-env-missing",
        format!(
            "{} has `${{{}}}` expanded, but the environment of {target} does not set it",
            object.reference(),
            first.name
        ),
        Label::new(first.place, "becomes empty"),
    )
    .about(object.reference(), format!("spec.values.{}", first.path))
    .trail(first.trail.clone())
    .help(format!("set `{}` by `extraEnv` or `extraEnvFrom` of {target}", first.name));
    for other in others {
        found = found.related(Label::new(other.place, "and this"));
    }
    Some(found)
}

/// The names that an environment sets; `None` where they are not all known.
fn environment(cluster: &Cluster<'_>, namespace: &str, list: &[Node], sources: &[Node]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for item in list {
        names.push(item.get("name")?.as_str()?.to_owned());
    }
    for source in sources {
        let prefix = source.get("prefix").and_then(Node::as_str).unwrap_or_default();
        let named = |field: &str| source.get(field).and_then(|reference| reference.get("name")).and_then(Node::as_str);
        let keys = match (named("secretRef"), named("configMapRef")) {
            (Some(name), _) => cluster.keys("Secret", namespace, name)?,
            (None, Some(name)) => cluster.keys("ConfigMap", namespace, name)?,
            (None, None) => return None,
        };
        if keys.open {
            return None;
        }
        names.extend(keys.known.keys().map(|key| format!("{prefix}{key}")));
    }
    Some(names)
}
