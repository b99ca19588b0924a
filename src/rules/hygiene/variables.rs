//! Secrets in variables of containers. A value is never shown.

use super::seen::{Of, Seen, rule};
use crate::yaml::Node;

rule!(EnvSecretLiteral, "env-secret-literal", containers literal);
rule!(EnvFromSecret, "env-from-secret", containers from_secret);

/// Last words of names that hold something secret.
const SECRET: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "API_KEY",
    "SECRET_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIALS",
];

fn variables<'w>(of: &Of<'_, 'w>) -> &'w [Node] {
    of.get(&["env"]).map(Node::items).unwrap_or_default()
}

fn literal(of: &Of<'_, '_>) -> Option<Seen> {
    variables(of).iter().find_map(|variable| {
        let name = variable.get("name")?.as_str()?;
        let value = variable.get("value")?;
        let text = value.as_str().filter(|text| is_telling(text))?;
        let upper = name.to_ascii_uppercase();
        let is_secret = SECRET.iter().any(|word| upper.ends_with(word)) && !text.is_empty();
        is_secret.then(|| Seen::at(value, format!("env[{name}]"), format!("has `{name}` as plain text"), "plain text"))
    })
}

/// Whether a text may be a secret itself: no path, no address without a password, no variable, no switch.
fn is_telling(text: &str) -> bool {
    !text.is_empty()
        && !text.contains("${")
        && !text.contains("$(")
        && !text.starts_with(['/', '<'])
        && !matches!(text, "true" | "false" | "none" | "null")
        && text.parse::<f64>().is_err()
        && !text.contains("://")
}

fn from_secret(of: &Of<'_, '_>) -> Option<Seen> {
    let by_key = variables(of).iter().find_map(|variable| variable.at(&["valueFrom", "secretKeyRef", "name"]));
    let sources = of.get(&["envFrom"]).map(Node::items).unwrap_or_default();
    let node = by_key.or_else(|| sources.iter().find_map(|source| source.at(&["secretRef", "name"])))?;
    let name = node.shown()?;
    Some(Seen::at(
        node,
        format!("env[{name}]"),
        format!("reads Secret `{name}` into variables"),
        "seen by every process",
    ))
}
