//! Flux serves the versions of its API that are used. Card: rules/upgrade/flux-api-removed.md

use serde::Deserialize;

use super::removed::Program;
use crate::cluster::{Cluster, apis};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FluxApiRemoved {}

impl Rule for FluxApiRemoved {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let running = cluster.flux_version();
        let program =
            Program { rule: "flux-api-removed", name: "Flux", table: apis::flux(), running: running.as_ref() };
        program.check(cluster, out);
    }
}
