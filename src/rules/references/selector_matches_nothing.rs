//! Selectors of a pod's own placement match pods. Card: rules/references/selector-matches-nothing.md

use serde::Deserialize;

use super::selection::{Selection, Subject, matches};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, PodSet, Selector};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Where a pod template says how its pods are placed: path, whether it means the pod itself, and what is lost.
const FIELDS: [(&str, bool, &str); 5] = [
    ("topologySpreadConstraints[]", true, "they are not spread"),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[]", false, "nothing is kept apart"),
    (
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm",
        false,
        "nothing is kept apart",
    ),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[]", false, "its pods are never scheduled"),
    (
        "affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm",
        false,
        "nothing is brought together",
    ),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelectorMatchesNothing {}

impl Rule for SelectorMatchesNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let selection = Selection::of(cluster);
        for set in selection.pods.iter() {
            let Some(spec) = pod_spec(set.object) else { continue };
            for (path, is_own, effect) in FIELDS {
                for term in spec.each(path) {
                    check(cluster, &selection, set, term, (path, is_own, effect), out);
                }
            }
        }
    }
}

/// The pod of a workload that stands in the tree, or that a model of a chart makes.
fn pod_spec(object: &Object) -> Option<&Node> {
    match object.kind() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => object.dig("spec.template.spec"),
        "CronJob" => object.dig("spec.jobTemplate.spec.template.spec"),
        _ => None,
    }
}

fn check(
    cluster: &Cluster<'_>,
    selection: &Selection<'_, '_>,
    set: &PodSet<'_>,
    term: &Node,
    (path, is_own, effect): (&str, bool, &str),
    out: &mut Sink,
) {
    let Some(node) = term.get("labelSelector") else { return };
    let selector = Selector::of(Some(node));
    let is_elsewhere = ["namespaces", "namespaceSelector"].iter().any(|key| term.get(key).is_some());
    if selector.is_empty() || is_elsewhere || !matches(&selector, set).is_no() {
        return;
    }
    match selection.selects(set.namespace(), &selector) {
        Answer::Yes => return,
        Answer::Unknown if !is_own => {
            let what = format!("what `{path}` of {} selects", set.object.reference());
            out.undecided(cluster, "chart", what, "pods with unknown labels run in its namespace");
            return;
        }
        _ => {}
    }
    let subject = Subject {
        rule: "selector-matches-nothing",
        object: set.object,
        verb: if is_own { "spreads pods with" } else { "places its pods by" },
        effect,
        selector: &selector,
        place: node.span(),
        path: path.to_owned(),
    };
    out.report(selection.observation(&subject, set.namespace()));
}
