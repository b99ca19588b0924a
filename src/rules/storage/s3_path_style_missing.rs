//! A client of a store in the cluster puts the bucket into the path. Card: rules/storage/s3-path-style-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Host, Switch};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3PathStyleMissing {}

impl Rule for S3PathStyleMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for connection in cluster.storage().connections() {
            let (Switch::Off(written), Host::Service { .. }) = (connection.client.path_style, &connection.host) else {
                continue;
            };
            let place = written.unwrap_or(connection.text.span);
            let found = Observation::new(
                "s3-path-style-missing",
                format!(
                    "{} puts the bucket before the host `{}`, a name that the cluster does not know",
                    connection.object, connection.endpoint.host
                ),
                Label::new(place, "the bucket goes before this"),
            )
            .about(connection.object.clone(), connection.path.clone())
            .trail(connection.text.trail.clone());
            out.report(found.confidence(connection.confidence.min(Confidence::Medium)));
        }
    }
}
