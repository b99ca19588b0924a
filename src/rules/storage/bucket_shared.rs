//! Two systems do not write to the same place of a bucket. Card: rules/storage/bucket-shared.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Consumer, Host};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketShared {}

impl Rule for BucketShared {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut users: BTreeMap<(String, &str, &str), Vec<&Consumer>> = BTreeMap::new();
        for consumer in storage.consumers.iter().filter(|consumer| consumer.confidence >= Confidence::Medium) {
            let (Some(bucket), Some(prefix)) = (&consumer.bucket, &consumer.client.prefix) else { continue };
            let (Some(name), Some(text)) = (bucket.known.as_deref(), &consumer.endpoint) else { continue };
            let Some(endpoint) = text.endpoint() else { continue };
            let host = storage.host(&endpoint, &consumer.namespace);
            let store = match &host {
                Host::Service { namespace, name } => {
                    storage.services.store(&host).unwrap_or_else(|| format!("Service {namespace}/{name}"))
                }
                Host::External => endpoint.host.clone(),
            };
            users.entry((store, name, prefix)).or_default().push(consumer);
        }
        for ((_, name, prefix), users) in users {
            let Some((first, others)) = users.split_first() else { continue };
            // One system may keep several things in one bucket.
            let Some(other) = others.iter().find(|other| other.object != first.object) else { continue };
            let (Some(bucket), Some(beside)) = (&other.bucket, &first.bucket) else { continue };
            let place = if prefix.is_empty() { String::new() } else { format!(" below `{prefix}`") };
            out.report(
                Observation::new(
                    "bucket-shared",
                    format!("{} and {} both write to bucket `{name}`{place}", other.object, first.object),
                    Label::new(bucket.span, "used by another, too"),
                )
                .about(other.object.clone(), other.path.clone())
                .trail(bucket.trail.clone())
                .related(Label::new(beside.span, "the other one"))
                .confidence(Confidence::Medium),
            );
        }
    }
}
