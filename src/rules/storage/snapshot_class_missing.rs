//! Every snapshot class that is named exists. Card: rules/storage/snapshot-class-missing.md

use serde::Deserialize;

use super::classes::check;
use crate::cluster::Cluster;
use crate::cluster::classes::ClassKind;
use crate::rulebook::{Rule, Sink};

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SnapshotClassMissing {
    /// Classes that exist outside of the tree.
    pub provided: Vec<String>,
}

impl Rule for SnapshotClassMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let keys = ["volumeSnapshotClassName"];
        check("snapshot-class-missing", ClassKind::Snapshot, &keys, &self.provided, cluster, out);
    }
}
