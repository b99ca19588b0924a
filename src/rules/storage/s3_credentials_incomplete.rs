//! Both halves of an S3 credential are given, or none. Card: rules/storage/s3-credentials-incomplete.md

use hashbrown::HashSet;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::Key;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3CredentialsIncomplete {}

impl Rule for S3CredentialsIncomplete {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut seen = HashSet::new();
        for consumer in &cluster.storage().consumers {
            let client = &consumer.client;
            let (half, given, lacking, missing) = match (&client.access_key, &client.secret_key) {
                (Key::Set { at, .. }, secret) if secret.is_missing() => (*at, "an access key", "secret key", secret),
                (access, Key::Set { at, .. }) if access.is_missing() => (*at, "a secret key", "access key", access),
                _ => continue,
            };
            if !seen.insert(half) {
                continue;
            }
            let place = missing.place().unwrap_or(half);
            let is_empty = matches!(missing, Key::Empty(_));
            let words = if is_empty { "is empty".to_owned() } else { format!("no {lacking} beside it") };
            let mut found = Observation::new(
                "s3-credentials-incomplete",
                format!(
                    "{} gives {given} for its object storage, but {}",
                    consumer.object,
                    if is_empty { format!("its {lacking} is empty") } else { format!("no {lacking}") }
                ),
                Label::new(place, words),
            )
            .about(consumer.object.clone(), format!("credentials[{lacking}]"))
            .help(format!("give the {lacking}, too, or neither of the two"));
            if is_empty {
                found = found.related(Label::new(half, "the other half"));
            }
            out.report(found.confidence(consumer.confidence.min(Confidence::Medium)));
        }
    }
}
