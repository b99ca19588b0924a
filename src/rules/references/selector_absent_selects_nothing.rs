//! Objects for which no selector means nothing have one. Card: rules/references/selector-absent-selects-nothing.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

const MONITORING: &str = "monitoring.coreos.com";
const VICTORIA: &str = "operator.victoriametrics.com";

/// A selector of which the absence selects nothing.
struct Row {
    group: &'static str,
    kind: &'static str,
    /// Its fields: none of them is there.
    fields: &'static [&'static str],
    /// What it selects, in the same group: nothing is said where there is none of it.
    selects: &'static str,
    /// A switch that turns the meaning round.
    unless: Option<&'static str>,
}

const fn row(kind: &'static str, fields: &'static [&'static str], selects: &'static str) -> Row {
    Row { group: MONITORING, kind, fields, selects, unless: None }
}

const fn victoria(kind: &'static str, fields: &'static [&'static str], selects: &'static str) -> Row {
    Row { group: VICTORIA, kind, fields, selects, unless: Some("spec.selectAllByDefault") }
}

/// Source: prometheus-operator `pkg/apis/monitoring/v1/{prometheus,alertmanager,thanos}_types.go`; VictoriaMetrics
/// operator `api/operator/v1beta1/{vmagent,vmalert}_types.go`.
const ROWS: [Row; 13] = [
    row("Prometheus", &["spec.serviceMonitorSelector"], "ServiceMonitor"),
    row("Prometheus", &["spec.podMonitorSelector"], "PodMonitor"),
    row("Prometheus", &["spec.probeSelector"], "Probe"),
    row("Prometheus", &["spec.scrapeConfigSelector"], "ScrapeConfig"),
    row("Prometheus", &["spec.ruleSelector"], "PrometheusRule"),
    row("PrometheusAgent", &["spec.serviceMonitorSelector"], "ServiceMonitor"),
    row("PrometheusAgent", &["spec.podMonitorSelector"], "PodMonitor"),
    row("Alertmanager", &["spec.alertmanagerConfigSelector"], "AlertmanagerConfig"),
    row("ThanosRuler", &["spec.ruleSelector"], "PrometheusRule"),
    victoria("VMAgent", &["spec.serviceScrapeSelector", "spec.serviceScrapeNamespaceSelector"], "VMServiceScrape"),
    victoria("VMAgent", &["spec.podScrapeSelector", "spec.podScrapeNamespaceSelector"], "VMPodScrape"),
    victoria("VMAlert", &["spec.ruleSelector", "spec.ruleNamespaceSelector"], "VMRule"),
    victoria("VMAlertmanager", &["spec.configSelector", "spec.configNamespaceSelector"], "VMAlertmanagerConfig"),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelectorAbsentSelectsNothing {}

impl Rule for SelectorAbsentSelectsNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for row in &ROWS {
            // Where several of a kind share the work, one of them is enough.
            let objects: Vec<&Object> = cluster.of_kind(row.group, row.kind).collect();
            let selects = |object: &&Object| {
                row.fields.iter().any(|field| object.dig(field).is_some_and(|node| !node.is_null()))
                    || row.unless.is_some_and(|switch| object.dig(switch).is_some_and(|on| on.as_bool() != Some(false)))
            };
            let Some(lost) = cluster.of_kind(row.group, row.selects).next() else { continue };
            if objects.iter().any(selects) {
                continue;
            }
            for object in objects {
                let field = row.fields.first().copied().unwrap_or_default();
                let found =
                    observation(object, object.dig("spec").map_or(object.place(), Node::span), field, row.selects);
                out.report(found.related(Label::new(lost.place(), format!("a {}", row.selects))));
            }
        }
        for object in cluster.of_kind("policy", "PodDisruptionBudget") {
            if object.dig("spec").is_some_and(|spec| !spec.is_unknown() && spec.get("selector").is_none()) {
                out.report(observation(object, object.place(), "spec.selector", "pod"));
            }
        }
        advertisements(cluster, out);
    }
}

/// Source: cilium `pkg/k8s/apis/cilium.io/v2/bgp_advert_types.go`: `selector` of every type but `PodCIDR` and
/// `Interface`; `v2alpha1/bgp_types.go`: `serviceSelector`.
fn advertisements(cluster: &Cluster<'_>, out: &mut Sink) {
    for object in cluster.of_kind("cilium.io", "CiliumBGPAdvertisement") {
        for one in object.node.each("spec.advertisements[]") {
            let Some(of) = one.get("advertisementType") else { continue };
            let what = match of.as_str() {
                Some("Service") => "Service",
                Some("CiliumPodIPPool") => "CiliumPodIPPool",
                _ => continue,
            };
            if one.get("selector").is_none_or(Node::is_null) {
                out.report(observation(object, of.span(), "spec.advertisements[].selector", what));
            }
        }
    }
    for object in cluster.of_kind("cilium.io", "CiliumBGPPeeringPolicy") {
        for router in object.node.each("spec.virtualRouters[]") {
            let advertises = ["serviceSelector", "podIPPoolSelector"].iter().any(|key| router.get(key).is_some());
            let exports = router.get("exportPodCIDR").is_some_and(|switch| switch.as_bool() != Some(false));
            if !advertises && !exports {
                out.report(observation(object, router.span(), "spec.virtualRouters[].serviceSelector", "Service"));
            }
        }
    }
}

fn observation(object: &Object, place: Span, field: &str, what: &str) -> Observation {
    let name = field.rsplit('.').next().unwrap_or(field);
    let message = format!("{} has no `{name}`, so it selects no {what}", object.reference());
    Observation::new("selector-absent-selects-nothing", message, Label::new(place, format!("no `{name}`")))
        .about(object.reference(), field)
        .help(match what {
            "pod" => "name labels of its pods, or write `selector: {}` for all pods of the namespace".to_owned(),
            "Service" | "CiliumPodIPPool" => {
                format!(
                    "for all, write `{name}` with `matchExpressions: [{{key: none, operator: NotIn, values: [any]}}]`"
                )
            }
            _ => format!("write `{name}: {{}}` for all of them"),
        })
}
