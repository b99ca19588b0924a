//! Which kinds live outside of namespaces.

use super::object::Gvk;

/// Cluster-scoped kinds of the built-in schema that kustomize v0.21.1 carries (Kubernetes v1.21).
/// Source: Kubernetes API reference; kustomize does not count ValidatingAdmissionPolicy at this version.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("", &["ComponentStatus", "Namespace", "Node", "PersistentVolume"]),
    ("admissionregistration.k8s.io", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &["APIService"]),
    ("authentication.k8s.io", &["TokenReview"]),
    ("authorization.k8s.io", &["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"]),
    ("certificates.k8s.io", &["CertificateSigningRequest"]),
    ("flowcontrol.apiserver.k8s.io", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("internal.apiserver.k8s.io", &["StorageVersion"]),
    ("networking.k8s.io", &["IngressClass"]),
    ("node.k8s.io", &["RuntimeClass"]),
    ("policy", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
];

/// Further kinds that the cluster keeps outside of namespaces, unknown to kustomize's schema.
const OTHERS: &[(&str, &[&str])] = &[
    ("admissionregistration.k8s.io", &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]),
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

/// Whether kustomize's built-in schema says that a kind has no namespace. Unknown kinds count as namespaced, so
/// kustomize gives them one.
pub fn is_cluster_scoped(gvk: &Gvk) -> bool {
    listed(BUILT_IN, gvk)
}

/// Whether the cluster ignores the namespace of a kind.
pub fn has_no_namespace(gvk: &Gvk) -> bool {
    listed(BUILT_IN, gvk) || listed(OTHERS, gvk)
}
