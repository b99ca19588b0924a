//! What holds data is not deleted in passing. Card: rules/upgrade/stateful-object-removed.md

use serde::Deserialize;

use crate::cluster::before::Former;
use crate::cluster::{Cluster, Presence};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Group, kind, and what goes with it.
const STATEFUL: [(&str, &str, &str); 5] = [
    ("", "Namespace", "everything in it goes with it"),
    ("", "PersistentVolumeClaim", "its data goes with it where the volume is reclaimed"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "every object of the kind goes with it"),
    ("apps", "StatefulSet", "its pods go, and its claims stay without owner"),
    ("", "PersistentVolume", "its claim loses its data"),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StatefulObjectRemoved {}

impl Rule for StatefulObjectRemoved {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let Some(before) = cluster.before() else { return };
        for former in before.all(cluster.entry()) {
            let stateful = STATEFUL.iter().find(|(group, kind, _)| former.group == *group && former.kind == *kind);
            let Some((group, kind, effect)) = stateful.filter(|_| former.is_pruned && !former.is_of_release) else {
                continue;
            };
            match cluster.presence(group, kind, &former.namespace, &former.name) {
                Presence::Present(_) => {}
                Presence::Unknown => out.undecided(
                    cluster,
                    "broken",
                    format!("whether {} is still applied", former.shown()),
                    "a part of the cluster that could hold it was not built",
                ),
                Presence::Absent => out.observations.extend(removed(cluster, former, effect)),
            }
        }
    }
}

fn removed(cluster: &Cluster<'_>, former: &Former, effect: &str) -> Option<Observation> {
    let owner = cluster.kustomizations().iter().find(|one| one.spec.shown() == former.kustomization);
    // The whole Kustomization may be gone: then the root is what no longer lists it.
    let place = owner.or_else(|| cluster.kustomizations().first())?.spec.place;
    let message = format!(
        "{} is no longer applied, and {} prunes: Flux deletes it, and {effect}",
        former.shown(),
        former.kustomization
    );
    let found = Observation::new("stateful-object-removed", message, Label::new(place, "prunes what is gone"));
    Some(found.keyed(format!("{}/{}/{}", former.kind, former.namespace, former.name)))
}
