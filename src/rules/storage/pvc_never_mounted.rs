//! A claim that is made for a release is mounted by it. Card: rules/storage/pvc-never-mounted.md

use hashbrown::HashSet;
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::build::Object;
use crate::build::charts::{Extent, Knowledge};
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Entry, Node, Value};

const HELM: &str = "helm.toolkit.fluxcd.io";

/// What mounts claims.
const WORKLOADS: [(&str, &str); 5] =
    [("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "CronJob"), ("batch", "Job")];

/// Groups whose objects name a claim to copy or fill it, and do not mount it for its own sake.
const COPIES: [&str; 2] = ["volsync.backube", "snapshot.storage.k8s.io"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PvcNeverMounted {}

impl Rule for PvcNeverMounted {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for release in cluster.of_kind(HELM, "HelmRelease") {
            if let Some(knowledge) = cluster.model(release).filter(|known| known.confidence > Confidence::Low) {
                mounts_that_lead_nowhere(cluster, release, knowledge, out);
            }
        }
        let named: HashSet<(&str, &str)> = cluster
            .links()
            .iter()
            .filter(|link| link.kind == "PersistentVolumeClaim" && !is_copy(link.from))
            .map(|link| (link.namespace.as_str(), link.name.as_str()))
            .collect();
        for claim in cluster.of_kind("", "PersistentVolumeClaim").filter(|claim| claim.release.is_none()) {
            if !claim.name.contains("${") && !named.contains(&(claim.namespace(), claim.name.as_str())) {
                out.observations.extend(unmounted(cluster, claim));
            }
        }
    }
}

fn is_copy(object: &Object) -> bool {
    COPIES.contains(&object.gvk.group.as_str()) || object.kind() == "PersistentVolumeClaim"
}

/// Items of `persistence` all of whose mounts are for controllers or containers that are not there.
fn mounts_that_lead_nowhere(cluster: &Cluster<'_>, release: &Object, knowledge: &Knowledge, out: &mut Sink) {
    let notes: BTreeSet<&str> = knowledge.notes.iter().map(|note| note.path.as_str()).collect();
    let values = cluster.values(release).and_then(|values| values.root.get("persistence"));
    for item in values.into_iter().flat_map(Node::entries) {
        let is_claim = item.value.get("type").is_none_or(|of| of.as_str() == Some("persistentVolumeClaim"));
        let is_off = item.value.get("enabled").and_then(Node::as_bool) == Some(false);
        let is_everywhere = item.value.get("globalMounts").is_some_and(|mounts| !mounts.items().is_empty());
        let Some(chosen) = item.value.get("advancedMounts").filter(|_| is_claim && !is_off && !is_everywhere) else {
            continue;
        };
        let path = format!("persistence.{}.advancedMounts", item.key);
        let lost: Option<Vec<(&Entry, String)>> = chosen
            .entries()
            .flat_map(|controller| {
                let own = format!("{path}.{}", controller.key);
                if notes.contains(own.as_str()) {
                    return vec![Some((controller, format!("controller `{}`", controller.key)))];
                }
                let containers = controller.value.entries().map(|container| {
                    let is_lost = notes.contains(format!("{own}.{}", container.key).as_str());
                    is_lost.then(|| (container, format!("container `{}`", container.key)))
                });
                containers.collect()
            })
            .collect();
        let Some((entry, what)) = lost.as_ref().and_then(|all| all.first()) else { continue };
        let message = format!(
            "{} mounts the claim of `persistence.{}` nowhere: there is no {what}",
            release.reference(),
            item.key
        );
        let mut found = Observation::new("pvc-never-mounted", message, Label::new(entry.key_span, "not there"))
            .about(release.reference(), format!("values.{path}"))
            .related(Label::new(item.key_span, "the claim"));
        let place = cluster.values(release).and_then(|values| values.root.get("controllers"));
        for controller in place.into_iter().flat_map(Node::entries) {
            found = found.related(Label::new(controller.key_span, "a controller"));
        }
        out.report(found);
    }
}

/// A claim that nothing in its namespace names, beside the one release that it was made for.
fn unmounted(cluster: &Cluster<'_>, claim: &Object) -> Option<Observation> {
    let namespace = claim.namespace();
    // A StatefulSet adopts claims by their names.
    let is_numbered = claim.name.rsplit_once('-').is_some_and(|(_, end)| end.chars().all(|c| c.is_ascii_digit()));
    if is_numbered || cluster.is_open(namespace) {
        return None;
    }
    let mut own: Vec<&Object> = Vec::new();
    for release in cluster.installed_in(namespace) {
        if cluster.model(release).is_none() && !cluster.is_rendered(release) {
            let values = cluster.values(release)?;
            if !values.is_closed() || mentions(&values.root, &claim.name) || is_related(release, &claim.name) {
                return None;
            }
        } else if release.kustomization == claim.kustomization {
            own.push(release);
        }
    }
    let [release] = own.as_slice() else { return None };
    // Mounts of it that lead nowhere are a finding of their own.
    let persistence = cluster.values(release).and_then(|values| values.root.get("persistence"));
    let mut items = persistence.into_iter().flat_map(Node::entries);
    if items.any(|item| item.value.get("existingClaim").and_then(Node::as_str) == Some(claim.name.as_str())) {
        return None;
    }
    let is_named = is_related(release, &claim.name);
    let mut objects = cluster.in_namespace(namespace).filter(|object| !is_copy(object));
    if !is_named || objects.any(|object| !std::ptr::eq(object, claim) && mentions_outside(object, &claim.name)) {
        return None;
    }
    mounts_nothing(cluster, release).then(|| observation(cluster, claim, release))
}

/// Whether a claim is called like a release.
fn is_related(release: &Object, claim: &str) -> bool {
    let name = ReleaseNames::of(release).name;
    let name = name.as_deref().unwrap_or(&release.name);
    claim == name || claim.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
}

/// Whether an object of a kind that may mount claims in its own way names one.
fn mentions_outside(object: &Object, name: &str) -> bool {
    let is_known = matches!(object.gvk.group.as_str(), "" | HELM) || object.modelled.is_some();
    let spec = object.node.entries().filter(|entry| entry.key != "metadata");
    !is_known && spec.into_iter().any(|entry| mentions(&entry.value, name))
}

fn mentions(node: &Node, name: &str) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|entry| mentions(&entry.value, name)),
        Value::Seq(items) => items.iter().any(|item| mentions(item, name)),
        Value::Str(text) => text == name,
        _ => false,
    }
}

/// Whether all workloads of a release are known, there are some, and none of them mounts any claim.
fn mounts_nothing(cluster: &Cluster<'_>, release: &Object) -> bool {
    let is_whole = |(group, kind): &(&str, &str)| matches!(cluster.makes(release, group, kind), Extent::Whole(confidence) if confidence > Confidence::Low);
    if !WORKLOADS.iter().all(is_whole) {
        return false;
    }
    let at = cluster.position(release);
    let mut workloads = WORKLOADS
        .iter()
        .flat_map(|(group, kind)| cluster.of_kind(group, kind))
        .filter(|object| object.release.is_some() && object.release == at)
        .peekable();
    workloads.peek().is_some() && workloads.all(|workload| !holds_claim(&workload.node))
}

/// Whether a pod has a volume from a claim, or one that is not known.
fn holds_claim(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|entry| {
            matches!(entry.key.as_str(), "persistentVolumeClaim" | "volumeClaimTemplates")
                || (entry.key == "volumes" && entry.value.holds_unknown())
                || holds_claim(&entry.value)
        }),
        Value::Seq(items) => items.iter().any(holds_claim),
        _ => false,
    }
}

fn observation(cluster: &Cluster<'_>, claim: &Object, release: &Object) -> Observation {
    let message = format!("{} is never mounted: {} mounts no claim", claim.reference(), release.reference());
    let persistence = cluster.values(release).and_then(|values| values.root.as_map()?.entry("persistence"));
    let (place, label) = match persistence.and_then(emptied) {
        Some(place) => (place, "an empty volume instead"),
        None => (persistence.map_or(release.place(), |entry| entry.key_span), "no claim here"),
    };
    let found = Observation::new("pvc-never-mounted", message, Label::new(place, label))
        .about(claim.reference(), "metadata.name")
        .related(Label::new(claim.place(), "the claim"))
        .related(Label::new(release.place(), "the release"));
    found.help(format!("mount it with `existingClaim: {}`, or remove it", claim.name))
}

/// The item of `persistence` that is a volume for the lifetime of the pod, where there is just one.
fn emptied(persistence: &Entry) -> Option<Span> {
    let mut types = persistence.value.entries().filter_map(|item| item.value.get("type"));
    let mut empty = types.by_ref().filter(|of| of.as_str() == Some("emptyDir"));
    let first = empty.next()?;
    empty.next().is_none().then(|| first.span())
}
