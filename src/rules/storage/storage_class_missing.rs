//! Every storage class that is named exists. Card: rules/storage/storage-class-missing.md

use serde::Deserialize;

use super::classes::check;
use crate::cluster::Cluster;
use crate::cluster::classes::ClassKind;
use crate::rulebook::{Rule, Sink};

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StorageClassMissing {
    /// Classes that exist outside of the tree.
    pub provided: Vec<String>,
}

impl Rule for StorageClassMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let keys = ["storageClassName", "storageClass"];
        check("storage-class-missing", ClassKind::Storage, &keys, &self.provided, cluster, out);
    }
}
