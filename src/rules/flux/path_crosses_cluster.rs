//! A cluster builds its own folders, not those of another one. Card: rules/flux/path-crosses-cluster.md

use hashbrown::{HashMap, HashSet};
use std::cell::LazyCell;
use std::collections::BTreeSet;

use serde::Deserialize;

use super::edits::replace;
use crate::build::kustomize::NAMES;
use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::{Cluster, Repository, trail};
use crate::finding::{Applicability, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{FileId, Span, file_name, parent};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathCrossesCluster {}

/// Another cluster of the repository: where its entry parts from that of this one.
struct Other {
    entry: String,
    /// What both paths begin with.
    common: Vec<String>,
    /// The part that tells this cluster apart.
    own: String,
    /// The part that tells the other one apart.
    foreign: String,
}

impl Other {
    /// Whether a path lies where only the other cluster lives.
    fn is_private(&self, path: &str) -> bool {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        self.common.iter().chain([&self.foreign]).all(|own| parts.next() == Some(own))
    }
}

/// A folder of another cluster that has a twin here.
struct Crossing<'o> {
    other: &'o Other,
    path: String,
    twin: String,
}

impl Rule for PathCrossesCluster {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        let others: Vec<Other> = repository.entries.iter().filter_map(|entry| other(cluster.entry(), entry)).collect();
        if others.is_empty() {
            return;
        }
        // Hardly any tree has a twin to ask about.
        let used: Used<'_> = LazyCell::new(Box::new(|| used(repository)));
        let mut said: HashSet<Span> = HashSet::new();
        for one in cluster.kustomizations().iter().filter(|one| one.state == State::Built && one.object.is_some()) {
            let Some(path) = one.spec.path.as_deref() else { continue };
            let Some(crossing) = others.iter().find_map(|other| by_name(cluster, &used, other, path)) else { continue };
            // A whole Kustomization of the other cluster: the entry that lists it is at fault.
            let listed =
                one.object.and_then(|at| cluster.object(at)).and_then(|object| listed(cluster, &crossing, object));
            match listed {
                Some(place) if said.insert(place) => out.report(of_entry(place, &crossing, cluster)),
                None if said.insert(one.spec.path_place) => out.report(of_path(cluster, one, &crossing)),
                _ => {}
            }
        }
        // Most objects come from a few files, and of those hardly one is another cluster's.
        let mut private: HashMap<FileId, bool> = HashMap::new();
        for object in cluster.objects() {
            let file = object.kind_place().file;
            let is_private = || others.iter().any(|other| other.is_private(&cluster.sources().file(file).path));
            if !*private.entry(file).or_insert_with(is_private) {
                continue;
            }
            for other in &others {
                if let Some((place, crossing)) = included(cluster, &used, other, object)
                    && said.insert(place)
                {
                    out.report(of_entry(place, &crossing, cluster));
                }
            }
        }
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

fn other(own: &str, entry: &str) -> Option<Other> {
    let (mine, theirs) = (parts(own), parts(entry));
    let common = mine.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    Some(Other {
        entry: entry.to_owned(),
        own: mine.get(common)?.clone(),
        foreign: theirs.get(common)?.clone(),
        common: mine.into_iter().take(common).collect(),
    })
}

/// The folders in use, once somebody asks.
type Used<'r> = LazyCell<BTreeSet<String>, Box<dyn Fn() -> BTreeSet<String> + 'r>>;

/// Folders that some object of some cluster comes from, with all above them.
fn used(repository: &Repository<'_>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for file in &repository.reached {
        let path = repository.sources().file(*file).path.clone();
        let mut at: &str = &path;
        while !at.is_empty() && used.insert(at.to_owned()) {
            at = parent(at);
        }
    }
    used
}

/// The path with the other cluster's name exchanged for the own one, where that exists and nothing uses it.
fn by_name<'o>(cluster: &Cluster<'_>, used: &Used<'_>, other: &'o Other, path: &str) -> Option<Crossing<'o>> {
    let elements = parts(path);
    elements.iter().enumerate().filter(|(_, part)| **part == other.foreign).find_map(|(at, _)| {
        let mut twin = elements.clone();
        twin.get_mut(at)?.clone_from(&other.own);
        let twin = twin.join("/");
        let exists = cluster.sources().system().entry(&twin).is_ok();
        (exists && !used.contains(&twin)).then(|| Crossing { other, path: elements.join("/"), twin })
    })
}

/// The entry of a kustomization file that brings in an object whose file belongs to the other cluster as well.
fn listed(cluster: &Cluster<'_>, crossing: &Crossing<'_>, object: &Object) -> Option<Span> {
    let file = |span: Span| cluster.sources().file(span.file).path.to_string();
    let is_foreign = |path: &str| parts(parent(path)).contains(&crossing.other.foreign);
    if !is_foreign(&file(object.kind_place())) {
        return None;
    }
    let outside = object.trail.iter().find(|label| !is_foreign(&file(label.span)))?;
    NAMES.contains(&file_name(&file(outside.span))).then_some(outside.span)
}

/// Where a kustomization file outside of the other cluster's folder brings in something of it.
fn included<'o>(
    cluster: &Cluster<'_>,
    used: &Used<'_>,
    other: &'o Other,
    object: &Object,
) -> Option<(Span, Crossing<'o>)> {
    let file = |span: Span| cluster.sources().file(span.file).path.to_string();
    let mut inside = file(object.kind_place());
    if !other.is_private(&inside) {
        return None;
    }
    for label in &object.trail {
        let path = file(label.span);
        if other.is_private(&path) {
            inside = parent(&path).to_owned();
            continue;
        }
        if !NAMES.contains(&file_name(&path)) {
            return None;
        }
        return Some((label.span, by_name(cluster, used, other, &inside)?));
    }
    None
}

fn of_path(cluster: &Cluster<'_>, one: &KustomizationBuild, crossing: &Crossing<'_>) -> Observation {
    let mut observation = observation(
        format!("{} of cluster `{}` applies `{}`", one.spec.shown(), cluster.entry(), crossing.path),
        one.spec.path_place,
        crossing,
    )
    .about(one.spec.reference(), "spec.path")
    .trail(one.spec.path_trail.clone());
    let node = one.object.and_then(|at| cluster.object(at)).and_then(|object| object.dig("spec.path"));
    if let Some(node) = node {
        observation = observation.trail(trail(node));
        let start = if node.as_str().is_some_and(|text| text.starts_with("./")) { "./" } else { "" };
        let text = format!("{start}{}", crossing.twin);
        observation.fix = replace(node, &text, format!("apply `{text}`"), Applicability::Unsafe);
    }
    observation
}

fn of_entry(place: Span, crossing: &Crossing<'_>, cluster: &Cluster<'_>) -> Observation {
    let file = cluster.sources().file(place.file).path.clone();
    observation(format!("`{file}` of cluster `{}` brings in `{}`", cluster.entry(), crossing.path), place, crossing)
        .keyed(format!("{file} {}", crossing.path))
}

fn observation(lead: String, place: Span, crossing: &Crossing<'_>) -> Observation {
    Observation::new(
        "path-crosses-cluster",
        format!("{lead} of cluster `{}`, while its own `{}` is used by nothing", crossing.other.entry, crossing.twin),
        Label::new(place, "of another cluster"),
    )
    .help(format!("did you mean `{}`?", crossing.twin))
}
