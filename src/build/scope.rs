//! Which kinds live outside of namespaces.

use super::kustomize::schema::{Scope, is_cluster_kind, scope_of};
use super::object::Gvk;

/// Further kinds that the cluster keeps outside of namespaces, of which kustomize's schema does not say so.
const OTHERS: &[(&str, &[&str])] = &[
    ("admissionregistration.k8s.io", &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]),
    ("authentication.k8s.io", &["TokenReview"]),
    ("authorization.k8s.io", &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"]),
    ("cert-manager.io", &["ClusterIssuer"]),
    (
        "cilium.io",
        &[
            "CiliumClusterwideNetworkPolicy",
            "CiliumLoadBalancerIPPool",
            "CiliumBGPClusterConfig",
            "CiliumBGPPeerConfig",
            "CiliumBGPAdvertisement",
            "CiliumBGPNodeConfigOverride",
            "CiliumEgressGatewayPolicy",
            "CiliumL2AnnouncementPolicy",
            "CiliumNode",
        ],
    ),
    ("external-secrets.io", &["ClusterSecretStore", "ClusterExternalSecret", "ClusterPushSecret"]),
    ("gateway.networking.k8s.io", &["GatewayClass"]),
    ("internal.apiserver.k8s.io", &["StorageVersion"]),
    ("kyverno.io", &["ClusterPolicy"]),
    ("policy.networking.k8s.io", &["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"]),
    ("resource.k8s.io", &["DeviceClass", "ResourceSlice"]),
    ("snapshot.storage.k8s.io", &["VolumeSnapshotClass", "VolumeSnapshotContent"]),
    ("storage.k8s.io", &["VolumeAttributesClass"]),
    ("trust.cert-manager.io", &["Bundle"]),
];

fn listed(table: &[(&str, &[&str])], gvk: &Gvk) -> bool {
    table.iter().any(|(group, kinds)| *group == gvk.group && kinds.contains(&gvk.kind.as_str()))
}

/// Whether kustomize's built-in schema says that a kind has no namespace, in exactly this version. Unknown kinds and
/// newer versions count as namespaced, so kustomize gives them one.
pub fn is_cluster_scoped(gvk: &Gvk) -> bool {
    scope_of(gvk) == Scope::Cluster
}

/// Whether the cluster ignores the namespace of a kind.
pub fn has_no_namespace(gvk: &Gvk) -> bool {
    is_cluster_kind(&gvk.group, &gvk.kind) || listed(OTHERS, gvk)
}
