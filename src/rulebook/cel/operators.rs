//! Operators with two operands.

use std::cmp::Ordering;

use super::expr::Binary;
use super::value::{MAX_TEXT, Outcome, Stop, Value};

/// The value of an operator.
pub fn two<'w>(binary: Binary, left: &Value<'w>, right: &Value<'w>) -> Outcome<'w> {
    let ordered = |test: fn(Ordering) -> bool, sign: &str| match left.compare(right)? {
        Some(order) => Ok(Value::Bool(test(order))),
        None => {
            Err(Stop::error(format!("a {} and a {} do not compare by `{sign}`", left.type_name(), right.type_name())))
        }
    };
    match binary {
        Binary::Equal => left.equals(right).map(Value::Bool),
        Binary::NotEqual => left.equals(right).map(|same| Value::Bool(!same)),
        Binary::Less => ordered(Ordering::is_lt, "<"),
        Binary::LessOrEqual => ordered(Ordering::is_le, "<="),
        Binary::Greater => ordered(Ordering::is_gt, ">"),
        Binary::GreaterOrEqual => ordered(Ordering::is_ge, ">="),
        Binary::In => contains(right, left).map(Value::Bool),
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
            arithmetic(binary, &left.plain()?, &right.plain()?)
        }
    }
}

/// Whether a list has an element, or a map a key.
pub fn contains<'w>(of: &Value<'w>, wanted: &Value<'w>) -> Result<bool, Stop> {
    if of.is_unknown() || wanted.is_unknown() {
        return Err(Stop::Unknown);
    }
    let elements = match (of.items(), of.entries()) {
        (Some(items), _) => items,
        (None, Some(entries)) => entries.into_iter().map(|(key, _)| key).collect(),
        (None, None) => return Err(Stop::error(format!("nothing is in a {}", of.type_name()))),
    };
    let mut stop = None;
    for element in &elements {
        match element.equals(wanted) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => stop = Some(why),
        }
    }
    stop.map_or(Ok(false), Err)
}

fn arithmetic<'w>(binary: Binary, left: &Value<'w>, right: &Value<'w>) -> Outcome<'w> {
    let by_zero = || Stop::error("divides by zero");
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => match binary {
            Binary::Add => a.checked_add(*b),
            Binary::Subtract => a.checked_sub(*b),
            Binary::Multiply => a.checked_mul(*b),
            _ if *b == 0 => return Err(by_zero()),
            Binary::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::Int)
        .ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => match binary {
            Binary::Add => a.checked_add(*b),
            Binary::Subtract => a.checked_sub(*b),
            Binary::Multiply => a.checked_mul(*b),
            _ if *b == 0 => return Err(by_zero()),
            Binary::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::Uint)
        .ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(match binary {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            _ => return Err(Stop::error("a double has no remainder")),
        })),
        (Value::Str(a), Value::Str(b)) if binary == Binary::Add && a.len() + b.len() > MAX_TEXT => Err(Stop::Limit),
        (Value::Str(a), Value::Str(b)) if binary == Binary::Add => Ok(Value::text(format!("{a}{b}"))),
        (Value::Duration(a), Value::Duration(b)) if binary == Binary::Add => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Duration(a), Value::Duration(b)) if binary == Binary::Subtract => {
            a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => match (left.items(), right.items()) {
            (Some(a), Some(b)) if binary == Binary::Add => Ok(Value::list(a.into_iter().chain(b).collect())),
            _ => Err(Stop::error(format!(
                "a {} and a {} do not go together by `{}`",
                left.type_name(),
                right.type_name(),
                match binary {
                    Binary::Add => "+",
                    Binary::Subtract => "-",
                    Binary::Multiply => "*",
                    Binary::Divide => "/",
                    _ => "%",
                }
            ))),
        },
    }
}

/// A number became too large.
pub fn overflow() -> Stop {
    Stop::error("the number is too large")
}
