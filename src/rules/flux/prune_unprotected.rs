//! Namespaces, claims and CRDs are kept when they leave git. Card: rules/flux/prune-unprotected.md

use serde::Deserialize;

use super::edits::insert_first;
use crate::build::Object;
use crate::build::flux::switch;
use crate::cluster::Cluster;
use crate::finding::{Applicability, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PruneUnprotected {}

/// Kinds that take data or other objects with them.
const KINDS: &[(&str, &str)] =
    &[("", "Namespace"), ("", "PersistentVolumeClaim"), ("apiextensions.k8s.io", "CustomResourceDefinition")];

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/prune";

impl Rule for PruneUnprotected {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for (group, kind) in KINDS {
            // Flux's own objects stand in a file that it writes itself.
            let is_own = |object: &&Object| object.label("app.kubernetes.io/part-of") == Some("flux");
            for object in cluster.of_kind(group, kind).filter(|object| object.release.is_none() && !is_own(object)) {
                let Some(owner) = cluster.kustomization_of(object).filter(|owner| owner.spec.prunes && !owner.by_hand)
                else {
                    continue;
                };
                if switch(&object.node, "prune").as_deref() == Some("disabled") {
                    continue;
                }
                let mut observation = Observation::new(
                    "prune-unprotected",
                    format!(
                        "{} is deleted when it leaves git, because {} prunes",
                        object.reference(),
                        owner.spec.shown()
                    ),
                    Label::new(object.place(), "can be pruned"),
                )
                .about(object.reference(), SWITCH)
                .related(Label::new(owner.spec.place, "prunes"));
                observation.fix = protect(cluster, object);
                out.report(observation);
            }
        }
    }
}

fn protect(cluster: &Cluster<'_>, object: &Object) -> Option<Fix> {
    let metadata = object.at(&["metadata"])?;
    let edit = match metadata.get("annotations").filter(|map| map.as_map().is_some_and(|map| !map.is_empty())) {
        Some(annotations) => {
            let line = format!("{SWITCH}: disabled");
            insert_first(cluster, annotations, &line, std::slice::from_ref(&line))
        }
        None if metadata.get("annotations").is_some() => None,
        None => {
            let block = ["annotations:".to_owned(), format!("  {SWITCH}: disabled")];
            insert_first(cluster, metadata, &format!("annotations: {{{SWITCH}: disabled}}"), &block)
        }
    };
    Some(Fix { title: "switch pruning off".to_owned(), applicability: Applicability::Safe, edits: vec![edit?] })
}
