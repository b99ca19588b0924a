//! What the rules about missing objects share: which links are dangling, and what was probably meant.

use crate::build::{Id, Object};
use crate::cluster::links::{Link, links};
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::Sink;
use crate::source::Span;

/// Length of the hash that generators append.
const HASH: usize = 10;

/// Every link that a rule is about and that asks for something known.
pub fn wanted<'w>(cluster: &Cluster<'w>, is_meant: impl Fn(&Link<'_>) -> bool) -> Vec<Link<'w>> {
    let all = cluster.objects().chain(cluster.modelled()).flat_map(links);
    all.filter(|link| is_meant(link) && !is_template(&link.name) && !is_template(&link.namespace)).collect()
}

/// Text that something fills in later.
fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("{{") || text.contains("$(")
}

/// Reports every object that is named and does not exist, once for each object that names it.
pub fn check(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, is_meant: impl Fn(&Link<'_>) -> bool) {
    let links = wanted(cluster, |link| is_meant(link) && !link.optional);
    out.observations.extend(judge(rule, cluster, links));
}

/// What is to be said of those links that lead nowhere; the links of an object stand beside each other.
pub fn judge(rule: &'static str, cluster: &Cluster<'_>, links: Vec<Link<'_>>) -> Vec<Observation> {
    let mut found: Vec<(Link<'_>, Observation)> = Vec::new();
    for link in links {
        let is_same = |other: &Link<'_>| (other.group, other.kind, &other.name) == (link.group, link.kind, &link.name);
        // What a chart makes of one value for several of its objects.
        if found.iter().any(|(other, _)| is_same(other) && other.node.span() == link.node.span()) {
            continue;
        }
        let known = found
            .iter_mut()
            .rev()
            .take_while(|(other, _)| std::ptr::eq(other.from, link.from))
            .find(|(other, _)| is_same(other));
        if let Some((_, observation)) = known {
            observation.related.push(Label::new(link.node.span(), "named here too"));
            continue;
        }
        let existence = cluster.existence_for(Some(link.from), link.group, link.kind, &link.namespace, &link.name);
        if existence.is_absent() {
            let observation = observation(rule, cluster, &link);
            found.push((link, observation));
        }
    }
    let is_certain = !cluster.has_losses();
    let found = found.into_iter().map(|(_, observation)| observation);
    found.map(|one| if is_certain { one } else { one.confidence(Confidence::Medium) }).collect()
}

/// An object in a sentence.
pub fn shown(link: &Link<'_>) -> String {
    match link.namespace.as_str() {
        "" => format!("{} `{}`", link.kind, link.name),
        namespace => format!("{} `{namespace}/{}`", link.kind, link.name),
    }
}

fn observation(rule: &'static str, cluster: &Cluster<'_>, link: &Link<'_>) -> Observation {
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
        return found;
    }
    if let Some(object) = hashed(cluster, link) {
        return start(&format!("but its generator calls it `{}`", object.name), "without the hash")
            .related(Label::new(object.place(), "generated here"))
            .help("set `disableNameSuffixHash: true` in its `options`: kustomize rewrites only the fields it knows");
    }
    if let Some(object) = elsewhere(cluster, link) {
        return start(
            &format!("but the {} of that name is in namespace `{}`", link.kind, object.namespace()),
            "not in this namespace",
        )
        .related(Label::new(object.place(), format!("in namespace `{}`", object.namespace())))
        .help(format!("make it in namespace `{}` too, or copy it there", link.namespace));
    }
    if let Some((path, place)) = written(cluster, link) {
        return start("which is written in a file that no kustomization of this cluster lists", "not in this cluster")
            .related(Label::new(place, "written here, not built"))
            .help(format!("list `{path}` in its kustomization file"));
    }
    let mut found = start("which does not exist", "no such object");
    if let Some((name, place)) = nearest(cluster, link) {
        found = found.help(format!("did you mean `{name}`?"));
        if let Some(place) = place {
            found = found.related(Label::new(place, "nearest name"));
        }
        if link.node.origin.is_source() {
            found = found.fix(rename("name", &name, link.node.span()));
        }
    }
    found
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
    let is_hash = |rest: &str| rest.len() == HASH && rest.chars().all(|c| c.is_ascii_alphanumeric());
    cluster.in_namespace(&link.namespace).find(|object| {
        object.is(link.group, link.kind)
            && object.name.strip_prefix(link.name.as_str()).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_hash)
    })
}

fn elsewhere<'w>(cluster: &Cluster<'w>, link: &Link<'_>) -> Option<&'w Object> {
    let same = cluster.named(&link.name).filter(|object| object.is(link.group, link.kind));
    same.min_by(|a, b| a.namespace().cmp(b.namespace()))
}

/// The file in which it is written although nothing builds it.
fn written(cluster: &Cluster<'_>, link: &Link<'_>) -> Option<(String, Span)> {
    cluster.repository.documents.iter().find_map(|document| {
        let id = Id::of(&document.node);
        let is_it = id.name == link.name && id.gvk.kind == link.kind && id.gvk.group == link.group;
        let here = id.namespace.is_empty() || id.namespace == link.namespace;
        let place = document.node.at(&["metadata", "name"])?.span();
        (is_it && here && !cluster.repository.reached.contains(&place.file)).then(|| (document.path.to_string(), place))
    })
}

/// The name probably meant, of what stands or is made in the namespace.
fn nearest(cluster: &Cluster<'_>, link: &Link<'_>) -> Option<(String, Option<Span>)> {
    let objects = cluster.in_namespace(&link.namespace).filter(|object| object.is(link.group, link.kind));
    let there = objects.map(|object| (object.name.to_string(), Some(object.place())));
    let made = cluster.products().names(link.kind, &link.namespace).map(|name| (name.to_owned(), None));
    let name = link.name.as_str();
    let bounded = |long: &str, short: &str| {
        short.len() >= 3
            && (long.strip_suffix(short).is_some_and(|head| head.ends_with('-'))
                || long.strip_prefix(short).is_some_and(|tail| tail.starts_with('-')))
    };
    there
        .chain(made)
        .filter_map(|(other, place)| {
            let distance = strsim::levenshtein(&other, name);
            let limit = (name.len() / 3).clamp(2, 4);
            let score = if distance <= limit {
                distance
            } else if bounded(&other, name) || bounded(name, &other) {
                limit + 1
            } else {
                return None;
            };
            Some((score, other, place))
        })
        .min_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)))
        .map(|(_, name, place)| (name, place))
}
