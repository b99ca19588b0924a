//! Names of buckets are ones that S3 takes. Card: rules/storage/bucket-name-invalid.md

use hashbrown::HashSet;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::Host;
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, ObjectRef, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketNameInvalid {}

impl Rule for BucketNameInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut seen: HashSet<Span> = HashSet::new();
        // Objects of operators have names that their own definition checks.
        for made in storage.made.iter().filter(|made| made.store.is_some() || made.command.is_some()) {
            if let Some(why) = fault(&made.name).filter(|_| seen.insert(made.span)) {
                out.report(invalid(&made.by, &made.name, why, made.span, made.command.is_some()));
            }
        }
        for consumer in storage.consumers.iter().filter(|consumer| consumer.confidence == Confidence::High) {
            let Some(bucket) = &consumer.bucket else { continue };
            let Some(name) = bucket.known.as_deref() else { continue };
            let Some(why) = fault(name).filter(|_| seen.insert(bucket.span)) else { continue };
            let Some(endpoint) = &consumer.endpoint else { continue };
            let host = endpoint.endpoint().map(|endpoint| storage.host(&endpoint, &consumer.namespace));
            let found =
                invalid(&consumer.object, name, why, bucket.span, bucket.as_written).trail(bucket.trail.clone());
            // Some stores elsewhere are laxer.
            out.report(match host {
                Some(Host::Service { .. }) => found,
                _ => found.severity(Severity::Warning),
            });
        }
    }
}

/// What is wrong with a name, as a clause. Source: Amazon S3 user guide, "General purpose bucket naming rules".
fn fault(name: &str) -> Option<&'static str> {
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !name.chars().all(|c| is_edge(c) || c == '-' || c == '.') {
        return Some("it holds something else than `a`–`z`, digits, `-` and `.`");
    }
    if !(3..=63).contains(&name.len()) {
        return Some("it does not have 3 to 63 characters");
    }
    if !name.starts_with(is_edge) || !name.ends_with(is_edge) {
        return Some("it does not begin and end with a letter or digit");
    }
    if name.contains("..") {
        return Some("it holds two dots in a row");
    }
    name.parse::<std::net::Ipv4Addr>().is_ok().then_some("it is an IP address")
}

fn invalid(object: &ObjectRef, name: &str, why: &str, span: Span, is_written: bool) -> Observation {
    let found = Observation::new(
        "bucket-name-invalid",
        format!("bucket `{name}` of {object} has a name that S3 does not take: {why}"),
        Label::new(span, "not a bucket's name"),
    )
    .about(object.clone(), format!("bucket {name}"));
    let better = name.to_ascii_lowercase().replace(['_', ' '], "-");
    if !is_written || fault(&better).is_some() {
        return found;
    }
    found.help(format!("call it `{better}`, wherever it is used")).fix(Fix {
        title: format!("rename to `{better}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span, text: better }],
    })
}
