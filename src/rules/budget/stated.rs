//! What the rules about amounts that nobody states share: containers, and which of them say nothing.

use hashbrown::HashSet;

use crate::cluster::Cluster;
use crate::cluster::budget::{Container, Contributor, Side, shown};
use crate::finding::{Label, Observation};
use crate::rulebook::Sink;

/// Reports containers that state nothing about a resource on one side, once a place.
pub fn report_silent(
    rule: &'static str,
    cluster: &Cluster<'_>,
    (side, resources): (Side, &[&str]),
    message: impl Fn(&str, &str, &str) -> String,
    out: &mut Sink,
) {
    let mut seen = HashSet::new();
    for one in cluster.account().contributors.iter().filter(|one| one.copies.most > 0 || one.copies.gap.is_some()) {
        for container in containers(one) {
            let missing: Vec<&str> =
                resources.iter().filter(|resource| !container.side(side).contains_key(**resource)).copied().collect();
            if missing.is_empty() {
                continue;
            }
            let whose = shown(one.object, &one.part);
            if let Some(why) = &container.open {
                let what = format!("container `{}` of {whose}", container.name);
                out.undecided(cluster, "values", what, why.clone());
                continue;
            }
            // What a chart or an operator adds has no place of its own.
            if seen.insert((container.place, container.name.clone())) {
                let message = message(&container.name, &whose, &missing.join(" and "));
                let path = format!("{}[{}]", one.part, container.name);
                let found = Observation::new(rule, message, Label::new(container.place, "this container"));
                out.report(found.about(one.object.reference(), path).confidence(one.trust));
            }
        }
    }
}

/// Containers that run on; a pod that states amounts as a whole speaks for them.
fn containers<'c>(one: &'c Contributor<'_>) -> impl Iterator<Item = &'c Container> {
    let pods = one.pod.iter().filter(|pod| pod.whole.is_none());
    pods.flat_map(|pod| pod.containers.iter().chain(pod.init.iter().filter(|init| init.restartable)))
}
