//! Pods with rights in the API may reach the API server. Card: rules/network/network-policy-apiserver-missing.md

use hashbrown::{HashMap, HashSet};

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::PodPort;
use crate::cluster::policies::{Dialect, Direction, Side, Verdict};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

const ID: &str = "network-policy-apiserver-missing";
/// Ports of API servers: behind the Service, and of its pods.
const PORTS: [u16; 2] = [443, 6443];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyApiserverMissing {}

impl Rule for NetworkPolicyApiserverMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.policies().is_empty() {
            return;
        }
        let accounts = accounts(cluster);
        let mut seen = HashSet::new();
        for set in cluster.pods().iter() {
            let account = set.endpoint.service_account.as_deref().unwrap_or_default();
            let Some(binding) = accounts.get(&(set.namespace().to_owned(), account.to_owned())) else { continue };
            let denials: Vec<_> = PORTS
                .iter()
                .map(|number| {
                    let port = PodPort::tcp(None, Some(*number));
                    let way = (Side::Pods(set), Side::Entity("kube-apiserver"));
                    cluster.policies().verdict(cluster, Direction::Egress, way, &port)
                })
                .collect();
            let [Verdict::Denied(denial), Verdict::Denied(_)] = denials.as_slice() else { continue };
            let Some(policy) = denial.isolating.first().filter(|policy| seen.insert((policy.egress.place, set.place)))
            else {
                continue;
            };
            let message =
                format!("{} has rights in the API, but no network policy lets it out to the API server", set.shown());
            let rule = match policy.dialect {
                Dialect::Kubernetes => "{to: [{ipBlock: {cidr: …}}], ports: [{port: 6443}]}",
                _ => "{toEntities: [kube-apiserver]}",
            };
            out.report(
                Observation::new(ID, message, Label::new(policy.egress.place, "not the API server"))
                    .about(policy.object.reference(), format!("egress[{}:apiserver]", set.object.full_name()))
                    .related(Label::new(set.place, "these pods"))
                    .related(Label::new(binding.place(), "rights given here"))
                    .help(format!("add to `egress`: `{rule}`")),
            );
        }
    }
}

/// ServiceAccounts that have rights, by namespace and name, with what gives them.
fn accounts<'w>(cluster: &Cluster<'w>) -> HashMap<(String, String), &'w Object> {
    let mut found = HashMap::new();
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        for binding in cluster.of_kind("rbac.authorization.k8s.io", kind) {
            for subject in binding.at(&["subjects"]).map(Node::items).unwrap_or_default() {
                let text = |key: &str| subject.get(key).and_then(Node::as_str);
                if let (Some("ServiceAccount"), Some(name)) = (text("kind"), text("name")) {
                    let namespace = text("namespace").unwrap_or(binding.namespace());
                    found.entry((namespace.to_owned(), name.to_owned())).or_insert(binding);
                }
            }
        }
    }
    found
}
