//! The variables of a Kustomization. Source: fluxcd/pkg `kustomize/kustomize_varsub.go`, `LoadVariables`.

use std::collections::BTreeMap;

use base64::Engine as _;

use crate::source::Span;
use crate::yaml::Node;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    /// Its text, line breaks removed.
    Known(String),
    /// It is set, but cannot be read.
    Unknown,
}

/// The variables of one Kustomization.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: BTreeMap<String, (VariableValue, Option<Span>)>,
    /// A source could not be looked at: any other name may be set too.
    pub open: bool,
}

impl Variables {
    /// The value of a variable and where it is defined.
    pub fn get(&self, name: &str) -> Option<&(VariableValue, Option<Span>)> {
        self.values.get(name)
    }

    /// Whether nothing is set and nothing could be.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.open
    }

    /// The names that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Sets every entry of a map of texts.
    pub fn add_map(&mut self, map: &Node) {
        for entry in map.entries() {
            let value = match entry.value.scalar_text() {
                Some(text) => VariableValue::Known(text.replace('\n', "")),
                None if entry.value.is_null() => VariableValue::Known(String::new()),
                None => VariableValue::Unknown,
            };
            self.values.insert(entry.key.to_string(), (value, Some(entry.value.span())));
        }
    }

    /// Sets every entry of a Secret's `data`, decoded.
    pub fn add_encoded(&mut self, map: &Node) {
        for entry in map.entries() {
            let decoded = entry.value.as_str().and_then(|text| {
                let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
                String::from_utf8(bytes).ok()
            });
            let value = decoded.map_or(VariableValue::Unknown, |text| VariableValue::Known(text.replace('\n', "")));
            self.values.insert(entry.key.to_string(), (value, Some(entry.value.span())));
        }
    }

    /// Sets a name whose value is made at run time.
    pub fn add_unknown(&mut self, name: &str, place: Option<Span>) {
        self.values.insert(name.to_owned(), (VariableValue::Unknown, place));
    }
}
