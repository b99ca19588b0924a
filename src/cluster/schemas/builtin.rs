//! The schemas of the built-in kinds of Kubernetes: unpacked at first use, a kind cut out and hardened when it is asked for.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hashbrown::HashMap;
use serde_json::{Map, Value, json};

use super::{harden, overlay};

const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// All of them, as they were generated.
struct All {
    kinds: Map<String, Value>,
    /// The text of each definition by its name.
    definitions: HashMap<&'static str, &'static str>,
}

fn all() -> Option<&'static All> {
    static TEXT: OnceLock<Option<String>> = OnceLock::new();
    static ALL: OnceLock<Option<All>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut lines = TEXT.get_or_init(|| flux_vet_schemas::text().ok()).as_ref()?.lines();
        let kinds = serde_json::from_str(lines.next()?).ok()?;
        Some(All { kinds, definitions: lines.filter_map(|line| line.split_once('\t')).collect() })
    })
    .as_ref()
}

/// Every kind that is built in, as `group/version/Kind`.
pub fn kinds() -> impl DoubleEndedIterator<Item = (&'static str, &'static str)> {
    let kinds = all().map(|all| &all.kinds);
    kinds.into_iter().flat_map(|kinds| kinds.keys()).filter_map(|name| name.rsplit_once('/'))
}

/// The hardened schema of a kind, with the definitions it needs; `None` for what is not built in.
pub fn schema(api_version: &str, kind: &str) -> Option<Value> {
    let name = all()?.kinds.get(&format!("{api_version}/{kind}"))?.get("definition")?.as_str()?;
    let kept = pruned(name)?;
    Some(json!({ "$ref": format!("#/$defs/{name}"), "$defs": kept }))
}

/// Whether a group has a kind, in some version; every such version.
pub fn versions(group: &str, kind: &str) -> Vec<&'static str> {
    kinds()
        .filter(|(_, own)| *own == kind)
        .filter_map(|(api_version, _)| {
            let (own, version) = api_version.split_once('/').unwrap_or(("", api_version));
            (own == group).then_some(version)
        })
        .collect()
}

/// The schema of the metadata of every object, for schemas that leave it to the API server, and what it refers to.
pub fn metadata() -> Option<(Value, Map<String, Value>)> {
    static DEFINITIONS: OnceLock<Option<Map<String, Value>>> = OnceLock::new();
    let definitions = DEFINITIONS.get_or_init(|| pruned(METADATA)).clone()?;
    Some((json!({ "$ref": format!("#/$defs/{METADATA}") }), definitions))
}

/// A definition and those that it refers to, hardened.
fn pruned(name: &str) -> Option<Map<String, Value>> {
    let all = all()?;
    let mut kept = Map::new();
    let mut open = vec![name.to_owned()];
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let mut definition = serde_json::from_str(all.definitions.get(name.as_str())?).ok()?;
        harden::definition(&name, &mut definition);
        overlay::apply(&name, &mut definition);
        references(&definition, &mut |other| {
            if seen.insert(other.to_owned()) {
                open.push(other.to_owned());
            }
        });
        kept.insert(name, definition);
    }
    Some(kept)
}

/// The definitions that a schema refers to.
fn references(schema: &Value, found: &mut dyn FnMut(&str)) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/")) {
                found(name);
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
