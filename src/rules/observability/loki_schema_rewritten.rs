//! Periods of Loki's schema that have begun stay as they are. Card: rules/observability/loki-schema-rewritten.md

use serde::Deserialize;

use super::loki_values::Loki;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// What a period says of how its data are written.
const WRITTEN: [&str; 4] = ["object_store", "store", "schema", "index.period"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiSchemaRewritten {}

impl Rule for LokiSchemaRewritten {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster) {
            let Some(values) = cluster.former(loki.object).and_then(|former| former.values.as_ref()) else { continue };
            let now = loki.value("loki.schemaConfig.configs");
            let (Some(now), Some(before)) = (now.node(), values.dig("loki.schemaConfig.configs")) else { continue };
            for period in before.items() {
                compare(cluster, &loki, now, period, out);
            }
        }
    }
}

/// When a period begins.
fn begin(period: &Node) -> Option<String> {
    Some(period.get("from")?.scalar_text()?.into_owned())
}

fn compare(cluster: &Cluster<'_>, loki: &Loki<'_>, now: &Node, former: &Node, out: &mut Sink) {
    let Some(from) = begin(former) else { return };
    let whose = loki.object.reference();
    let Some(period) = now.items().iter().find(|period| begin(period).as_deref() == Some(&from)) else {
        let message = format!("the schema of {whose} no longer has the period from {from}");
        let found = Observation::new("loki-schema-rewritten", message, Label::new(now.span(), "a period is gone"));
        return out.report(loki.weighed(cluster, Confidence::Medium, found.about(whose, format!("schema[{from}]"))));
    };
    for path in WRITTEN {
        let (Some(value), Some(old)) = (period.dig(path), former.dig(path)) else { continue };
        if value.holds_unknown() || old.holds_unknown() || value.same_value(old) {
            continue;
        }
        let shown = |node: &Node| node.shown().unwrap_or_default().to_string();
        let message = format!(
            "`{path}` of the schema period from {from} of {whose} changes from `{}` to `{}`: what was written before \
             cannot be read any longer",
            shown(old),
            shown(value)
        );
        let found = Observation::new("loki-schema-rewritten", message, Label::new(value.span(), "was different"))
            .about(whose.clone(), format!("schema[{from}].{path}"))
            .trail(trail(value))
            .help(format!(
                "leave the period as it was, and add one that begins in the future with `{path}: {}`",
                shown(value)
            ));
        out.report(loki.weighed(cluster, Confidence::Medium, found));
    }
}
