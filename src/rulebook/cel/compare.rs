//! Equality and order of values. What cannot be read decides nothing, unless it does not matter.

use std::cmp::Ordering;

use super::value::{Stop, Value};

impl<'w> Value<'w> {
    /// Whether two values are the same.
    ///
    /// # Errors
    /// [`Stop::Unknown`] where that hangs on what cannot be read.
    pub fn equals(&self, other: &Value<'w>) -> Result<bool, Stop> {
        let (left, right) = (self.plain()?, other.plain()?);
        if let (Some(a), Some(b)) = (left.number(), right.number()) {
            return Ok(a.compare(b) == Some(Ordering::Equal));
        }
        Ok(match (&left, &right) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Quantity(a), Value::Quantity(b)) => a == b,
            (Value::Duration(a), Value::Duration(b)) => a == b,
            (Value::Ip(a), Value::Ip(b)) => a == b,
            (Value::Cidr(a, n), Value::Cidr(b, m)) => a == b && n == m,
            (Value::Url(a), Value::Url(b)) => a == b,
            (Value::Semver(a), Value::Semver(b)) => a == b,
            (Value::Format(a), Value::Format(b)) => a.name == b.name,
            (Value::Type(a), Value::Type(b)) => a == b,
            (Value::Optional(a), Value::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b)?,
                (None, None) => true,
                _ => false,
            },
            _ => {
                match (left.items(), right.items()) {
                    (Some(a), Some(b)) => a.len() == b.len() && all_known(a.iter().zip(&b).map(|(a, b)| a.equals(b)))?,
                    (None, None) => match (left.entries(), right.entries()) {
                        (Some(a), Some(b)) if a.len() == b.len() => all_known(a.iter().map(|(key, value)| {
                            match b.iter().find(|(k, _)| k.equals(key) == Ok(true)) {
                                Some((_, other)) => value.equals(other),
                                None => Ok(false),
                            }
                        }))?,
                        _ => false,
                    },
                    _ => false,
                }
            }
        })
    }

    /// Which of two values comes first; `None` where they do not compare.
    ///
    /// # Errors
    /// [`Stop::Unknown`] where one of them cannot be read.
    pub fn compare(&self, other: &Value<'w>) -> Result<Option<Ordering>, Stop> {
        let (left, right) = (self.plain()?, other.plain()?);
        if let (Some(a), Some(b)) = (left.number(), right.number()) {
            return Ok(a.compare(b));
        }
        Ok(match (&left, &right) {
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
            (Value::Quantity(a), Value::Quantity(b)) => Some(a.cmp(b)),
            (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
            _ => None,
        })
    }

    fn number(&self) -> Option<Number> {
        match self {
            Value::Int(value) => Some(Number::Whole(i128::from(*value))),
            Value::Uint(value) => Some(Number::Whole(i128::from(*value))),
            Value::Double(value) => Some(Number::Float(*value)),
            _ => None,
        }
    }
}

/// Whether all are true; what cannot be read counts only where nothing is false.
fn all_known(answers: impl Iterator<Item = Result<bool, Stop>>) -> Result<bool, Stop> {
    let mut stop = None;
    for answer in answers {
        match answer {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(why) => stop = Some(why),
        }
    }
    stop.map_or(Ok(true), Err)
}

#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Whole(a), Number::Float(b)) => (a as f64).partial_cmp(&b),
            (Number::Float(a), Number::Whole(b)) => a.partial_cmp(&(b as f64)),
        }
    }
}
