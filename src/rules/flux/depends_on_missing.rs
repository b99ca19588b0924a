//! Every `dependsOn` entry names an object of the same kind. Card: rules/flux/depends-on-missing.md

use serde::Deserialize;

use super::depends_on::{Dependency, DependingKind, HELM_RELEASE, KUSTOMIZATION, dependencies};
use super::reference::Reference;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, HELM, KUSTOMIZE};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnMissing {}

/// The two kinds that can depend on their own kind alone.
const BOTH: &[(&str, &str)] = &[(KUSTOMIZE, "Kustomization"), (HELM, "HelmRelease")];

impl Rule for DependsOnMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let makers = FluxMakers::of(cluster);
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            for dependency in dependencies(cluster, kind) {
                let Some(reference) = reference(kind, &dependency) else {
                    out.undecided(
                        cluster,
                        "variable",
                        dependency.from.reference().to_string(),
                        "a dependsOn entry holds an unknown variable",
                    );
                    continue;
                };
                if let Some(found) = reference.judge(cluster, &makers, out) {
                    out.report(found);
                }
            }
        }
    }
}

fn reference<'w>(kind: DependingKind, dependency: &Dependency<'w>) -> Option<Reference<'w>> {
    let (name, namespace) = (dependency.name?, dependency.namespace?);
    Some(Reference {
        rule: "depends-on-missing",
        from: dependency.from,
        entry: dependency.entry,
        group: kind.group,
        kind: kind.kind,
        name,
        namespace,
        has_namespace: dependency.has_namespace,
        lead: format!("{} `{}` depends on", kind.kind, dependency.from.full_name()),
        others: BOTH,
        other_kind,
        path: format!("spec.dependsOn[{namespace}/{name}]"),
    })
}

fn other_kind(cluster: &Cluster<'_>, reference: &Reference<'_>, found: &Object) -> (String, String) {
    let kind = reference.kind;
    let clause = format!("but that is a {}; a {kind}'s dependsOn sees {kind}s only", found.kind());
    let applier = cluster.kustomization_of(found).filter(|applier| kind == KUSTOMIZATION.kind && !applier.by_hand);
    let help = match applier {
        Some(applier) => {
            format!("depend on the Kustomization that applies it: `{}/{}`", applier.spec.namespace, applier.spec.name)
        }
        None => format!("name a {kind} or drop the entry"),
    };
    (clause, help)
}
