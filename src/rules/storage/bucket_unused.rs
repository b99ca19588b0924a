//! A bucket that is made is used. Card: rules/storage/bucket-unused.md

use hashbrown::{HashMap, HashSet};

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Made, Storage};
use crate::finding::{Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketUnused {}

impl Rule for BucketUnused {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut open: Vec<&Made> =
            storage.made.iter().filter(|made| made.store.is_some() && !made.for_itself).collect();
        open.retain(|made| !is_used(storage, made));
        if open.is_empty() {
            return;
        }
        let wanted: HashSet<&str> = open.iter().map(|made| made.name.as_str()).collect();
        let mentions = mentions(cluster, &wanted);
        let mut seen = HashSet::new();
        for made in open.into_iter().filter(|made| seen.insert((made.store.as_deref(), made.name.as_str()))) {
            let others = mentions.get(made.name.as_str()).into_iter().flatten().find(|by| **by != made.by);
            if let Some(by) = others {
                let what = format!("bucket `{}` of {}", made.name, made.by);
                out.undecided(cluster, "values", what, format!("{by} mentions its name"));
                continue;
            }
            if let Some(hidden) = hidden(storage, made) {
                let what = format!("bucket `{}` of {}", made.name, made.by);
                out.undecided(cluster, "values", what, format!("the bucket of {hidden} is not known"));
                continue;
            }
            out.report(
                Observation::new(
                    "bucket-unused",
                    format!("{} makes bucket `{}`, which nothing in the tree uses", made.by, made.name),
                    Label::new(made.span, "used by nothing"),
                )
                .about(made.by.clone(), format!("bucket {}", made.name)),
            );
        }
    }
}

/// Whether a client uses it, or may: one whose store is not known, by this name.
fn is_used(storage: &Storage, made: &Made) -> bool {
    storage.consumers.iter().any(|consumer| {
        let is_named = consumer.bucket.as_ref().is_some_and(|bucket| bucket.known.as_ref() == Some(&made.name));
        is_named && store(storage, consumer).is_none_or(|store| Some(store) == made.store)
    })
}

/// The client of the same store whose bucket is not known.
fn hidden<'s>(storage: &'s Storage, made: &Made) -> Option<&'s ObjectRef> {
    let found = storage.consumers.iter().find(|consumer| {
        !consumer.makes_bucket
            && consumer.bucket.as_ref().is_none_or(|bucket| bucket.known.is_none())
            && store(storage, consumer).is_some_and(|store| Some(store) == made.store)
    });
    found.map(|consumer| &consumer.object)
}

/// The store that a client reaches, where it is one of the tree.
fn store(storage: &Storage, consumer: &crate::cluster::storage::Consumer) -> Option<String> {
    let endpoint = consumer.endpoint.as_ref()?.endpoint()?;
    storage.services.store(&storage.host(&endpoint, &consumer.namespace))
}

/// Which objects hold some words anywhere in their texts: a client that is not known as one may use the bucket.
fn mentions<'n>(cluster: &Cluster<'_>, wanted: &HashSet<&'n str>) -> HashMap<&'n str, HashSet<ObjectRef>> {
    let mut found: HashMap<&str, HashSet<ObjectRef>> = HashMap::new();
    for object in cluster.objects() {
        let mut see = |text: &str| {
            for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))) {
                if let Some(name) = wanted.get(word) {
                    found.entry(name).or_default().insert(object.reference());
                }
            }
        };
        for key in ["spec", "data", "stringData"] {
            object.node.get(key).into_iter().for_each(|node| texts(node, &mut see));
        }
    }
    found
}

fn texts(node: &Node, see: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::Map(map) => map.iter().for_each(|entry| texts(&entry.value, see)),
        Value::Seq(items) => items.iter().for_each(|item| texts(item, see)),
        _ => node.shown().iter().for_each(|text| see(text)),
    }
}
