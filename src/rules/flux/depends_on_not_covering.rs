//! What an object needs is applied before it. Card: rules/flux/depends-on-not-covering.md

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

use serde::Deserialize;

use super::order::{Order, Why};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::HELM;
use crate::cluster::operators::operators;
use crate::cluster::pods::Release;
use crate::finding::{Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnNotCovering {}

/// Something that one object needs of another.
struct Use<'w> {
    by: &'w Object,
    of: &'w Object,
    /// What, in words.
    what: String,
    /// Where the object says so.
    place: Span,
    /// Half of the tree may need it: one finding for all of them.
    is_common: bool,
}

/// A field that names an object which must be there.
struct Field {
    group: &'static str,
    kind: &'static str,
    path: &'static str,
    of_group: &'static str,
    of_kind: &'static str,
    /// Path of a kind that must be `of_kind`.
    kind_path: Option<&'static str>,
}

/// Fields of objects that are refused, or wait, where what they name is not there.
const FIELDS: &[Field] = &[
    Field {
        group: "external-secrets.io",
        kind: "ExternalSecret",
        path: "spec.secretStoreRef.name",
        of_group: "external-secrets.io",
        of_kind: "ClusterSecretStore",
        kind_path: Some("spec.secretStoreRef.kind"),
    },
    Field {
        group: "cert-manager.io",
        kind: "Certificate",
        path: "spec.issuerRef.name",
        of_group: "cert-manager.io",
        of_kind: "ClusterIssuer",
        kind_path: Some("spec.issuerRef.kind"),
    },
    Field {
        group: "",
        kind: "PersistentVolumeClaim",
        path: "spec.storageClassName",
        of_group: "storage.k8s.io",
        of_kind: "StorageClass",
        kind_path: None,
    },
];

impl Rule for DependsOnNotCovering {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let order = Order::of(cluster);
        let mut uses = of_buckets(cluster);
        uses.extend(of_fields(cluster));
        uses.extend(of_operators(cluster));
        let mut found: BTreeMap<Key, Vec<(usize, Use<'_>)>> = BTreeMap::new();
        let mut before: HashMap<usize, HashSet<usize>> = HashMap::new();
        for one in uses {
            let appliers = order.applier(one.by).zip(order.applier(one.of));
            let Some((from, to)) = appliers.filter(|(from, to)| from != to) else { continue };
            let is_covered = before.entry(from).or_insert_with(|| order.started_before(from)).contains(&to);
            // What comes after this one cannot come before it; a release may wait for the other one by itself.
            let comes_after = |before: &mut HashMap<usize, HashSet<usize>>| {
                before.entry(to).or_insert_with(|| order.started_before(to)).contains(&from)
            };
            if !is_covered && !comes_after(&mut before) && !waits_itself(&order, &one) {
                let key = if one.is_common { (to, None, one.what.clone()) } else { (to, Some(from), String::new()) };
                found.entry(key).or_default().push((from, one));
            }
        }
        for ((to, ..), uses) in found {
            if let Some(found) = report(&order, to, &uses) {
                out.report(found);
            }
        }
    }
}

/// What one finding tells: who provides it, to whom where that is one, and what where it is common.
type Key = (usize, Option<usize>, String);

fn find<'w>(cluster: &Cluster<'w>, reference: &ObjectRef) -> Option<&'w Object> {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    cluster.get(group, &reference.kind, reference.namespace.as_deref().unwrap_or_default(), &reference.name)
}

/// Buckets that something of the tree makes.
fn of_buckets<'w>(cluster: &Cluster<'w>) -> Vec<Use<'w>> {
    let storage = cluster.storage();
    let made: HashMap<(&str, &str), &ObjectRef> =
        storage.made.iter().filter_map(|made| Some(((made.store.as_deref()?, made.name.as_str()), &made.by))).collect();
    let of = |consumer: &crate::cluster::storage::Consumer| -> Option<Use<'w>> {
        let bucket = consumer.bucket.as_ref().filter(|_| !consumer.makes_bucket)?;
        let name = bucket.known.as_deref()?;
        let host = storage.host(&consumer.endpoint.as_ref()?.endpoint()?, &consumer.namespace);
        let store = storage.services.store(&host)?;
        Some(Use {
            by: find(cluster, &consumer.object)?,
            of: find(cluster, made.get(&(store.as_str(), name))?)?,
            what: format!("bucket `{name}`, which {} makes", made.get(&(store.as_str(), name))?),
            place: bucket.span,
            is_common: false,
        })
    };
    storage.consumers.iter().filter_map(of).collect()
}

fn of_fields<'w>(cluster: &Cluster<'w>) -> Vec<Use<'w>> {
    let mut uses = Vec::new();
    for field in FIELDS {
        for by in cluster.of_kind(field.group, field.kind) {
            let is_kind = field.kind_path.is_none_or(|path| by.dig(path).and_then(Node::as_str) == Some(field.of_kind));
            let Some(node) = by.dig(field.path).filter(|_| is_kind) else { continue };
            let Some(name) = node.as_str() else { continue };
            if let Some(of) = cluster.get(field.of_group, field.of_kind, "", name) {
                let what = of.reference().to_string();
                uses.push(Use { by, of, what, place: node.span(), is_common: true });
            }
        }
    }
    uses
}

/// Kinds that a release of the tree brings: the API server refuses their objects before.
fn of_operators<'w>(cluster: &Cluster<'w>) -> Vec<Use<'w>> {
    let mut brings: HashMap<&str, Vec<&Object>> = HashMap::new();
    for release in cluster.of_kind(HELM, "HelmRelease") {
        for row in operators().iter().filter(|row| row.is_chart_of(cluster, release)) {
            if row.brings_crds(cluster, release) == Some(true) {
                for group in &row.groups {
                    brings.entry(group).or_default().push(release);
                }
            }
        }
    }
    let plain: HashSet<&str> = cluster
        .of_kind("apiextensions.k8s.io", "CustomResourceDefinition")
        .filter_map(|crd| crd.dig("spec.group").and_then(Node::as_str))
        .collect();
    // What is installed before Flux runs is there for all.
    brings.retain(|group, releases| {
        let charts = releases.iter().filter_map(|release| Release::of(cluster, release)?.chart);
        let names: Vec<String> = charts.map(ToOwned::to_owned).chain([(*group).to_owned()]).collect();
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        cluster.bootstrap_mention(&words, |_| true).is_none()
    });
    let mut uses = Vec::new();
    for by in cluster.objects().filter(|object| object.release.is_none()) {
        let group = by.gvk.group.as_str();
        // Two that bring it leave open which comes first.
        if let Some([of]) = brings.get(group).map(Vec::as_slice).filter(|_| !plain.contains(group)) {
            let what = format!("a kind of `{group}`, which {} brings", of.reference());
            uses.push(Use { by, of, what, place: by.kind_place(), is_common: true });
        }
    }
    uses
}

/// Whether the object that needs something is a release that depends on the release which brings it.
fn waits_itself(order: &Order<'_>, one: &Use<'_>) -> bool {
    let position = |object: &Object| order.position(object.kind(), object.namespace(), &object.name);
    match (position(one.by), position(one.of)) {
        (Some(by), Some(of)) => order.started_before(by).contains(&of),
        _ => false,
    }
}

fn report(order: &Order<'_>, to: usize, uses: &[(usize, Use<'_>)]) -> Option<Observation> {
    let ((from, first), rest) = uses.split_first()?;
    let (applier, provider) = (order.objects.get(*from)?, order.objects.get(to)?);
    let others: HashSet<usize> = rest.iter().map(|(other, _)| *other).filter(|other| other != from).collect();
    let more = match (others.len(), rest.len()) {
        (0, 0) => String::new(),
        (0, more) => format!(" ({more} more alike)"),
        (1, _) => ", nor another Kustomization".to_owned(),
        (others, _) => format!(", nor {others} other Kustomizations"),
    };
    // The entry that looks as if it did it: of the release that needs it, else of its Kustomization.
    let entry = order
        .position(first.by.kind(), first.by.namespace(), &first.by.name)
        .into_iter()
        .chain([*from])
        .find_map(|at| order.needs_by(at, Why::DependsOn).next());
    let (place, label) = match entry {
        Some(need) => (need.place, "does not cover it"),
        None => (applier.place(), "depends on nothing"),
    };
    let mut observation = Observation::new(
        "depends-on-not-covering",
        format!(
            "{} needs {}, and nothing makes {} wait for {}{more}",
            first.by.reference(),
            first.what,
            applier.reference(),
            provider.reference()
        ),
        Label::new(place, label),
    )
    .about(first.by.reference(), format!("spec.dependsOn[{}]", provider.full_name()))
    .related(Label::new(first.of.place(), "needed"))
    .related(Label::new(first.place, "needs it"))
    .related(Label::new(provider.place(), "applies what is needed"));
    for (_, other) in rest.iter().take(3) {
        observation = observation.related(Label::new(other.place, "needs it, too"));
    }
    Some(observation.help(format!("add `{}` to the `dependsOn` of {}", provider.full_name(), applier.reference())))
}
