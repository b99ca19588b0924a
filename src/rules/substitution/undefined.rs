//! Variables without value and default: whose they are, and where they stand.

use std::collections::BTreeMap;

use crate::build::{Object, Undefined};
use crate::cluster::Cluster;
use crate::finding::{Observation, Severity};
use crate::source::Span;
use crate::yaml::Node;

/// One use of an undefined variable.
pub struct UndefinedUse<'w> {
    /// Name.
    pub name: &'w str,
    /// The `${…}`, or the text it stands in.
    pub place: Span,
    /// It is meant for the application, not for Flux.
    pub evidence: Option<Evidence>,
}

/// Why a variable is taken to be meant for the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Its name is one that dashboards and their like use.
    Name,
    /// A Secret or ConfigMap beside the object has a key of this name, at this place.
    Key(Span),
    /// The container sets a variable of this name, at this place.
    Environment(Span),
}

/// Undefined uses by object, in order.
pub fn by_object<'w>(cluster: &Cluster<'w>) -> Vec<(&'w Object, usize, Vec<UndefinedUse<'w>>)> {
    let mut grouped: BTreeMap<(usize, usize), Vec<UndefinedUse<'w>>> = BTreeMap::new();
    for found in &cluster.build().undefined {
        let Some(object) = cluster.object(found.object) else { continue };
        grouped.entry((found.object, found.kustomization)).or_default().push(UndefinedUse {
            name: &found.name,
            place: narrow(cluster, found.place, &found.name),
            evidence: evidence(cluster, object, &found.name),
        });
    }
    grouped
        .into_iter()
        .filter_map(|((object, kustomization), uses)| Some((cluster.object(object)?, kustomization, uses)))
        .collect()
}

/// The expression inside the text, where the text stands in the file as it is.
fn narrow(cluster: &Cluster<'_>, place: Span, name: &str) -> Span {
    let file = cluster.sources().file(place.file);
    let text = file.slice(place);
    let start = ["}", ":", "/", "#", "%", "^", ",", "="]
        .iter()
        .filter_map(|after| text.find(&format!("${{{name}{after}")))
        .min();
    let Some(start) = start else { return place };
    let length = text.get(start..).and_then(|rest| rest.find('}')).map_or(name.len() + 2, |end| end + 1);
    let start = place.start as usize + start;
    Span::new(place.file, start..start + length)
}

fn evidence(cluster: &Cluster<'_>, object: &Object, name: &str) -> Option<Evidence> {
    if let Some(place) = environment(&object.node, name) {
        return Some(Evidence::Environment(place));
    }
    for other in cluster.in_namespace(object.namespace()) {
        if !matches!((other.gvk.group.as_str(), other.kind()), ("", "Secret" | "ConfigMap")) {
            continue;
        }
        for field in ["data", "stringData"] {
            if let Some(entry) = other.at(&[field]).and_then(|data| data.as_map()?.entry(name)) {
                return Some(Evidence::Key(entry.key_span));
            }
        }
    }
    foreign_name(object, name).then_some(Evidence::Name)
}

/// An environment variable of that name anywhere in the object.
fn environment(node: &Node, name: &str) -> Option<Span> {
    for entry in node.entries() {
        if entry.key == "env" {
            let listed = entry.value.items().iter().filter_map(|item| item.get("name"));
            let mut listed = listed.filter(|item| item.as_str() == Some(name));
            let keyed = entry.value.as_map().and_then(|map| map.entry(name)).map(|entry| entry.key_span);
            if let Some(place) = keyed.or_else(|| listed.next().map(Node::span)) {
                return Some(place);
            }
        }
        if let Some(place) = environment(&entry.value, name) {
            return Some(place);
        }
    }
    node.items().iter().find_map(|item| environment(item, name))
}

/// Names that Grafana dashboards, shells and templates use: `DS_PROMETHEUS`, `__interval`, `1`, and lower-case names
/// in the text of a ConfigMap.
fn foreign_name(object: &Object, name: &str) -> bool {
    let grafana = name.starts_with("DS_") || name.starts_with("VAR_") || name.starts_with("__") || name == "datasource";
    let positional = name.bytes().all(|b| b.is_ascii_digit());
    let in_text = object.is("", "ConfigMap") && name.bytes().any(|b| b.is_ascii_lowercase());
    grafana || positional || in_text || own_credential(object, name)
}

/// A credential named after the release whose values hold it, as charts expand it from their pod's environment.
fn own_credential(object: &Object, name: &str) -> bool {
    let prefix = format!("{}_", object.name.replace('-', "_").to_ascii_uppercase());
    let credential = ["KEY", "SECRET", "PASSWORD", "TOKEN", "USER"].iter().any(|word| name.contains(word));
    object.kind() == "HelmRelease" && credential && name.starts_with(&prefix)
}

/// Severity and reason by what Flux does with an undefined variable.
pub fn weigh(cluster: &Cluster<'_>, observation: Observation, blanked: &str) -> Observation {
    match cluster.build().undefined_mode {
        Undefined::Fails => observation.why("Flux refuses it (`variable not set`), so nothing of this Kustomization is applied"),
        Undefined::FailsSince29 => observation.why(format!(
            "From Flux 2.9 on nothing of this Kustomization is applied (`variable not set`, strict substitution); before, {blanked}"
        )),
        Undefined::Blank => observation.why(format!("Flux writes nothing in its place: {blanked}")).severity(Severity::Warning),
    }
}
