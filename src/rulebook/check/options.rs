//! Options of a data card: what the card declares, and the values that the configuration gives.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::cluster::quantity::Quantity;
use crate::config::nearest;
use crate::rulebook::cel::Value;

/// An option as the card declares it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub struct OptionSpec {
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: OptionKind,
    /// Its value where nothing is configured.
    pub default: Option<Json>,
    /// One line.
    pub help: Option<String>,
}

/// What the values of an option are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionKind {
    /// A text.
    String,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// An amount.
    Quantity,
    /// A list.
    List,
    /// A map.
    Map,
}

/// The name of an option in expressions.
pub fn param(name: &str) -> String {
    name.replace('-', "_")
}

/// `params`: what is given over what the card says.
///
/// # Errors
/// What is wrong with the given values.
pub fn params(specs: &[(String, OptionSpec)], given: &Json) -> Result<Value<'static>, String> {
    let empty = serde_json::Map::new();
    let given = match given {
        Json::Null => &empty,
        Json::Object(map) => map,
        _ => return Err("they are no map".to_owned()),
    };
    let names = || specs.iter().map(|(name, _)| name.as_str());
    if let Some(unknown) = given.keys().find(|key| !names().any(|name| name == key.as_str())) {
        let near = nearest(unknown, names()).map(|near| format!(", did you mean `{near}`?"));
        let all = || {
            let all: Vec<&str> = names().collect();
            if all.is_empty() {
                "; the rule has none".to_owned()
            } else {
                format!("; there are `{}`", all.join("`, `"))
            }
        };
        return Err(format!("there is no option `{unknown}`{}", near.unwrap_or_else(all)));
    }
    let mut entries = Vec::new();
    for (name, spec) in specs {
        let Some(json) = given.get(name).or(spec.default.as_ref()) else { continue };
        let value = match (spec.kind, json) {
            (OptionKind::String, Json::String(_))
            | (OptionKind::Int, Json::Number(_))
            | (OptionKind::Bool, Json::Bool(_))
            | (OptionKind::List, Json::Array(_))
            | (OptionKind::Map, Json::Object(_)) => Value::from(json),
            (OptionKind::Quantity, Json::String(_) | Json::Number(_)) => {
                let text = json.as_str().map_or_else(|| json.to_string(), ToOwned::to_owned);
                Value::Quantity(Quantity::parse(&text).ok_or_else(|| format!("`{name}`: `{text}` is no amount"))?)
            }
            (kind, _) => return Err(format!("`{name}` is not of the type {}", format!("{kind:?}").to_lowercase())),
        };
        entries.push((Value::text(param(name)), value));
    }
    Ok(Value::Map(Arc::new(entries)))
}
