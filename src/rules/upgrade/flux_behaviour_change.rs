//! What the next release of Flux does otherwise. Card: rules/upgrade/flux-behaviour-change.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{HELM, KUSTOMIZE};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// A change of behaviour, and the objects it is about.
struct Change {
    since: [u64; 2],
    group: &'static str,
    kind: &'static str,
    field: &'static str,
    what: &'static str,
    help: &'static str,
}

/// Source: fluxcd/website, the post about Flux 2.9; fluxcd/helm-controller and fluxcd/kustomize-controller CHANGELOG.md.
const CHANGES: [Change; 2] = [
    Change {
        since: [2, 9],
        group: HELM,
        kind: "HelmRelease",
        field: "spec.postRenderers",
        what: "sees the hooks of charts as well",
        help: "check that each patch still selects what it is meant for, or set the strategy of before",
    },
    Change {
        since: [2, 9],
        group: KUSTOMIZE,
        kind: "Kustomization",
        field: "spec.postBuild",
        what: "fails on a variable without a value",
        help: "give every variable a value or a default, or switch strict substitution off",
    },
];

/// So many objects are shown.
const MOST: usize = 3;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FluxBehaviourChange {}

impl Rule for FluxBehaviourChange {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let Some(running) = cluster.flux_version() else { return };
        for change in CHANGES.iter().filter(|change| running.numbers.as_slice() < change.since.as_slice()) {
            let objects = cluster.of_kind(change.group, change.kind);
            let set: Vec<(&Object, &Node)> =
                objects.filter_map(|object| Some((object, object.dig(change.field)?))).collect();
            let Some(((first, node), others)) = set.split_first() else { continue };
            let [major, minor] = change.since;
            let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
            let key = change.field.rsplit('.').next().unwrap_or_default();
            let message =
                format!("`{key}` of {}{more} {} from Flux {major}.{minor} on", first.reference(), change.what);
            let mut found = Observation::new("flux-behaviour-change", message, Label::new(node.span(), "changes"))
                .about(first.reference(), change.field)
                .help(change.help);
            if let Some(place) = running.place {
                found = found.related(Label::new(place, format!("Flux {}", running.shown)));
            }
            for (_, other) in others.iter().take(MOST) {
                found = found.related(Label::new(other.span(), "changes, too"));
            }
            out.report(weighed(cluster, first, Confidence::Medium, found));
        }
    }
}
