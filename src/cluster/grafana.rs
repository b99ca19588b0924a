//! Grafana as releases run it: its values, in its own chart or inside of a stack.

use super::Cluster;
use super::pods::Release;
use crate::build::Object;
use crate::yaml::Node;

/// Charts with the path of Grafana's values in theirs.
/// Source: grafana/helm-charts `charts/grafana`; `Chart.yaml` of the stacks, which take it as a dependency.
const CHARTS: [(&str, &str); 3] =
    [("grafana", ""), ("kube-prometheus-stack", "grafana"), ("victoria-metrics-k8s-stack", "grafana")];

/// The values of a Grafana.
#[derive(Clone, Debug)]
pub struct Grafana<'w> {
    /// The HelmRelease.
    pub release: &'w Object,
    /// Namespace it runs in.
    pub namespace: String,
    /// Its values.
    pub values: &'w Node,
    /// Where they stand in the values of the release, with a final stop.
    pub path: &'static str,
    /// Whether an absent value is really absent.
    pub is_closed: bool,
}

/// Every Grafana that a release of a known chart runs.
pub fn grafanas<'w>(cluster: &Cluster<'w>) -> Vec<Grafana<'w>> {
    cluster.releases().iter().filter_map(|release| grafana(cluster, release)).collect()
}

fn grafana<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Option<Grafana<'w>> {
    let (_, key) = CHARTS.iter().find(|(chart, _)| release.chart == Some(*chart))?;
    let all = cluster.values(release.object)?;
    let values = if key.is_empty() { &all.root } else { all.root.get(key)? };
    if !key.is_empty() && values.get("enabled").is_some_and(|enabled| enabled.as_bool() != Some(true)) {
        return None;
    }
    Some(Grafana {
        release: release.object,
        namespace: release.namespace.clone(),
        values,
        path: if key.is_empty() { "" } else { "grafana." },
        is_closed: all.is_closed(),
    })
}
