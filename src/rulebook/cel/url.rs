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
                Function::GetScheme => Ok(Value::text(url.scheme.to_ascii_lowercase())),
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

/// The parts of an absolute URL or path, as Go's `net/url` reads them (`ParseRequestURI`).
pub struct Url<'t> {
    scheme: &'t str,
    host: &'t str,
    path: &'t str,
    query: &'t str,
}

impl<'t> Url<'t> {
    /// Reads a text; what stands behind `#` belongs to the path.
    pub fn parse(text: &'t str) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        if text == "*" {
            return Some(Url { scheme: "", host: "", path: text, query: "" });
        }
        let (scheme, rest) = scheme(text)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !rest.starts_with('/') {
            // `mailto:somebody`: nothing of it is a host or a path.
            return (!scheme.is_empty()).then_some(Url { scheme, host: "", path: "", query });
        }
        // Without a scheme, two slashes begin a path.
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) if !scheme.is_empty() => rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?,
            _ => ("", rest),
        };
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let is_sound = user.chars().all(in_user) && are_escapes(user, |_| true) && is_host(host);
        (is_sound && are_escapes(path, |_| true)).then_some(Url { scheme, host, path, query })
    }

    fn name_and_port(&self) -> (&'t str, &'t str) {
        match self.host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port),
            _ => (self.host, ""),
        }
    }
}

/// What stands before the first colon, where it could be a scheme.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let Some((scheme, rest)) = text.split_once(':') else { return Some(("", text)) };
    if scheme.is_empty() {
        return None;
    }
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_one = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(in_scheme);
    Some(if is_one { (scheme, rest) } else { ("", text) })
}

fn in_user(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)
}

fn is_host(host: &str) -> bool {
    let is_port = |text: &str| {
        text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let in_host = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    // Of escapes only bytes of letters that are not ASCII, and a percent sign; one in brackets begins a zone, in which all are.
    let are_names = |text: &str| {
        let zone = text.find("%25").filter(|_| text.starts_with('[')).unwrap_or(text.len());
        let Some((address, zone)) = text.split_at_checked(zone) else { return false };
        address.chars().all(in_host)
            && are_escapes(address, |byte| byte >= 0x80 || byte == b'%')
            && are_escapes(zone, |_| true)
    };
    // What stands in brackets is not judged: only newer Go wants an address there.
    let port = match host.starts_with('[') {
        true => host.rsplit_once(']').map(|(_, port)| port),
        false => Some(host.rfind(':').and_then(|at| host.get(at..)).unwrap_or("")),
    };
    port.is_some_and(is_port) && are_names(host)
}

/// Whether two hexadecimal digits follow every percent sign, and stand for a byte that may stand there.
fn are_escapes(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).is_some_and(&is_allowed)
    })
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
