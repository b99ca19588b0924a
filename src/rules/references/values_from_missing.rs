//! Every source of values of a HelmRelease exists and has the key. Card: rules/references/values-from-missing.md

use serde::Deserialize;

use super::{keys, missing};
use crate::cluster::Cluster;
use crate::cluster::links::Link;
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ValuesFromMissing {}

impl Rule for ValuesFromMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let is_meant = |link: &Link<'_>| link.field.starts_with("spec.valuesFrom") && link.from.kind() == "HelmRelease";
        missing::check("values-from-missing", cluster, out, is_meant);
        keys::check("values-from-missing", cluster, out, is_meant);
    }
}
