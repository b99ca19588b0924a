//! Containers state what they request. Card: rules/budget/resources-missing.md

use serde::Deserialize;

use super::stated::report_silent;
use crate::cluster::Cluster;
use crate::cluster::budget::Side;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourcesMissing {}

impl Rule for ResourcesMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let message =
            |name: &str, whose: &str, missing: &str| format!("container `{name}` of {whose} requests no {missing}");
        report_silent("resources-missing", cluster, (Side::Requests, &["cpu", "memory"]), message, out);
    }
}
