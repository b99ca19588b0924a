//! Nobody is bound to cluster-admin. Card: rules/workloads/cluster-admin-bound.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Accounts that may be: `namespace/name` of service accounts, names of users and groups.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterAdminBound {
    allow: Vec<String>,
}

impl Rule for ClusterAdminBound {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in ["ClusterRoleBinding", "RoleBinding"] {
            for binding in cluster.of_kind("rbac.authorization.k8s.io", kind) {
                if let Some(found) = self.bound(cluster, binding) {
                    out.report(weighed(cluster, binding, Confidence::High, found));
                }
            }
        }
    }
}

impl ClusterAdminBound {
    fn bound(&self, cluster: &Cluster<'_>, binding: &Object) -> Option<Observation> {
        let role = binding.dig("roleRef.name").filter(|name| name.as_str() == Some("cluster-admin"))?;
        (binding.dig("roleRef.kind")?.as_str() == Some("ClusterRole")).then_some(())?;
        let subjects = binding.dig("subjects").map(Node::items).unwrap_or_default();
        let named: Vec<(&Node, String)> = subjects
            .iter()
            .filter_map(|subject| shown(binding, subject))
            .filter(|(_, name)| !self.is_allowed(cluster, name))
            .collect();
        let (place, _) = named.first()?;
        let names: Vec<String> = named.iter().map(|(_, name)| format!("`{name}`")).collect();
        let found = Observation::new(
            "cluster-admin-bound",
            format!("{} makes {} `cluster-admin`", binding.reference(), names.join(", ")),
            Label::new(place.span(), "may do everything"),
        )
        .about(binding.reference(), "subjects")
        .trail(trail(place))
        .related(Label::new(role.span(), "the role"));
        Some(found)
    }

    /// Whether it is allowed, or what administers the cluster by its nature.
    fn is_allowed(&self, cluster: &Cluster<'_>, name: &str) -> bool {
        let namespace = name.split_once('/').map(|(namespace, _)| namespace);
        self.allow.iter().any(|allowed| allowed == name)
            || name == "system:masters"
            || namespace.is_some_and(|namespace| namespace == "kube-system" || cluster.is_flux_namespace(namespace))
    }
}

/// A subject: its name, with the namespace of a service account before it.
fn shown<'w>(binding: &Object, subject: &'w Node) -> Option<(&'w Node, String)> {
    let node = subject.get("name")?;
    let name = node.shown()?;
    let namespace = subject.get("namespace").and_then(Node::shown);
    Some(match subject.get("kind").and_then(Node::as_str) {
        Some("ServiceAccount") => {
            let namespace = namespace.unwrap_or_else(|| binding.namespace().into());
            (node, format!("{namespace}/{name}"))
        }
        _ => (node, name.into_owned()),
    })
}
