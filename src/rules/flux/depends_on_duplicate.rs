//! A `dependsOn` list names each object once. Card: rules/flux/depends-on-duplicate.md

use hashbrown::HashMap;

use serde::Deserialize;

use super::depends_on::{HELM_RELEASE, KUSTOMIZATION};
use super::edits::remove_item;
use super::reference::Named;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnDuplicate {}

impl Rule for DependsOnDuplicate {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            for from in cluster.of_kind(kind.group, kind.kind) {
                let list = from.dig("spec.dependsOn").map(Node::items).unwrap_or_default();
                let mut first: HashMap<(&str, &str), &Node> = HashMap::new();
                for (at, entry) in list.iter().enumerate() {
                    let named = Named::of(from, entry);
                    let (Some(name), Some(namespace)) = (named.name, named.namespace) else { continue };
                    let Some(before) = first.insert((namespace, name), entry) else { continue };
                    first.insert((namespace, name), before);
                    // Two entries with different conditions are two conditions.
                    if !same_condition(before, entry) {
                        continue;
                    }
                    let node = entry.get("name").unwrap_or(entry);
                    let mut observation = Observation::new(
                        "depends-on-duplicate",
                        format!("{} `{}` depends on `{namespace}/{name}` twice", kind.kind, from.full_name()),
                        Label::new(node.span(), "named again"),
                    )
                    .about(from.reference(), format!("spec.dependsOn[{namespace}/{name}] {at}"))
                    .related(Label::new(before.get("name").unwrap_or(before).span(), "named here"))
                    .trail(trail(node));
                    observation.fix = remove_item(cluster, list, at, "remove the second entry".to_owned());
                    out.report(observation);
                }
            }
        }
    }
}

fn same_condition(one: &Node, other: &Node) -> bool {
    match (one.get("readyExpr"), other.get("readyExpr")) {
        (None, None) => true,
        (Some(one), Some(other)) => one.same_value(other),
        _ => false,
    }
}
