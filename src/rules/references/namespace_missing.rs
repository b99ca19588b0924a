//! Every namespace that is used exists. Card: rules/references/namespace-missing.md

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::nearest::nearest_name;
use crate::cluster::producers::Existence;
use crate::cluster::scopes::{Scope, Scopes};
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Further places that are shown.
const MOST_SHOWN: usize = 6;

/// Beginnings of namespaces that operators and distributions make for themselves.
const OF_OPERATORS: [&str; 6] = ["kube-", "calico-", "cattle-", "gke-", "gmp-", "openshift-"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamespaceMissing {}

/// An object that uses a namespace, and the value that says so.
struct Use<'w> {
    by: &'w Object,
    node: &'w Node,
}

impl Rule for NamespaceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let is_own = |object: &&Object| !is_always_there(cluster, &object.name);
        if !cluster.of_kind("", "Namespace").any(|object| is_own(&object)) {
            // A tree that defines none has them made elsewhere.
            return;
        }
        let made = made_by_helm(cluster);
        let mut makers: Option<Option<String>> = None;
        for (namespace, uses) in uses(cluster) {
            if is_always_there(cluster, namespace) || made.contains(namespace) {
                continue;
            }
            match cluster.existence("", "Namespace", "", namespace) {
                Existence::Here(_) | Existence::Made(_) => continue,
                Existence::Possible(by) => {
                    undecided(cluster, out, namespace, format!("{} may make it", by.reference()));
                    continue;
                }
                Existence::Unknown => {
                    undecided(cluster, out, namespace, "it may be made outside of what was built".to_owned());
                    continue;
                }
                Existence::Absent => {}
            }
            let maker = makers.get_or_insert_with(|| templated(cluster)).clone();
            match maker.or_else(|| beside(cluster, namespace)) {
                Some(reason) => undecided(cluster, out, namespace, reason),
                None => out.observations.extend(observation(cluster, namespace, &uses)),
            }
        }
    }
}

fn undecided(cluster: &Cluster<'_>, out: &mut Sink, namespace: &str, reason: String) {
    out.undecided(cluster, "source", format!("whether namespace `{namespace}` exists"), reason);
}

/// Who uses which namespace: objects that live in it, and releases that are installed into it.
fn uses<'w>(cluster: &Cluster<'w>) -> BTreeMap<&'w str, Vec<Use<'w>>> {
    let scopes = Scopes::of(cluster);
    let mut uses: BTreeMap<&str, Vec<Use<'_>>> = BTreeMap::new();
    let mut add = |by: &'w Object, node: Option<&'w Node>| {
        if let Some((node, name)) = node.and_then(|node| Some((node, node.as_str()?)))
            && !name.is_empty()
            && !name.contains("${")
        {
            uses.entry(name).or_default().push(Use { by, node });
        }
    };
    for object in cluster.objects() {
        if scopes.get(&object.gvk) == Some(Scope::Namespaced) {
            add(object, object.at(&["metadata", "namespace"]));
        }
        if object.is("helm.toolkit.fluxcd.io", "HelmRelease") {
            add(object, object.dig("spec.targetNamespace"));
            add(object, object.dig("spec.storageNamespace"));
        }
    }
    uses
}

/// Namespaces that Helm makes for a release. Source: helm-controller `api/v2/helmrelease_types.go`, `CreateNamespace`.
fn made_by_helm<'w>(cluster: &Cluster<'w>) -> BTreeSet<&'w str> {
    let releases = cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease");
    let creates = |release: &&Object| {
        let switch = release.dig("spec.install.createNamespace");
        switch.is_some_and(|switch| switch.is_unknown() || switch.as_bool() == Some(true))
    };
    releases.filter(creates).filter_map(|release| release.dig("spec.targetNamespace")?.as_str()).collect()
}

fn is_always_there(cluster: &Cluster<'_>, namespace: &str) -> bool {
    let is_of_operator = || OF_OPERATORS.iter().any(|start| namespace.starts_with(start));
    namespace == "default" || is_of_operator() || cluster.is_flux_namespace(namespace)
}

/// Something that makes namespaces of names that are not known, as a clause.
fn templated(cluster: &Cluster<'_>) -> Option<String> {
    if cluster.of_kind("", "Namespace").any(|object| object.name.contains("${")) {
        return Some("a Namespace has a name that is not known".to_owned());
    }
    // One that no build reaches, with a variable for its name.
    if let Some(document) = cluster.unnamed_namespaces().next() {
        return Some(format!("`{}` defines a namespace whose name is not known", document.path));
    }
    let template = cluster.objects().find(|object| {
        let of_values = || cluster.values(object).is_some_and(|values| holds_namespace(&values.root));
        let is_template = object.gvk.group == "kyverno.io" || object.is("fluxcd.controlplane.io", "ResourceSet");
        (is_template && holds_namespace(&object.node)) || of_values()
    })?;
    Some(format!("{} makes namespaces", template.reference()))
}

/// Whether a template of a Namespace stands in a tree of values.
fn holds_namespace(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => {
            map.get("kind").and_then(Node::as_str) == Some("Namespace")
                || map.iter().any(|entry| holds_namespace(&entry.value))
        }
        Value::Seq(items) => items.iter().any(holds_namespace),
        // Templates of objects in a text.
        Value::Str(text) => text.contains("kind: Namespace"),
        _ => false,
    }
}

/// What of the repository may make the namespace although this build does not reach it, as a clause.
fn beside(cluster: &Cluster<'_>, namespace: &str) -> Option<String> {
    if let Some(document) = cluster.written("", "Namespace", namespace).next() {
        return Some(format!("`{}` defines it", document.path));
    }
    let words = ["namespace: ", "namespace=", "namespace ", "namespaces/", "ns ", "-n "];
    let words: Vec<String> = words
        .iter()
        .flat_map(|word| [format!("{word}{namespace}"), format!("{word}\"{namespace}\"")])
        .chain([format!("\"{namespace}\"")])
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let file = cluster.bootstrap_mention(&words, |_| true)?;
    Some(format!("`{file}` may make it before Flux runs"))
}

fn observation(cluster: &Cluster<'_>, namespace: &str, uses: &[Use<'_>]) -> Option<Observation> {
    let mut places: Vec<(Span, &Use<'_>)> = uses.iter().map(|one| (one.node.span(), one)).collect();
    places.sort_by_cached_key(|(span, one)| (cluster.sources().location(*span), one.by.full_name()));
    let mut seen = BTreeSet::new();
    let sources = cluster.sources();
    places.retain(|(span, _)| seen.insert(sources.location(*span)));
    let (place, first) = places.first()?;
    let more = uses.len() - 1;
    let who = match more {
        0 => format!("{} is", first.by.reference()),
        1 => format!("{} and another object are", first.by.reference()),
        more => format!("{} and {more} more objects are", first.by.reference()),
    };
    let message = format!("{who} in namespace `{namespace}`, which does not exist");
    let mut found = Observation::new("namespace-missing", message, Label::new(*place, "no such namespace"))
        .about(first.by.reference(), format!("namespace[{namespace}]"))
        .trail(trail(first.node));
    for (span, _) in places.iter().skip(1).take(MOST_SHOWN) {
        found = found.related(Label::new(*span, "used here too"));
    }
    let known = || cluster.of_kind("", "Namespace");
    let Some(near) = nearest_name(namespace, known().map(|object| object.name.as_str())) else {
        // Somebody may have made it by hand.
        return Some(found.severity(Severity::Warning).confidence(Confidence::Low));
    };
    found = found.help(format!("did you mean `{near}`?"));
    if let Some(object) = known().find(|object| object.name == near) {
        found = found.related(Label::new(object.place(), "nearest name"));
    }
    let is_text = |span: Span| sources.file(span.file).slice(span) == namespace;
    if places.iter().all(|(span, _)| is_text(*span)) {
        found = found.fix(Fix {
            title: format!("write namespace `{near}`"),
            applicability: Applicability::Unsafe,
            edits: places.iter().map(|(span, _)| Edit { span: *span, text: near.to_owned() }).collect(),
        });
    }
    Some(if cluster.has_losses() { found.confidence(Confidence::Medium) } else { found })
}
