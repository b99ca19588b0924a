//! What an object depends on is not suspended in git. Card: rules/flux/depends-on-suspended.md

use serde::Deserialize;

use super::depends_on::{HELM_RELEASE, KUSTOMIZATION, dependencies};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnSuspended {}

impl Rule for DependsOnSuspended {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            for dependency in dependencies(cluster, kind) {
                let (Some(name), Some(namespace)) = (dependency.name, dependency.namespace) else { continue };
                let Some(target) = cluster.get(kind.group, kind.kind, namespace, name) else { continue };
                let Some(suspend) = target.dig("spec.suspend").filter(|node| node.as_bool() == Some(true)) else {
                    continue;
                };
                let node = dependency.entry.get("name").unwrap_or(dependency.entry);
                out.report(
                    Observation::new(
                        "depends-on-suspended",
                        format!(
                            "{} `{}` depends on `{namespace}/{name}`, which is suspended",
                            kind.kind,
                            dependency.from.full_name()
                        ),
                        Label::new(node.span(), "suspended"),
                    )
                    .about(dependency.from.reference(), format!("spec.dependsOn[{namespace}/{name}]"))
                    .related(Label::new(Node::span(suspend), "suspended here"))
                    .trail(trail(node)),
                );
            }
        }
    }
}
