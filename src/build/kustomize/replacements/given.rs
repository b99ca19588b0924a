//! The value that a replacement hands over, and reading it from its source.
//! Source: kustomize `api/filters/replacement/replacement.go` (`getReplacement`).

use std::sync::Arc;

use super::matcher::Shape;
use super::path::{self, Refusal, lookup};
use super::read::ObjectSource;
use super::scalar::{Kind, Texts, WrongKind, kind_of, text_of, typed};
use crate::source::Span;
use crate::yaml::{Node, Unknown, Value};

/// A value on its way from a source to its targets.
#[derive(Clone, Debug)]
pub struct Given {
    what: What,
    /// Where it stands.
    pub place: Span,
}

#[derive(Clone, Debug)]
enum What {
    Text(Kind, String),
    Tree(Node),
    Unknown(Arc<Unknown>),
}

impl Given {
    /// A text that stands in the replacement itself.
    pub fn literal(text: &str, place: Span) -> Self {
        Given { what: What::Text(Kind::Untyped, text.to_owned()), place }
    }

    /// Its text: of a map or list, nothing; of an unknown value, its template.
    pub fn text(&self) -> &str {
        match &self.what {
            What::Text(_, text) => text,
            What::Tree(_) => "",
            What::Unknown(unknown) => &unknown.template,
        }
    }

    /// The value as it goes where no plain value stands.
    ///
    /// # Errors
    /// A part of a text that does not have the type of the whole.
    pub fn value(&self) -> Result<Value, WrongKind> {
        match &self.what {
            What::Text(kind, text) => typed(*kind, text),
            What::Tree(node) => Ok(node.value.clone()),
            What::Unknown(unknown) => Ok(Value::Unknown(unknown.clone())),
        }
    }

    /// The value of a plain field of a type once its text holds this one.
    ///
    /// # Errors
    /// The text does not have the type.
    pub fn within(&self, text: String, kind: Kind) -> Result<Value, WrongKind> {
        match &self.what {
            What::Unknown(unknown) => Ok(Value::Unknown(Arc::new(Unknown { template: text.into(), why: unknown.why }))),
            _ => typed(kind, &text),
        }
    }

    /// What has to be made where it shall go.
    pub fn shape(&self) -> Shape {
        match &self.what {
            What::Tree(node) if node.as_map().is_some() => Shape::Map,
            What::Tree(_) => Shape::Seq,
            _ => Shape::Scalar,
        }
    }
}

/// Why nothing can be read from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// Nothing stands there, or an empty value that is no text.
    Missing,
    /// The path does not fit the object.
    Path(Refusal),
    /// A part is asked for, but it is a map or list.
    NotPlain,
    /// It has fewer parts.
    NoPart {
        /// The part asked for, from 0.
        index: i64,
        /// Parts there are.
        count: usize,
    },
}

/// Reads the value of a source from its object.
///
/// # Errors
/// There is none.
pub fn take(source: &ObjectSource, object: &Node, texts: Texts<'_>) -> Result<Given, NoValue> {
    let address = lookup(object, &source.path.parts, texts).map_err(NoValue::Path)?;
    let node = address.and_then(|address| path::at(object, &address)).ok_or(NoValue::Missing)?;
    let what = match &node.value {
        Value::Unknown(unknown) => What::Unknown(unknown.clone()),
        Value::Null => return Err(NoValue::Missing),
        Value::Map(map) if map.is_empty() => return Err(NoValue::Missing),
        Value::Seq(items) if items.is_empty() => return Err(NoValue::Missing),
        Value::Map(_) | Value::Seq(_) if source.options.delimiter.is_some() => return Err(NoValue::NotPlain),
        Value::Map(_) | Value::Seq(_) => What::Tree(node.clone()),
        _ => {
            let whole = text_of(node, texts).unwrap_or_default();
            let text = match &source.options.delimiter {
                None => whole,
                Some(delimiter) => part(&whole, delimiter, source.options.index)?,
            };
            What::Text(kind_of(node, texts).unwrap_or(Kind::Str), text)
        }
    };
    Ok(Given { what, place: node.span() })
}

fn part(text: &str, delimiter: &str, index: i64) -> Result<String, NoValue> {
    let found = usize::try_from(index).ok().and_then(|index| text.split(delimiter).nth(index));
    found.map(str::to_owned).ok_or_else(|| NoValue::NoPart { index, count: text.split(delimiter).count() })
}
