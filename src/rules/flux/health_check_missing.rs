//! A health check of a kind that only git makes names an object that exists. Card: rules/flux/health-check-missing.md

use serde::Deserialize;

use super::reference::{Named, Reference, wrong_kind};
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, KINDS, KUSTOMIZE};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealthCheckMissing {}

impl Rule for HealthCheckMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let makers = FluxMakers::of(cluster);
        for from in cluster.of_kind(KUSTOMIZE, "Kustomization") {
            // With `wait`, the list is not read.
            if from.dig("spec.wait").and_then(Node::as_bool) == Some(true) {
                continue;
            }
            for entry in from.dig("spec.healthChecks").map(Node::items).unwrap_or_default() {
                let text = |key: &str| entry.get(key).and_then(Node::as_str).unwrap_or_default();
                let (group, _) = text("apiVersion").split_once('/').unwrap_or_default();
                let Some((group, kind)) = KINDS.iter().find(|known| **known == (group, text("kind"))) else { continue };
                let named = Named::of(from, entry);
                let (Some(name), Some(namespace)) = (named.name, named.namespace) else {
                    let what = from.reference().to_string();
                    out.undecided(cluster, "variable", what, "a health check holds an unknown variable");
                    continue;
                };
                let reference = Reference {
                    rule: "health-check-missing",
                    from,
                    entry,
                    group,
                    kind,
                    name,
                    namespace,
                    has_namespace: named.has_namespace,
                    lead: format!("Kustomization `{}` waits for {kind}", from.full_name()),
                    others: KINDS,
                    other_kind: wrong_kind,
                    path: format!("spec.healthChecks[{kind} {namespace}/{name}]"),
                };
                if let Some(found) = reference.judge(cluster, &makers, out) {
                    out.report(found);
                }
            }
        }
    }
}
