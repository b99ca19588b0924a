//! Loki has as many ingesters as copies are asked for. Card: rules/observability/loki-replication-high.md

use serde::Deserialize;

use super::loki_values::Loki;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// What Loki takes where nothing is set; the chart says the same.
const DEFAULT: i64 = 3;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiReplicationHigh {}

impl Rule for LokiReplicationHigh {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(|loki| !loki.is_configured_elsewhere()) {
            out.observations.extend(check(cluster, &loki));
        }
    }
}

fn check(cluster: &Cluster<'_>, loki: &Loki<'_>) -> Option<Observation> {
    // Between two modes both take logs.
    let target = match loki.mode()?.as_str() {
        "SimpleScalable" => "write",
        "SingleBinary" | "Monolithic" => "singleBinary",
        "Distributed" => "ingester",
        _ => return None,
    };
    let is_off = |key: &str, default: bool| loki.value(&format!("{target}.{key}.enabled")).flag(default) == Some(false);
    // The chart spreads ingesters over three zones unless told otherwise.
    let is_fixed = is_off("autoscaling", false) && is_off("kedaAutoscaling", false);
    if !is_fixed || (target == "ingester" && !is_off("zoneAwareReplication", true)) {
        return None;
    }
    let factor = loki.setting("common.replication_factor", "commonConfig.replication_factor");
    let copies = factor.number(loki.is_of_grafana().then_some(DEFAULT))?;
    let replicas = loki.replicas(target)?;
    // None at all is another matter.
    if replicas < 1 || copies <= replicas {
        return None;
    }
    let count = loki.value(&format!("{target}.replicas")).node();
    let pods = if replicas == 1 { "pod" } else { "pods" };
    let by_default = if factor.node().is_none() { " by default" } else { "" };
    let place = factor.node().or(count).map_or_else(|| loki.object.place(), |node| node.span());
    let mut found = Observation::new(
        "loki-replication-high",
        format!(
            "{} has Loki write {copies} copies{by_default}, but `{target}` has {replicas} {pods}",
            loki.object.reference()
        ),
        Label::new(place, "more copies than pods"),
    )
    .about(loki.object.reference(), "spec.values.loki.commonConfig.replication_factor")
    .help(format!("set `loki.commonConfig.replication_factor: {replicas}`"));
    if let Some(node) = factor.node() {
        found = found.trail(trail(node));
    }
    if let Some(count) = count {
        found = found.related(Label::new(count.span(), "so many pods"));
    }
    Some(loki.weighed(cluster, Confidence::Medium, found))
}
