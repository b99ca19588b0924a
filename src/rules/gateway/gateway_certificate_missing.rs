//! The certificates of Gateways and Ingresses exist. Card: rules/gateway/gateway-certificate-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};
use crate::rules::references::missing;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayCertificateMissing {}

impl Rule for GatewayCertificateMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        missing::check("gateway-certificate-missing", cluster, out, |link| {
            link.field.starts_with("spec.tls[]") || link.field.contains("certificateRefs")
        });
    }
}
