//! What the rules about missing objects share: which links are dangling, and what was probably meant.

use super::custody::Custody;
use crate::build::{Id, Object};
use crate::cluster::links::Link;
use crate::cluster::nearest::{Meant, Wanted, nearness};
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, FileDocument, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::Sink;
use crate::source::Span;

/// Length of the hash that generators append.
const HASH: usize = 10;

/// Its letters. Source: kustomize `api/hasher/hasher.go` (`encode`).
const ALPHABET: &str = "bcdfghkmt2456789";

/// Places of one name that are shown.
const MOST_PLACES: usize = 3;

/// Every link that a rule is about and that asks for something known. What a model of a chart only supposes is left out.
pub fn wanted<'c, 'w>(cluster: &'c Cluster<'w>, is_meant: impl Fn(&Link<'_>) -> bool) -> Vec<&'c Link<'w>> {
    let asks = |link: &&Link<'_>| link.from.modelled != Some(Confidence::Low) && is_meant(link);
    let is_known = |link: &&Link<'_>| !is_template(&link.name) && !is_template(&link.namespace);
    cluster.links().iter().filter(asks).filter(is_known).collect()
}

/// How sure a finding about a link is: an object that a model of a chart makes is no surer than the model.
pub fn confidence(cluster: &Cluster<'_>, link: &Link<'_>) -> Option<Confidence> {
    let modelled = link.from.modelled.filter(|confidence| *confidence < Confidence::High);
    modelled.or((link.by_form || cluster.has_losses()).then_some(Confidence::Medium))
}

/// Text that something fills in later.
fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("{{") || text.contains("$(")
}

/// Reports every object that is named and does not exist, once for each object that names it.
pub fn check(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, is_meant: impl Fn(&Link<'_>) -> bool) {
    let mut found: Vec<(&Link<'_>, Missing)> = Vec::new();
    let mut custody = Custody::new(cluster);
    for link in wanted(cluster, |link| is_meant(link) && !link.optional) {
        let known = found
            .iter_mut()
            .rev()
            .take_while(|(other, _)| std::ptr::eq(other.from, link.from))
            .find(|(other, _)| (other.group, other.kind, &other.name) == (link.group, link.kind, &link.name));
        if let Some((_, missing)) = known {
            missing.observation.related.push(Label::new(link.node.span(), "named here too"));
            continue;
        }
        // The chart of a release may well make what its values speak of, unless they say that it exists.
        let may_make = link.by_form
            && link.from.kind() == "HelmRelease"
            && !link.field.rsplit('.').next().is_some_and(|key| key.starts_with("existing"));
        let asker = Some(link.from).filter(|_| !may_make);
        let existence = cluster.existence_for(asker, link.group, link.kind, &link.namespace, &link.name);
        if existence.is_absent() {
            found.push((link, missing(rule, cluster, link)));
        }
    }
    for (link, missing) in found {
        if !missing.is_told && !custody.keeps(link.kind) {
            let subject = format!("{} named by {} `{}`", shown(link), link.from.kind(), link.from.full_name());
            out.undecided(cluster, "outside", subject, "most of its kind are not in this tree");
            continue;
        }
        out.report(match confidence(cluster, link) {
            Some(confidence) => missing.observation.confidence(confidence),
            None => missing.observation,
        });
    }
}

/// An object in a sentence.
pub fn shown(link: &Link<'_>) -> String {
    match link.namespace.as_str() {
        "" => format!("{} `{}`", link.kind, link.name),
        namespace => format!("{} `{namespace}/{}`", link.kind, link.name),
    }
}

/// A link that leads nowhere.
struct Missing {
    observation: Observation,
    /// Something in the tree tells what was meant.
    is_told: bool,
}

fn missing(rule: &'static str, cluster: &Cluster<'_>, link: &Link<'_>) -> Missing {
    let told = |observation| Missing { observation, is_told: true };
    let start = |what: &str, label: &str| {
        Observation::new(
            rule,
            format!("{} `{}` names {}, {what}", link.from.kind(), link.from.full_name(), shown(link)),
            Label::new(link.node.span(), label),
        )
        .about(link.from.reference(), format!("{}[{}]", link.field, link.name))
        .trail(trail(link.node))
    };
    if let Some((group, kind)) = other_kind(cluster, link) {
        let object = cluster.named(&link.name).find(|object| object.is(group, kind));
        let mut found =
            start(&format!("but that is a {kind}"), &format!("a {kind}")).help(format!("write `kind: {kind}`"));
        if let Some(object) = object {
            found = found.related(Label::new(object.place(), format!("the {kind}")));
        }
        if let Some(node) = link.kind_node.filter(|node| node.origin.is_source()) {
            found = found.fix(rename("kind", kind, node.span()));
        }
        return told(found);
    }
    if let Some(object) = hashed(cluster, link) {
        let found = start(&format!("but its generator calls it `{}`", object.name), "without the hash")
            .related(Label::new(object.place(), "generated here"))
            .help("set `disableNameSuffixHash: true` in its `options`: kustomize rewrites only the fields it knows");
        return told(found);
    }
    let asker = link.from.reference();
    let wanted = Wanted {
        group: link.group,
        kind: link.kind,
        namespace: &link.namespace,
        name: &link.name,
        others: &[],
        by: Some(&asker),
    };
    match cluster.meant(&wanted) {
        Some(Meant::Elsewhere(objects)) => {
            let mut found = start(
                &format!("but the {} of that name is in namespace {}", link.kind, namespaces(&objects)),
                "not in this namespace",
            )
            .help(format!("make it in namespace `{}` too, or copy it there", link.namespace));
            for object in objects.iter().take(MOST_PLACES) {
                found = found.related(Label::new(object.place(), format!("in namespace `{}`", object.namespace())));
            }
            return told(found);
        }
        Some(Meant::Unbuilt(document)) if is_here(document, link) => {
            let mut found =
                start("which is written in a file that no kustomization of this cluster lists", "not in this cluster")
                    .help(format!("list `{}` in its kustomization file", document.path));
            if let Some(name) = document.node.at(&["metadata", "name"]) {
                found = found.related(Label::new(name.span(), "written here, not built"));
            }
            return told(found);
        }
        _ => {}
    }
    let mut found = start("which does not exist", "no such object");
    let near = near(cluster, link);
    let is_told = near.is_some();
    if let Some((name, place)) = near {
        found = found.help(format!("did you mean `{name}`?"));
        if let Some(place) = place {
            found = found.related(Label::new(place, "nearest name"));
        }
        if link.node.origin.is_source() {
            found = found.fix(rename("name", &name, link.node.span()));
        }
    }
    Missing { observation: found, is_told }
}

fn namespaces(objects: &[&Object]) -> String {
    let names: Vec<String> = objects.iter().take(MOST_PLACES).map(|one| format!("`{}`", one.namespace())).collect();
    names.join(", ")
}

fn rename(what: &str, text: &str, span: Span) -> Fix {
    Fix {
        title: format!("write {what} `{text}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span, text: text.to_owned() }],
    }
}

/// The kind under which the name exists.
fn other_kind(cluster: &Cluster<'_>, link: &Link<'_>) -> Option<(&'static str, &'static str)> {
    link.other_kinds.iter().copied().find(|(group, kind)| {
        matches!(cluster.existence(group, kind, &link.namespace, &link.name), Existence::Here(_) | Existence::Made(_))
    })
}

/// The object whose generator put a hash behind the name.
fn hashed<'w>(cluster: &Cluster<'w>, link: &Link<'_>) -> Option<&'w Object> {
    if !matches!(link.kind, "ConfigMap" | "Secret") {
        return None;
    }
    let is_hash = |rest: &str| rest.len() == HASH && rest.chars().all(|c| ALPHABET.contains(c));
    cluster.in_namespace(&link.namespace).find(|object| {
        object.is(link.group, link.kind)
            && object.name.strip_prefix(link.name.as_str()).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_hash)
    })
}

/// Whether a document that nothing builds would be the object in this namespace.
fn is_here(document: &FileDocument, link: &Link<'_>) -> bool {
    let id = Id::of(&document.node);
    id.namespace.is_empty() || id.namespace == link.namespace
}

/// The name probably meant, of what stands or is made in the namespace.
fn near(cluster: &Cluster<'_>, link: &Link<'_>) -> Option<(String, Option<Span>)> {
    let objects = cluster.in_namespace(&link.namespace).filter(|object| object.is(link.group, link.kind));
    let there = objects.map(|object| (object.name.as_str(), Some(object.place())));
    let made = cluster.products().names(link.kind, &link.namespace).map(|name| (name, None));
    there
        .chain(made)
        .filter_map(|(other, place)| Some((nearness(&link.name, other)?, other, place)))
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
        .map(|(_, name, place)| (name.to_owned(), place))
}
