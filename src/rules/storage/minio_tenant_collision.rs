//! A namespace holds one MinIO Tenant. Card: rules/storage/minio-tenant-collision.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::Tenant;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinioTenantCollision {}

impl Rule for MinioTenantCollision {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut by_namespace: BTreeMap<String, Vec<Tenant<'_>>> = BTreeMap::new();
        for tenant in Tenant::all(cluster) {
            by_namespace.entry(tenant.namespace()).or_default().push(tenant);
        }
        for (namespace, tenants) in by_namespace {
            let Some((first, others)) = tenants.split_first() else { continue };
            for other in others {
                // The same Tenant from two places is another matter.
                if other.name() == first.name() && other.by_chart != first.by_chart {
                    continue;
                }
                let found = Observation::new(
                    "minio-tenant-collision",
                    format!(
                        "{} shares namespace `{namespace}` with {}, and both have a Service `minio` made",
                        other.object.reference(),
                        first.object.reference()
                    ),
                    Label::new(other.object.place(), "second Tenant"),
                )
                .about(other.object.reference(), "metadata.namespace")
                .related(Label::new(first.object.place(), "first Tenant"));
                out.report(weighed(cluster, other.object, Confidence::High, found));
            }
        }
    }
}
