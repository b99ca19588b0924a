//! Names of objects that are made: texts of the table with the values of the object that makes them.

use super::table::path;
use crate::yaml::Node;

/// A name of an object that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeName {
    /// The very name.
    Exact(String),
    /// Its beginning.
    Prefix(String),
    /// Some part of it cannot be known.
    Unknown,
}

/// The names a text gives for an object, one for each value of its path; none where a path leads nowhere.
pub fn names(template: &str, object: &Node) -> Vec<MadeName> {
    let (text, is_prefix) = match template.strip_suffix('*') {
        Some(text) => (text, true),
        None => (template, false),
    };
    let finished = |text: String| if is_prefix { MadeName::Prefix(text) } else { MadeName::Exact(text) };
    let mut open: Vec<Option<String>> = vec![Some(String::new())];
    let mut rest = text;
    while let Some((literal, behind)) = rest.split_once('{') {
        let Some((inner, after)) = behind.split_once('}') else { break };
        let values = path(inner).each(object);
        let values: Vec<Option<String>> = values
            .into_iter()
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
            .map(|value| value.scalar_text().map(std::borrow::Cow::into_owned))
            .collect();
        open = open
            .iter()
            .flat_map(|head| {
                values.iter().map(move |value| Some(format!("{}{literal}{}", head.as_ref()?, value.as_ref()?)))
            })
            .collect();
        rest = after;
    }
    open.into_iter()
        .map(|head| match head {
            Some(head) => finished(format!("{head}{rest}")),
            None => MadeName::Unknown,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    #[test]
    fn paths_in_braces_are_filled_and_a_star_leaves_the_end_open() {
        let text = "{metadata: {name: db}, spec: {tls: [{s: a}, {s: b}]}}";
        let sources = Sources::new(Memory::default());
        let id = sources.add("a", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        let node = yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root;
        let exact = |text: &str| MadeName::Exact(text.to_owned());
        assert_eq!(names("{metadata.name}-rw", &node), [exact("db-rw")]);
        assert_eq!(names("x-{metadata.name}-*", &node), [MadeName::Prefix("x-db-".to_owned())]);
        assert_eq!(names("{spec.tls[].s}", &node), [exact("a"), exact("b")]);
        assert_eq!(names("{spec.none}", &node), []);
        assert_eq!(names("fixed", &node), [exact("fixed")]);
    }
}
