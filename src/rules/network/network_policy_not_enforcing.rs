//! Pods with rules are isolated by some policy. Card: rules/network/network-policy-not-enforcing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, PodSet};
use crate::cluster::policies::Direction;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-not-enforcing";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyNotEnforcing {}

impl Rule for NetworkPolicyNotEnforcing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies = cluster.policies();
        for policy in policies.iter().filter(|policy| policy.dialect.is_cilium()) {
            let selected: Vec<&PodSet<'_>> =
                cluster.pods().iter().filter(|set| policies.selects(policy, &set.endpoint).is_yes()).collect();
            for direction in [Direction::Ingress, Direction::Egress] {
                let section = direction.section(policy);
                let [first, ..] = selected.as_slice() else { continue };
                if section.allow.is_empty() || !section.isolates.is_no() {
                    continue;
                }
                let isolated = |set: &&PodSet<'_>| {
                    let all = policies.over(set.namespace());
                    let by = |one| policies.selects(one, &set.endpoint).and(direction.section(one).isolates);
                    Answer::any(all.map(by))
                };
                if !Answer::any(selected.iter().map(isolated)).is_no() {
                    continue;
                }
                let (object, word) = (policy.object.reference(), direction.word());
                let message =
                    format!("the `{word}` rules of {object} shut nobody out: no policy isolates {}", first.shown());
                out.report(
                    Observation::new(ID, message, Label::new(section.place, "admits, but does not isolate"))
                        .about(object, format!("enableDefaultDeny.{word}"))
                        .related(Label::new(first.place, "not isolated"))
                        .help(format!("set `enableDefaultDeny.{word}: true` once the rules are complete")),
                );
            }
        }
    }
}
