//! Paths of a check: `spec.buckets[*].name`, `metadata.labels["a.b/c"]`, `spec.names.*`, `pod.containers`.

use crate::build::Object;
use crate::cluster::templates::Template;
use crate::rulebook::cel::Value;
use crate::source::Span;
use crate::yaml::{self, Node};

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    At(usize),
    Items,
    Values,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Object,
    Pod,
    Containers,
}

/// A path to any number of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    from: From,
    parts: Vec<Part>,
}

/// A node that a path leads to.
#[derive(Clone, Debug)]
pub struct Item<'w> {
    /// The node, or a value of an expression.
    pub value: Value<'w>,
    /// Its position or key in what holds it.
    pub key: Option<Value<'w>>,
    /// Its path in the object, for fingerprints.
    pub path: String,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (from, mut rest) = match text {
            "pod" => (From::Pod, ""),
            _ => match text.strip_prefix("pod.containers") {
                Some(rest) if rest.is_empty() || rest.starts_with('.') => {
                    (From::Containers, rest.trim_start_matches('.'))
                }
                _ => text.strip_prefix("pod.").map_or((From::Object, text), |rest| (From::Pod, rest)),
            },
        };
        let mut parts = Vec::new();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let Some((inner, behind)) = inner.split_once(']') else {
                    return Err(format!("the bracket in `{text}` is not closed"));
                };
                let quoted = ['"', '\''].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote));
                parts.push(match (inner, quoted, inner.parse()) {
                    ("*", ..) => Part::Items,
                    (_, Some(key), _) => Part::Key(key.to_owned()),
                    (_, None, Ok(at)) => Part::At(at),
                    _ => return Err(format!("`[{inner}]` is neither `[*]`, a number nor a key in quotes")),
                });
                rest = behind.strip_prefix('.').unwrap_or(behind);
                continue;
            }
            let (key, behind) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            match key {
                "" => return Err(format!("`{text}` has an empty part")),
                "*" => parts.push(Part::Values),
                key => parts.push(Part::Key(key.to_owned())),
            }
            rest = behind.strip_prefix('.').unwrap_or(behind);
        }
        Ok(Path { from, parts })
    }

    /// Everything the path leads to in an object, in order.
    pub fn items<'w>(&self, object: &'w Object) -> Vec<Item<'w>> {
        let mut found = Vec::new();
        match self.from {
            From::Object => walk(&start(object), None, "", &self.parts, &mut found),
            From::Pod => {
                if let Some(template) = Template::of(object) {
                    walk(&Value::Node(template.node), None, template.path, &self.parts, &mut found);
                }
            }
            From::Containers => {
                let template = Template::of(object);
                let below = match template.map(|template| template.path) {
                    Some("") | None => "spec".to_owned(),
                    Some(path) => format!("{path}.spec"),
                };
                for list in ["initContainers", "containers", "ephemeralContainers"] {
                    let items = template.and_then(|template| template.spec.get(list)).map(Node::items);
                    for (at, node) in items.unwrap_or_default().iter().enumerate() {
                        let path = format!("{below}.{list}[{}]", called(node, at));
                        walk(&Value::Node(node), Some(number(at)), &path, &self.parts, &mut found);
                    }
                }
            }
        }
        found
    }
}

fn number<'w>(at: usize) -> Value<'w> {
    Value::Int(i64::try_from(at).unwrap_or(i64::MAX))
}

fn start(object: &Object) -> Value<'_> {
    Value::Object(object)
}

/// The name of an item of a list, its own text, or its position.
fn called(node: &Node, at: usize) -> String {
    let name = node.get("name").and_then(Node::shown).or_else(|| node.shown());
    name.map_or_else(|| at.to_string(), std::borrow::Cow::into_owned)
}

fn walk<'w>(value: &Value<'w>, key: Option<Value<'w>>, path: &str, parts: &[Part], found: &mut Vec<Item<'w>>) {
    let Some((part, rest)) = parts.split_first() else {
        found.push(Item { value: value.clone(), key, path: path.to_owned() });
        return;
    };
    let joined = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match part {
        Part::Key(name) => {
            if let Ok(Some(child)) = value.field(name) {
                walk(&child, key, &joined(name), rest, found);
            }
        }
        Part::At(at) => {
            let items = value.items().unwrap_or_default();
            if let Some(child) = items.get(*at) {
                walk(child, Some(number(*at)), &format!("{path}[{at}]"), rest, found);
            }
        }
        Part::Items => {
            for (at, child) in value.items().unwrap_or_default().iter().enumerate() {
                let name = child.node().map_or_else(|| at.to_string(), |node| called(node, at));
                walk(child, Some(number(at)), &format!("{path}[{name}]"), rest, found);
            }
        }
        Part::Values => {
            for (name, child) in value.entries().unwrap_or_default() {
                let path = joined(&name.shown());
                walk(&child, Some(name), &path, rest, found);
            }
        }
    }
}

/// A place below an item: `resources.limits`, or `key:spec.from` for the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    is_key: bool,
    parts: Vec<Part>,
}

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (is_key, path) = text.strip_prefix("key:").map_or((false, text), |path| (true, path));
        let Path { from, parts } = Path::parse(path)?;
        if from != From::Object || parts.iter().any(|part| matches!(part, Part::Items | Part::Values)) {
            return Err(format!("`{text}` is more than one place"));
        }
        Ok(Place { is_key, parts })
    }

    /// The node at the place, or the nearest that is there on the way to it, with what to underline.
    pub fn find<'w>(&self, node: &'w Node) -> (&'w Node, Span) {
        let mut at = node;
        let mut span = whole(node);
        for part in &self.parts {
            let next = match part {
                Part::Key(key) => {
                    at.as_map().and_then(|map| map.entry(key)).map(|entry| (&entry.value, entry.key_span))
                }
                Part::At(index) => at.items().get(*index).map(|item| (item, whole(item))),
                Part::Items | Part::Values => None,
            };
            let Some((next, key)) = next else { return (at, span) };
            at = next;
            let is_scalar = !matches!(at.value, yaml::Value::Map(_) | yaml::Value::Seq(_) | yaml::Value::Null);
            // A map or list is underlined at its key: it may be many lines.
            span = if self.is_key || !is_scalar { key } else { at.span() };
        }
        (at, span)
    }
}

/// The path of a node below another one, for fingerprints.
pub fn path_to(from: &Node, to: &Node) -> Option<String> {
    if std::ptr::eq(from, to) {
        return Some(String::new());
    }
    let joined = |head: String, tail: String| match tail.as_str() {
        "" => head,
        rest if rest.starts_with('[') => head + rest,
        rest => format!("{head}.{rest}"),
    };
    let mut items = from.items().iter().enumerate();
    let in_list = items.find_map(|(at, item)| Some(joined(format!("[{}]", called(item, at)), path_to(item, to)?)));
    let mut entries = from.entries();
    in_list.or_else(|| entries.find_map(|entry| Some(joined(entry.key.to_string(), path_to(&entry.value, to)?))))
}

/// What to underline where a whole node is meant: its name where it has one.
pub fn whole(node: &Node) -> Span {
    let named = node.dig("metadata.name").or_else(|| node.get("name"));
    match (&node.value, named) {
        (yaml::Value::Map(_), Some(name)) => name.span(),
        (yaml::Value::Map(map), None) => map.iter().next().map_or(node.span(), |entry| entry.key_span),
        (yaml::Value::Seq(items), _) => items.first().map_or(node.span(), whole),
        _ => node.span(),
    }
}
