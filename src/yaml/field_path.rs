//! A path to a field as people write it: `spec.containers[name=web].image`, `metadata.labels[app.kubernetes.io/name]`.

use super::node::{Node, Value};

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A key of a map; a position of a list, if it is a number.
    Key(String),
    /// The element of a list in which a key has a value.
    Where(String, String),
}

/// A parsed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    parts: Vec<Part>,
}

/// Where a path ends too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The path as far as it leads somewhere.
    pub found: String,
    /// The part that leads nowhere.
    pub part: String,
    /// What could stand there instead.
    pub candidates: Vec<String>,
}

impl FieldPath {
    /// Reads a path. Dots divide; what stands in brackets is one part, with or without quotes.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text.trim_start_matches('.');
        while !rest.is_empty() {
            let (part, behind) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
                Some((inner, behind)) => (bracketed(inner), behind),
                None => {
                    let end = rest.find(['.', '[']).filter(|end| *end > 0).unwrap_or(rest.len());
                    let (key, behind) = rest.split_at(end);
                    (Part::Key(key.to_owned()), behind)
                }
            };
            parts.push(part);
            rest = behind.strip_prefix('.').unwrap_or(behind);
        }
        FieldPath { parts }
    }

    /// The node the path leads to.
    ///
    /// # Errors
    /// How far it leads, and what is there.
    pub fn find<'n>(&self, node: &'n Node) -> Result<&'n Node, NotFound> {
        let mut at = node;
        let mut found = String::new();
        for part in &self.parts {
            let next = step(at, part);
            let Some(next) = next else {
                return Err(NotFound { found, part: shown(part), candidates: candidates(at) });
            };
            let text = shown(part);
            if !found.is_empty() && !text.starts_with('[') {
                found.push('.');
            }
            found.push_str(&text);
            at = next;
        }
        Ok(at)
    }
}

fn bracketed(inner: &str) -> Part {
    let quoted = ['"', '\''].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote));
    match (quoted, inner.split_once('=')) {
        (Some(key), _) => Part::Key(key.to_owned()),
        (None, Some((key, value))) => Part::Where(key.to_owned(), value.to_owned()),
        (None, None) => Part::Key(inner.to_owned()),
    }
}

fn shown(part: &Part) -> String {
    match part {
        Part::Key(key) if key.contains(['.', '[']) || key.parse::<usize>().is_ok() => format!("[{key}]"),
        Part::Key(key) => key.clone(),
        Part::Where(key, value) => format!("[{key}={value}]"),
    }
}

fn step<'n>(node: &'n Node, part: &Part) -> Option<&'n Node> {
    match (&node.value, part) {
        (Value::Seq(items), Part::Key(key)) => items.get(key.parse::<usize>().ok()?),
        (Value::Seq(items), Part::Where(key, value)) => {
            items.iter().find(|item| item.get(key).and_then(Node::shown).as_deref() == Some(value))
        }
        (_, Part::Key(key)) => node.get(key),
        (_, Part::Where(..)) => None,
    }
}

fn candidates(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Map(map) => map.iter().map(|entry| entry.key.to_string()).collect(),
        Value::Seq(items) => {
            let named = |(at, item): (usize, &Node)| match item.get("name").and_then(Node::shown) {
                Some(name) => format!("[name={name}]"),
                None => format!("[{at}]"),
            };
            items.iter().enumerate().map(named).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    fn node(text: &str) -> Node {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root
    }

    #[test]
    fn every_form_of_a_path_leads_to_its_value() {
        let node = node("{m: {a.b/c: 1}, l: [{name: x, v: 2}, {name: y, v: 3}]}");
        for (path, expected) in
            [("m[a.b/c]", "1"), (".m['a.b/c']", "1"), ("l[1].v", "3"), ("l.1.v", "3"), ("l[name=x].v", "2")]
        {
            let found = FieldPath::parse(path).find(&node).unwrap();
            assert_eq!(found.scalar_text().as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_ends_early_says_where_and_what_is_there() {
        let node = node("{l: [{name: x, v: 2}, 7]}");
        let error = FieldPath::parse("l[name=z].v").find(&node).unwrap_err();
        assert_eq!((error.found.as_str(), error.part.as_str()), ("l", "[name=z]"));
        assert_eq!(error.candidates, ["[name=x]", "[1]"]);
    }
}
