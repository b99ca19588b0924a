//! A path that leads to many values: `spec.containers[].env[].name`; `[]` is every element, `*` every value of a map.

use super::node::{Entry, Node};

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A key.
    Key(String),
    /// Every element of the list.
    Elements,
    /// Every value of the map.
    Values,
}

/// A path to many values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EachPath {
    parts: Vec<Part>,
}

impl EachPath {
    /// Reads a path: keys divided by dots, each with any number of `[]`. A key in brackets may hold dots:
    /// `metadata.annotations[cert-manager.io/issuer]`.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((part, behind)) = split(rest) {
            parts.push(match part {
                Written::Key(key) => Part::Key(key.to_owned()),
                Written::Elements => Part::Elements,
                Written::Values => Part::Values,
            });
            rest = behind;
        }
        EachPath { parts }
    }

    /// Every value the path leads to, in order.
    pub fn each<'n>(&self, node: &'n Node) -> Vec<&'n Node> {
        let mut found = Vec::new();
        walk(node, &self.parts, &mut found);
        found
    }

    /// The entries of every map the path leads to.
    pub fn entries<'n>(&self, node: &'n Node) -> Vec<&'n Entry> {
        self.each(node).into_iter().flat_map(Node::entries).collect()
    }
}

impl Node {
    /// Every value that an [`EachPath`] leads to, in order: for a path that is followed once, which needs no reading first.
    pub fn each(&self, path: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        follow(self, path, &mut found);
        found
    }
}

/// A part as it is written.
enum Written<'p> {
    Key(&'p str),
    Elements,
    Values,
}

/// The first part of a path, and the rest.
fn split(path: &str) -> Option<(Written<'_>, &str)> {
    if path.is_empty() {
        return None;
    }
    let (part, behind) = match path.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some(("", behind)) => (Written::Elements, behind),
        Some((key, behind)) => (Written::Key(key), behind),
        None => {
            let end = path.bytes().position(|byte| matches!(byte, b'.' | b'[')).unwrap_or(path.len());
            let (key, behind) = path.split_at(end);
            (if key == "*" { Written::Values } else { Written::Key(key) }, behind)
        }
    };
    Some((part, behind.strip_prefix('.').unwrap_or(behind)))
}

fn follow<'n>(node: &'n Node, path: &str, found: &mut Vec<&'n Node>) {
    match split(path) {
        None => found.push(node),
        Some((Written::Key(key), rest)) => {
            if let Some(child) = node.get(key) {
                follow(child, rest, found);
            }
        }
        Some((Written::Elements, rest)) => node.items().iter().for_each(|item| follow(item, rest, found)),
        Some((Written::Values, rest)) => node.entries().for_each(|entry| follow(&entry.value, rest, found)),
    }
}

fn walk<'n>(node: &'n Node, parts: &[Part], found: &mut Vec<&'n Node>) {
    match parts.split_first() {
        None => found.push(node),
        Some((Part::Key(key), rest)) => {
            if let Some(child) = node.get(key) {
                walk(child, rest, found);
            }
        }
        Some((Part::Elements, rest)) => node.items().iter().for_each(|item| walk(item, rest, found)),
        Some((Part::Values, rest)) => node.entries().for_each(|entry| walk(&entry.value, rest, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    #[test]
    fn every_part_of_a_path_is_followed() {
        let text = "{a: {l: [{n: x}, {n: y}, {m: z}], m: {p: {n: 1}, q: {n: 2}}, 'k.d/e': 3}}";
        let sources = Sources::new(Memory::default());
        let id = sources.add("a", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        let node = yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root;
        let texts = |path: &str| -> Vec<String> {
            let found = EachPath::parse(path).each(&node);
            let same = node.each(path);
            assert!(found.len() == same.len() && found.iter().zip(same).all(|(a, b)| std::ptr::eq(*a, b)));
            found.iter().filter_map(|node| Some(node.scalar_text()?.into_owned())).collect()
        };
        assert_eq!(texts("a.l[].n"), ["x", "y"]);
        assert_eq!(texts("a.m.*.n"), ["1", "2"]);
        assert_eq!(texts("a[k.d/e]"), ["3"]);
        assert_eq!(texts("a.none[].n"), Vec::<String>::new());
    }
}
