//! Plain values as kustomize holds them: a text with the type it had. A replacement changes the text and keeps the type.
//!
//! Source: go-yaml v3 `encode.go`, `resolve.go`: what is printed with a type must be of that type when it is read again.

use crate::source::{Sources, Span};
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::{Mode, Node, Origin, Step, Value};

/// Where the nodes of a tree stand: their text may say more than their value (`1.10`, `0644`).
#[derive(Clone, Copy)]
pub enum Texts<'t> {
    /// In files.
    Files(&'t Sources),
    /// In one text, which all their spans count in.
    Inline(&'t str),
}

impl Texts<'_> {
    fn slice(self, span: Span) -> String {
        match self {
            Texts::Files(sources) => sources.text(span),
            Texts::Inline(text) => text.get(span.range()).unwrap_or_default().to_owned(),
        }
    }
}

/// The type of a plain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Str,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A boolean.
    Bool,
    /// Null.
    Null,
    /// A time.
    Time,
    /// Whatever the text says: a value that a replacement made.
    Untyped,
}

impl Kind {
    /// How YAML writes it before a value.
    pub fn tag(self) -> &'static str {
        match self {
            Kind::Str | Kind::Untyped => "!!str",
            Kind::Int => "!!int",
            Kind::Float => "!!float",
            Kind::Bool => "!!bool",
            Kind::Null => "!!null",
            Kind::Time => "!!timestamp",
        }
    }
}

/// A text that has another type than the field it is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is not {}", words(*.0))]
pub struct WrongKind(pub Kind);

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Str | Kind::Untyped => "a text",
        Kind::Int => "a whole number",
        Kind::Float => "a number",
        Kind::Bool => "a boolean",
        Kind::Null => "null",
        Kind::Time => "a time",
    }
}

/// The text of a plain value, as it is written where that is known; `None` for maps, lists and unknown values.
pub fn text_of(node: &Node, texts: Texts<'_>) -> Option<String> {
    match &node.value {
        Value::Map(_) | Value::Seq(_) | Value::Unknown(_) => None,
        Value::Str(text) => Some(written(node, texts).unwrap_or_else(|| text.to_string())),
        Value::Null if was_made(&node.origin) => Some(String::new()),
        Value::Null => Some(written(node, texts).unwrap_or_else(|| "null".to_owned())),
        _ => written(node, texts).or_else(|| node.scalar_text().map(|text| text.into_owned())),
    }
}

/// The text at a value's place, where it gives that very value and says more than the value does.
fn written(node: &Node, texts: Texts<'_>) -> Option<String> {
    let text = texts.slice(node.span());
    let same = match (resolve(&text, Mode::V3), &node.value) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(a), Value::Bool(b)) => a == *b,
        (Scalar::Int(a), Value::Int(b)) => a == *b,
        (Scalar::Uint(a), Value::Uint(b)) => a == *b,
        (Scalar::Float(a), Value::Float(b)) => a == *b,
        (Scalar::Time(a), Value::Str(b)) => *b == a,
        _ => false,
    };
    same.then_some(text)
}

/// The type of a plain value; `None` for maps, lists and unknown values.
pub fn kind_of(node: &Node, texts: Texts<'_>) -> Option<Kind> {
    let kind = match &node.value {
        Value::Map(_) | Value::Seq(_) | Value::Unknown(_) => return None,
        _ if was_made(&node.origin) => Kind::Untyped,
        Value::Str(_) if written(node, texts).is_some() => Kind::Time,
        Value::Str(_) => Kind::Str,
        Value::Int(_) | Value::Uint(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Bool(_) => Kind::Bool,
        Value::Null => Kind::Null,
    };
    Some(kind)
}

/// Whether a transformer made the value where nothing stood before: kustomize gives such values no type.
fn was_made(origin: &Origin) -> bool {
    matches!(origin.chain().last(), Some((Some(Step::Transformed), _)))
}

/// The value of a text without a type.
pub fn untyped(text: &str) -> Value {
    match resolve(text, Mode::V3) {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::Uint(value) => Value::Uint(value),
        Scalar::Float(value) if value.is_finite() => Value::Float(value),
        Scalar::Time(time) => Value::Str(time.into()),
        Scalar::Float(_) | Scalar::Merge | Scalar::Text => Value::Str(text.into()),
    }
}

/// The value of a text in a field of a type.
///
/// # Errors
/// The text has another type: the object cannot be printed.
pub fn typed(kind: Kind, text: &str) -> Result<Value, WrongKind> {
    let value = match (kind, resolve(text, Mode::V3)) {
        (Kind::Str, _) => Some(Value::Str(text.into())),
        (Kind::Float, Scalar::Int(value)) => Some(Value::Float(value as f64)),
        (Kind::Untyped, _)
        | (Kind::Int, Scalar::Int(_) | Scalar::Uint(_))
        | (Kind::Bool, Scalar::Bool(_))
        | (Kind::Null, Scalar::Null)
        | (Kind::Time, Scalar::Time(_)) => Some(untyped(text)),
        (Kind::Float, Scalar::Float(value)) if value.is_finite() => Some(untyped(text)),
        _ => None,
    };
    value.ok_or(WrongKind(kind))
}
