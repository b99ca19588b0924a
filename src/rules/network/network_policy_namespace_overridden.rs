//! The pods of a CiliumNetworkPolicy are those of its own namespace.
//! Card: rules/network/network-policy-namespace-overridden.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::policies::{Dialect, Foreign, foreign};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-namespace-overridden";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyNamespaceOverridden {}

impl Rule for NetworkPolicyNamespaceOverridden {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for policy in cluster.policies().iter().filter(|policy| policy.dialect == Dialect::Cilium) {
            let own = policy.object.namespace();
            for one in &policy.subject.requirements {
                let Some(foreign) = foreign(one, own) else { continue };
                let object = policy.object.reference();
                let effect = match foreign {
                    Foreign::Overridden => format!("selects the pods of its own namespace `{own}` instead"),
                    Foreign::Beside => format!("asks for its own namespace `{own}` as well, and so for no pod"),
                };
                let message = format!("{object} selects `{}`, but {effect}", one.shown);
                out.report(
                    Observation::new(ID, message, Label::new(one.place, "another namespace"))
                        .about(object, format!("endpointSelector[{}]", one.shown))
                        .related(Label::new(policy.object.place(), format!("in namespace {own}")))
                        .help("remove the label, or move the policy to the namespace that it is for"),
                );
            }
        }
    }
}
