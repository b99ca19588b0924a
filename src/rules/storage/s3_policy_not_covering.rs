//! The user of a client may use its bucket. Card: rules/storage/s3-policy-not-covering.md

use serde::Deserialize;

use super::users::{Login, login, store};
use crate::cluster::Cluster;
use crate::cluster::storage::{Consumer, Policy};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3PolicyNotCovering {}

/// A client that is refused something.
struct Refused<'s> {
    consumer: &'s Consumer,
    login: Login<'s>,
    /// The bucket, and what of it its policies do not reach.
    buckets: Vec<(&'s str, &'static str, Label)>,
}

impl Rule for S3PolicyNotCovering {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut all: Vec<Refused<'_>> = Vec::new();
        for consumer in &storage.consumers {
            let Some(bucket) = &consumer.bucket else { continue };
            let (Some(name), Some(store)) = (bucket.known.as_deref(), store(storage, consumer)) else { continue };
            let Some(login) = login(storage, consumer, &store) else { continue };
            let policies = login.user.policies.as_ref();
            let Some(policies) = policies.filter(|all| all.iter().all(|policy| !policy.document.is_unclear)) else {
                let what = format!("bucket `{name}` of {}", consumer.object);
                out.undecided(cluster, "values", what, format!("the policies of {} are not known", login.user.shown()));
                continue;
            };
            let Some(lacking) = lacking(policies, name) else { continue };
            let refused = (name, lacking, Label::new(bucket.span, "this bucket"));
            let same = |other: &&mut Refused<'_>| {
                other.consumer.object == consumer.object && other.login.user.span == login.user.span
            };
            match all.iter_mut().find(same) {
                Some(other) => other.buckets.push(refused),
                None => all.push(Refused { consumer, login, buckets: vec![refused] }),
            }
        }
        out.observations.extend(all.into_iter().filter_map(report));
    }
}

/// What of a bucket no policy reaches.
fn lacking(policies: &[Policy], bucket: &str) -> Option<&'static str> {
    let itself = policies.iter().any(|policy| policy.document.reaches_bucket(bucket));
    let objects = policies.iter().any(|policy| policy.document.reaches_objects(bucket));
    match (itself, objects) {
        (true, true) => None,
        (true, false) => Some("its objects"),
        (false, true) => Some("the bucket itself"),
        (false, false) => Some("the bucket"),
    }
}

fn report(refused: Refused<'_>) -> Option<Observation> {
    let Refused { consumer, login, buckets } = refused;
    let (first, lacking, _) = buckets.first()?;
    let policy = login.user.policies.as_ref()?.last()?;
    let names: Vec<String> = buckets.iter().map(|(name, ..)| format!("`{name}`")).collect();
    let resource = match *lacking {
        "its objects" => format!("`arn:aws:s3:::{first}/*`"),
        "the bucket itself" => format!("`arn:aws:s3:::{first}`"),
        _ => format!("`arn:aws:s3:::{first}` and `arn:aws:s3:::{first}/*`"),
    };
    let mut found = Observation::new(
        "s3-policy-not-covering",
        format!(
            "{} logs in as {}, whose policies do not reach {lacking}: {}",
            consumer.object,
            login.user.shown(),
            names.join(" and ")
        ),
        Label::new(policy.span, "does not reach it"),
    )
    .about(consumer.object.clone(), format!("policy of {}", login.user.shown()))
    .related(Label::new(login.user.span, "the user"))
    .help(format!("add {resource} to the resources of policy `{}`", policy.name))
    .confidence(login.sure.min(consumer.confidence));
    for (.., label) in buckets {
        found = found.related(label);
    }
    Some(found)
}
