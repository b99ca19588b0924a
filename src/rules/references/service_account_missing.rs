//! Every ServiceAccount that a pod runs as exists. Card: rules/references/service-account-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceAccountMissing {}

impl Rule for ServiceAccountMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("service-account-missing", cluster, out, |link| {
            let is_pod = link.from.gvk.group != "rbac.authorization.k8s.io";
            link.group.is_empty() && link.kind == "ServiceAccount" && is_pod
        });
    }
}
