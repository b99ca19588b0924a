//! Pods that operators make from their custom resources.

use super::workloads::{ADDED_AT_RUN_TIME, is_workload};
use super::{Endpoint, Labels, PodPort, PodSet};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// Groups whose objects make no pods that a policy would be written for.
const WITHOUT_PODS: [&str; 40] = [
    "",
    "acme.cert-manager.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "autoscaling.k8s.io",
    "batch",
    "cert-manager.io",
    "certificates.k8s.io",
    "cilium.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "external-secrets.io",
    "externaldns.k8s.io",
    "gateway.envoyproxy.io",
    "generators.external-secrets.io",
    "helm.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "keda.sh",
    "kustomize.toolkit.fluxcd.io",
    "kyverno.io",
    "metallb.io",
    "networking.k8s.io",
    "node.k8s.io",
    "notification.toolkit.fluxcd.io",
    "objectbucket.io",
    "policies.kyverno.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "snapshot.storage.k8s.io",
    "source.extensions.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "storage.k8s.io",
    "sts.min.io",
    "trust.cert-manager.io",
    "wgpolicyk8s.io",
];

/// Kinds of other groups that make no pods.
const KINDS_WITHOUT_PODS: [(&str, &str); 21] = [
    ("gateway.networking.k8s.io", "BackendTLSPolicy"),
    ("gateway.networking.k8s.io", "GRPCRoute"),
    ("gateway.networking.k8s.io", "GatewayClass"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.networking.k8s.io", "ReferenceGrant"),
    ("gateway.networking.k8s.io", "TCPRoute"),
    ("gateway.networking.k8s.io", "TLSRoute"),
    ("gateway.networking.k8s.io", "UDPRoute"),
    ("grafana.integreatly.org", "GrafanaDashboard"),
    ("grafana.integreatly.org", "GrafanaDatasource"),
    ("grafana.integreatly.org", "GrafanaFolder"),
    ("monitoring.coreos.com", "AlertmanagerConfig"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "Probe"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("monitoring.coreos.com", "ScrapeConfig"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("operator.victoriametrics.com", "VMPodScrape"),
    ("operator.victoriametrics.com", "VMRule"),
    ("operator.victoriametrics.com", "VMServiceScrape"),
    ("postgresql.cnpg.io", "Backup"),
];

/// Pods of every custom resource that may make some: known ones in full, the others with unknown labels.
pub fn pods<'w>(cluster: &Cluster<'w>) -> Vec<PodSet<'w>> {
    cluster.objects().filter_map(of_object).collect()
}

fn of_object(object: &Object) -> Option<PodSet<'_>> {
    let group = object.gvk.group.as_str();
    object.namespace.as_ref()?;
    match (group, object.kind()) {
        ("minio.min.io", "Tenant") => Some(tenant(object)),
        ("postgresql.cnpg.io", "Cluster") => Some(cnpg(object)),
        ("postgresql.cnpg.io", "Pooler") | ("keda.sh", "ScaledJob") => {
            Some(PodSet::unknown(object, object.namespace()))
        }
        ("postgresql.cnpg.io" | "barmancloud.cnpg.io", _) => None,
        ("monitoring.coreos.com", "Prometheus" | "PrometheusAgent") => Some(scraper(object, "prometheus")),
        ("monitoring.coreos.com", "Alertmanager") => Some(scraper(object, "alertmanager")),
        ("operator.victoriametrics.com", "VMAgent") => Some(scraper(object, "vmagent")),
        ("operator.victoriametrics.com", "VMSingle") => Some(scraper(object, "vmsingle")),
        _ if is_workload(object) || makes_no_pods(object) => None,
        _ => Some(PodSet::unknown(object, object.namespace())),
    }
}

/// Whether a kind is known to make no pods.
pub fn makes_no_pods(object: &Object) -> bool {
    let group = object.gvk.group.as_str();
    WITHOUT_PODS.binary_search(&group).is_ok() || KINDS_WITHOUT_PODS.contains(&(group, object.kind()))
}

/// Source: minio/operator 7.1.1, `pkg/apis/minio.min.io/v2/labels.go`.
fn tenant(object: &Object) -> PodSet<'_> {
    let mut labels = Labels::default()
        .with("v1.min.io/tenant", Some(&object.name))
        .with("v1.min.io/console", Some(&format!("{}-console", object.name)))
        .open_below(&ADDED_AT_RUN_TIME);
    let pools = object.dig("spec.pools").map(Node::items).unwrap_or_default();
    match pools {
        [only] => {
            labels = labels.with("v1.min.io/pool", only.get("name").and_then(Node::as_str));
            labels.add(only.get("labels"));
        }
        _ => {
            // The pods of several pools differ; what only some have is not said of all.
            labels = labels.open_below(&["v1.min.io/pool"]);
            if pools.iter().any(|pool| pool.get("labels").is_some()) {
                labels = labels.open();
            }
        }
    }
    let mut pods = PodSet::new(object, Endpoint::new(object.namespace(), labels));
    pods.endpoint.service_account = Some(format!("{}-sa", object.name));
    pods.ports = vec![PodPort::tcp(None, Some(9000))];
    pods
}

/// Source: cloudnative-pg `pkg/specs/pods.go`.
fn cnpg(object: &Object) -> PodSet<'_> {
    let mut labels = Labels::default()
        .with("cnpg.io/cluster", Some(&object.name))
        .with("postgresql", Some(&object.name))
        .open_below(&["cnpg.io/", "app.kubernetes.io/", "role"])
        .open_below(&ADDED_AT_RUN_TIME);
    labels.add(object.dig("spec.inheritedMetadata.labels"));
    let mut pods = PodSet::new(object, Endpoint::new(object.namespace(), labels));
    pods.ports = vec![
        PodPort::tcp(Some("postgresql"), Some(5432)),
        PodPort::tcp(Some("metrics"), Some(9187)),
        PodPort::tcp(Some("status"), Some(8000)),
    ];
    pods.ports_open = false;
    pods
}

/// What the Prometheus and Victoria Metrics operators run: one label is known.
fn scraper<'w>(object: &'w Object, name: &str) -> PodSet<'w> {
    let mut labels = Labels::unknown().with("app.kubernetes.io/name", Some(name));
    labels.add(object.dig("spec.podMetadata.labels"));
    PodSet::new(object, Endpoint::new(object.namespace(), labels))
}
