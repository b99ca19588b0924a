//! What others depend on says when it is ready. Card: rules/flux/depends-on-without-readiness.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::depends_on::{KUSTOMIZATION, dependencies};
use crate::build::{Object, State};
use crate::cluster::Cluster;
use crate::cluster::flux::{HELM, KUSTOMIZE};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnWithoutReadiness {}

impl Rule for DependsOnWithoutReadiness {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // Who depends on each Kustomization: the first entry of each.
        let mut wanted: BTreeMap<(&str, &str), Vec<(&Object, Span)>> = BTreeMap::new();
        for dependency in dependencies(cluster, KUSTOMIZATION) {
            let (Some(name), Some(namespace)) = (dependency.name, dependency.namespace) else { continue };
            // An expression of its own says what ready means.
            if dependency.entry.get("readyExpr").is_none() {
                let place = dependency.entry.get("name").unwrap_or(dependency.entry).span();
                wanted.entry((namespace, name)).or_default().push((dependency.from, place));
            }
        }
        for (at, one) in cluster.kustomizations().iter().enumerate() {
            let Some(dependents) = wanted.get(&(one.spec.namespace.as_str(), one.spec.name.as_str())) else { continue };
            let Some(object) = one.object.and_then(|at| cluster.object(at)) else { continue };
            if one.state != State::Built || is_checked(object) {
                continue;
            }
            let installs = cluster.objects().find(|object| object.kustomization == at && installs(object));
            if let Some(first) = installs {
                out.report(report(object, first, dependents));
            }
        }
    }
}

fn is_checked(object: &Object) -> bool {
    object.dig("spec.wait").is_some_and(|wait| wait.is_unknown() || wait.as_bool() == Some(true))
        || object.dig("spec.healthChecks").is_some_and(|list| !list.items().is_empty())
}

/// Objects that need time after they are applied.
fn installs(object: &Object) -> bool {
    let is_flux = object.is(HELM, "HelmRelease") || object.is(KUSTOMIZE, "Kustomization");
    let suspended = object.dig("spec.suspend").and_then(Node::as_bool) == Some(true);
    (is_flux && !suspended) || (object.gvk.group == "apps" && object.release.is_none())
}

fn report(object: &Object, first: &Object, dependents: &[(&Object, Span)]) -> Observation {
    let who = match dependents {
        [(one, _)] => one.reference().to_string(),
        many => format!("{} Kustomizations depend on it", many.len()),
    };
    let who = if dependents.len() == 1 { format!("{who} depends on it") } else { who };
    let mut observation = Observation::new(
        "depends-on-without-readiness",
        format!(
            "{} is ready as soon as {} is applied, not when it runs, and {who}",
            object.reference(),
            first.reference()
        ),
        Label::new(object.place(), "neither `wait` nor health checks"),
    )
    .about(object.reference(), "spec.wait")
    .related(Label::new(first.place(), "needs time to run"));
    for (_, place) in dependents.iter().take(3) {
        observation = observation.related(Label::new(*place, "depends on it"));
    }
    observation
}
