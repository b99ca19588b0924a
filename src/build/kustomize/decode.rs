//! Entries of a kustomization file as Go decodes them: keys in upper or lower case, each of one type.

use super::field_spec::kind_of;
use super::file::Text;
use super::log::Log;
use crate::finding::{Applicability, Edit, Fix, Label, Observation, Severity};
use crate::source::Span;
use crate::yaml::{Map, Node, Value};

/// How strictly a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A kustomization file that kustomize reads itself: unknown keys and numbers in place of texts are refused.
    Strict,
    /// A file whose unknown keys have no effect, and why; numbers and booleans are taken as texts.
    Lenient(&'static str),
}

impl Reading {
    /// The kustomization file at the root of a Flux build: Flux reads it and writes it anew.
    pub const FLUX_ROOT: Reading =
        Reading::Lenient("Flux drops the key silently at the root of a build, so what it says has no effect");

    /// A file that a kustomization file names: kustomize looks only for the keys it knows.
    pub const NAMED_FILE: Reading = Reading::Lenient("kustomize passes over the key, so what it says has no effect");
}

/// Reads the fields of entries, and says what is wrong with them.
pub struct Decoder<'l> {
    /// Where it is said.
    pub log: &'l mut Log,
    reading: Reading,
    /// What an entry is, for people.
    what: &'static str,
}

impl<'l> Decoder<'l> {
    /// A reader of entries.
    pub fn new(log: &'l mut Log, reading: Reading, what: &'static str) -> Self {
        Decoder { log, reading, what }
    }

    /// Whether this is a map; says what is wrong with its keys.
    pub fn map(&mut self, node: &Node, known: &[&str]) -> bool {
        let Some(map) = node.as_map() else {
            if !node.is_null() && !node.is_unknown() {
                self.wrong(self.what, node, "a map", node.span());
            }
            return false;
        };
        for entry in map {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(&entry.key)) {
                self.unknown(&Text { text: entry.key.to_string(), span: entry.key_span }, known, map);
            }
        }
        true
    }

    /// A text; `None` where it is absent or null.
    pub fn text(&mut self, node: &Node, key: &str) -> Option<Text> {
        self.item(node.field(key)?, key)
    }

    /// A value as a text: that of a field, or an item of a list in it.
    pub fn item(&mut self, value: &Node, key: &str) -> Option<Text> {
        let text = match (&value.value, self.reading) {
            (Value::Null, _) => return None,
            (Value::Str(_) | Value::Unknown(_), _) | (_, Reading::Lenient(_)) => value.shown(),
            (_, Reading::Strict) => None,
        };
        if text.is_none() {
            self.wrong(key, value, "a text", value.span());
        }
        Some(Text { text: text?.into_owned(), span: value.span() })
    }

    /// A text that says something.
    pub fn filled(&mut self, node: &Node, key: &str) -> Option<Text> {
        self.text(node, key).filter(|text| !text.text.is_empty())
    }

    /// A whole number; 0 where it is absent.
    pub fn number(&mut self, node: &Node, key: &str) -> i64 {
        let Some(value) = node.field(key) else { return 0 };
        match value.value {
            Value::Int(number) => return number,
            Value::Null | Value::Unknown(_) => {}
            _ => self.wrong(key, value, "a whole number", value.span()),
        }
        0
    }

    /// A boolean; false where it is absent.
    pub fn flag(&mut self, node: &Node, key: &str) -> bool {
        let Some(value) = node.field(key) else { return false };
        match value.value {
            Value::Bool(flag) => return flag,
            Value::Null | Value::Unknown(_) => {}
            _ => self.wrong(key, value, "a boolean", value.span()),
        }
        false
    }

    /// A list; `None` where it is absent or null.
    pub fn list<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n [Node]> {
        let value = node.field(key)?;
        match &value.value {
            Value::Seq(items) => return Some(items),
            Value::Null | Value::Unknown(_) => {}
            _ => self.wrong(key, value, "a list", value.span()),
        }
        None
    }

    fn wrong(&mut self, field: &str, value: &Node, expected: &str, span: Span) {
        let found = kind_of(value);
        self.log.fail(
            Observation::new(
                "build-failed",
                format!("`{field}` of a {} is {found}, expected {expected}", self.what),
                Label::new(span, format!("expected {expected}")),
            )
            .keyed(format!("{} {field} {found}", self.what)),
        );
    }

    fn unknown(&mut self, key: &Text, known: &[&str], map: &Map) {
        let mut observation = Observation::new(
            "kustomization-key-unknown",
            format!("`{}` is no field of a {}", key.text, self.what),
            Label::new(key.span, "not known to kustomize"),
        )
        .keyed(format!("{} {}", self.what, key.text));
        let nearest = known.iter().min_by_key(|known| strsim::levenshtein(known, &key.text));
        if let Some(nearest) = nearest.filter(|known| strsim::levenshtein(known, &key.text) <= 3) {
            observation = observation.help(format!("did you mean `{nearest}`?"));
            // A key twice is refused as well.
            if !map.iter().any(|entry| entry.key.eq_ignore_ascii_case(nearest)) {
                observation = observation.fix(Fix {
                    title: format!("write `{nearest}`"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: key.span, text: (*nearest).to_owned() }],
                });
            }
        }
        match self.reading {
            Reading::Strict => self.log.fail(observation),
            Reading::Lenient(why) => self.log.note(observation.severity(Severity::Warning).why(why)),
        }
    }
}
