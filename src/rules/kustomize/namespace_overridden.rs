//! A namespace that is written is the one that counts. Card: rules/kustomize/namespace-overridden.md

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::{Object, State};
use crate::cluster::Cluster;
use crate::cluster::references::Reference;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{FileId, Span};
use crate::yaml::Step;

/// Places that name the object where it was written, as far as they are shown.
const MOST_SHOWN: usize = 4;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamespaceOverridden {}

impl Rule for NamespaceOverridden {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let moved: Vec<Moved<'_>> = cluster.objects().filter_map(Moved::of).collect();
        if moved.is_empty() {
            return;
        }
        let references = cluster.references();
        let neighbours = Neighbours::of(cluster);
        let mut strayed: BTreeMap<(Span, &str), Vec<&Moved<'_>>> = BTreeMap::new();
        for one in &moved {
            let wanted = references.to(one.object.kind(), one.written, &one.object.name);
            let wanted: Vec<&Reference<'_>> = wanted.filter(|found| !same(found.from, one.object)).collect();
            if !wanted.is_empty() && !is_there(cluster, one) {
                out.report(missed(one, &wanted));
            } else if neighbours.live_in(one.object, one.written) {
                strayed.entry((one.setting, one.written)).or_default().push(one);
            }
        }
        for objects in strayed.values() {
            out.observations.extend(stray(objects));
        }
    }
}

fn same(one: &Object, other: &Object) -> bool {
    std::ptr::eq(one, other)
}

/// An object of the same name that does stand in the namespace that was written.
fn is_there(cluster: &Cluster<'_>, moved: &Moved<'_>) -> bool {
    let object = moved.object;
    cluster.get(&object.gvk.group, object.kind(), moved.written, &object.name).is_some()
}

/// An object that was written for one namespace and ends in another.
struct Moved<'w> {
    object: &'w Object,
    written: &'w str,
    /// Where the namespace was written.
    place: Span,
    /// Where the other one was set.
    setting: Span,
}

impl<'w> Moved<'w> {
    fn of(object: &'w Object) -> Option<Self> {
        let written = object.written.namespace.as_str();
        let node = object.at(&["metadata", "namespace"])?;
        if written.is_empty() || written.contains("${") || node.as_str()? == written {
            return None;
        }
        let chain = node.origin.chain();
        let setting = chain.iter().find(|(step, _)| *step == Some(Step::NamespaceSet)).map(|(_, span)| *span)?;
        let place = chain.last().map(|(_, span)| *span).filter(|span| *span != setting)?;
        Some(Moved { object, written, place, setting })
    }

    fn observation(&self, message: String, place: Span, label: &str) -> Observation {
        Observation::new("namespace-overridden", message, Label::new(place, label))
            .about(self.object.reference(), "metadata.namespace")
    }
}

/// Something names it where it was written.
fn missed(moved: &Moved<'_>, references: &[&Reference<'_>]) -> Observation {
    let from = references.first().map(|reference| reference.from.reference().to_string()).unwrap_or_default();
    let more = match references.len() {
        0 | 1 => String::new(),
        several => format!(" and {} other places", several - 1),
    };
    let message = format!(
        "{} is written for namespace `{}`, where {from}{more} looks for it",
        moved.object.reference(),
        moved.written
    );
    let mut found =
        moved.observation(message, moved.place, "overridden").related(Label::new(moved.setting, "namespace set here"));
    for reference in references.iter().take(MOST_SHOWN) {
        found = found.related(Label::new(reference.place, "looked for here"));
    }
    found.help(format!(
        "set the namespace to `{}` where it is overridden, or name `{}` where the object is looked for",
        moved.written,
        moved.object.namespace()
    ))
}

/// Everything beside it stays in the namespace it was written for.
fn stray(objects: &[&Moved<'_>]) -> Option<Observation> {
    let (first, rest) = objects.split_first()?;
    let more = match rest.len() {
        0 => String::new(),
        1 => " and another object".to_owned(),
        several => format!(" and {several} other objects"),
    };
    let message = format!(
        "{}{more} {} written for namespace `{}`, where everything beside it is applied, and is moved to `{}`",
        first.object.reference(),
        if rest.is_empty() { "is" } else { "are" },
        first.written,
        first.object.namespace()
    );
    let mut found = first
        .observation(message, first.setting, "overrides the written namespace")
        .related(Label::new(first.place, "written here"));
    for moved in rest.iter().take(MOST_SHOWN) {
        found = found.related(Label::new(moved.place, "written here too"));
    }
    Some(found.help(format!("set `{}` here, or remove the namespace from the object", first.written)))
}

/// Where the objects of Kustomizations live that one file lists beside each other.
struct Neighbours<'c, 'w> {
    cluster: &'c Cluster<'w>,
    // By the file that lists them.
    listed: HashMap<FileId, Vec<usize>>,
    // Namespaces of the objects of each Kustomization.
    namespaces: Vec<HashSet<&'w str>>,
}

impl<'c, 'w> Neighbours<'c, 'w> {
    fn of(cluster: &'c Cluster<'w>) -> Self {
        let mut listed: HashMap<FileId, Vec<usize>> = HashMap::new();
        for at in 0..cluster.kustomizations().len() {
            if let Some(file) = listing(cluster, at) {
                listed.entry(file).or_default().push(at);
            }
        }
        let mut namespaces = vec![HashSet::new(); cluster.kustomizations().len()];
        for object in cluster.objects() {
            if let (Some(namespace), Some(own)) = (&object.namespace, namespaces.get_mut(object.kustomization)) {
                own.insert(namespace.as_str());
            }
        }
        Neighbours { cluster, listed, namespaces }
    }

    /// Whether the Kustomizations beside that of an object apply theirs to this namespace, and to this one alone,
    /// while its own is for a single other one.
    fn live_in(&self, object: &Object, namespace: &str) -> bool {
        if self.namespaces.get(object.kustomization).is_none_or(|own| own.len() != 1) {
            return false;
        }
        let beside = listing(self.cluster, object.kustomization).and_then(|file| self.listed.get(&file));
        let beside = beside.into_iter().flatten().filter(|at| **at != object.kustomization);
        let mut known = beside.filter_map(|at| {
            let built = self.cluster.kustomizations().get(*at).filter(|one| one.state == State::Built)?;
            let own = self.namespaces.get(*at).filter(|own| !own.is_empty())?;
            (built.parent.is_some()).then_some(own)
        });
        let all_there = |own: &HashSet<&str>| own.len() == 1 && own.contains(namespace);
        let first = known.next().is_some_and(all_there);
        first && known.all(all_there) && self.cluster.get("", "Namespace", "", namespace).is_some()
    }
}

/// The file that lists the object of a Kustomization.
fn listing(cluster: &Cluster<'_>, kustomization: usize) -> Option<FileId> {
    let object = cluster.kustomizations().get(kustomization)?.object?;
    cluster.object(object)?.trail.first().map(|label| label.span.file)
}
