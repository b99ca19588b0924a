//! Every bucket that a consumer uses is made on its store. Card: rules/storage/bucket-not-provisioned.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Consumer, Endpoint, Host, Made, Storage, Text};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketNotProvisioned {
    /// Buckets that exist outside of the tree.
    external: Vec<String>,
}

impl Rule for BucketNotProvisioned {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        for consumer in &storage.consumers {
            let Some(bucket) = consumer.bucket.as_ref().filter(|_| !consumer.makes_bucket) else { continue };
            match judge(storage, consumer, bucket) {
                Judgement::Fine => {}
                Judgement::Undecided(reason) => {
                    let name = bucket
                        .known
                        .as_deref()
                        .map_or_else(|| "a bucket".to_owned(), |name| format!("bucket `{name}`"));
                    out.undecided(cluster, "values", format!("{name} of {}", consumer.object), reason);
                }
                Judgement::Missing { name, endpoint, made } => {
                    if !self.external.iter().any(|external| external == name) {
                        out.report(missing(consumer, bucket, name, &endpoint, &made));
                    }
                }
            }
        }
    }
}

enum Judgement<'s> {
    Fine,
    Undecided(String),
    Missing { name: &'s str, endpoint: Endpoint, made: Vec<&'s Made> },
}

fn judge<'s>(storage: &'s Storage, consumer: &'s Consumer, bucket: &'s Text) -> Judgement<'s> {
    // Without an endpoint the client asks the cloud.
    let Some(text) = &consumer.endpoint else { return Judgement::Fine };
    let Some(endpoint) = text.endpoint() else {
        return Judgement::Undecided("its endpoint is not known".to_owned());
    };
    let host = storage.host(&endpoint, &consumer.namespace);
    let (Host::Service { .. }, Some(store)) = (&host, storage.services.store(&host)) else { return Judgement::Fine };
    let Some(name) = bucket.known.as_deref() else {
        return Judgement::Undecided("its name is not known".to_owned());
    };
    let made: Vec<&Made> = storage.made.iter().filter(|made| made.store.as_deref() == Some(store.as_str())).collect();
    // A bucket that is made on a store that cannot be told may be this one.
    if storage.made.iter().any(|made| made.name == name && made.store.as_deref().is_none_or(|at| at == store)) {
        return Judgement::Fine;
    }
    if made.is_empty() {
        return Judgement::Undecided(format!("nothing in the tree is known to make buckets on `{}`", endpoint.host));
    }
    let open = storage.open.iter().find(|open| open.store.as_deref().is_none_or(|at| at == store));
    if let Some(open) = open {
        return Judgement::Undecided(format!("{} may make it: {}", open.what, open.why));
    }
    Judgement::Missing { name, endpoint, made }
}

fn missing(consumer: &Consumer, bucket: &Text, name: &str, endpoint: &Endpoint, made: &[&Made]) -> Observation {
    let mut found = Observation::new(
        "bucket-not-provisioned",
        format!("{} uses bucket `{name}` on `{}`, which nothing in the tree makes", consumer.object, endpoint.host),
        Label::new(bucket.span, "no bucket of this name"),
    )
    .about(consumer.object.clone(), consumer.path.clone())
    .trail(bucket.trail.clone());
    if consumer.confidence < Confidence::High {
        found = found.confidence(consumer.confidence);
    }
    let limit = (name.len() / 4).clamp(1, 3);
    let near = made
        .iter()
        .map(|made| (strsim::damerau_levenshtein(&made.name, name), &made.name, *made))
        .filter(|(distance, other, _)| *distance <= limit || affix(name, other))
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
        .map(|(_, _, made)| made);
    if let Some(near) = near {
        if bucket.as_written {
            found = found.fix(Fix {
                title: format!("rename to `{}`", near.name),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: bucket.span, text: near.name.clone() }],
            });
        }
        return found.related(Label::new(near.span, "nearest name")).help(format!(
            "did you mean `{}`? Otherwise {}",
            near.name,
            line(near, name)
        ));
    }
    let Some(last) = made.last() else { return found };
    let label = if last.command.is_some() { "buckets are made here" } else { "the buckets of the store" };
    found.related(Label::new(last.span, label)).help(line(last, name))
}

/// What to add beside a bucket that is made.
fn line(beside: &Made, name: &str) -> String {
    match &beside.command {
        Some(command) => match command
            .rfind(&beside.name)
            .and_then(|at| Some((command.get(..at)?, command.get(at + beside.name.len()..)?)))
        {
            Some((head, tail)) => format!("add `{head}{name}{tail}` to the script of {}", beside.by),
            None => format!("make `{name}` in the script of {}", beside.by),
        },
        None => format!("make `{name}` in {}, as it makes `{}`", beside.by, beside.name),
    }
}

/// Whether one name is the other with something before or behind it.
fn affix(a: &str, b: &str) -> bool {
    let within = |long: &str, short: &str| {
        short.len() >= 3
            && (long.strip_prefix(short).is_some_and(|tail| tail.starts_with('-'))
                || long.strip_suffix(short).is_some_and(|head| head.ends_with('-')))
    };
    within(a, b) || within(b, a)
}
