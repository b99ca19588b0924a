//! A rule that names ports names sources too. Card: rules/network/network-policy-source-open.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::policies::{Peers, Ports};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-source-open";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicySourceOpen {}

impl Rule for NetworkPolicySourceOpen {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for policy in cluster.policies().iter() {
            for rule in &policy.ingress.allow {
                let (Peers::Any, Ports::Listed(ports)) = (&rule.peers, &rule.ports) else { continue };
                let place = ports.first().map_or(rule.place, |port| port.place);
                let object = policy.object.reference();
                let shown: Vec<String> = ports.iter().map(|port| format!("`{}`", port.number)).collect();
                let message = format!(
                    "{object} opens {} to every source, those outside of the cluster included",
                    shown.join(", ")
                );
                out.report(
                    Observation::new(ID, message, Label::new(place, "open to everybody"))
                        .about(object, format!("ingress[{}]", shown.join(",")))
                        .help(format!(
                            "name the sources: `{}`",
                            if policy.dialect.is_cilium() { "fromEntities" } else { "from" }
                        )),
                );
            }
        }
    }
}
