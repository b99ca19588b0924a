//! Objects that live in a namespace have one after the build. Card: rules/kustomize/namespace-unset.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::Cluster;
use crate::cluster::scopes::{Scope, Scopes};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Further objects that are shown.
const MOST_SHOWN: usize = 6;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamespaceUnset {}

impl Rule for NamespaceUnset {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let scopes = Scopes::of(cluster);
        // One setting is missing for all objects of a Kustomization.
        let mut by_owner: BTreeMap<usize, Vec<&Object>> = BTreeMap::new();
        for object in cluster.objects().filter(|object| object.namespace.is_none()) {
            if scopes.get(&object.gvk) == Some(Scope::Namespaced) {
                by_owner.entry(object.kustomization).or_default().push(object);
            }
        }
        for (owner, mut objects) in by_owner {
            objects.sort_by_cached_key(|object| cluster.sources().location(object.place()));
            let Some(owner) = cluster.kustomizations().get(owner) else { continue };
            // `kubectl` puts what is applied by hand into the namespace of its context; a build that fails applies
            // nothing, and may lack the very file that sets the namespace.
            if owner.by_hand || owner.state != State::Built {
                continue;
            }
            out.observations.extend(observation(owner, &objects));
        }
    }
}

fn observation(owner: &KustomizationBuild, objects: &[&Object]) -> Option<Observation> {
    let (first, rest) = objects.split_first()?;
    let kustomization = format!("Kustomization `{}/{}`", owner.spec.namespace, owner.spec.name);
    let what = match rest.len() {
        0 => format!("{} of {kustomization} has no namespace", first.reference()),
        1 => format!("{} and another object of {kustomization} have no namespace", first.reference()),
        more => format!("{} and {more} more objects of {kustomization} have no namespace", first.reference()),
    };
    let mut found = Observation::new("namespace-unset", what, Label::new(first.place(), "no namespace"))
        .about(first.reference(), "metadata.namespace");
    for object in rest.iter().take(MOST_SHOWN) {
        found = found.related(Label::new(object.place(), "none here either"));
    }
    found = found.related(Label::new(owner.spec.place, "the Kustomization that applies it"));
    Some(found)
}
