//! Kinds that live in a namespace, as far as they are known without their CRD.
//! Source: the Kubernetes API reference (v1.35) and the CRDs of the projects named by the groups.

use super::object::Gvk;

const KINDS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("apps", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling", &["HorizontalPodAutoscaler"]),
    ("batch", &["CronJob", "Job"]),
    ("coordination.k8s.io", &["Lease"]),
    ("discovery.k8s.io", &["EndpointSlice"]),
    ("networking.k8s.io", &["Ingress", "NetworkPolicy"]),
    ("policy", &["PodDisruptionBudget"]),
    ("rbac.authorization.k8s.io", &["Role", "RoleBinding"]),
    ("resource.k8s.io", &["ResourceClaim", "ResourceClaimTemplate"]),
    ("storage.k8s.io", &["CSIStorageCapacity"]),
    // Flux.
    ("helm.toolkit.fluxcd.io", &["HelmRelease"]),
    ("image.toolkit.fluxcd.io", &["ImagePolicy", "ImageRepository", "ImageUpdateAutomation"]),
    ("kustomize.toolkit.fluxcd.io", &["Kustomization"]),
    ("notification.toolkit.fluxcd.io", &["Alert", "Provider", "Receiver"]),
    (
        "source.toolkit.fluxcd.io",
        &["Bucket", "ExternalArtifact", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"],
    ),
    ("source.extensions.fluxcd.io", &["ArtifactGenerator"]),
    ("fluxcd.controlplane.io", &["FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider"]),
    // Others.
    ("acid.zalan.do", &["postgresql"]),
    ("acme.cert-manager.io", &["Challenge", "Order"]),
    ("autoscaling.k8s.io", &["VerticalPodAutoscaler"]),
    ("bitnami.com", &["SealedSecret"]),
    ("ceph.rook.io", &["CephBlockPool", "CephCluster", "CephFilesystem", "CephObjectStore", "CephObjectStoreUser"]),
    ("cert-manager.io", &["Certificate", "CertificateRequest", "Issuer"]),
    ("cilium.io", &["CiliumEnvoyConfig", "CiliumLocalRedirectPolicy", "CiliumNetworkPolicy"]),
    ("dragonflydb.io", &["Dragonfly"]),
    ("external-secrets.io", &["ExternalSecret", "PushSecret", "SecretStore"]),
    ("externaldns.k8s.io", &["DNSEndpoint"]),
    (
        "gateway.envoyproxy.io",
        &[
            "Backend",
            "BackendTrafficPolicy",
            "ClientTrafficPolicy",
            "EnvoyExtensionPolicy",
            "EnvoyProxy",
            "SecurityPolicy",
        ],
    ),
    (
        "gateway.networking.k8s.io",
        &[
            "BackendTLSPolicy",
            "GRPCRoute",
            "Gateway",
            "HTTPRoute",
            "ReferenceGrant",
            "TCPRoute",
            "TLSRoute",
            "UDPRoute",
        ],
    ),
    (
        "grafana.integreatly.org",
        &[
            "Grafana",
            "GrafanaAlertRuleGroup",
            "GrafanaContactPoint",
            "GrafanaDashboard",
            "GrafanaDatasource",
            "GrafanaFolder",
        ],
    ),
    ("k8s.cni.cncf.io", &["NetworkAttachmentDefinition"]),
    ("kafka.strimzi.io", &["Kafka", "KafkaConnect", "KafkaNodePool", "KafkaTopic", "KafkaUser"]),
    ("keda.sh", &["ScaledJob", "ScaledObject", "TriggerAuthentication"]),
    ("kyverno.io", &["CleanupPolicy", "Policy", "PolicyException"]),
    ("metallb.io", &["BFDProfile", "BGPAdvertisement", "BGPPeer", "Community", "IPAddressPool", "L2Advertisement"]),
    ("minio.min.io", &["Tenant"]),
    (
        "monitoring.coreos.com",
        &[
            "Alertmanager",
            "AlertmanagerConfig",
            "PodMonitor",
            "Probe",
            "Prometheus",
            "PrometheusAgent",
            "PrometheusRule",
            "ScrapeConfig",
            "ServiceMonitor",
            "ThanosRuler",
        ],
    ),
    ("objectbucket.io", &["ObjectBucketClaim"]),
    ("observability.giantswarm.io", &["Silence"]),
    ("opentelemetry.io", &["Instrumentation", "OpenTelemetryCollector"]),
    (
        "operator.victoriametrics.com",
        &[
            "VLSingle",
            "VMAgent",
            "VMAlert",
            "VMAlertmanager",
            "VMAlertmanagerConfig",
            "VMCluster",
            "VMNodeScrape",
            "VMPodScrape",
            "VMProbe",
            "VMRule",
            "VMScrapeConfig",
            "VMServiceScrape",
            "VMSingle",
            "VMStaticScrape",
        ],
    ),
    ("postgres-operator.crunchydata.com", &["PostgresCluster"]),
    (
        "postgresql.cnpg.io",
        &["Backup", "Cluster", "Database", "ImageCatalog", "Pooler", "Publication", "ScheduledBackup", "Subscription"],
    ),
    ("snapshot.storage.k8s.io", &["VolumeSnapshot"]),
    ("traefik.io", &["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "TLSOption", "TLSStore"]),
    ("upgrade.cattle.io", &["Plan"]),
    ("velero.io", &["Backup", "BackupStorageLocation", "Restore", "Schedule", "VolumeSnapshotLocation"]),
    ("volsync.backube", &["ReplicationDestination", "ReplicationSource"]),
];

/// Whether a kind is known to live in a namespace.
pub fn is_namespaced(gvk: &Gvk) -> bool {
    KINDS.iter().any(|(group, kinds)| *group == gvk.group && kinds.contains(&gvk.kind.as_str()))
}

/// Every kind that is known to live in a namespace, with its group.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().flat_map(|(group, kinds)| kinds.iter().map(|kind| (*group, *kind)))
}
