//! Pods of workloads that stand in the tree as they are.

use super::{Answer, Endpoint, Labels, PodPort, PodSet};
use crate::build::Object;
use crate::build::charts::Extent;
use crate::cluster::Cluster;
use crate::cluster::templates::KINDS;
use crate::finding::Confidence;
use crate::yaml::Node;

/// Labels that the control plane adds to pods.
pub const ADDED_AT_RUN_TIME: [&str; 9] = [
    "apps.kubernetes.io/",
    "batch.kubernetes.io/",
    "statefulset.kubernetes.io/",
    "topology.kubernetes.io/",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
];

/// Group and kind of everything whose pods are read here.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|(group, kind, _)| (*group, *kind))
}

/// Whether a kind's pods are read here.
pub fn is_workload(object: &Object) -> bool {
    KINDS.iter().any(|(group, kind, _)| object.is(group, kind))
}

/// Pods of every workload.
pub fn pods<'w>(cluster: &Cluster<'w>) -> Vec<PodSet<'w>> {
    let mut sets = Vec::new();
    for (group, kind, path) in KINDS {
        for object in cluster.of_kind(group, kind) {
            let template = if path.is_empty() { Some(&object.node) } else { object.dig(path) };
            let Some(template) = template else { continue };
            let mut labels = Labels::of(template.at(&["metadata", "labels"])).open_below(&ADDED_AT_RUN_TIME);
            if kind == "Job" {
                labels = labels
                    .with("batch.kubernetes.io/job-name", Some(&object.name))
                    .with("job-name", Some(&object.name));
            }
            let mut pods = PodSet::new(object, Endpoint::new(object.namespace(), labels));
            let spec = template.get("spec");
            pods.endpoint.host_network = flag(spec.and_then(|spec| spec.get("hostNetwork")));
            pods.endpoint.service_account =
                spec.and_then(|spec| spec.get("serviceAccountName")).and_then(Node::as_str).map(ToOwned::to_owned);
            let containers =
                |key: &str| spec.and_then(|spec| spec.get(key)).map(Node::items).unwrap_or_default().iter();
            pods.ports =
                containers("containers").chain(containers("initContainers")).flat_map(container_ports).collect();
            pods.ports_open = spec.is_none_or(|spec| spec.get("containers").is_none_or(Node::holds_unknown));
            pods.annotations = template.at(&["metadata", "annotations"]).cloned();
            if object.modelled.is_some() {
                of_chart(cluster, object, &mut pods);
            }
            sets.push(pods);
        }
    }
    sets
}

/// What is open of pods that a model of a chart says a release makes.
fn of_chart(cluster: &Cluster<'_>, object: &Object, pods: &mut PodSet<'_>) {
    let Some(release) = object.release.and_then(|at| cluster.object(at)) else { return };
    let policies = [("networking.k8s.io", "NetworkPolicy"), ("cilium.io", "CiliumNetworkPolicy")];
    pods.own_policies =
        policies.iter().any(|(group, kind)| matches!(cluster.makes(release, group, kind), Extent::Open(_)));
    pods.verified = object.modelled == Some(Confidence::High);
    if object.modelled == Some(Confidence::Low) {
        let labels = std::mem::take(&mut pods.endpoint.labels);
        // Patches over what the chart makes: any label may be another.
        let is_patched = release.dig("spec.postRenderers").is_some_and(|all| !all.items().is_empty());
        pods.endpoint.labels = if is_patched { labels.changed() } else { labels.open() };
    }
}

/// A switch that is off where it is not written.
pub fn flag(node: Option<&Node>) -> Answer {
    match node {
        Some(node) if node.is_unknown() => Answer::Unknown,
        Some(node) => Answer::from(node.as_bool() == Some(true)),
        None => Answer::No,
    }
}

/// The ports of a container.
pub fn container_ports(container: &Node) -> Vec<PodPort> {
    let ports = container.get("ports").map(Node::items).unwrap_or_default();
    ports
        .iter()
        .map(|port| PodPort {
            name: port.get("name").and_then(Node::as_str).map(ToOwned::to_owned),
            number: port.get("containerPort").and_then(Node::as_int).and_then(|number| u16::try_from(number).ok()),
            protocol: port.get("protocol").and_then(Node::as_str).unwrap_or("TCP").to_owned(),
        })
        .collect()
}
