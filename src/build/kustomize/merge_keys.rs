//! Which lists of the built-in kinds merge by key. Source: the Kubernetes v1.21 API types that kustomize carries
//! (`x-kubernetes-patch-strategy`, `x-kubernetes-list-map-keys`).

use crate::build::object::Gvk;

/// How a strategic merge patch treats a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListRule {
    /// Replaced whole.
    Atomic,
    /// Merged by the values of these keys.
    Keyed(&'static [&'static str]),
    /// Merged as a set of plain values.
    Set,
}

/// The rule for the list at a path of keys inside an object; list positions are left out of the path.
pub fn list_rule(gvk: &Gvk, path: &[&str]) -> ListRule {
    if !has_schema(gvk) {
        return ListRule::Atomic;
    }
    if let ["metadata", rest] = path {
        return match *rest {
            "finalizers" => ListRule::Set,
            "ownerReferences" => ListRule::Keyed(&["uid"]),
            _ => ListRule::Atomic,
        };
    }
    if let Some(pod) = below_pod_spec(gvk, path) {
        return pod_list(pod);
    }
    match (gvk.kind.as_str(), path) {
        ("Service", ["spec", "ports"]) => ListRule::Keyed(&["port", "protocol"]),
        ("ServiceAccount", ["secrets"]) => ListRule::Keyed(&["name"]),
        ("MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration", ["webhooks"]) => ListRule::Keyed(&["name"]),
        ("CSINode", ["spec", "drivers"]) => ListRule::Keyed(&["name"]),
        ("Node", ["spec", "podCIDRs"]) => ListRule::Set,
        (_, ["status", "conditions"]) => ListRule::Keyed(&["type"]),
        _ => ListRule::Atomic,
    }
}

/// Groups of the built-in schema; every other group is a custom resource, whose lists are replaced.
fn has_schema(gvk: &Gvk) -> bool {
    matches!(
        gvk.group.as_str(),
        "" | "apps"
            | "batch"
            | "autoscaling"
            | "policy"
            | "extensions"
            | "networking.k8s.io"
            | "rbac.authorization.k8s.io"
            | "storage.k8s.io"
            | "scheduling.k8s.io"
            | "admissionregistration.k8s.io"
            | "apiregistration.k8s.io"
            | "apiextensions.k8s.io"
            | "certificates.k8s.io"
            | "coordination.k8s.io"
            | "discovery.k8s.io"
            | "events.k8s.io"
            | "node.k8s.io"
    )
}

fn below_pod_spec<'p>(gvk: &Gvk, path: &'p [&'p str]) -> Option<&'p [&'p str]> {
    let root: &[&str] = match gvk.kind.as_str() {
        "Pod" => &["spec"],
        "PodTemplate" => &["template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
            &["spec", "template", "spec"]
        }
        _ => return None,
    };
    path.strip_prefix(root)
}

fn pod_list(path: &[&str]) -> ListRule {
    match path {
        ["containers" | "initContainers" | "ephemeralContainers" | "volumes" | "imagePullSecrets"] => {
            ListRule::Keyed(&["name"])
        }
        ["hostAliases"] => ListRule::Keyed(&["ip"]),
        ["topologySpreadConstraints"] => ListRule::Keyed(&["topologyKey", "whenUnsatisfiable"]),
        ["containers" | "initContainers" | "ephemeralContainers", list] => match *list {
            "env" => ListRule::Keyed(&["name"]),
            "ports" => ListRule::Keyed(&["containerPort", "protocol"]),
            "volumeMounts" => ListRule::Keyed(&["mountPath"]),
            "volumeDevices" => ListRule::Keyed(&["devicePath"]),
            _ => ListRule::Atomic,
        },
        _ => ListRule::Atomic,
    }
}
