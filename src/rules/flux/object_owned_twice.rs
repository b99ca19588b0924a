//! One object of a cluster is applied by one Kustomization. Card: rules/flux/object-owned-twice.md

use hashbrown::HashSet;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::flux::switch;
use crate::build::{KustomizationBuild, Object, scope};
use crate::cluster::Cluster;
use crate::finding::{Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectOwnedTwice {}

/// Group, kind, namespace, name.
type Identity<'w> = (&'w str, &'w str, &'w str, &'w str);

impl Rule for ObjectOwnedTwice {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut by_identity: BTreeMap<Identity<'_>, Vec<&Object>> = BTreeMap::new();
        for object in cluster.objects().filter(|object| is_applied(cluster, object)) {
            let identity = (object.gvk.group.as_str(), object.kind(), object.namespace(), object.name.as_str());
            by_identity.entry(identity).or_default().push(object);
        }
        // Two Kustomizations that share objects are one mistake.
        let mut shared: BTreeMap<(usize, usize), Vec<(&Object, &Object)>> = BTreeMap::new();
        for objects in by_identity.values() {
            let mut owners: Vec<&Object> = Vec::new();
            for object in objects {
                if !owners.iter().any(|owner| owner.kustomization == object.kustomization) {
                    owners.push(object);
                }
            }
            if let [first, rest @ ..] = owners.as_slice() {
                for second in rest {
                    shared.entry((first.kustomization, second.kustomization)).or_default().push((first, second));
                }
            }
        }
        // Further ones at the same place say nothing new.
        let mut said = HashSet::new();
        for ((first, second), objects) in shared {
            let owners = cluster.kustomizations().get(first).zip(cluster.kustomizations().get(second));
            if let Some(((first, second), (pair, more))) = owners.zip(objects.split_first()) {
                let observation = observation(first, second, *pair, more.len());
                if said.insert(observation.primary.span) {
                    out.report(observation);
                }
            }
        }
    }
}

/// Whether Flux applies it all the time, under a name that is known.
fn is_applied(cluster: &Cluster<'_>, object: &Object) -> bool {
    let name = object.at(&["metadata", "name"]);
    let shares = matches!(switch(&object.node, "ssa").as_deref(), Some("ifnotpresent" | "merge" | "ignore"));
    // Where a namespace is missing, the API server refuses the object, or it is of a kind without namespaces.
    let is_placed = object.namespace.is_some() || scope::has_no_namespace(&object.gvk);
    object.release.is_none()
        && is_placed
        && !shares
        && !name.is_some_and(|name| name.is_unknown())
        && !object.name.contains("${")
        && !object.namespace().contains("${")
        && cluster.kustomization_of(object).is_some_and(|owner| !owner.by_hand)
}

fn observation(
    first: &KustomizationBuild,
    second: &KustomizationBuild,
    (one, other): (&Object, &Object),
    more: usize,
) -> Observation {
    let others = match more {
        0 => String::new(),
        1 => " and another object".to_owned(),
        more => format!(" and {more} other objects"),
    };
    let message = format!(
        "{}{others} {} applied by {} and by {}",
        one.reference(),
        if more > 0 { "are" } else { "is" },
        first.spec.shown(),
        second.spec.shown()
    );
    // One file built twice: the second way to it is at fault, not the file.
    let same_file = one.place() == other.place();
    let primary = if same_file { second.spec.path_place } else { other.place() };
    let label = if same_file { "applies it too" } else { "applied again" };
    let mut observation = Observation::new("object-owned-twice", message, Label::new(primary, label))
        .about(other.reference(), format!("{} {}", first.spec.shown(), second.spec.shown()))
        .related(Label::new(one.place(), "the object"));
    for (object, owner) in [(one, first), (other, second)] {
        observation = observation.related(Label::new(owner.spec.place, "one of its owners"));
        if let Some(listed) = object.trail.last() {
            observation = observation.related(Label::new(listed.span, "how it gets there"));
        }
    }
    let applies_itself = |owner: &KustomizationBuild| one.reference() == owner.spec.reference();
    if applies_itself(first) || applies_itself(second) {
        return observation
            .severity(Severity::Warning)
            .why("It writes its own file over what its parent makes of it, and the parent writes it back")
            .help("give it a path that does not hold its own file");
    }
    let keeps = |object: &Object, owner: &KustomizationBuild| {
        !owner.spec.prunes || switch(&object.node, "prune").as_deref() == Some("disabled")
    };
    if keeps(one, first) || keeps(other, second) {
        observation
            .severity(Severity::Warning)
            .why("Both write their own labels and their own content over those of the other, again and again")
    } else {
        observation
    }
}
