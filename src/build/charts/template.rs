//! Texts of values that a chart evaluates as templates: what names the release is filled in, all else is unknown.

use super::draft::{made_of, unknown_of};
use crate::yaml::{Map, Node, Value};

/// What is known where a template is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Name of the release.
    pub release: Option<&'c str>,
    /// Its namespace.
    pub namespace: &'c str,
}

impl Context<'_> {
    /// A value with every text in it evaluated. Keys are evaluated too, where the answer is known.
    pub fn evaluated(&self, node: &Node) -> Node {
        self.changed(node).unwrap_or_else(|| node.clone())
    }

    /// The value after the evaluation, if that changes anything.
    fn changed(&self, node: &Node) -> Option<Node> {
        match &node.value {
            Value::Str(text) if text.contains("{{") => Some(match self.text(text) {
                Some(known) => made_of(node, known),
                None => unknown_of(node, text.clone()),
            }),
            Value::Seq(items) => {
                let first = items.iter().position(|item| self.changed(item).is_some())?;
                let mut items = items.to_vec();
                for item in items.iter_mut().skip(first) {
                    *item = self.evaluated(item);
                }
                Some(Node { value: Value::Seq(items.into()), origin: node.origin.clone() })
            }
            Value::Map(map) => {
                let mut entries: Option<Vec<_>> = None;
                for (at, entry) in map.iter().enumerate() {
                    let key = entry.key.contains("{{").then(|| self.text(&entry.key)).flatten();
                    let value = self.changed(&entry.value);
                    if key.is_none() && value.is_none() {
                        continue;
                    }
                    let all = entries.get_or_insert_with(|| map.iter().cloned().collect());
                    if let Some(target) = all.get_mut(at) {
                        target.key = key.map_or_else(|| target.key.clone(), Into::into);
                        target.value = value.unwrap_or_else(|| target.value.clone());
                    }
                }
                let map = Map::from_entries(entries?);
                Some(Node { value: Value::Map(map.into()), origin: node.origin.clone() })
            }
            _ => None,
        }
    }

    /// A text with its calls replaced; `None` where one of them is not known.
    fn text(&self, text: &str) -> Option<String> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (trims, after) = match after.strip_prefix("- ") {
                Some(after) => (true, after),
                None => (false, after),
            };
            made.push_str(if trims { before.trim_end() } else { before });
            let (call, after) = split_call(after)?;
            let (call, after) = match call.strip_suffix(" -") {
                Some(call) => (call, after.trim_start()),
                None => (call, after),
            };
            made.push_str(self.call(call.trim())?);
            rest = after;
        }
        made.push_str(rest);
        Some(made)
    }

    fn call<'a>(&'a self, call: &'a str) -> Option<&'a str> {
        match call.strip_prefix('$').unwrap_or(call) {
            ".Release.Name" => self.release,
            ".Release.Namespace" => Some(self.namespace),
            ".Release.Service" => Some("Helm"),
            literal => {
                let quoted = |mark: char| literal.strip_prefix(mark)?.strip_suffix(mark);
                let raw = quoted('`').filter(|text| !text.contains('`'));
                raw.or_else(|| quoted('"').filter(|text| !text.contains(['"', '\\'])))
            }
        }
    }
}

/// What stands before the closing braces, and what behind; a literal in backquotes may hold braces.
fn split_call(text: &str) -> Option<(&str, &str)> {
    let mut in_quotes = false;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '`' => in_quotes = !in_quotes,
            '}' if previous == '}' && !in_quotes => return Some((text.get(..at - 1)?, text.get(at + 1..)?)),
            _ => {}
        }
        previous = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(text: &str) -> Option<String> {
        Context { release: Some("app"), namespace: "media" }.text(text)
    }

    #[test]
    fn what_names_the_release_is_filled_in() {
        assert_eq!(evaluated("{{ .Release.Name }}-config").as_deref(), Some("app-config"));
        assert_eq!(evaluated("{{.Release.Name}}.{{ $.Release.Namespace }}.svc").as_deref(), Some("app.media.svc"));
        assert_eq!(evaluated("a {{- .Release.Name -}} b").as_deref(), Some("aappb"));
        assert_eq!(evaluated("a {{- .Release.Name }} b").as_deref(), Some("aapp b"));
        assert_eq!(evaluated("a {{ `{{PORTS}}` }} b").as_deref(), Some("a {{PORTS}} b"));
    }

    #[test]
    fn any_other_call_is_unknown() {
        for text in
            ["{{ .Values.name }}", "{{ include \"x\" . }}", "{{ .Release.Name | upper }}", "{{ .Release.Name", "{{}}"]
        {
            assert_eq!(evaluated(text), None, "{text}");
        }
    }
}
