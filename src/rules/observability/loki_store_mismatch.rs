//! Loki's schema names a store that is configured, and periods that it accepts. Card:
//! rules/observability/loki-store-mismatch.md

use std::collections::BTreeSet;

use serde::Deserialize;

use super::loki_values::{Loki, Value};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiStoreMismatch {}

impl Rule for LokiStoreMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(|loki| !loki.is_configured_elsewhere()) {
            let Some(schema) = loki.setting("schema_config.configs", "schemaConfig.configs").node() else { continue };
            let Some(last) = schema.items().last() else { continue };
            let found = [store(&loki, last), dates(&loki, schema.items())].into_iter().flatten();
            for found in found.chain(structured_metadata(&loki, last)) {
                out.report(loki.weighed(cluster, Confidence::High, found));
            }
        }
    }
}

/// One name of a kind of store that has two.
fn kind(name: &str) -> &str {
    if name == "aws" { "s3" } else { name }
}

/// The stores that the values configure; `None` where they are not known.
fn stores(loki: &Loki<'_>) -> Option<BTreeSet<String>> {
    let mut stores: BTreeSet<String> = [loki.storage()?].into();
    if loki.value("minio.enabled").flag(false)? {
        stores.insert("s3".to_owned());
    }
    let thanos = ["loki.storage.object_store", "loki.structuredConfig.storage_config.object_store"];
    stores.extend(thanos.iter().filter_map(|path| loki.value(&format!("{path}.type")).text(None)));
    let maps = [
        "loki.storage_config",
        "loki.structuredConfig.storage_config",
        "loki.structuredConfig.common.storage",
        "loki.storage.object_store",
    ];
    for path in maps {
        let Value::Set(map) = loki.value(path) else { continue };
        stores.extend(map.entries().map(|entry| kind(&entry.key).to_owned()));
        let named = map.get("named_stores").into_iter().flat_map(Node::entries);
        stores.extend(named.flat_map(|kind| kind.value.entries()).map(|entry| entry.key.to_string()));
    }
    Some(stores.iter().map(|name| kind(name).to_owned()).collect())
}

fn store(loki: &Loki<'_>, last: &Node) -> Option<Observation> {
    let node = last.get("object_store")?;
    let named = node.as_str()?;
    let stores = stores(loki)?;
    if stores.contains(kind(named)) {
        return None;
    }
    let storage = loki.value("loki.storage.type").node();
    let in_use = loki.storage()?;
    let by_default = if storage.is_none() { " by default" } else { "" };
    let mut found = Observation::new(
        "loki-store-mismatch",
        format!(
            "the last period of the schema of {} is stored in `{named}`, but the storage is `{in_use}`{by_default}",
            loki.object.reference()
        ),
        Label::new(node.span(), "not configured"),
    )
    .about(loki.object.reference(), "spec.values.loki.schemaConfig.object_store")
    .trail(trail(node))
    .help(format!("set `loki.storage.type: {named}`, or add a period that is stored in `{in_use}`"));
    if let Some(storage) = storage {
        found = found.related(Label::new(storage.span(), "the storage"));
    }
    Some(found)
}

/// Source: grafana/loki `pkg/storage/config/schema_config.go` (`SchemaConfig.Validate`).
fn dates(loki: &Loki<'_>, periods: &[Node]) -> Option<Observation> {
    let dated: Vec<(&Node, String)> =
        periods.iter().filter_map(|period| period.get("from")).filter_map(|from| Some((from, date(from)?))).collect();
    if dated.len() != periods.len() {
        return None;
    }
    let ((earlier, first), (later, second)) =
        dated.iter().zip(dated.iter().skip(1)).find(|((_, first), (_, second))| first >= second)?;
    Some(
        Observation::new(
            "loki-store-mismatch",
            format!(
                "a period of the schema of {} begins on {second}, not after the one before it, on {first}",
                loki.object.reference()
            ),
            Label::new(later.span(), "not later"),
        )
        .about(loki.object.reference(), format!("spec.values.loki.schemaConfig.from[{second}]"))
        .related(Label::new(earlier.span(), "the period before"))
        .help("put the periods in the order of their dates"),
    )
}

/// A date as `2024-01-31`, which sorts as it is.
fn date(node: &Node) -> Option<String> {
    let text = node.scalar_text()?;
    let is_date = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    is_date.then(|| text.into_owned())
}

/// Source: grafana/loki `pkg/loki/validation.go` (`validateSchemaRequirements`).
fn structured_metadata(loki: &Loki<'_>, last: &Node) -> Option<Observation> {
    let allowed = loki.setting("limits_config.allow_structured_metadata", "limits_config.allow_structured_metadata");
    // Loki 3 allows it by itself.
    if allowed.flag(loki.is_loki_3()) != Some(true) || !loki.is_loki_3() {
        return None;
    }
    let (store, schema) = (last.get("store"), last.get("schema"));
    let version: Option<u32> = schema.and_then(Node::as_str).and_then(|text| text.strip_prefix('v')?.parse().ok());
    let (node, wanted) = match (store, version) {
        (Some(store), _) if store.as_str().is_some_and(|text| text != "tsdb") => (store, "`store: tsdb`"),
        (_, Some(version)) if version < 13 => (schema?, "`schema: v13`"),
        _ => return None,
    };
    let mut found = Observation::new(
        "loki-store-mismatch",
        format!(
            "the last period of the schema of {} has `{}`, but structured metadata needs {wanted}",
            loki.object.reference(),
            node.scalar_text().unwrap_or_default()
        ),
        Label::new(node.span(), "no structured metadata"),
    )
    .about(loki.object.reference(), "spec.values.loki.schemaConfig.schema")
    .trail(trail(node))
    .help(format!(
        "add a period with {wanted}, or set `loki.limits_config.allow_structured_metadata: false` until it begins"
    ));
    if let Some(allowed) = allowed.node() {
        found = found.related(Label::new(allowed.span(), "allowed here"));
    }
    Some(found)
}
