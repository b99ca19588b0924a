//! Prometheus selects the monitors and rules of the tree. Card: rules/observability/monitor-not-selected.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{Labels, Release, Requirement, Selector, namespace_labels};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::source::Span;
use crate::yaml::Node;

const GROUP: &str = "monitoring.coreos.com";

/// Kinds with the name of their selector.
/// Source: prometheus-operator `pkg/apis/monitoring/v1/prometheus_types.go`; prometheus-community/helm-charts
/// `charts/kube-prometheus-stack/templates/prometheus/prometheus.yaml`.
const KINDS: [(&str, &str); 5] = [
    ("ServiceMonitor", "serviceMonitor"),
    ("PodMonitor", "podMonitor"),
    ("Probe", "probe"),
    ("ScrapeConfig", "scrapeConfig"),
    ("PrometheusRule", "rule"),
];

/// Charts that take monitors and rules by ways of their own.
const OTHERS: [&str; 12] = [
    "victoria-metrics-k8s-stack",
    "victoria-metrics-operator",
    "alloy",
    "k8s-monitoring",
    "prometheus",
    "prometheus-agent",
    "opentelemetry-operator",
    "opentelemetry-collector",
    "opentelemetry-kube-stack",
    "grafana-agent",
    "grafana-agent-operator",
    "prometheus-operator-admission-webhook",
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MonitorNotSelected {}

/// What the Prometheus of a release selects of one kind.
struct Selection<'w> {
    release: &'w Object,
    selector: Selector,
    namespaces: Selector,
    // The setting that decides, and its key.
    place: Span,
    setting: String,
    by_release: bool,
}

impl Rule for MonitorNotSelected {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let releases = cluster.releases();
        let Some(stack) = only_stack(cluster, releases) else { return };
        let Some(values) = cluster.values(stack.object) else { return };
        if !values.is_closed() {
            let what = format!("what the Prometheus of {} selects", stack.object.reference());
            return out.undecided(cluster, "values", what, "some of its values are not known");
        }
        let spec = values.root.dig("prometheus.prometheusSpec");
        for (kind, name) in KINDS {
            let Some(selection) = selection(stack, spec, name) else { continue };
            for object in cluster.of_kind(GROUP, kind) {
                let labels = Labels::of(object.at(&["metadata", "labels"]));
                let own = selection.selector.matches(&labels);
                let home = selection.namespaces.matches(&namespace_labels(cluster, object.namespace()));
                if own.and(home).is_no() {
                    let found = left_out(&selection, object, &labels, own.is_no());
                    out.report(weighed(cluster, object, Confidence::Medium, found));
                }
            }
        }
    }
}

/// The release of the one Prometheus of a cluster, where no other scraper could take a monitor.
fn only_stack<'r, 'w>(cluster: &Cluster<'w>, releases: &'r [Release<'w>]) -> Option<&'r Release<'w>> {
    let is_stack = |release: &&Release<'_>| release.chart == Some("kube-prometheus-stack");
    let stacks: Vec<&Release<'_>> = releases.iter().filter(is_stack).collect();
    let [stack] = stacks.as_slice() else { return None };
    let is_other = |release: &Release<'_>| release.chart.is_none_or(|chart| OTHERS.contains(&chart));
    let kinds = ["Prometheus", "PrometheusAgent", "ThanosRuler"];
    let victoria = ["VMAgent", "VMSingle", "VMAlert", "VMCluster"];
    let has_other = kinds.iter().any(|kind| cluster.of_kind(GROUP, kind).next().is_some())
        || victoria.iter().any(|kind| cluster.of_kind("operator.victoriametrics.com", kind).next().is_some());
    let values = cluster.values(stack.object)?;
    let flag = |path: &str| values.root.dig(path).and_then(Node::as_bool);
    let has_other = has_other || flag("thanosRuler.enabled") == Some(true) || flag("prometheus.enabled") == Some(false);
    (!has_other && !releases.iter().any(is_other)).then_some(*stack)
}

/// What is selected of a kind; `None` where that cannot be known, or is everything.
fn selection<'w>(stack: &Release<'w>, spec: Option<&'w Node>, name: &str) -> Option<Selection<'w>> {
    let given = |key: String| spec.and_then(|spec| spec.get(&key)).filter(|node| !node.is_null());
    let is_empty = |node: &Node| node.as_map().is_some_and(crate::yaml::Map::is_empty);
    let key = format!("{name}SelectorNilUsesHelmValues");
    let written = given(format!("{name}Selector")).filter(|node| !is_empty(node));
    let namespaces = given(format!("{name}NamespaceSelector")).filter(|node| !is_empty(node));
    let namespaces = Selector::of(namespaces);
    let of = |selector, place, setting, by_release| Selection {
        release: stack.object,
        selector,
        namespaces: namespaces.clone(),
        place,
        setting,
        by_release,
    };
    if let Some(written) = written {
        return Some(of(Selector::of(Some(written)), written.span(), format!("{name}Selector"), false));
    }
    let nil_uses_values = given(key.clone());
    match nil_uses_values.map_or(Some(true), Node::as_bool) {
        Some(true) => {
            let release = stack.name.as_deref()?;
            let place = nil_uses_values.map_or(stack.object.place(), Node::span);
            Some(of(Selector::label("release", release, place), place, key, true))
        }
        Some(false) if !namespaces.is_empty() => {
            Some(of(Selector::default(), stack.object.place(), format!("{name}NamespaceSelector"), false))
        }
        _ => None,
    }
}

fn left_out(selection: &Selection<'_>, object: &Object, labels: &Labels, by_labels: bool) -> Observation {
    let asked = if by_labels { selection.selector.shown() } else { selection.namespaces.shown() };
    let what = if by_labels { "it" } else { "its namespace" };
    let own = object.reference();
    let fails = |one: &&Requirement| !one.accepts(labels.value(&one.key)).is_yes();
    let wrong = selection
        .selector
        .requirements
        .iter()
        .find(fails)
        .and_then(|one| object.at(&["metadata", "labels", one.key.as_str()]).map(Node::span).filter(|_| by_labels));
    let found = Observation::new(
        "monitor-not-selected",
        format!("the Prometheus of {} selects `{asked}`, which {own} does not have", selection.release.reference()),
        Label::new(wrong.unwrap_or(object.place()), "Prometheus leaves it out"),
    )
    .about(own, "labels")
    .related(Label::new(selection.place, "what Prometheus selects"));
    let setting = &selection.setting;
    if selection.by_release && by_labels {
        found.help(format!("set `prometheus.prometheusSpec.{setting}: false`, or give it the label `{asked}`"))
    } else {
        found.help(format!("give {what} the label `{asked}`, or widen `prometheus.prometheusSpec.{setting}`"))
    }
}
