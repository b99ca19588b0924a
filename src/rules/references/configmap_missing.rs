//! Every ConfigMap that is named exists or is made. Card: rules/references/configmap-missing.md

use serde::Deserialize;

use super::missing;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigmapMissing {}

impl Rule for ConfigmapMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("configmap-missing", cluster, out, |link| {
            link.group.is_empty() && link.kind == "ConfigMap" && !link.field.starts_with("spec.valuesFrom")
        });
    }
}
