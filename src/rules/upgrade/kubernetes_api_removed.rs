//! Kubernetes serves the built-in APIs that are used. Card: rules/upgrade/kubernetes-api-removed.md

use serde::Deserialize;

use super::removed::Program;
use crate::cluster::{Cluster, apis};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KubernetesApiRemoved {}

impl Rule for KubernetesApiRemoved {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let running = cluster.kubernetes_version();
        let program = Program {
            rule: "kubernetes-api-removed",
            name: "Kubernetes",
            table: apis::kubernetes(),
            running: running.as_ref(),
        };
        program.check(cluster, out);
    }
}
