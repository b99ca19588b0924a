//! The users of a store may do what their clients need, and not everything. Card: rules/storage/s3-policy-too-wide.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3PolicyTooWide {}

impl Rule for S3PolicyTooWide {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for user in &cluster.storage().users {
            let wide = user.policies.iter().flatten().find_map(|policy| Some((policy, policy.document.reaches_all()?)));
            let Some((policy, _)) = wide else { continue };
            let found = Observation::new(
                "s3-policy-too-wide",
                format!("{} gives {} policy `{}`, which reaches every bucket", user.by, user.shown(), policy.name),
                Label::new(policy.span, "reaches every bucket"),
            )
            .about(user.by.clone(), format!("policy of {}", user.shown()))
            .related(Label::new(user.span, "the user"))
            .confidence(Confidence::Medium);
            out.report(found);
        }
    }
}
