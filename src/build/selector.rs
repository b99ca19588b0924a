//! Kubernetes label selectors in their text form, as patch targets use them.

use crate::yaml::Node;

/// A requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

/// A parsed selector such as `app=web,tier notin (a, b),!legacy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSelector {
    requirements: Vec<Requirement>,
}

impl TextSelector {
    /// Parses the text; `None` when it is no selector.
    pub fn parse(text: &str) -> Option<Self> {
        let mut requirements = Vec::new();
        for part in split_outside_parentheses(text) {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            requirements.push(requirement(part)?);
        }
        Some(TextSelector { requirements })
    }

    /// Whether a map of labels (or annotations) fulfils it.
    pub fn matches(&self, labels: Option<&Node>) -> bool {
        let value = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Node::scalar_text);
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => value(key).is_some_and(|found| values.iter().any(|v| *v == found)),
            Requirement::NotIn(key, values) => !value(key).is_some_and(|found| values.iter().any(|v| *v == found)),
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Absent(key) => value(key).is_none(),
        })
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn requirement(part: &str) -> Option<Requirement> {
    if let Some(key) = part.strip_prefix('!') {
        return Some(Requirement::Absent(key.trim().to_owned()));
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Some(Requirement::NotIn(key.trim().to_owned(), vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some(Requirement::In(key.trim().to_owned(), vec![value.trim().to_owned()]));
    }
    if let Some(open) = part.find('(') {
        let head: Vec<&str> = part.get(..open)?.split_whitespace().collect();
        let values = part.get(open + 1..)?.strip_suffix(')')?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match head.as_slice() {
            [key, "in"] => Some(Requirement::In((*key).to_owned(), values)),
            [key, "notin"] => Some(Requirement::NotIn((*key).to_owned(), values)),
            _ => None,
        };
    }
    (!part.contains(char::is_whitespace)).then(|| Requirement::Exists(part.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    fn labels(text: &str) -> Node {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root
    }

    #[test]
    fn every_operator_of_the_grammar_is_understood() {
        let labels = labels("{app: web, tier: a}");
        for (text, expected) in [
            ("app=web", true),
            ("app == web, tier in (a, b)", true),
            ("tier notin (a)", false),
            ("absent notin (true)", true),
            ("absent!=true", true),
            ("!absent", true),
            ("app", true),
            ("!app", false),
        ] {
            assert_eq!(TextSelector::parse(text).unwrap().matches(Some(&labels)), expected, "{text}");
        }
        assert!(TextSelector::parse("a b").is_none());
    }
}
