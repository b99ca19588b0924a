//! What a claim is filled from exists. Card: rules/storage/pvc-data-source-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};
use crate::rules::references::missing;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PvcDataSourceMissing {}

impl Rule for PvcDataSourceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("pvc-data-source-missing", cluster, out, |link| {
            link.from.kind() == "PersistentVolumeClaim" && link.field.starts_with("spec.dataSource")
        });
    }
}
