//! Every `dependsOn` entry names an object of the same kind. Card: rules/flux/depends-on-missing.md

use serde::Deserialize;

use super::depends_on::{Dependency, DependingKind, HELM_RELEASE, KUSTOMIZATION, dependencies};
use crate::build::{Id, Object};
use crate::cluster::{Cluster, Presence, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnMissing {}

impl Rule for DependsOnMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            for dependency in dependencies(cluster, kind) {
                let (Some(name), Some(namespace)) = (dependency.name, dependency.namespace) else {
                    out.undecided(
                        cluster,
                        "variable",
                        dependency.from.reference().to_string(),
                        "a dependsOn entry holds an unknown variable",
                    );
                    continue;
                };
                match cluster.presence(kind.group, kind.kind, namespace, name) {
                    Presence::Present(_) => {}
                    Presence::Absent => {
                        let found = missing(cluster, kind, &dependency, name, namespace);
                        out.report(if cluster.has_losses() { found.confidence(Confidence::Medium) } else { found });
                    }
                    Presence::Unknown => {
                        // Proof that needs no closed world: the very object is there under another namespace or kind.
                        match misdirected(cluster, kind, &dependency, name, namespace) {
                            Some(observation) => out.report(observation.confidence(Confidence::Medium)),
                            None => out.undecided(
                                cluster,
                                "broken",
                                format!("dependsOn `{namespace}/{name}` of {}", dependency.from.reference()),
                                "a part of the cluster that could hold it was not built",
                            ),
                        }
                    }
                }
            }
        }
    }
}

fn observation(
    kind: DependingKind,
    dependency: &Dependency<'_>,
    name: &str,
    namespace: &str,
    what: &str,
    label: &str,
) -> Observation {
    let node = dependency.entry.get("name").unwrap_or(dependency.entry);
    Observation::new(
        "depends-on-missing",
        format!("{} `{}` depends on `{namespace}/{name}`, {what}", kind.kind, dependency.from.full_name()),
        Label::new(node.span(), label),
    )
    .about(dependency.from.reference(), format!("spec.dependsOn[{namespace}/{name}]"))
    .trail(trail(node))
}

/// Why the entry is wrong although the object exists: another namespace, or another kind.
fn misdirected(
    cluster: &Cluster<'_>,
    kind: DependingKind,
    dependency: &Dependency<'_>,
    name: &str,
    namespace: &str,
) -> Option<Observation> {
    let mut same_kind: Vec<&Object> = cluster.named(name).filter(|object| object.is(kind.group, kind.kind)).collect();
    same_kind.sort_by(|a, b| a.namespace().cmp(b.namespace()));
    if let [first, ..] = same_kind.as_slice() {
        let places: Vec<String> = same_kind.iter().map(|object| format!("`{}`", object.namespace())).collect();
        let mut found = observation(
            kind,
            dependency,
            name,
            namespace,
            &format!("but the {} of that name is in namespace {}", kind.kind, places.join(", ")),
            if dependency.has_namespace { "wrong namespace" } else { "no namespace given" },
        )
        .help(format!("set `namespace: {}` on the entry", first.namespace()));
        for object in &same_kind {
            found = found.related(Label::new(object.place(), format!("in namespace `{}`", object.namespace())));
        }
        if same_kind.len() == 1 {
            found.fix = namespace_fix(cluster, dependency, first.namespace());
        }
        return Some(found);
    }
    let other = if kind == KUSTOMIZATION { HELM_RELEASE } else { KUSTOMIZATION };
    let object = cluster
        .named(name)
        .filter(|object| object.is(other.group, other.kind))
        .min_by_key(|object| (object.namespace() != namespace, object.namespace().to_owned()))?;
    Some(
        observation(
            kind,
            dependency,
            name,
            namespace,
            &format!("but that is a {}; a {}'s dependsOn sees {}s only", other.kind, kind.kind, kind.kind),
            &format!("names a {}", other.kind),
        )
        .related(Label::new(object.place(), format!("the {}", other.kind)))
        .help(applier_help(cluster, kind, object)),
    )
}

fn applier_help(cluster: &Cluster<'_>, kind: DependingKind, object: &Object) -> String {
    match cluster.kustomization_of(object) {
        Some(applier) if kind == KUSTOMIZATION => {
            format!("depend on the Kustomization that applies it: `{}/{}`", applier.spec.namespace, applier.spec.name)
        }
        _ => format!("name a {} or drop the entry", kind.kind),
    }
}

fn missing(
    cluster: &Cluster<'_>,
    kind: DependingKind,
    dependency: &Dependency<'_>,
    name: &str,
    namespace: &str,
) -> Observation {
    if let Some(found) = misdirected(cluster, kind, dependency, name, namespace) {
        return found;
    }
    let written = cluster.repository.documents.iter().find(|document| {
        let id = Id::of(&document.node);
        id.name == name && id.gvk.kind == kind.kind && id.gvk.group == kind.group
    });
    if let Some(document) = written {
        let place = document.node.at(&["metadata", "name"]).unwrap_or(&document.node).span();
        return observation(
            kind,
            dependency,
            name,
            namespace,
            "which is written in a file that no kustomization of this cluster lists",
            "not in this cluster",
        )
        .related(Label::new(place, "written here, not built"))
        .help(format!("list `{}` in its kustomization file, or drop the entry", document.path));
    }
    let mut found = observation(kind, dependency, name, namespace, "which does not exist", "no such object");
    let candidates: Vec<&Object> = cluster.of_kind(kind.group, kind.kind).collect();
    if let Some(near) = nearest(&candidates, dependency, name, namespace) {
        let shown = if near.namespace() == namespace { near.name.to_string() } else { near.full_name() };
        found = found.help(format!("did you mean `{shown}`?")).related(Label::new(near.place(), "nearest name"));
        if near.namespace() == namespace
            && let Some(node) = dependency.entry.get("name").filter(|node| node.origin.is_source())
        {
            found = found.fix(Fix {
                title: format!("rename to `{}`", near.name),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: node.span(), text: near.name.to_string() }],
            });
        }
    }
    found
}

/// The object probably meant: nearest by edit distance, or one name is the other with a prefix or suffix.
fn nearest<'o>(
    candidates: &[&'o Object],
    dependency: &Dependency<'_>,
    name: &str,
    namespace: &str,
) -> Option<&'o Object> {
    let own = dependency.from.reference();
    let affix = |other: &str| {
        let bounded = |long: &str, short: &str| {
            short.len() >= 3
                && (long.strip_suffix(short).is_some_and(|head| head.ends_with('-'))
                    || long.strip_prefix(short).is_some_and(|tail| tail.starts_with('-')))
        };
        bounded(other, name) || bounded(name, other)
    };
    candidates
        .iter()
        .filter(|object| object.reference() != own)
        .filter_map(|object| {
            let distance = strsim::levenshtein(&object.name, name);
            let limit = (name.len() / 3).max(2);
            let score = if distance <= limit.min(4) {
                distance
            } else if affix(&object.name) {
                5
            } else {
                return None;
            };
            Some((score, object.namespace() != namespace, object.full_name(), *object))
        })
        .min_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)))
        .map(|(_, _, _, object)| object)
}

/// Sets the namespace of an entry that stands in a file as it is.
fn namespace_fix(cluster: &Cluster<'_>, dependency: &Dependency<'_>, namespace: &str) -> Option<Fix> {
    let title = format!("set `namespace: {namespace}`");
    if let Some(node) = dependency.entry.get("namespace").filter(|node| !node.is_null()) {
        let edits = vec![Edit { span: node.span(), text: namespace.to_owned() }];
        return node.origin.is_source().then_some(Fix { title, applicability: Applicability::Unsafe, edits });
    }
    let name = dependency.entry.get("name").filter(|node| node.origin.is_source())?;
    let entry = dependency.entry.as_map()?.entry("name")?;
    let file = cluster.sources().file(name.span().file);
    let flow = file.slice(dependency.entry.span()).starts_with('{');
    let (_, column) = file.line_column(entry.key_span.start as usize);
    let end = crate::source::Span { start: name.span().end, ..name.span() };
    let text = if flow {
        format!(", namespace: {namespace}")
    } else {
        format!("\n{}namespace: {namespace}", " ".repeat(column - 1))
    };
    Some(Fix { title, applicability: Applicability::Unsafe, edits: vec![Edit { span: end, text }] })
}
