//! An account that a release makes and binds is used by its pods. Card: rules/references/service-account-unused.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::build::Object;
use crate::build::charts::Extent;
use crate::cluster::Cluster;
use crate::cluster::links::Link;
use crate::cluster::pods::{Pods, kinds};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceAccountUnused {}

impl Rule for ServiceAccountUnused {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let accounts: Vec<&Object> = cluster
            .of_kind("", "ServiceAccount")
            .filter(|account| account.modelled.is_some_and(|confidence| confidence > Confidence::Low))
            .collect();
        if accounts.is_empty() {
            return;
        }
        // What binds an account, by its namespace and name.
        let mut bound: HashMap<(&str, &str), &Link<'_>> = HashMap::new();
        for link in cluster.links().iter().filter(|link| link.kind == "ServiceAccount") {
            if link.from.gvk.group == "rbac.authorization.k8s.io" {
                bound.entry((&link.namespace, &link.name)).or_insert(link);
            }
        }
        let pods = cluster.pods();
        for account in accounts {
            if let Some(binding) = bound.get(&(account.namespace(), account.name.as_str())) {
                out.observations.extend(judge(cluster, pods, account, binding));
            }
        }
    }
}

fn judge(cluster: &Cluster<'_>, pods: &Pods<'_>, account: &Object, binding: &Link<'_>) -> Option<Observation> {
    let release = cluster.object(account.release?)?;
    let is_whole = |(group, kind)| matches!(cluster.makes(release, group, kind), Extent::Whole(_));
    if !kinds().filter(|(group, _)| !group.is_empty()).filter(|(_, kind)| *kind != "ReplicaSet").all(is_whole) {
        return None;
    }
    let mut own = Vec::new();
    for set in pods.in_namespace(account.namespace()) {
        let name = ["spec.template.spec.serviceAccountName", "spec.jobTemplate.spec.template.spec.serviceAccountName"]
            .iter()
            .find_map(|path| set.object.dig(path));
        let is_own = set.object.release == account.release;
        if set.endpoint.service_account.as_deref() == Some(account.name.as_str())
            || (is_own && name.is_some_and(crate::yaml::Node::is_unknown))
        {
            return None;
        }
        own.extend(is_own.then_some(set));
    }
    let first = own.first()?;
    let message = format!(
        "{} of {} is used by none of its pods: they run as `{}`",
        account.reference(),
        release.reference(),
        first.endpoint.service_account.as_deref().unwrap_or("default")
    );
    let mut found = Observation::new("service-account-unused", message, Label::new(account.place(), "used by no pod"))
        .about(account.reference(), "metadata.name")
        .related(Label::new(binding.node.span(), "bound here"));
    for set in own.iter().take(3) {
        found = found.related(Label::new(set.place, "its pods"));
    }
    Some(found)
}
