//! A PodDisruptionBudget selects some pods. Card: rules/references/pdb-selects-nothing.md

use serde::Deserialize;

use super::selection::{Selection, Subject};
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Selector};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PdbSelectsNothing {}

impl Rule for PdbSelectsNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let budgets: Vec<_> = cluster.of_kind("policy", "PodDisruptionBudget").collect();
        if budgets.is_empty() {
            return;
        }
        let selection = Selection::of(cluster);
        // What a chart makes for its own pods selects them.
        for object in budgets.into_iter().filter(|object| object.release.is_none()) {
            let Some(node) = object.dig("spec.selector") else { continue };
            let selector = Selector::of(Some(node));
            if selector.is_empty() {
                continue;
            }
            match selection.selects(object.namespace(), &selector) {
                Answer::Yes => {}
                Answer::Unknown => out.undecided(
                    cluster,
                    "chart",
                    format!("what {} selects", object.reference()),
                    "pods with unknown labels run in its namespace",
                ),
                Answer::No => {
                    let subject = Subject {
                        rule: "pdb-selects-nothing",
                        object,
                        verb: "selects",
                        effect: "it protects nothing",
                        selector: &selector,
                        place: node.span(),
                        path: "spec.selector".to_owned(),
                    };
                    out.report(selection.observation(&subject, object.namespace()));
                }
            }
        }
    }
}
