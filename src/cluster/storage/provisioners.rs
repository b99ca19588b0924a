//! What makes buckets: scripts of Jobs, lists of charts and operators, claims.

use super::access::{self, Access, User};
use super::container::{Container, Script};
use super::endpoint::Endpoint;
use super::select;
use super::services::{Services, full_name};
use super::tenants::Tenant;
use super::text::Text;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::release::Release;
use crate::cluster::script::{self, Known, StoreRef};
use crate::finding::ObjectRef;
use crate::source::Span;
use crate::yaml::Node;

/// A bucket that something of the tree makes.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// The store it is made on; `None` where that cannot be known.
    pub store: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// The object that makes it.
    pub by: ObjectRef,
    /// The command that makes it, on one line, where a script does and the name stands in the command.
    pub command: Option<String>,
    /// Who makes it uses it, or hands its name on in a way that is not followed.
    pub for_itself: bool,
}

/// Something that makes buckets whose names cannot be known.
#[derive(Clone, Debug)]
pub struct Open {
    /// The store; `None` where that cannot be known either.
    pub store: Option<String>,
    /// What it is, for people.
    pub what: String,
    /// Why the names are not known, as a clause.
    pub why: String,
}

/// All that makes buckets, and the endpoints that scripts use for it.
#[derive(Debug, Default)]
pub struct Provisioners {
    /// Known buckets.
    pub made: Vec<Made>,
    /// Unknown ones.
    pub open: Vec<Open>,
    /// The users of the stores.
    pub users: Vec<User>,
    /// Endpoints of scripts.
    pub endpoints: Vec<(ObjectRef, String, Text)>,
}

/// Whether a release brings a `MinIO` of its own, as the charts of Loki and Mimir can.
pub fn has_own_minio(release: &Release<'_>) -> bool {
    let enabled = release.values.dig("minio.enabled").and_then(Node::as_bool);
    (release.is("loki") && enabled == Some(true)) || (release.is("mimir-distributed") && enabled != Some(false))
}

/// The buckets the charts of Loki and Mimir make on it.
fn own_buckets(release: &Release<'_>) -> &'static [&'static str] {
    if release.is("loki") { &["chunks", "ruler", "admin"] } else { &["mimir-tsdb", "mimir-ruler"] }
}

impl Provisioners {
    /// Reads everything that makes buckets.
    pub fn new(
        cluster: &Cluster<'_>,
        releases: &[Release<'_>],
        containers: &[Container<'_>],
        services: &Services,
    ) -> Self {
        let mut found = Provisioners::default();
        let mut access = Access::default();
        for container in containers {
            for script in container.scripts(cluster) {
                found.script(cluster, container, &script, services, &mut access);
            }
        }
        found.users = access.users();
        found.users.extend(Tenant::all(cluster).iter().flat_map(access::of_tenant));
        for release in releases {
            let store = match release.chart {
                Some("tenant") => {
                    let tenant = release.text("tenant.name").unwrap_or_else(|| "myminio".to_owned());
                    format!("Tenant {}/{tenant}", release.namespace)
                }
                _ => format!("HelmRelease {}/{}", release.namespace, full_name(release)),
            };
            if let Some(fit) = cluster.profiles().of_release(release) {
                found.lists(cluster, &fit.profile.storage.buckets, release.values, release.object, &store);
            }
            if release.is("minio") {
                found.users.extend(access::of_chart(release, &store));
            }
            if has_own_minio(release) {
                let store = format!("HelmRelease {}/{}-minio", release.namespace, release.shown_name());
                let own = select(release.values, "minio.buckets[].name");
                for name in own_buckets(release).iter().filter(|_| own.is_empty()) {
                    found.made.push(Made {
                        name: (*name).to_owned(),
                        store: Some(store.clone()),
                        span: release.values.dig("minio.enabled").map_or(release.object.place(), Node::span),
                        by: release.object.reference(),
                        command: None,
                        for_itself: true,
                    });
                }
                let before = found.made.len();
                found.lists(cluster, &["minio.buckets[].name".to_owned()], release.values, release.object, &store);
                found.made.iter_mut().skip(before).for_each(|made| made.for_itself = true);
            }
        }
        for (group, kind, profile) in cluster.profiles().of_kinds() {
            for object in cluster.of_kind(group, kind) {
                let store = format!("{kind} {}/{}", object.namespace(), object.name);
                found.lists(cluster, &profile.storage.buckets, &object.node, object, &store);
            }
        }
        for claim in cluster.of_kind("objectbucket.io", "ObjectBucketClaim") {
            found.claim(cluster, claim);
        }
        for object in cluster.objects() {
            found.bucket_object(object);
        }
        found
    }

    fn lists(&mut self, cluster: &Cluster<'_>, paths: &[String], root: &Node, object: &Object, store: &str) {
        for node in paths.iter().flat_map(|path| select(root, path)) {
            let Some(text) = Text::of(node) else { continue };
            let Some(known) = &text.known else {
                self.open.push(Open {
                    store: Some(store.to_owned()),
                    what: object.reference().to_string(),
                    why: "a name in its list of buckets is not known".to_owned(),
                });
                continue;
            };
            for (range, name) in words(known, &[',', ' ', '\n', ';']) {
                // The chart of Bitnami takes a policy behind a colon.
                let name = name.split(':').next().unwrap_or(name);
                self.made.push(Made {
                    name: name.to_owned(),
                    store: Some(store.to_owned()),
                    span: text.narrow(cluster, range.start..range.start + name.len()),
                    by: object.reference(),
                    command: None,
                    for_itself: false,
                });
            }
        }
    }

    fn claim(&mut self, cluster: &Cluster<'_>, claim: &Object) {
        let class = claim.dig("spec.storageClassName").and_then(Node::as_str);
        let store =
            class.and_then(|class| cluster.get("storage.k8s.io", "StorageClass", "", class)).and_then(|class| {
                let text = |key: &str| class.at(&["parameters", key]).and_then(Node::as_str);
                Some(format!("CephObjectStore {}/{}", text("objectStoreNamespace")?, text("objectStoreName")?))
            });
        match claim.dig("spec.bucketName").and_then(Text::of) {
            Some(Text { known: Some(name), span, .. }) => {
                self.made.push(Made { name, store, span, by: claim.reference(), command: None, for_itself: true });
            }
            _ => self.open.push(Open {
                store,
                what: claim.reference().to_string(),
                why: "the name of its bucket is generated".to_owned(),
            }),
        }
    }

    /// Buckets as objects of some operator: on which store they are made is not followed.
    fn bucket_object(&mut self, object: &Object) {
        let group = object.gvk.group.as_str();
        if group == "source.toolkit.fluxcd.io"
            || group.is_empty()
            || !(object.kind().ends_with("Bucket") || object.kind() == "BucketClaim")
        {
            return;
        }
        let annotation = object.at(&["metadata", "annotations", "crossplane.io/external-name"]);
        let paths = [
            "spec.name",
            "spec.bucketName",
            "spec.bucket",
            "spec.forProvider.bucketName",
            "spec.globalAlias",
            "metadata.name",
        ];
        for node in annotation.into_iter().chain(paths.iter().filter_map(|path| object.dig(path))) {
            if let Some(Text { known: Some(name), span, .. }) = Text::of(node) {
                self.made.push(Made {
                    name,
                    store: None,
                    span,
                    by: object.reference(),
                    command: None,
                    for_itself: false,
                });
            }
        }
    }

    fn script(
        &mut self,
        cluster: &Cluster<'_>,
        container: &Container<'_>,
        script: &Script,
        services: &Services,
        access: &mut Access,
    ) {
        if !script::mentions_storage(&script.text) {
            return;
        }
        let env = container.env(cluster);
        let facts = script::facts(&script.text, &|name| env.variable(name));
        let by = container.object.reference();
        let place = container.object.place();
        let store_of = |found: &mut Provisioners, store: &StoreRef| -> Option<String> {
            let StoreRef::Endpoint { url: Known::Text(url), at } = store else { return None };
            let endpoint = Endpoint::parse(url)?;
            let host = endpoint.host(&container.namespace, &|name| services.is_namespace(name));
            let words = script.text.get(at.clone()).unwrap_or_default();
            let text = match words.find(url.as_str()) {
                Some(offset) => {
                    let range = at.start + offset..at.start + offset + url.len();
                    Text::at(Some(url.clone()), script.span(&range).unwrap_or(place))
                }
                None => {
                    env_text(&env, url).unwrap_or_else(|| Text::at(Some(url.clone()), script.span(at).unwrap_or(place)))
                }
            };
            if !found.endpoints.iter().any(|(_, _, known)| known.span == text.span) {
                found.endpoints.push((by.clone(), container.namespace.clone(), text));
            }
            services.store(&host)
        };
        for bucket in &facts.buckets {
            let store = store_of(self, &bucket.store);
            let command = script
                .text
                .get(bucket.command.clone())
                .filter(|_| bucket.command.start <= bucket.at.start && bucket.at.end <= bucket.command.end);
            self.made.push(Made {
                name: bucket.name.clone(),
                store,
                span: script.span(&bucket.at).unwrap_or(place),
                by: by.clone(),
                command: command.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")),
                for_itself: false,
            });
        }
        access.add(cluster, container, script, &facts.access, &mut |store| store_of(self, store));
        for open in &facts.open {
            let store = store_of(self, &open.store);
            self.open.push(Open { store, what: by.to_string(), why: open.why.clone() });
        }
        if let Some(problem) = &facts.problem {
            let why = format!("its script could not be read: {}", problem.message);
            let mentioned: Vec<String> = services
                .of_stores()
                .filter(|service| script.text.contains(&service.name))
                .map(|service| service.store.clone())
                .collect();
            let stores: Vec<Option<String>> =
                if mentioned.is_empty() { vec![None] } else { mentioned.into_iter().map(Some).collect() };
            self.open.extend(stores.into_iter().map(|store| Open { store, what: by.to_string(), why: why.clone() }));
        }
    }
}

/// The variable of the environment that holds a text.
fn env_text(env: &super::container::Env, text: &str) -> Option<Text> {
    env.set.values().flatten().find(|one| one.known.as_deref() == Some(text)).cloned()
}

/// The parts of a text between separators, with their places.
pub fn words<'t>(text: &'t str, separators: &[char]) -> Vec<(std::ops::Range<usize>, &'t str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for part in text.split(separators) {
        let trimmed = part.trim();
        if !trimmed.is_empty() {
            let start = at + (part.len() - part.trim_start().len());
            words.push((start..start + trimmed.len(), trimmed));
        }
        at += part.len() + 1;
    }
    words
}
