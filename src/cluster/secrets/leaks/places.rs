//! The values of an object that are no place for credentials, each with the name that says what it is.

use std::borrow::Cow;

use crate::source::{Sources, Span};
use crate::yaml::{Entry, Node, Step, Value};

/// A value of an object with its name.
#[derive(Clone, Debug)]
pub struct Place<'o> {
    /// Where it is in the object: `spec.values.auth.password`.
    pub path: String,
    /// The name: the key, or that of the variable or option that it belongs to.
    pub name: Cow<'o, str>,
    /// The key.
    pub key_span: Span,
    /// The text.
    pub text: Cow<'o, str>,
    /// The text in its file.
    pub span: Span,
}

/// The texts of an object. What is taken from a Secret has none.
pub fn places<'o>(sources: &Sources, object: &'o Node) -> Vec<Place<'o>> {
    let mut found = Vec::new();
    for entry in
        object.entries().filter(|entry| !matches!(entry.key.as_str(), "apiVersion" | "kind" | "status" | "sops"))
    {
        if entry.key == "metadata" {
            let annotations = entry.value.get("annotations").into_iter().flat_map(Node::entries);
            for annotation in annotations {
                visit(sources, annotation, &annotation.key, "metadata.annotations", &mut found);
            }
        } else {
            visit(sources, entry, &entry.key, "", &mut found);
        }
    }
    found
}

fn visit<'o>(sources: &Sources, entry: &'o Entry, name: &'o str, above: &str, found: &mut Vec<Place<'o>>) {
    let path = if above.is_empty() { entry.key.to_string() } else { format!("{above}.{}", entry.key) };
    within(sources, &entry.value, name, entry.key_span, path, found);
}

fn within<'o>(
    sources: &Sources,
    node: &'o Node,
    name: &'o str,
    key_span: Span,
    path: String,
    found: &mut Vec<Place<'o>>,
) {
    match &node.value {
        Value::Map(map) => {
            // `name: DB_PASSWORD` with `value: …`, as in lists of variables.
            let own_name = ["name", "key"].iter().find_map(|key| map.get(key)?.as_str());
            // A key of the Secret that a store fills, beside where it comes from.
            let is_filled = map.get("remoteRef").is_some();
            let is_named = |key: &str| names_an_object(key) || (is_filled && key == "secretKey");
            for entry in map.iter().filter(|entry| !is_named(&entry.key)) {
                let name = own_name.filter(|_| entry.key == "value").unwrap_or(&entry.key);
                let above = match own_name.filter(|_| entry.key == "value") {
                    Some(name) => format!("{path}[{name}]"),
                    None => path.clone(),
                };
                visit(sources, entry, name, &above, found);
            }
        }
        Value::Seq(items) => {
            let mut option: Option<&str> = None;
            for item in items.iter() {
                let name = option.take().unwrap_or(name);
                option =
                    item.as_str().and_then(|text| text.strip_prefix("--")).filter(|text| !text.contains(['=', ' ']));
                // An item has no key: the place right before it.
                let start = item.span().range().start;
                let place = if item.origin.is_source() { Span::new(item.span().file, start..start) } else { key_span };
                within(sources, item, name, place, path.clone(), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Unknown(_) => {}
        _ => {
            let Some(text) = node.scalar_text().filter(|text| !text.is_empty()) else { return };
            // What a variable brought in stands elsewhere: only what is written here counts.
            let chain = node.origin.chain();
            let written = chain.iter().find(|(step, _)| matches!(step, Some(Step::Substituted(_))));
            let text = written.map_or(text, |(_, place)| Cow::Owned(sources.text(*place)));
            found.push(Place { path, name: Cow::Borrowed(name), key_span, text, span: node.span() });
        }
    }
}

/// Keys below which an object is named, and a key of it.
fn names_an_object(key: &str) -> bool {
    const ENDS: [&str; 6] = ["Ref", "Refs", "_ref", "From", "Selector", "Reference"];
    ENDS.iter().any(|end| key.ends_with(end))
}
