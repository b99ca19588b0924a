//! Loki's retention has a store for requests to delete. Card: rules/observability/loki-retention-store-missing.md

use serde::Deserialize;

use super::loki_values::{Loki, Value};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiRetentionStoreMissing {}

impl Rule for LokiRetentionStoreMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(|loki| loki.is_loki_3() && !loki.is_configured_elsewhere()) {
            check(cluster, &loki, out);
        }
    }
}

fn check(cluster: &Cluster<'_>, loki: &Loki<'_>, out: &mut Sink) {
    let enabled = loki.setting("compactor.retention_enabled", "compactor.retention_enabled");
    let Some(enabled) = enabled.node().filter(|node| node.as_bool() == Some(true)) else { return };
    let store = loki.setting("compactor.delete_request_store", "compactor.delete_request_store");
    let place = match store {
        Value::Set(node) if node.is_null() || node.as_str() == Some("") => Some(node.span()),
        Value::Set(_) => return,
        Value::Default => None,
        Value::Unknown => {
            let what = format!("the retention of {}", loki.object.reference());
            return out.undecided(cluster, "values", what, "its store stands in values that are not known");
        }
    };
    let targets = ["backend", "singleBinary", "compactor", "read", "write"];
    if targets.iter().any(|target| loki.passes(target, "delete-request-store") != Some(false)) {
        return;
    }
    let mut found = Observation::new(
        "loki-retention-store-missing",
        format!(
            "{} switches retention on without `delete_request_store`, and Loki does not start",
            loki.object.reference()
        ),
        Label::new(enabled.span(), "needs a store"),
    )
    .about(loki.object.reference(), "spec.values.loki.compactor")
    .trail(trail(enabled));
    if let Some(place) = place {
        found = found.related(Label::new(place, "nothing is named"));
    }
    if let Some(storage) = loki.storage() {
        found = found.help(format!("set `loki.compactor.delete_request_store: {storage}`"));
    }
    out.report(loki.weighed(cluster, Confidence::High, found));
}
