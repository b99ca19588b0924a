//! Pods of releases: charts whose labels are known, and all others with unknown labels.

use super::workloads::{self, ADDED_AT_RUN_TIME};
use super::{Endpoint, Labels, PodPort, PodSet, Release};
use crate::build::charts::Extent;
use crate::build::flux::ReleaseValues;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// Pods of a release.
pub fn pods<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Vec<PodSet<'w>> {
    let mut sets = rendered(cluster, release);
    if release.object.dig("spec.postRenderers").is_some_and(|renderers| !renderers.items().is_empty()) {
        // Patches over what the chart renders: any label may be another, any policy may come with it.
        for set in &mut sets {
            set.endpoint.labels = std::mem::take(&mut set.endpoint.labels).changed();
            set.own_policies = true;
        }
    }
    sets
}

fn rendered<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Vec<PodSet<'w>> {
    let Some(values) = cluster.values(release.object) else { return Vec::new() };
    if cluster.model(release.object).is_some() {
        // What it makes are objects of their own; there may be more.
        let is_open = |(group, kind)| matches!(cluster.makes(release.object, group, kind), Extent::Open(_));
        let more = workloads::kinds().any(is_open);
        return more.then(|| PodSet::unknown(release.object, &release.namespace)).into_iter().collect();
    }
    let mut sets = match release.chart {
        // The MinIO operator; its chart is called just that.
        Some("operator" | "minio-operator") if is_minio_operator(release, values) => vec![minio_operator(release)],
        Some("kube-prometheus-stack") => kube_prometheus_stack(release, values),
        Some("loki") => loki(release),
        Some("tempo") => tempo(release),
        Some("external-secrets") => external_secrets(release, values),
        Some("minio") if values.root.get("global").is_none() => minio(release, values),
        _ => vec![PodSet::unknown(release.object, &release.namespace)],
    };
    if brings_policies(&values.root) || !values.is_closed() {
        for set in &mut sets {
            set.own_policies = true;
        }
    }
    if !values.is_closed() {
        sets.push(PodSet::unknown(release.object, &release.namespace));
    }
    sets
}

/// Whether values switch on network policies of the chart.
fn brings_policies(values: &Node) -> bool {
    let here = ["networkPolicy", "networkPolicies", "ciliumNetworkPolicy"]
        .iter()
        .filter_map(|key| values.get(key))
        .any(|policy| policy.get("enabled").is_none_or(|enabled| enabled.as_bool() != Some(false)));
    here || values.entries().any(|entry| entry.value.as_map().is_some() && brings_policies(&entry.value))
}

fn is_minio_operator(release: &Release<'_>, values: &ReleaseValues) -> bool {
    let address = |node: &Node| node.shown().is_some_and(|text| text.contains("min.io") || text.contains("minio"));
    let named =
        release.name.as_deref().is_some_and(|name| name.contains("minio")) || release.object.name.contains("minio");
    let spec = release.object.dig("spec.chart.spec.sourceRef.name").is_some_and(address)
        || release.object.dig("spec.chartRef.name").is_some_and(address);
    (named || spec) && values.root.get("tenant").is_none()
}

fn helm(release: &Release<'_>, name: &str) -> Labels {
    Labels::default()
        .with("app.kubernetes.io/name", Some(name))
        .with("app.kubernetes.io/instance", release.name.as_deref())
}

/// Source: minio/operator 7.1.1, `helm/operator/templates/_helpers.tpl`.
fn minio_operator<'w>(release: &Release<'w>) -> PodSet<'w> {
    let labels =
        helm(release, "operator").open_below(&["app.kubernetes.io/", "helm.sh/"]).open_below(&ADDED_AT_RUN_TIME);
    let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
    pods.endpoint.service_account = Some("minio-operator".to_owned());
    pods
}

fn kube_prometheus_stack<'w>(release: &Release<'w>, values: &ReleaseValues) -> Vec<PodSet<'w>> {
    let mut sets = vec![PodSet::unknown(release.object, &release.namespace)];
    if values.root.dig("prometheus.enabled").and_then(Node::as_bool) != Some(false) {
        let mut labels = Labels::unknown().with("app.kubernetes.io/name", Some("prometheus"));
        labels.add(values.root.dig("prometheus.prometheusSpec.podMetadata.labels"));
        let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
        pods.component = Some("prometheus".to_owned());
        pods.endpoint.host_network = super::workloads::flag(values.root.dig("prometheus.prometheusSpec.hostNetwork"));
        sets.push(pods);
    }
    sets
}

/// Source: loki chart 6.49.0, `templates/_helpers.tpl`. Which components run depends on the mode; all listen alike.
fn loki<'w>(release: &Release<'w>) -> Vec<PodSet<'w>> {
    let mut labels = helm(release, "loki").open();
    labels = labels.open_below(&["app.kubernetes.io/component"]);
    let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
    pods.component = Some("loki".to_owned());
    pods.ports = vec![PodPort::tcp(Some("http-metrics"), Some(3100)), PodPort::tcp(Some("grpc"), Some(9095))];
    vec![pods, PodSet::unknown(release.object, &release.namespace)]
}

fn tempo<'w>(release: &Release<'w>) -> Vec<PodSet<'w>> {
    let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, helm(release, "tempo").open()));
    pods.component = Some("tempo".to_owned());
    pods.ports = vec![PodPort::tcp(None, Some(3200)), PodPort::tcp(None, Some(4317)), PodPort::tcp(None, Some(4318))];
    vec![pods]
}

/// Source: external-secrets/external-secrets, `deploy/charts/external-secrets/templates/_helpers.tpl`: the instance is
/// the release, whatever `fullnameOverride` says.
fn external_secrets<'w>(release: &Release<'w>, values: &ReleaseValues) -> Vec<PodSet<'w>> {
    let own = values.root.get("nameOverride").filter(|name| !name.is_null());
    let name = own.map_or(Some("external-secrets"), Node::as_str);
    let mut sets: Vec<PodSet<'w>> = ["", "-webhook", "-cert-controller"]
        .iter()
        .map(|component| {
            let name = name.map(|name| format!("{name}{component}"));
            let mut labels = helm(release, "").open();
            labels = labels.with("app.kubernetes.io/name", name.as_deref());
            let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
            pods.component = name;
            pods
        })
        .collect();
    if values.root.dig("bitwarden-sdk-server.enabled").is_some_and(|switch| switch.as_bool() != Some(false)) {
        let labels = Labels::unknown().with("app.kubernetes.io/instance", release.name.as_deref());
        let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
        pods.component = Some("bitwarden-sdk-server".to_owned());
        sets.push(pods);
    }
    if values.root.get("extraObjects").is_some_and(|objects| !objects.items().is_empty()) {
        sets.push(PodSet::unknown(release.object, &release.namespace));
    }
    sets
}

/// Source: minio/minio 5.4.0, `helm/minio/templates`.
fn minio<'w>(release: &Release<'w>, values: &ReleaseValues) -> Vec<PodSet<'w>> {
    let name = values.root.get("nameOverride").map_or(Some("minio"), Node::as_str);
    let labels = Labels::unknown().with("app", name).with("release", release.name.as_deref());
    let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
    pods.ports = vec![PodPort::tcp(Some("http"), Some(9000)), PodPort::tcp(Some("http-console"), Some(9001))];
    vec![pods, PodSet::unknown(release.object, &release.namespace)]
}
