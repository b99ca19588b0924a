//! The MinIO operator finds the Prometheus that a Tenant asks for. Card:
//! rules/observability/minio-prometheus-namespace.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::pods::Release;
use crate::cluster::{Cluster, Presence, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// The variable that tells the operator where Prometheus is, and what it takes without it.
/// Source: minio/operator `pkg/apis/minio.min.io/v2/helper.go` (`GetPrometheusNamespace`), `pkg/controller/prometheus.go`.
const VARIABLE: &str = "PROMETHEUS_NAMESPACE";
const DEFAULT: &str = "default";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinioPrometheusNamespace {}

impl Rule for MinioPrometheusNamespace {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let asking = asking(cluster);
        if asking.is_empty() {
            return;
        }
        let releases = cluster.releases();
        let Some(namespace) = looked_into(cluster, releases) else {
            let what = "where the MinIO operator looks for Prometheus";
            return out.undecided(
                cluster,
                "values",
                what,
                format!("`{VARIABLE}` may be set in values that are not known"),
            );
        };
        let scrapers = scrapers(cluster, releases);
        let is_there = scrapers.iter().any(|(own, _)| *own == namespace);
        let could_be =
            matches!(cluster.presence("monitoring.coreos.com", "Prometheus", &namespace, ""), Presence::Unknown);
        if is_there {
            return;
        }
        for (object, switch) in asking {
            if could_be {
                let what = format!("the Prometheus of {}", object.reference());
                out.undecided(cluster, "source", what, "a part of the cluster that could hold it was not built");
                continue;
            }
            let mut found = Observation::new(
                "minio-prometheus-namespace",
                format!(
                    "{} has the operator look for a Prometheus in namespace `{namespace}`, where none is",
                    object.reference()
                ),
                Label::new(switch.span(), "finds no Prometheus"),
            )
            .about(object.reference(), "prometheusOperator")
            .trail(trail(switch));
            if let Some((own, place)) = scrapers.first() {
                found = found.related(Label::new(*place, format!("Prometheus, in `{own}`")));
            }
            out.report(weighed(cluster, object, Confidence::Medium, found));
        }
    }
}

/// Tenants with the switch on, as objects and in the values of their chart.
fn asking<'w>(cluster: &Cluster<'w>) -> Vec<(&'w Object, &'w Node)> {
    let on = |node: &&Node| node.as_bool() == Some(true);
    let tenants = cluster.of_kind("minio.min.io", "Tenant");
    let mut all: Vec<(&Object, &Node)> =
        tenants.filter_map(|tenant| Some((tenant, tenant.dig("spec.prometheusOperator").filter(on)?))).collect();
    for release in cluster.releases().iter().filter(|release| release.chart == Some("tenant")) {
        let values = cluster.values(release.object).filter(|_| !cluster.is_rendered(release.object));
        let switch = values.and_then(|values| values.root.dig("tenant.prometheusOperator").filter(on));
        all.extend(switch.map(|switch| (release.object, switch)));
    }
    all
}

/// The namespace the operator looks into; `None` where that is not known.
fn looked_into(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> Option<String> {
    let named = |list: &[&Node]| -> Option<Option<String>> {
        let found = list.iter().find(|one| one.get("name").and_then(Node::as_str) == Some(VARIABLE))?;
        Some(found.get("value").and_then(Node::as_str).map(ToOwned::to_owned))
    };
    for release in releases.iter().filter(|release| matches!(release.chart, Some("operator" | "minio-operator"))) {
        let values = cluster.values(release.object)?;
        let list = values.root.each("operator.env[]");
        match named(&list) {
            Some(namespace) => return namespace,
            None if !values.is_closed() => return None,
            None => {}
        }
    }
    for deployment in cluster.named("minio-operator").filter(|object| object.is("apps", "Deployment")) {
        if let Some(namespace) = named(&deployment.node.each("spec.template.spec.containers[].env[]")) {
            return namespace;
        }
    }
    Some(DEFAULT.to_owned())
}

/// Where a Prometheus of the operator runs, and where that is written.
fn scrapers(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> Vec<(String, crate::source::Span)> {
    let objects = cluster.of_kind("monitoring.coreos.com", "Prometheus");
    let objects = objects.map(|object| (object.namespace().to_owned(), object.place()));
    let stacks = releases.iter().filter(|release| {
        let off = |values: &Node| values.dig("prometheus.enabled").and_then(Node::as_bool) == Some(false);
        release.chart == Some("kube-prometheus-stack")
            && !cluster.values(release.object).is_some_and(|values| off(&values.root))
    });
    objects.chain(stacks.map(|release| (release.namespace.clone(), release.object.place()))).collect()
}
