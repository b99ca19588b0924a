//! What an expression computes with: nodes of the tree as they are, scalars, and what functions make.

use std::net::IpAddr;
use std::sync::Arc;

use smol_str::SmolStr;

use super::format::Format;
use super::semver::Semver;
use crate::build::Object;
use crate::cluster::quantity::Quantity;
use crate::yaml::{self, Node};

/// Bytes of the longest text that an expression makes.
pub const MAX_TEXT: usize = 1 << 20;

/// Bytes of a text that are looked at in one step.
const TEXT_STEP: usize = 256;

/// A value. Cloning is cheap.
#[derive(Clone, Debug)]
pub enum Value<'w> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without a sign.
    Uint(u64),
    /// Any other number.
    Double(f64),
    /// A text.
    Str(SmolStr),
    /// A list that the expression made.
    List(Arc<Vec<Value<'w>>>),
    /// A map that the expression made.
    Map(Arc<Vec<(Value<'w>, Value<'w>)>>),
    /// A node of the tree, scalars included: it knows its place.
    Node(&'w Node),
    /// A node below `data` of a Secret: it is never printed.
    Sealed(&'w Node),
    /// An object of the cluster.
    Object(&'w Object),
    /// Something, or nothing.
    Optional(Option<Arc<Value<'w>>>),
    /// An amount.
    Quantity(Quantity),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// An address.
    Ip(IpAddr),
    /// A network: its address and the length of its prefix.
    Cidr(IpAddr, u8),
    /// A URL.
    Url(SmolStr),
    /// A version.
    Semver(Semver),
    /// A form of texts.
    Format(&'static Format),
    /// The name of a type.
    Type(&'static str),
    /// It exists and cannot be read.
    Unknown,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It hangs on something that cannot be read.
    Unknown,
    /// It makes no sense.
    Error {
        /// Byte of the expression.
        at: usize,
        /// What is wrong, in a few words.
        message: String,
    },
    /// It took too many steps.
    Limit,
}

impl Stop {
    /// An error at no place yet.
    pub fn error(message: impl Into<String>) -> Self {
        Stop::Error { at: usize::MAX, message: message.into() }
    }

    /// The same, at a place where it has none.
    #[must_use]
    pub fn placed(self, at: usize) -> Self {
        match self {
            Stop::Error { at: usize::MAX, message } => Stop::Error { at, message },
            other => other,
        }
    }
}

/// A value or why there is none.
pub type Outcome<'w> = Result<Value<'w>, Stop>;

impl<'w> Value<'w> {
    /// A text.
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Value::Str(text.into())
    }

    /// A list.
    pub fn list(items: Vec<Value<'w>>) -> Self {
        Value::List(Arc::new(items))
    }

    /// An optional that holds something.
    pub fn some(value: Value<'w>) -> Self {
        Value::Optional(Some(Arc::new(value)))
    }

    /// The node behind it, where there is one.
    pub fn node(&self) -> Option<&'w Node> {
        match self {
            Value::Node(node) | Value::Sealed(node) => Some(node),
            Value::Object(object) => Some(&object.node),
            _ => None,
        }
    }

    /// Scalars of the tree as scalars; everything else as it is.
    ///
    /// # Errors
    /// [`Stop::Unknown`] for what cannot be read.
    pub fn plain(&self) -> Outcome<'w> {
        let node = match self {
            Value::Node(node) | Value::Sealed(node) => *node,
            Value::Unknown => return Err(Stop::Unknown),
            other => return Ok(other.clone()),
        };
        Ok(match &node.value {
            yaml::Value::Null => Value::Null,
            yaml::Value::Bool(value) => Value::Bool(*value),
            yaml::Value::Int(value) => Value::Int(*value),
            yaml::Value::Uint(value) => Value::Uint(*value),
            yaml::Value::Float(value) => Value::Double(*value),
            yaml::Value::Str(text) => Value::Str(text.clone()),
            yaml::Value::Unknown(_) => return Err(Stop::Unknown),
            yaml::Value::Seq(_) | yaml::Value::Map(_) => self.clone(),
        })
    }

    /// Whether it is a value that cannot be read.
    pub fn is_unknown(&self) -> bool {
        match self {
            Value::Unknown => true,
            other => other.node().is_some_and(Node::is_unknown),
        }
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Str(_) => "string",
            Value::List(_) => "list",
            Value::Map(_) | Value::Object(_) => "map",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "quantity",
            Value::Duration(_) => "duration",
            Value::Ip(_) => "ip",
            Value::Cidr(..) => "cidr",
            Value::Url(_) => "url",
            Value::Semver(_) => "semver",
            Value::Format(_) => "format",
            Value::Type(_) => "type",
            Value::Unknown => "unknown",
            Value::Node(node) | Value::Sealed(node) => match &node.value {
                yaml::Value::Seq(_) => "list",
                yaml::Value::Map(_) => "map",
                _ => self.plain().map_or("unknown", |plain| plain.type_name()),
            },
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<Vec<Value<'w>>> {
        match self {
            Value::List(items) => Some(items.to_vec()),
            Value::Node(node) => match &node.value {
                yaml::Value::Seq(items) => Some(items.iter().map(Value::Node).collect()),
                _ => None,
            },
            Value::Sealed(node) => match &node.value {
                yaml::Value::Seq(items) => Some(items.iter().map(Value::Sealed).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> Option<Vec<(Value<'w>, Value<'w>)>> {
        if let Value::Map(entries) = self {
            return Some(entries.to_vec());
        }
        let map = self.node()?.as_map()?;
        Some(
            map.iter()
                .map(|entry| (Value::Str(entry.key.clone()), self.below(entry.key.as_str(), &entry.value)))
                .collect(),
        )
    }

    /// The number of items or entries.
    pub fn count(&self) -> Option<usize> {
        match self {
            Value::List(items) => Some(items.len()),
            Value::Map(entries) => Some(entries.len()),
            other => match &other.node()?.value {
                yaml::Value::Seq(items) => Some(items.len()),
                yaml::Value::Map(map) => Some(map.len()),
                _ => None,
            },
        }
    }

    /// A node below this one: what is below `data` of a Secret stays sealed.
    fn below(&self, key: &str, node: &'w Node) -> Value<'w> {
        let seals = match self {
            Value::Sealed(_) => true,
            Value::Object(object) => object.is("", "Secret") && matches!(key, "data" | "stringData"),
            _ => false,
        };
        if seals { Value::Sealed(node) } else { Value::Node(node) }
    }

    /// The field of a map; `None` where it is absent.
    ///
    /// # Errors
    /// This is no map, or it cannot be read.
    pub fn field(&self, key: &str) -> Result<Option<Value<'w>>, Stop> {
        if self.is_unknown() {
            return Err(Stop::Unknown);
        }
        if let Value::Map(entries) = self {
            let is_it = |known: &Value<'_>| matches!(known, Value::Str(text) if text == key);
            return Ok(entries.iter().find(|(known, _)| is_it(known)).map(|(_, value)| value.clone()));
        }
        match self.node() {
            Some(node) => match node.as_map() {
                Some(map) => Ok(map.get(key).map(|value| self.below(key, value))),
                None => Err(Stop::error(format!("`{key}` is asked of a {}", self.type_name()))),
            },
            None => Err(Stop::error(format!("`{key}` is asked of a {}", self.type_name()))),
        }
    }

    /// How many parts a function looks at at most, counted up to a limit. A list may hold another one many times.
    pub fn size(&self, limit: usize) -> usize {
        let text = |len: usize| 1 + len / TEXT_STEP;
        match self {
            Value::Str(value) => text(value.len()),
            Value::List(items) => sizes(items.iter(), limit),
            Value::Map(entries) => sizes(entries.iter().flat_map(|(key, value)| [key, value]), limit),
            Value::Optional(Some(value)) => value.size(limit),
            Value::Node(node) | Value::Sealed(node) => match &node.value {
                yaml::Value::Str(value) => text(value.len()),
                _ => 1 + self.count().unwrap_or_default(),
            },
            _ => 1,
        }
    }

    /// The value for people, in a message; a list ends where it becomes too long.
    pub fn shown(&self) -> String {
        let joined = |items: Vec<Value<'w>>| {
            let mut text = String::new();
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                text.push_str(&item.shown());
                if text.len() > MAX_TEXT {
                    break;
                }
            }
            text
        };
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Uint(value) => value.to_string(),
            Value::Double(value) => value.to_string(),
            Value::Str(text) => text.to_string(),
            Value::Quantity(amount) => amount.to_string(),
            Value::Duration(nanos) => duration_text(*nanos),
            Value::Ip(address) => address.to_string(),
            Value::Cidr(address, length) => format!("{address}/{length}"),
            Value::Url(text) => text.to_string(),
            Value::Semver(version) => version.to_string(),
            Value::Format(format) => format.name.to_owned(),
            Value::Type(name) => (*name).to_owned(),
            Value::Unknown => "unknown".to_owned(),
            Value::Optional(Some(value)) => value.shown(),
            Value::Optional(None) => "none".to_owned(),
            Value::Sealed(_) => "<redacted>".to_owned(),
            Value::Object(object) => object.reference().to_string(),
            Value::List(items) => joined(items.to_vec()),
            Value::Map(entries) => {
                let entry =
                    |(key, value): &(Value<'w>, Value<'w>)| Value::text(format!("{}: {}", key.shown(), value.shown()));
                joined(entries.iter().map(entry).collect())
            }
            Value::Node(node) => match node.shown() {
                Some(text) => text.into_owned(),
                None if node.is_null() => "null".to_owned(),
                None => match (self.items(), self.entries()) {
                    (Some(items), _) => joined(items),
                    (None, Some(entries)) => Value::Map(Arc::new(entries)).shown(),
                    (None, None) => String::new(),
                },
            },
        }
    }
}

fn sizes<'v, 'w: 'v>(parts: impl Iterator<Item = &'v Value<'w>>, limit: usize) -> usize {
    let mut size = 1;
    for part in parts {
        if size >= limit {
            break;
        }
        size += part.size(limit - size);
    }
    size
}

/// A span of time as CEL prints it.
fn duration_text(nanos: i64) -> String {
    format!("{}s", nanos as f64 / 1e9)
}

impl From<&serde_json::Value> for Value<'_> {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Value::Int(value),
                (None, Some(value)) => Value::Uint(value),
                (None, None) => Value::Double(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Value::text(text),
            Json::Array(items) => Value::list(items.iter().map(Value::from).collect()),
            Json::Object(map) => {
                Value::Map(Arc::new(map.iter().map(|(key, value)| (Value::text(key), Value::from(value))).collect()))
            }
        }
    }
}
