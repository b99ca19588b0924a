//! Functions over texts. Positions count characters. Source: cel-go `ext/strings.go`.

use std::sync::Arc;

use regex::Regex;

use super::functions::Function;
use super::value::{MAX_TEXT, Outcome, Stop, Value};
use crate::source;

/// Calls a function whose receiver is a text; `None` where it is another one.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Option<Outcome<'w>> {
    let (Value::Str(text), rest) = arguments.split_first()? else { return None };
    let text = text.as_str();
    let position = |at: i64| usize::try_from(at).ok().filter(|at| *at <= text.chars().count());
    let outside = || Stop::error("the position lies outside of the text");
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    let characters = |byte: Option<usize>| {
        let before = byte.and_then(|byte| text.get(..byte)).map(|head| head.chars().count());
        Value::Int(before.and_then(|count| i64::try_from(count).ok()).unwrap_or(-1))
    };
    Some(match (function, rest) {
        (Function::Contains, [Value::Str(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
        (Function::StartsWith, [Value::Str(part)]) => Ok(Value::Bool(text.starts_with(part.as_str()))),
        (Function::EndsWith, [Value::Str(part)]) => Ok(Value::Bool(text.ends_with(part.as_str()))),
        (Function::Matches, [Value::Str(pattern)]) => compiled(pattern).map(|regex| Value::Bool(regex.is_match(text))),
        (Function::Find, [Value::Str(pattern)]) => {
            compiled(pattern).map(|regex| Value::text(regex.find(text).map_or("", |found| found.as_str())))
        }
        (Function::FindAll, [Value::Str(pattern), rest @ ..]) => {
            let most = match rest {
                [Value::Int(most)] => usize::try_from(*most).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            compiled(pattern).map(|regex| {
                Value::list(regex.find_iter(text).take(most).map(|found| Value::text(found.as_str())).collect())
            })
        }
        (Function::CharAt, [Value::Int(at)]) => {
            let at = position(*at).map(|at| text.chars().nth(at).map(String::from).unwrap_or_default());
            at.map(Value::text).ok_or_else(outside)
        }
        (Function::IndexOf, [Value::Str(part)]) => Ok(characters(text.find(part.as_str()))),
        (Function::IndexOf, [Value::Str(part), Value::Int(from)]) => match position(*from).map(byte) {
            Some(from) => {
                Ok(characters(text.get(from..).and_then(|rest| rest.find(part.as_str())).map(|at| at + from)))
            }
            None => Err(outside()),
        },
        (Function::LastIndexOf, [Value::Str(part)]) => Ok(characters(text.rfind(part.as_str()))),
        (Function::LowerAscii, []) => Ok(Value::text(text.to_ascii_lowercase())),
        (Function::UpperAscii, []) => Ok(Value::text(text.to_ascii_uppercase())),
        (Function::Trim, []) => Ok(Value::text(text.trim())),
        (Function::Reverse, []) => Ok(Value::text(text.chars().rev().collect::<String>())),
        (Function::Replace, [Value::Str(from), Value::Str(to), ..])
            if text.len() + text.matches(from.as_str()).count().saturating_mul(to.len()) > MAX_TEXT =>
        {
            Err(Stop::Limit)
        }
        (Function::Replace, [Value::Str(from), Value::Str(to)]) => {
            Ok(Value::text(text.replace(from.as_str(), to.as_str())))
        }
        (Function::Replace, [Value::Str(from), Value::Str(to), Value::Int(most)]) => {
            Ok(Value::text(usize::try_from(*most).map_or_else(
                |_| text.replace(from.as_str(), to.as_str()),
                |most| text.replacen(from.as_str(), to.as_str(), most),
            )))
        }
        (Function::Split, [Value::Str(by)]) => Ok(Value::list(parts(text, by, usize::MAX))),
        (Function::Split, [Value::Str(by), Value::Int(most)]) => {
            Ok(Value::list(parts(text, by, usize::try_from(*most).unwrap_or(usize::MAX))))
        }
        (Function::Substring, [Value::Int(from)]) => match position(*from).map(byte) {
            Some(from) => Ok(Value::text(text.get(from..).unwrap_or_default())),
            None => Err(outside()),
        },
        (Function::Substring, [Value::Int(from), Value::Int(to)]) => match (position(*from), position(*to)) {
            (Some(from), Some(to)) if from <= to => Ok(Value::text(text.get(byte(from)..byte(to)).unwrap_or_default())),
            _ => Err(outside()),
        },
        (Function::Quote, []) => Ok(Value::text(format!("{text:?}"))),
        (Function::Format, [arguments]) => match arguments.items() {
            Some(items) => formatted(text, &items).map(Value::text),
            None => Err(Stop::error(format!("`format` does not take a {}", arguments.type_name()))),
        },
        _ => return None,
    })
}

/// `%s`, `%d`, `%f`, `%.2f`, `%x`, `%%` and so on, filled in.
fn formatted(text: &str, arguments: &[Value<'_>]) -> Result<String, Stop> {
    let (mut filled, mut arguments) = (String::new(), arguments.iter());
    let mut pieces = text.split('%');
    filled.push_str(pieces.next().unwrap_or_default());
    while let Some(piece) = pieces.next() {
        let verb_at = piece.find(|c: char| !matches!(c, '.' | '0'..='9'));
        let Some((verb, at)) = verb_at.and_then(|at| Some((piece.get(at..)?.chars().next()?, at))) else {
            // Two signs stand for one.
            if !piece.is_empty() {
                return Err(Stop::error("the text of `format` ends too early"));
            }
            filled.push('%');
            filled.push_str(pieces.next().unwrap_or_default());
            continue;
        };
        let value = arguments.next().ok_or_else(|| Stop::error("`format` is given too few values"))?.plain()?;
        let places = piece.get(..at).and_then(|head| head.strip_prefix('.')).and_then(|head| head.parse().ok());
        filled.push_str(&match (verb, &value) {
            ('s', value) => value.shown(),
            ('d', Value::Int(_) | Value::Uint(_)) => value.shown(),
            ('x', Value::Int(number)) => format!("{number:x}"),
            ('f', Value::Double(number)) => format!("{number:.*}", places.unwrap_or(6)),
            (verb, value) => {
                return Err(Stop::error(format!("`format` puts no {} for `%{verb}`", value.type_name())));
            }
        });
        filled.push_str(piece.get(at + verb.len_utf8()..).unwrap_or_default());
        if filled.len() > MAX_TEXT {
            return Err(Stop::Limit);
        }
    }
    Ok(filled)
}

fn parts<'w>(text: &str, by: &str, most: usize) -> Vec<Value<'w>> {
    if by.is_empty() {
        return text.chars().take(most).map(|c| Value::text(String::from(c))).collect();
    }
    text.splitn(most, by).map(Value::text).collect()
}

fn compiled(pattern: &str) -> Result<Arc<Regex>, Stop> {
    source::compiled(pattern).map_err(|_| Stop::error(format!("`{pattern}` is no regular expression")))
}
