//! What the rules about missing objects share: which links are dangling, and what was probably meant.

use hashbrown::HashMap;
use std::collections::BTreeSet;

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

/// Reports every object that is named and does not exist, once for each object that names it and each place.
pub fn check(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, is_meant: impl Fn(&Link<'_>) -> bool) {
    let mut found: Vec<(&Link<'_>, Missing)> = Vec::new();
    // Where they stand in the list: what an object names, and what one place of a component names for several objects.
    let (mut by_object, mut by_place) = (HashMap::new(), HashMap::new());
    for link in wanted(cluster, |link| is_meant(link) && !link.optional) {
        let object = (std::ptr::from_ref(link.from), link.group, link.kind, link.name.as_str());
        let place = (link.node.span(), link.group, link.kind);
        if let Some((first, missing)) = by_place.get(&place).and_then(|at: &usize| found.get_mut(*at)) {
            let is_new = first.name != link.name || first.namespace != link.namespace;
            if is_new && is_absent(cluster, link) {
                missing.others.insert(shown(link));
            }
            continue;
        }
        if let Some((_, missing)) = by_object.get(&object).and_then(|at: &usize| found.get_mut(*at)) {
            missing.observation.related.push(Label::new(link.node.span(), "named here too"));
            continue;
        }
        if is_absent(cluster, link) {
            by_object.insert(object, found.len());
            by_place.insert(place, found.len());
            found.push((link, missing(rule, cluster, link)));
        }
    }
    for (link, missing) in found {
        if !missing.is_told && !cluster.keeps(link.kind) {
            let subject = format!("{} named by {} `{}`", shown(link), link.from.kind(), link.from.full_name());
            out.undecided(cluster, "outside", subject, "most of its kind are not in this tree");
            continue;
        }
        let confidence = confidence(cluster, link);
        let observation = missing.finish();
        out.report(match confidence {
            Some(confidence) => observation.confidence(confidence),
            None => observation,
        });
    }
}

/// Whether nothing is, makes or may make what a link names.
fn is_absent(cluster: &Cluster<'_>, link: &Link<'_>) -> bool {
    // The chart of a release may well make what its values speak of, unless they say that it exists.
    let may_make = link.by_form
        && link.from.kind() == "HelmRelease"
        && !link.field.rsplit('.').next().is_some_and(|key| key.starts_with("existing"));
    let asker = Some(link.from).filter(|_| !may_make);
    let existence = cluster.existence_for(asker, link.group, link.kind, &link.namespace, &link.name);
    existence.is_absent() && !cluster.unnamed().may_be(cluster, link.from, link.kind, &link.namespace, &link.name)
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
    /// What else the place names and does not exist: a component names something for each that uses it.
    others: BTreeSet<String>,
}

impl Missing {
    fn finish(self) -> Observation {
        let mut observation = self.observation;
        let names: Vec<&str> = self.others.iter().take(MOST_PLACES).map(String::as_str).collect();
        if !names.is_empty() {
            let more = if self.others.len() > names.len() { ", …" } else { "" };
            let count = self.others.len();
            observation.message.push_str(&format!("; {count} more named here do not: {}{more}", names.join(", ")));
        }
        observation
    }
}

fn missing(rule: &'static str, cluster: &Cluster<'_>, link: &Link<'_>) -> Missing {
    let told = |observation| Missing { observation, is_told: true, others: BTreeSet::new() };
    let start = |what: &str, label: &str| {
        Observation::new(
            rule,
            format!("{} `{}` names {}, {what}", link.from.kind(), link.from.full_name(), shown(link)),
            Label::new(link.node.span(), label),
        )
        .about(link.from.reference(), format!("{}[{}]", link.field, link.name))
    };
    // A shared file takes the name from a variable: that is the place to edit.
    let chain = trail(link.node);
    let set_at = chain.last().filter(|last| last.span.file != link.node.span().file).cloned();
    let start = |what: &str, label: &str| {
        let found = start(what, label).trail(chain.clone());
        match &set_at {
            Some(place) => found.related(place.clone()),
            None => found,
        }
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
    Missing { observation: found, is_told, others: BTreeSet::new() }
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
        match cluster.existence(group, kind, &link.namespace, &link.name) {
            Existence::Here(_) => true,
            // One that is made under any name says nothing of this one.
            Existence::Made(product) => product.name().is_some(),
            _ => false,
        }
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
