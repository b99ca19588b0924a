//! Our nodes as instances of `jsonschema`: what a manifest says is validated where it stands, without a copy.
//!
//! A member that is null counts as absent, as the API server takes it. What is not known is a text here; whoever reads the
//! errors drops those about it.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, NodeIdentity, Object};
use serde_json::{Number, Value as JsonValue};

use super::limits::look;
use crate::yaml::{Entry, Map, Node, Value};

/// A manifest as a representation of JSON.
#[derive(Debug)]
pub struct Manifest;

impl Json for Manifest {
    type Node<'a> = Instance<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(Instance<'_>) -> T) -> T {
        string.clone_into(buffer);
        f(Instance::Key(buffer))
    }
}

/// A node, or the name of a member.
#[derive(Clone, Copy, Debug)]
pub enum Instance<'a> {
    /// A node of a manifest.
    Node(&'a Node),
    /// A key.
    Key(&'a str),
}

/// A number of a manifest.
#[derive(Clone, Copy, Debug)]
pub enum ManifestNumber {
    /// A whole number.
    Int(i64),
    /// One above `i64::MAX`.
    Uint(u64),
    /// Any other.
    Float(f64),
}

impl JsonNumber for ManifestNumber {
    fn as_u64(&self) -> Option<u64> {
        match *self {
            ManifestNumber::Int(number) => u64::try_from(number).ok(),
            ManifestNumber::Uint(number) => Some(number),
            ManifestNumber::Float(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match *self {
            ManifestNumber::Int(number) => Some(number),
            ManifestNumber::Uint(_) | ManifestNumber::Float(_) => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        self.to_number().as_f64()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_number().to_string())
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(match *self {
            ManifestNumber::Int(number) => number.into(),
            ManifestNumber::Uint(number) => number.into(),
            ManifestNumber::Float(number) => Number::from_f64(number).unwrap_or_else(|| 0.into()),
        })
    }

    // `1.0` is refused where the API server reads an integer.
    fn is_integer(&self) -> bool {
        !matches!(self, ManifestNumber::Float(_))
    }
}

impl<'a> jsonschema::json::Node<'a, Manifest> for Instance<'a> {
    type Object = &'a Map;
    type Array = &'a [Node];
    type Number = ManifestNumber;

    fn as_object(&self) -> Option<&'a Map> {
        look();
        match self {
            Instance::Node(node) => node.as_map(),
            Instance::Key(_) => None,
        }
    }

    fn as_array(&self) -> Option<&'a [Node]> {
        look();
        match self {
            Instance::Node(Node { value: Value::Seq(items), .. }) => Some(items.as_slice()),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        look();
        match self {
            Instance::Key(key) => Some(Cow::Borrowed(key)),
            Instance::Node(node) => match &node.value {
                Value::Str(text) => Some(Cow::Borrowed(text.as_str())),
                Value::Unknown(unknown) => Some(Cow::Borrowed(unknown.template.as_str())),
                _ => None,
            },
        }
    }

    fn as_number(&self) -> Option<ManifestNumber> {
        look();
        let Instance::Node(node) = self else { return None };
        match &node.value {
            Value::Int(number) => Some(ManifestNumber::Int(*number)),
            Value::Uint(number) => Some(ManifestNumber::Uint(*number)),
            Value::Float(number) => Some(ManifestNumber::Float(*number)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Instance::Node(node) => node.as_bool(),
            Instance::Key(_) => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Instance::Node(node) if node.is_null())
    }

    fn json_type(&self) -> JsonType {
        look();
        let Instance::Node(node) = self else { return JsonType::String };
        match &node.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => JsonType::Number,
            Value::Str(_) | Value::Unknown(_) => JsonType::String,
            Value::Seq(_) => JsonType::Array,
            Value::Map(_) => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, JsonValue> {
        look();
        Cow::Owned(match self {
            Instance::Node(node) => node.to_json(),
            Instance::Key(key) => JsonValue::String((*key).to_owned()),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            Instance::Node(node) => Some(NodeIdentity::new(std::ptr::from_ref::<Node>(node) as usize)),
            Instance::Key(_) => None,
        }
    }
}

impl<'a> Object<'a, Manifest> for &'a Map {
    type Node = Instance<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        self.iter().filter(|entry| !entry.value.is_null()).count()
    }

    fn get(&self, key: &String) -> Option<Instance<'a>> {
        Map::get(self, key).filter(|node| !node.is_null()).map(Instance::Node)
    }

    fn members(&self) -> Members<'a> {
        Members(Box::new(self.iter()))
    }
}

/// The members of a map that are not null.
pub struct Members<'a>(Box<dyn Iterator<Item = &'a Entry> + 'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Instance<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.find(|entry| !entry.value.is_null())?;
        Some((entry.key.as_str(), Instance::Node(&entry.value)))
    }
}

impl<'a> Array<'a, Manifest> for &'a [Node] {
    type Node = Instance<'a>;
    type ElementsIter = std::iter::Map<std::slice::Iter<'a, Node>, fn(&'a Node) -> Instance<'a>>;

    fn len(&self) -> usize {
        <[Node]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter().map(Instance::Node)
    }
}
