//! What is wrong with a value, as people say it.

use jsonschema::JsonType;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value as JsonValue;

use super::formats;
use super::harden::QUANTITY;
use crate::config::nearest;
use crate::yaml::{Node, Value};

/// Longest value that a message shows.
const LONGEST: usize = 60;
/// So many allowed values stand in a message.
const OPTIONS: usize = 8;

/// What is wrong with a value, as a clause, and what to do.
pub fn wrong(kind: &ValidationErrorKind, node: &Node) -> Option<(String, Option<String>)> {
    Some(match kind {
        ValidationErrorKind::Type { kind } => {
            let expected = types(kind);
            let help = retyped(&expected, node);
            (format!("is {} where {} is expected", described(node), words(&expected)), help)
        }
        ValidationErrorKind::Enum { options } => {
            let all: Vec<String> = options.as_array()?.iter().filter(|one| !one.is_null()).map(text).collect();
            let near = node.as_str().and_then(|value| nearest(value, all.iter().map(String::as_str)));
            let listed: Vec<String> = all.iter().take(OPTIONS).map(|one| format!("`{one}`")).collect();
            let more = if all.len() > OPTIONS { ", …" } else { "" };
            let help = near.map(|near| format!("did you mean `{near}`?"));
            (format!("is {}, and only {}{more} are allowed", described(node), listed.join(", ")), help)
        }
        ValidationErrorKind::Pattern { pattern } if pattern == QUANTITY => (
            format!("is {}, which is no amount", described(node)),
            Some("write an amount such as `500m` or `1Gi`".to_owned()),
        ),
        ValidationErrorKind::Pattern { pattern } => {
            (format!("is {}, which `{pattern}` does not match", described(node)), None)
        }
        ValidationErrorKind::Format { format } => {
            let form = formats::form(format)?;
            (format!("is {}, which is no {}", described(node), form.called), Some(form.help.to_owned()))
        }
        ValidationErrorKind::Constant { expected_value } => {
            (format!("is {}, and only `{}` is allowed", described(node), text(expected_value)), None)
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            (format!("is {}, not more than {limit}", described(node)), None)
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            (format!("is {}, not less than {limit}", described(node)), None)
        }
        ValidationErrorKind::MultipleOf { multiple_of } => {
            (format!("is {}, no multiple of {multiple_of}", described(node)), None)
        }
        ValidationErrorKind::MinProperties { limit } => (format!("has fewer than {limit} fields"), None),
        ValidationErrorKind::MaxProperties { limit } => (format!("has more than {limit} fields"), None),
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            ("fits several choices, of which it may fit one".to_owned(), None)
        }
        ValidationErrorKind::Not { .. } => ("is what its schema refuses".to_owned(), None),
        ValidationErrorKind::Minimum { limit } => (format!("is {}, less than {limit}", described(node)), None),
        ValidationErrorKind::Maximum { limit } => (format!("is {}, more than {limit}", described(node)), None),
        ValidationErrorKind::MinLength { limit } => (format!("is shorter than {limit} characters"), None),
        ValidationErrorKind::MaxLength { limit } => (format!("is longer than {limit} characters"), None),
        ValidationErrorKind::MinItems { limit } => (format!("has fewer than {limit} items"), None),
        ValidationErrorKind::MaxItems { limit } => (format!("has more than {limit} items"), None),
        ValidationErrorKind::UniqueItems => ("has an item twice".to_owned(), None),
        // What choices refuse is judged by whoever made them; the message would be a riddle.
        _ => return None,
    })
}

fn text(value: &JsonValue) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn types(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(one) => vec![*one],
        TypeKind::Multiple(set) => set.iter().filter(|one| *one != JsonType::Null).collect(),
    }
}

fn words(types: &[JsonType]) -> String {
    let word = |one: &JsonType| match one {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a text",
    };
    types.iter().map(word).collect::<Vec<_>>().join(" or ")
}

/// A value in a sentence.
fn described(node: &Node) -> String {
    let short = || node.scalar_text().filter(|text| text.chars().count() <= LONGEST);
    match &node.value {
        Value::Map(_) => "a map".to_owned(),
        Value::Seq(_) => "a list".to_owned(),
        Value::Null => "nothing".to_owned(),
        Value::Str(_) => short().map_or_else(|| "a text".to_owned(), |text| format!("the text `{text}`")),
        Value::Bool(value) => format!("`{value}`"),
        _ => short().map_or_else(|| "a number".to_owned(), |text| format!("the number `{text}`")),
    }
}

/// How the value becomes what is expected.
fn retyped(expected: &[JsonType], node: &Node) -> Option<String> {
    let text = node.scalar_text()?;
    let is_text = matches!(node.value, Value::Str(_));
    if is_text && expected.contains(&JsonType::Integer) && text.parse::<i64>().is_ok() {
        return Some("take the quotes away".to_owned());
    }
    if is_text && expected.contains(&JsonType::Boolean) && matches!(&*text, "true" | "false") {
        return Some("take the quotes away".to_owned());
    }
    (!is_text && expected.contains(&JsonType::String)).then(|| format!("put it in quotes: `\"{text}\"`"))
}

/// "`a`, `b` and `c`".
pub fn enumeration(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
