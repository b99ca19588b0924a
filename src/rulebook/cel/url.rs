//! Functions over URLs. Source: Kubernetes apiserver `pkg/cel/library/urls.go`.

use std::sync::Arc;

use smol_str::SmolStr;

use super::functions::Function;
use super::value::{Outcome, Stop, Value};

/// Calls a function over URLs; `None` where it is another one.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Option<Outcome<'w>> {
    Some(match (function, arguments) {
        (Function::Url, [Value::Str(text)]) => match Url::parse(text) {
            Some(_) => Ok(Value::Url(text.clone())),
            None => Err(Stop::error(format!("`{text}` is no URL"))),
        },
        (Function::IsUrl, [Value::Str(text)]) => Ok(Value::Bool(Url::parse(text).is_some())),
        (_, [Value::Url(text)]) => {
            let url = Url::parse(text)?;
            match function {
                Function::GetScheme => Ok(Value::text(url.scheme)),
                Function::GetHost => Ok(Value::text(url.host)),
                Function::GetHostname => Ok(Value::text(url.name_and_port().0.trim_matches(['[', ']']))),
                Function::GetPort => Ok(Value::text(url.name_and_port().1)),
                Function::GetEscapedPath => Ok(Value::text(url.path)),
                Function::GetQuery => Ok(query(url.query)),
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// The parts of an absolute URL or path.
struct Url<'t> {
    scheme: &'t str,
    host: &'t str,
    path: &'t str,
    query: &'t str,
}

impl<'t> Url<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme, rest),
            None => ("", text.starts_with('/').then_some(text)?),
        };
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        };
        if !scheme.is_empty() && !is_scheme(scheme) || text.starts_with("://") {
            return None;
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let end = if scheme.is_empty() { 0 } else { rest.find('/').unwrap_or(rest.len()) };
        let (authority, path) = rest.split_at_checked(end)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Some(Url { scheme, host, path, query })
    }

    fn name_and_port(&self) -> (&'t str, &'t str) {
        match self.host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port),
            _ => (self.host, ""),
        }
    }
}

/// Keys with the list of their values.
fn query<'w>(text: &str) -> Value<'w> {
    let mut entries: Vec<(SmolStr, Vec<Value<'w>>)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match entries.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => values.push(Value::text(value)),
            None => entries.push((key.into(), vec![Value::text(value)])),
        }
    }
    Value::Map(Arc::new(entries.into_iter().map(|(key, values)| (Value::Str(key), Value::list(values))).collect()))
}
