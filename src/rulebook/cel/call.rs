//! What the functions do that ask nothing of the cluster.

use std::cmp::Ordering;

use regex::Regex;

use super::format;
use super::functions::Function;
use super::net;
use super::operators::{contains, overflow};
use super::semver;
use super::text;
use super::url;
use super::value::{MAX_TEXT, Outcome, Stop, Value};
use crate::cluster::quantity::Quantity;

/// Pairs of elements that one call compares at most.
const MAX_PAIRS: usize = 10_000_000;

/// Calls a function; its receiver is the first argument.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Outcome<'w> {
    let none = Value::Null;
    let first = arguments.first().unwrap_or(&none);
    // The functions that look at a value as such, readable or not.
    match function {
        Function::IsUnknown => return Ok(Value::Bool(first.is_unknown())),
        Function::Dyn => return Ok(first.clone()),
        Function::OptionalOf => return Ok(Value::some(first.clone())),
        Function::OptionalNone => return Ok(Value::Optional(None)),
        Function::HasValue | Function::GetValue | Function::OrValue | Function::Or => {
            return optional(function, first, arguments.get(1));
        }
        _ => {}
    }
    let plain = arguments.iter().map(Value::plain).collect::<Result<Vec<_>, _>>()?;
    let refused = || {
        let types: Vec<&str> = plain.iter().map(Value::type_name).collect();
        Stop::error(format!("`{}` does not take a {}", function.name(), types.join(" and a ")))
    };
    if let Some(outcome) = text::call(function, &plain)
        .or_else(|| net::call(function, &plain))
        .or_else(|| url::call(function, &plain))
        .or_else(|| semver::call(function, &plain))
        .or_else(|| format::call(function, &plain))
    {
        return outcome;
    }
    match (function, plain.as_slice()) {
        (Function::Size, [Value::Str(text)]) => Ok(Value::Int(whole(text.chars().count()))),
        (Function::Size, [value]) => value.count().map(|len| Value::Int(whole(len))).ok_or_else(refused),
        (Function::Type, [value]) => Ok(Value::Type(value.type_name())),
        (Function::OptionalOfNonZero, [value]) => {
            let is_zero = match value {
                Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) => true,
                Value::Str(text) => text.is_empty(),
                other => other.count() == Some(0),
            };
            Ok(if is_zero { Value::Optional(None) } else { Value::some(first.clone()) })
        }
        (Function::ToInt, [value]) => match value {
            Value::Int(_) => Ok(value.clone()),
            Value::Uint(number) => i64::try_from(*number).map(Value::Int).map_err(|_| overflow()),
            Value::Double(number) if number.abs() < 9.2e18 => Ok(Value::Int(*number as i64)),
            Value::Str(text) => text.parse().map(Value::Int).map_err(|_| Stop::error(format!("`{text}` is no number"))),
            _ => Err(refused()),
        },
        (Function::ToUint, [value]) => match value {
            Value::Uint(_) => Ok(value.clone()),
            Value::Int(number) => u64::try_from(*number).map(Value::Uint).map_err(|_| overflow()),
            Value::Str(text) => {
                text.parse().map(Value::Uint).map_err(|_| Stop::error(format!("`{text}` is no number")))
            }
            _ => Err(refused()),
        },
        (Function::ToDouble, [value]) => match value {
            Value::Double(_) => Ok(value.clone()),
            Value::Int(number) => Ok(Value::Double(*number as f64)),
            Value::Uint(number) => Ok(Value::Double(*number as f64)),
            Value::Str(text) => {
                text.parse().map(Value::Double).map_err(|_| Stop::error(format!("`{text}` is no number")))
            }
            _ => Err(refused()),
        },
        (Function::ToString, [value]) => match value {
            Value::List(_) | Value::Map(_) | Value::Node(_) | Value::Object(_) | Value::Null => Err(refused()),
            other => Ok(Value::text(other.shown())),
        },
        (Function::ToBool, [Value::Bool(value)]) => Ok(Value::Bool(*value)),
        (Function::ToBool, [Value::Str(text)]) => match text.as_str() {
            "true" | "True" | "TRUE" | "t" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "0" => Ok(Value::Bool(false)),
            _ => Err(Stop::error(format!("`{text}` is neither true nor false"))),
        },
        (Function::ToDuration, [Value::Str(text)]) => {
            duration(text).map(Value::Duration).ok_or_else(|| Stop::error(format!("`{text}` is no duration")))
        }
        (Function::ToDuration, [Value::Duration(value)]) => Ok(Value::Duration(*value)),
        (Function::Quantity, [Value::Str(text)]) => {
            Quantity::parse(text).map(Value::Quantity).ok_or_else(|| Stop::error(format!("`{text}` is no quantity")))
        }
        // A quantity may be written as a number.
        (Function::Quantity, [value @ (Value::Int(_) | Value::Double(_))]) => {
            Quantity::parse(&value.shown()).map(Value::Quantity).ok_or_else(refused)
        }
        (Function::Quantity, [Value::Quantity(amount)]) => Ok(Value::Quantity(*amount)),
        (Function::IsQuantity, [Value::Str(text)]) => Ok(Value::Bool(Quantity::parse(text).is_some())),
        (Function::CompareTo, [Value::Quantity(a), Value::Quantity(b)]) => Ok(Value::Int(a.cmp(b) as i64)),
        (Function::IsGreaterThan, [Value::Quantity(a), Value::Quantity(b)]) => Ok(Value::Bool(a > b)),
        (Function::IsLessThan, [Value::Quantity(a), Value::Quantity(b)]) => Ok(Value::Bool(a < b)),
        (Function::Add, [Value::Quantity(a), Value::Quantity(b)]) => Ok(Value::Quantity(*a + *b)),
        (Function::Sub, [Value::Quantity(a), Value::Quantity(b)]) => Ok(Value::Quantity(*a - *b)),
        (Function::Sign, [Value::Quantity(a)]) => Ok(Value::Int(a.cmp(&Quantity::ZERO) as i64)),
        (Function::AsInteger, [Value::Quantity(a)]) => {
            a.to_string().parse().map(Value::Int).map_err(|_| Stop::error(format!("`{a}` is no whole number")))
        }
        (Function::Selects, [selector, labels]) => selects(selector, labels).map(Value::Bool),
        (Function::SetsContains, [a, b]) => subset(b, a, refused).map(Value::Bool),
        (Function::SetsEquivalent, [a, b]) => Ok(Value::Bool(subset(a, b, refused)? && subset(b, a, refused)?)),
        (Function::SetsIntersects, [a, b]) => {
            let items = b.items().ok_or_else(refused)?;
            short(items.len(), a.count().unwrap_or_default())?;
            for item in &items {
                if contains(a, item)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        (_, [list, rest @ ..]) => {
            let items = list.items().ok_or_else(refused)?;
            of_list(function, &items, rest).unwrap_or_else(|| Err(refused()))
        }
        _ => Err(refused()),
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn optional<'w>(function: Function, of: &Value<'w>, other: Option<&Value<'w>>) -> Outcome<'w> {
    let Value::Optional(inner) = of else {
        return Err(Stop::error(format!("a {} is no optional", of.type_name())));
    };
    let inner = inner.as_deref().cloned();
    match function {
        Function::HasValue => Ok(Value::Bool(inner.is_some())),
        Function::GetValue => inner.ok_or_else(|| Stop::error("the optional is empty")),
        Function::OrValue => Ok(inner.or_else(|| other.cloned()).unwrap_or(Value::Null)),
        _ => Ok(if inner.is_some() { of.clone() } else { other.cloned().unwrap_or(Value::Optional(None)) }),
    }
}

fn subset<'w>(part: &Value<'w>, whole: &Value<'w>, refused: impl Fn() -> Stop) -> Result<bool, Stop> {
    let items = part.items().ok_or_else(refused)?;
    short(items.len(), whole.count().unwrap_or_default())?;
    for item in &items {
        if !contains(whole, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn of_list<'w>(function: Function, items: &[Value<'w>], rest: &[Value<'w>]) -> Option<Outcome<'w>> {
    Some(match (function, rest) {
        (Function::Sum, []) => sum(items),
        (Function::Min, []) => extreme(items, Ordering::Less),
        (Function::Max, []) => extreme(items, Ordering::Greater),
        (Function::IsSorted, []) => items
            .windows(2)
            .map(|pair| match pair {
                [a, b] => a.compare(b).map(|order| order != Some(Ordering::Greater)),
                _ => Ok(true),
            })
            .collect::<Result<Vec<bool>, Stop>>()
            .map(|all| Value::Bool(all.into_iter().all(|one| one))),
        (Function::IndexOf, [wanted]) => position(items.iter().enumerate(), wanted),
        (Function::LastIndexOf, [wanted]) => position(items.iter().enumerate().rev(), wanted),
        (Function::Reverse, []) => Ok(Value::list(items.iter().rev().cloned().collect())),
        (Function::Flatten, []) => {
            Ok(Value::list(items.iter().flat_map(|item| item.items().unwrap_or_else(|| vec![item.clone()])).collect()))
        }
        (Function::Distinct, []) if short(items.len(), items.len()).is_err() => Err(Stop::Limit),
        (Function::Distinct, []) => {
            let mut kept: Vec<Value<'w>> = Vec::new();
            for item in items {
                match contains(&Value::list(kept.clone()), item) {
                    Ok(false) => kept.push(item.clone()),
                    Ok(true) => {}
                    Err(stop) => return Some(Err(stop)),
                }
            }
            Ok(Value::list(kept))
        }
        (Function::Sort, []) => {
            if items.iter().any(Value::is_unknown) {
                return Some(Err(Stop::Unknown));
            }
            let mut sorted = items.to_vec();
            sorted.sort_by(|a, b| a.compare(b).ok().flatten().unwrap_or(Ordering::Equal));
            Ok(Value::list(sorted))
        }
        (Function::Slice, [Value::Int(from), Value::Int(to)]) => {
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            let part = range.and_then(|(from, to)| items.get(from..to));
            part.map(|part| Value::list(part.to_vec())).ok_or_else(|| Stop::error("the list is shorter"))
        }
        (Function::Join, rest) => {
            let separator = match rest.first() {
                Some(Value::Str(text)) => text.as_str(),
                _ => "",
            };
            joined(items, separator)
        }
        _ => return None,
    })
}

fn joined<'w>(items: &[Value<'w>], separator: &str) -> Outcome<'w> {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        text.push_str(if at > 0 { separator } else { "" });
        text.push_str(&item.plain()?.shown());
        if text.len() > MAX_TEXT {
            return Err(Stop::Limit);
        }
    }
    Ok(Value::text(text))
}

/// Where each of a list is compared with each of another one, the lists are short.
fn short(items: usize, others: usize) -> Result<(), Stop> {
    if items.saturating_mul(others) > MAX_PAIRS { Err(Stop::Limit) } else { Ok(()) }
}

fn position<'i, 'w: 'i>(items: impl Iterator<Item = (usize, &'i Value<'w>)>, wanted: &Value<'w>) -> Outcome<'w> {
    for (at, item) in items {
        if item.equals(wanted)? {
            return Ok(Value::Int(whole(at)));
        }
    }
    Ok(Value::Int(-1))
}

fn sum<'w>(items: &[Value<'w>]) -> Outcome<'w> {
    let mut sum: Option<Value<'w>> = None;
    for item in items {
        let item = item.plain()?;
        sum = Some(match (sum, item) {
            (None, item) => item,
            (Some(Value::Int(a)), Value::Int(b)) => Value::Int(a.checked_add(b).ok_or_else(overflow)?),
            (Some(Value::Uint(a)), Value::Uint(b)) => Value::Uint(a.checked_add(b).ok_or_else(overflow)?),
            (Some(Value::Double(a)), Value::Double(b)) => Value::Double(a + b),
            (Some(Value::Duration(a)), Value::Duration(b)) => Value::Duration(a.checked_add(b).ok_or_else(overflow)?),
            (Some(Value::Quantity(a)), Value::Quantity(b)) => Value::Quantity(a + b),
            (Some(a), b) => {
                return Err(Stop::error(format!("a {} and a {} have no sum", a.type_name(), b.type_name())));
            }
        });
    }
    Ok(sum.unwrap_or(Value::Int(0)))
}

fn extreme<'w>(items: &[Value<'w>], side: Ordering) -> Outcome<'w> {
    let mut best: Option<&Value<'w>> = None;
    for item in items {
        match best {
            None => best = Some(item),
            Some(kept) => match item.compare(kept)? {
                Some(order) if order == side => best = Some(item),
                Some(_) => {}
                None => return Err(Stop::error("the items do not compare")),
            },
        }
    }
    best.cloned().ok_or_else(|| Stop::error("the list is empty"))
}

/// Whether a LabelSelector, or a plain map of labels, selects labels. Labels that it does not ask for need not be known.
pub fn selects(selector: &Value<'_>, labels: &Value<'_>) -> Result<bool, Stop> {
    let labels = pairs(labels)?;
    let value_of = |key: &str| labels.iter().find(|(known, _)| known == key).map(|(_, value)| value);
    let is_empty = matches!(selector.plain()?, Value::Null);
    let (equal, expressions) =
        if is_empty { (None, None) } else { (selector.field("matchLabels")?, selector.field("matchExpressions")?) };
    let equal = match (equal, &expressions) {
        (Some(equal), _) => pairs(&equal)?,
        (None, Some(_)) => Vec::new(),
        (None, None) => pairs(selector)?,
    };
    let equal = equal.iter().map(|(key, value)| value_of(key).map_or(Ok(false), |found| same_text(found, value)));
    let terms = expressions.and_then(|expressions| expressions.items()).unwrap_or_default();
    let terms = terms.iter().map(|term| term_holds(term, value_of));
    let mut stop = None;
    for answer in equal.chain(terms) {
        match answer {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(why) => stop = Some(why),
        }
    }
    stop.map_or(Ok(true), Err)
}

/// Labels are texts, also where somebody wrote a number.
fn same_text(a: &Value<'_>, b: &Value<'_>) -> Result<bool, Stop> {
    Ok(a.plain()?.shown() == b.plain()?.shown())
}

/// Whether one of `matchExpressions` holds.
fn term_holds<'v, 'w: 'v>(term: &Value<'w>, value_of: impl Fn(&str) -> Option<&'v Value<'w>>) -> Result<bool, Stop> {
    let text = |key: &str| -> Result<String, Stop> {
        let value = term.field(key)?.map(|value| value.plain()).transpose()?;
        Ok(value.map(|value| value.shown()).unwrap_or_default())
    };
    let found = value_of(&text("key")?);
    let values = term.field("values")?.and_then(|values| values.items()).unwrap_or_default();
    let is_one = || {
        for value in &values {
            if found.map_or(Ok(false), |found| same_text(found, value))? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    match text("operator")?.as_str() {
        "In" => is_one(),
        "NotIn" => is_one().map(|is_one| !is_one),
        "Exists" => Ok(found.is_some()),
        "DoesNotExist" => Ok(found.is_none()),
        other => Err(Stop::error(format!("`{other}` is no operator of a selector"))),
    }
}

/// The entries of a map of labels; none of `null`.
fn pairs<'w>(map: &Value<'w>) -> Result<Vec<(String, Value<'w>)>, Stop> {
    match map.plain()? {
        Value::Null => Ok(Vec::new()),
        map => {
            let entries = map.entries();
            let entries = entries.ok_or_else(|| Stop::error(format!("a {} is no map of labels", map.type_name())))?;
            Ok(entries.into_iter().map(|(key, value)| (key.shown(), value)).collect())
        }
    }
}

/// A span of time as Go writes it (`1h30m`), in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let part = Regex::new(r"^(\d+(?:\.\d+)?)(h|ms|m|us|ns|s)").ok()?;
    let (mut rest, mut nanos) = (unsigned, 0.0_f64);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let found = part.captures(rest)?;
        let number: f64 = found.get(1)?.as_str().parse().ok()?;
        nanos += number
            * match found.get(2)?.as_str() {
                "h" => 3.6e12,
                "m" => 6e10,
                "s" => 1e9,
                "ms" => 1e6,
                "us" => 1e3,
                _ => 1.0,
            };
        rest = rest.get(found.get(0)?.end()..)?;
    }
    (nanos < 9.2e18).then_some(if text.starts_with('-') { -(nanos as i64) } else { nanos as i64 })
}
