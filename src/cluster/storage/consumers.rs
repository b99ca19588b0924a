//! Who uses which bucket on which endpoint.

use hashbrown::HashSet;
use std::ops::Range;

use super::client::Client;
use super::container::{Container, Way, is_passive, maps, secret};
use super::endpoint::Endpoint;
use super::provisioners::words;
use super::select;
use super::table::{Row, Source};
use super::text::Text;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::profiles::Values;
use crate::cluster::release::Release;
use crate::finding::{Confidence, ObjectRef};
use crate::source::Span;
use crate::yaml::{Mode, Node};

/// A bucket that something uses, or an endpoint alone.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// The object that says so.
    pub object: ObjectRef,
    /// Namespace the client runs in.
    pub namespace: String,
    /// The bucket; `None` where only the endpoint is told.
    pub bucket: Option<Text>,
    /// The endpoint; `None` where none is told.
    pub endpoint: Option<Text>,
    /// Path of the bucket, or of the endpoint, in the object.
    pub path: String,
    /// Whether the connection is plain, where a flag tells.
    pub insecure: Option<bool>,
    /// How sure it is that a client reads these values.
    pub confidence: Confidence,
    /// The client makes its bucket itself.
    pub makes_bucket: bool,
    /// What else is known of the client.
    pub client: Client,
}

/// Every consumer of a cluster.
pub fn consumers(cluster: &Cluster<'_>, releases: &[Release<'_>], containers: &[Container<'_>]) -> Vec<Consumer> {
    let mut all = Consumers { cluster, found: Vec::new(), seen: HashSet::new() };
    for release in releases {
        let mut is_profiled = false;
        if let Some(fit) = cluster.profiles().of_release(release) {
            let storage = &fit.profile.storage;
            is_profiled = !storage.consumers.is_empty() && !storage.others;
            for row in &storage.consumers {
                let trust = fit.trust(row.trust());
                let owner = Owner { object: release.object, namespace: &release.namespace, prefix: "spec.values." };
                all.row(row, trust, (release.values, release.is_closed), &owner);
            }
        }
        if !is_profiled {
            maps(release.values, "spec.values", &mut |path, node| {
                all.siblings(path, node, release.object, &release.namespace)
            });
        }
    }
    for (group, kind, profile) in cluster.profiles().of_kinds() {
        for object in cluster.of_kind(group, kind) {
            for row in &profile.storage.consumers {
                let owner = Owner { object, namespace: object.namespace(), prefix: "" };
                all.row(row, row.trust(), (&object.node, true), &owner);
            }
        }
    }
    for object in cluster.objects().filter(|object| !is_passive(object)) {
        let is_known = cluster.profiles().of_object(object).is_some_and(|profile| profile.storage.knows_values());
        if !is_known && !object.gvk.group.ends_with(".toolkit.fluxcd.io") && !object.gvk.group.is_empty() {
            maps(&object.node, "", &mut |path, node| all.siblings(path, node, object, object.namespace()));
        }
    }
    for container in containers {
        all.environment(container);
    }
    for object in cluster.objects() {
        all.restic(object);
    }
    all.found
}

/// Whose values a row is held against.
struct Owner<'o> {
    object: &'o Object,
    namespace: &'o str,
    /// Path of the values in the object.
    prefix: &'static str,
}

struct Consumers<'c, 'w> {
    cluster: &'c Cluster<'w>,
    found: Vec<Consumer>,
    seen: HashSet<Span>,
}

impl Consumers<'_, '_> {
    fn push(&mut self, consumer: Consumer) {
        let place = consumer.bucket.as_ref().or(consumer.endpoint.as_ref()).map(|text| text.span);
        if place.is_some_and(|span| self.seen.insert(span)) {
            self.found.push(consumer);
        }
    }

    fn row(&mut self, row: &Row, trust: Confidence, (root, is_closed): (&Node, bool), owner: &Owner<'_>) {
        let Owner { object, namespace, prefix } = *owner;
        let mut roots = vec![root.clone()];
        if let Some(text) = &row.text {
            roots = select(root, text)
                .into_iter()
                .filter_map(|node| self.cluster.library().embedded(node, Mode::V2))
                .filter(|manifests| !manifests.broken)
                .filter_map(|manifests| manifests.documents.first().cloned())
                .collect();
        }
        for root in roots {
            if is_off(row, &root) {
                continue;
            }
            let bases = match &row.each {
                Some(each) => select(&root, each),
                None => vec![&root],
            };
            for (position, base) in bases.iter().enumerate() {
                let bucket_at = row.bucket.as_deref();
                let buckets: Vec<Text> =
                    bucket_at.into_iter().flat_map(|path| select(base, path)).filter_map(Text::of).collect();
                let endpoint = row.endpoint.iter().find_map(|source| self.endpoint(source, &root, base, namespace));
                let insecure = row
                    .insecure
                    .as_deref()
                    .and_then(|path| base.dig(path).or_else(|| root.dig(path)).and_then(Node::as_bool));
                let client = Client::read(row, &root, base, is_closed);
                let each = row
                    .each
                    .as_deref()
                    .map(|each| format!("{}.", each.replace("[]", &format!("[{position}]"))))
                    .unwrap_or_default();
                let consumer = |bucket: Option<Text>, path: &str| Consumer {
                    object: object.reference(),
                    namespace: namespace.to_owned(),
                    bucket,
                    endpoint: endpoint.clone(),
                    path: format!("{prefix}{each}{path}"),
                    insecure,
                    confidence: trust,
                    makes_bucket: false,
                    client: client.clone(),
                };
                if buckets.is_empty() && endpoint.is_some() {
                    self.push(consumer(None, "endpoint"));
                }
                for bucket in buckets.iter().flat_map(|text| names(self.cluster, text)) {
                    self.push(consumer(Some(bucket), bucket_at.unwrap_or_default()));
                }
            }
        }
    }

    fn endpoint(&self, source: &Source, root: &Node, base: &Node, namespace: &str) -> Option<Text> {
        match source {
            Source::Path(path) => select(base, path).into_iter().find_map(Text::of),
            Source::Flag { list, flag } => {
                let items = select(root, list).first().map(|node| node.items()).unwrap_or_default();
                items.iter().enumerate().find_map(|(position, item)| {
                    let text = item.as_str()?;
                    let rest = text.strip_prefix(flag.as_str())?;
                    match rest.strip_prefix('=') {
                        Some(value) => {
                            let whole = Text::of(item)?;
                            let known = whole.known.as_ref().map(|_| value.to_owned());
                            Some(whole.part(self.cluster, known, text.len() - value.len()..text.len()))
                        }
                        None if rest.is_empty() => items.get(position + 1).and_then(Text::of),
                        None => None,
                    }
                })
            }
            Source::Secret { secret: at, key } => {
                let name = root.dig(at).and_then(Node::as_str)?;
                let unknown = root.dig(at).and_then(Text::of).map(Text::hidden);
                secret(self.cluster, namespace, name, key).or(unknown)
            }
        }
    }

    /// A map that holds a bucket beside an endpoint, whatever reads it.
    fn siblings(&mut self, path: &Way<'_>, node: &Node, object: &Object, namespace: &str) {
        let find = |wanted: fn(&str) -> bool| node.entries().filter(move |entry| wanted(&entry.key));
        let mut endpoints = find(is_endpoint_key).filter_map(|entry| Text::of(&entry.value));
        let Some(endpoint) = endpoints.next() else { return };
        for entry in find(is_bucket_key) {
            for bucket in Text::of(&entry.value).iter().flat_map(|text| names(self.cluster, text)) {
                self.push(Consumer {
                    object: object.reference(),
                    namespace: namespace.to_owned(),
                    bucket: Some(bucket),
                    endpoint: Some(endpoint.clone()),
                    path: format!("{path}.{}", entry.key),
                    insecure: node.get("insecure").and_then(Node::as_bool),
                    confidence: Confidence::Medium,
                    makes_bucket: false,
                    client: Client::default(),
                });
            }
        }
    }

    /// Variables that name a bucket beside one that names an endpoint.
    fn environment(&mut self, container: &Container<'_>) {
        let env = container.env(self.cluster);
        let endpoints: Vec<(&String, &Text)> = env
            .set
            .iter()
            .filter(|(name, _)| is_endpoint_variable(name))
            .filter_map(|(name, text)| Some((name, text.as_ref()?)))
            .collect();
        for (name, bucket) in env.set.iter().filter(|(name, _)| is_bucket_variable(name)) {
            let Some(bucket) = bucket else { continue };
            // Of several endpoints the one whose name begins like that of the bucket is meant.
            let common = |other: &str| name.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let Some((_, endpoint)) =
                endpoints.iter().max_by_key(|(other, _)| (common(other), std::cmp::Reverse(*other)))
            else {
                continue;
            };
            for bucket in names(self.cluster, bucket) {
                self.push(Consumer {
                    object: container.object.reference(),
                    namespace: container.namespace.clone(),
                    bucket: Some(bucket),
                    endpoint: Some((*endpoint).clone()),
                    path: format!("{}.env[{name}]", container.path),
                    insecure: None,
                    confidence: Confidence::Medium,
                    makes_bucket: false,
                    client: Client::default(),
                });
            }
        }
    }

    /// The repository of restic, which makes its bucket itself: only the endpoint can be wrong.
    fn restic(&mut self, object: &Object) {
        let place = match object.kind() {
            "ExternalSecret" => object.at(&["spec", "target", "template", "data", "RESTIC_REPOSITORY"]),
            "ConfigMap" => object.at(&["data", "RESTIC_REPOSITORY"]),
            _ => None,
        };
        let Some((node, text)) = place.and_then(|node| Some((node, node.as_str()?))) else { return };
        let Some(url) = text.strip_prefix("s3:") else { return };
        let Some(whole) = Text::of(node) else { return };
        let start = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
        let endpoint = url.get(..end).unwrap_or_default();
        // Without a scheme restic uses TLS.
        if Endpoint::parse(endpoint).is_none() {
            return;
        }
        self.push(Consumer {
            object: object.reference(),
            namespace: object.namespace().to_owned(),
            bucket: None,
            endpoint: Some(whole.part(self.cluster, Some(endpoint.to_owned()), 3..3 + endpoint.len())),
            path: "RESTIC_REPOSITORY".to_owned(),
            insecure: Some(false),
            confidence: Confidence::High,
            makes_bucket: true,
            client: Client::default(),
        });
    }
}

fn is_endpoint_key(key: &str) -> bool {
    const KEYS: [&str; 8] = [
        "endpoint",
        "endpointurl",
        "endpoint_url",
        "regionendpoint",
        "s3url",
        "s3_endpoint",
        "s3endpoint",
        "minio_endpoint",
    ];
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn is_bucket_key(key: &str) -> bool {
    const KEYS: [&str; 7] =
        ["bucket", "bucketname", "bucket_name", "bucketnames", "s3_bucket", "s3bucket", "minio_bucket"];
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn is_endpoint_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let about_s3 = ["S3", "AWS", "MINIO", "STORAGE", "BUCKET", "OBJECT"].iter().any(|word| name.contains(word));
    about_s3 && (name.contains("ENDPOINT") || name.ends_with("_HOST") || name.ends_with("S3_URL"))
}

fn is_bucket_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name == "BUCKET" || name.ends_with("_BUCKET") || name.ends_with("BUCKET_NAME")
}

/// The buckets that a text names: an `s3://` URL, a list with commas, or one name.
fn names(cluster: &Cluster<'_>, text: &Text) -> Vec<Text> {
    let Some(known) = &text.known else { return vec![text.clone()] };
    if let Some(rest) = known.strip_prefix("s3://") {
        // Longhorn writes the region behind an `@`.
        let end = rest.find(['/', '@']).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let start = known.len() - rest.len();
        return if name.is_empty() {
            Vec::new()
        } else {
            vec![text.part(cluster, Some(name.to_owned()), start..start + end)]
        };
    }
    // A path of the disk is no bucket either.
    if known.contains("://") || known.starts_with('/') {
        return Vec::new();
    }
    let parts: Vec<(Range<usize>, &str)> = words(known, &[',']);
    match parts.as_slice() {
        [(_, one)] if *one == known && known.contains('/') => {
            let end = known.find('/').unwrap_or(known.len());
            let name = known.get(..end).map(ToOwned::to_owned);
            vec![text.part(cluster, name, 0..end)]
        }
        [(_, one)] if *one == known => vec![text.clone()],
        _ => parts.into_iter().map(|(range, name)| text.part(cluster, Some(name.to_owned()), range)).collect(),
    }
}

/// Whether a condition switches a row off, or one that cannot be read may do so.
fn is_off(row: &Row, root: &Node) -> bool {
    let values = Values { root, item: None, open: None };
    row.unless.iter().any(|condition| condition.holds(&values).unwrap_or(true))
}
