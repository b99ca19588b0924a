//! Containers have a limit of memory. Card: rules/budget/memory-limit-missing.md

use serde::Deserialize;

use super::stated::report_silent;
use crate::cluster::Cluster;
use crate::cluster::budget::Side;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemoryLimitMissing {}

impl Rule for MemoryLimitMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let message =
            |name: &str, whose: &str, missing: &str| format!("container `{name}` of {whose} has no limit of {missing}");
        report_silent("memory-limit-missing", cluster, (Side::Limits, &["memory"]), message, out);
    }
}
