//! The secret key of a user is not kept by hand in two Secrets. Card: rules/storage/s3-credential-split.md

use hashbrown::HashSet;

use serde::Deserialize;

use super::users::{login, store};
use crate::cluster::Cluster;
use crate::cluster::producers::Existence;
use crate::cluster::storage::{Consumer, Key, SecretKey, Storage, User};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3CredentialSplit {}

impl Rule for S3CredentialSplit {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut seen = HashSet::new();
        for consumer in &storage.consumers {
            let Some(user) = user(storage, consumer) else { continue };
            let Some(made_with) =
                user.secret.as_ref().filter(|secret| is_by_hand(cluster, &secret.namespace, &secret.name))
            else {
                continue;
            };
            let Some((name, key, place)) = used(cluster, consumer, made_with) else { continue };
            if seen.insert((made_with.span, place)) {
                out.report(split(consumer, user, made_with, &name, &key, place));
            }
        }
    }
}

/// The user of a client, or the only one whose policies reach its bucket.
fn user<'s>(storage: &'s Storage, consumer: &Consumer) -> Option<&'s User> {
    let store = store(storage, consumer)?;
    if let Some(login) = login(storage, consumer, &store) {
        return Some(login.user);
    }
    let bucket = consumer.bucket.as_ref()?.known.as_deref()?;
    let mut reaching = storage.users.iter().filter(|user| {
        let reaches = |user: &User| {
            user.policies
                .iter()
                .flatten()
                .any(|policy| policy.document.reaches_all().is_none() && policy.document.reaches_bucket(bucket))
        };
        user.store.as_deref() == Some(store.as_str()) && reaches(user)
    });
    let user = reaching.next()?;
    reaching.next().is_none().then_some(user)
}

/// Whether nothing fills a Secret from elsewhere.
fn is_by_hand(cluster: &Cluster<'_>, namespace: &str, name: &str) -> bool {
    matches!(cluster.existence("", "Secret", namespace, name), Existence::Here(_) | Existence::Absent)
}

/// The key of the Secret that the client takes its secret key from: name of the Secret, key, place.
fn used(cluster: &Cluster<'_>, consumer: &Consumer, other: &SecretKey) -> Option<(String, String, Span)> {
    let Key::Set { variable: Some(variable), .. } = &consumer.client.secret_key else { return None };
    let links = cluster.links().iter().filter(|link| link.kind == "Secret" && link.from.reference() == consumer.object);
    for link in links {
        let is_same = link.namespace == other.namespace && link.name == other.name;
        let keys = cluster.keys("Secret", &link.namespace, &link.name);
        if let Some(place) = keys.as_ref().and_then(|keys| keys.known.get(variable)) {
            let is_second = !is_same && is_by_hand(cluster, &link.namespace, &link.name);
            return is_second.then(|| (format!("{}/{}", link.namespace, link.name), variable.clone(), *place));
        }
    }
    None
}

fn split(consumer: &Consumer, user: &User, made_with: &SecretKey, name: &str, key: &str, place: Span) -> Observation {
    Observation::new(
        "s3-credential-split",
        format!(
            "the secret key of {} is kept twice: `{}` of Secret `{}/{}` and `{key}` of Secret `{name}`",
            user.shown(),
            made_with.key,
            made_with.namespace,
            made_with.name
        ),
        Label::new(place, "one copy"),
    )
    .about(consumer.object.clone(), format!("secret key of {}", user.shown()))
    .related(Label::new(made_with.span, "the other"))
    .related(Label::new(user.span, "the user"))
    .confidence(Confidence::Medium)
}
