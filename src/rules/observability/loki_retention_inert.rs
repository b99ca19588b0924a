//! A retention period of Loki comes with the compactor that applies it. Card: rules/observability/loki-retention-inert.md

use serde::Deserialize;

use super::loki_values::{Loki, Value};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiRetentionInert {}

impl Rule for LokiRetentionInert {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(|loki| !loki.is_configured_elsewhere()) {
            check(cluster, &loki, out);
        }
    }
}

fn check(cluster: &Cluster<'_>, loki: &Loki<'_>, out: &mut Sink) {
    let period = loki.setting("limits_config.retention_period", "limits_config.retention_period");
    let Some(period) = period.node() else { return };
    // Nothing, or zero of some unit, means to keep all.
    let Some(text) = period.scalar_text().filter(|text| text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))) else {
        return;
    };
    let enabled = loki.setting("compactor.retention_enabled", "compactor.retention_enabled");
    let by_table = loki.value("tableManager.retention_deletes_enabled").flag(false);
    let targets = ["backend", "singleBinary", "compactor", "read", "write"];
    let by_argument = targets.iter().any(|target| loki.passes(target, "retention-enabled") == Some(true));
    if by_argument || by_table == Some(true) || enabled.flag(false) == Some(true) {
        return;
    }
    if enabled.flag(false).is_none() {
        let what = format!("the retention of {}", loki.object.reference());
        return out.undecided(
            cluster,
            "values",
            what,
            "whether the compactor deletes stands in values that are not known",
        );
    }
    let mut found = Observation::new(
        "loki-retention-inert",
        format!("{} asks Loki to keep logs for {text}, but the compactor deletes nothing", loki.object.reference()),
        Label::new(period.span(), "nothing is deleted"),
    )
    .about(loki.object.reference(), "spec.values.loki.limits_config.retention_period")
    .trail(trail(period));
    if let Value::Set(node) = enabled {
        found = found.related(Label::new(node.span(), "retention is off"));
    }
    let store = loki.storage().unwrap_or_else(|| "s3".to_owned());
    found = found.help(format!(
        "set `loki.compactor.retention_enabled: true` and `loki.compactor.delete_request_store: {store}`"
    ));
    out.report(loki.weighed(cluster, Confidence::High, found));
}
