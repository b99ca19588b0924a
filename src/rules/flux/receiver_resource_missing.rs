//! Receivers and Alerts name Flux objects that exist. Card: rules/flux/receiver-resource-missing.md

use serde::Deserialize;

use super::reference::{Named, Reference, wrong_kind};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, KINDS, NOTIFICATION};
use crate::finding::{Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReceiverResourceMissing {}

/// Kinds with lists of objects: the kind, the list, what it does with them.
const LISTS: &[(&str, &str, &str)] =
    &[("Receiver", "spec.resources", "triggers"), ("Alert", "spec.eventSources", "listens to")];

impl Rule for ReceiverResourceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let makers = FluxMakers::of(cluster);
        for (kind, list, verb) in LISTS {
            for from in cluster.of_kind(NOTIFICATION, kind) {
                for entry in from.dig(list).map(Node::items).unwrap_or_default() {
                    let Some(reference) = reference(cluster, from, entry, list, verb, out) else { continue };
                    let Some(found) = reference.judge(cluster, &makers, out) else { continue };
                    let found = with_root(&makers, &reference, found);
                    // An event source may be wider than what is there today.
                    out.report(if *kind == "Alert" { found.severity(Severity::Warning) } else { found });
                }
            }
        }
    }
}

fn reference<'w>(
    cluster: &Cluster<'_>,
    from: &'w Object,
    entry: &'w Node,
    list: &str,
    verb: &str,
    out: &mut Sink,
) -> Option<Reference<'w>> {
    let written = entry.get("kind").and_then(Node::as_str).unwrap_or_default();
    let (group, kind) = KINDS.iter().find(|(_, known)| *known == written)?;
    let named = Named::of(from, entry);
    let (Some(name), Some(namespace)) = (named.name, named.namespace) else {
        let what = from.reference().to_string();
        out.undecided(cluster, "variable", what, format!("`{list}` holds an unknown variable"));
        return None;
    };
    (name != "*").then(|| Reference {
        rule: "receiver-resource-missing",
        from,
        entry,
        group,
        kind,
        name,
        namespace,
        has_namespace: named.has_namespace,
        lead: format!("{} `{}` {verb} {kind}", from.kind(), from.full_name()),
        others: KINDS,
        other_kind: wrong_kind,
        path: format!("{list}[{kind} {namespace}/{name}]"),
    })
}

/// The Kustomization that applies the cluster stands in no file where a `FluxInstance` makes it.
fn with_root(makers: &FluxMakers<'_, '_>, reference: &Reference<'_>, found: Observation) -> Observation {
    match makers.root() {
        Some(root) if reference.kind == "Kustomization" && found.help.is_none() => found.help(format!(
            "the Kustomization that applies this cluster is `{}/{}`",
            root.spec.namespace, root.spec.name
        )),
        _ => found,
    }
}
