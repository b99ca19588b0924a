//! Every workload of a namespace is under some policy. Card: rules/network/network-policy-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, may_bring_into};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-missing";

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyMissing {
    /// The namespaces whose workloads are all to be under some policy.
    namespaces: Vec<String>,
}

impl Rule for NetworkPolicyMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies = cluster.policies();
        for namespace in &self.namespaces {
            for set in cluster.pods().in_namespace(namespace) {
                let covered = policies.over(namespace).map(|policy| policies.selects(policy, &set.endpoint));
                let covered = Answer::any(covered);
                let is_open = set.own_policies || may_bring_into(cluster, namespace);
                match covered {
                    Answer::Yes => {}
                    Answer::No if !is_open && !set.endpoint.host_network.is_yes() => {
                        let message = format!("no network policy selects the pods of {}", set.shown());
                        let path = format!("pods[{}]", set.component.as_deref().unwrap_or_default());
                        out.report(
                            Observation::new(ID, message, Label::new(set.place, "under no policy"))
                                .about(set.object.reference(), path)
                                .help("write a policy for these pods"),
                        );
                    }
                    Answer::No | Answer::Unknown => {
                        let what = format!("which policies select the pods of {}", set.shown());
                        out.undecided(cluster, "policy", what, "not everything about them is known");
                    }
                }
            }
        }
    }
}
