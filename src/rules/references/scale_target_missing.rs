//! Every workload that an autoscaler scales exists. Card: rules/references/scale-target-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScaleTargetMissing {}

impl Rule for ScaleTargetMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("scale-target-missing", cluster, out, |link| {
            matches!(link.from.kind(), "HorizontalPodAutoscaler" | "ScaledObject" | "VerticalPodAutoscaler")
        });
    }
}
