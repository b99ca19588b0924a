//! Conditions on values, as profiles write them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::look::{Look, Values};
use crate::yaml::{Node, Value};

/// Whether the value at a path is one of some, is none of some, or is there at all; whether it is `true` where neither
/// is said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Path of the value.
    pub path: String,
    /// The value where none is given.
    default: Option<Scalar>,
    /// It holds when the value is one of these.
    #[serde(default)]
    is: Vec<Scalar>,
    /// It holds when the value is none of these.
    #[serde(default)]
    not: Vec<Scalar>,
    /// It holds when there is a value that is not empty (or none, with `false`).
    set: Option<bool>,
}

/// A value, compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar(String);

impl Condition {
    /// Whether it holds.
    ///
    /// # Errors
    /// Why that cannot be known, as a clause.
    pub fn holds(&self, values: &Values<'_>) -> Result<bool, String> {
        let node = match values.look(&self.path) {
            Look::Open(why) => return Err(why),
            Look::Found(node) if node.is_unknown() => {
                return Err(format!("`{}`, of which it depends, is not known", node.shown().unwrap_or_default()));
            }
            Look::Found(node) => Some(node).filter(|node| !node.is_null()),
            Look::Absent => None,
        };
        if let Some(set) = self.set {
            return Ok(set == node.is_some_and(|node| !is_empty(node)));
        }
        let text = node.and_then(Node::scalar_text).or_else(|| {
            self.default.as_ref().filter(|_| node.is_none()).map(|default| Cow::Borrowed(default.0.as_str()))
        });
        let Some(text) = text else { return Ok(false) };
        let is_among = |list: &[Scalar]| list.iter().any(|one| one.0 == *text);
        Ok(match (self.is.as_slice(), self.not.as_slice()) {
            ([], []) => text == "true",
            ([], not) => !is_among(not),
            (is, _) => is_among(is),
        })
    }
}

/// Whether a value is null, or a text, list or map without content.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Str(text) => text.is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => node.is_null(),
    }
}

/// Whether all conditions hold.
///
/// # Errors
/// Why that cannot be known, as a clause.
pub fn all_hold(conditions: &[Condition], values: &Values<'_>) -> Result<bool, String> {
    let mut unknown = None;
    for condition in conditions {
        match condition.holds(values) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    unknown.map_or(Ok(true), Err)
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text, a number, `true` or `false`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(value.to_string()))
    }
}

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "boolean", "integer"] })
    }
}
