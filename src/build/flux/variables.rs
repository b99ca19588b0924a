//! The variables of a Kustomization. Source: fluxcd/pkg `kustomize/kustomize_varsub.go`, `LoadVariables`.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::inventory::Inventory;
use super::kustomization::FluxKustomization;
use crate::build::object::Object;
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

/// A variable that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What is known of it.
    pub value: VariableValue,
    /// Where its value stands.
    pub place: Option<Span>,
    /// Where its name stands.
    pub key: Option<Span>,
}

/// The variables of one Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, Variable>,
    /// A source could not be looked at: any other name may be set too.
    pub open: bool,
}

/// The text of an entry of a Secret's `data`; `None` where it is not known, or no text.
pub fn decoded(value: &Node) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()
}

/// Whether Flux accepts a name: `^[_[:alpha:]][_[:alpha:][:digit:]]*$`. One that it refuses fails the whole build.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c == '_' || c.is_ascii_alphanumeric();
    name.chars().all(fits) && name.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

impl Variables {
    /// Those of a Kustomization, as far as its sources have been built.
    pub fn load(spec: &FluxKustomization, inventory: &Inventory, objects: &[Object]) -> Self {
        let mut variables = Variables::default();
        for from in &spec.substitute_from {
            let Some(name) = &from.name else {
                variables.open = true;
                continue;
            };
            let built = inventory.built(&from.kind, &spec.namespace, name).and_then(|at| objects.get(at));
            let maker = || inventory.maker(&spec.namespace, name).and_then(|at| objects.get(at));
            match (built, from.kind.as_str()) {
                (Some(object), "ConfigMap") => {
                    object.at(&["data"]).into_iter().for_each(|data| variables.add_map(data))
                }
                (Some(object), _) => {
                    object.at(&["data"]).into_iter().for_each(|data| variables.add_encoded(data));
                    object.at(&["stringData"]).into_iter().for_each(|data| variables.add_map(data));
                }
                (None, "Secret") => match maker() {
                    Some(maker) => variables.add_made(maker),
                    None => variables.open = true,
                },
                (None, _) => variables.open = true,
            }
        }
        if let Some(inline) = &spec.substitute {
            variables.add_map(inline);
        }
        variables
    }

    /// Whether every source of a Kustomization's variables has been built.
    pub fn can_load(spec: &FluxKustomization, inventory: &Inventory) -> bool {
        spec.substitute_from.iter().all(|from| {
            from.name.as_ref().is_none_or(|name| {
                let built = inventory.built(&from.kind, &spec.namespace, name).is_some();
                built || (from.kind == "Secret" && inventory.maker(&spec.namespace, name).is_some())
            })
        })
    }

    /// Names that Flux refuses, with the place of each.
    pub fn invalid(&self) -> impl Iterator<Item = (&str, Option<Span>)> {
        let refused = self.values.iter().filter(|(name, _)| !is_name(name));
        refused.map(|(name, variable)| (name.as_str(), variable.key))
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&Variable> {
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
            self.set(&entry.key, value, Some(entry.value.span()), Some(entry.key_span));
        }
    }

    /// Sets every entry of a Secret's `data`, decoded.
    pub fn add_encoded(&mut self, map: &Node) {
        for entry in map.entries() {
            let value = decoded(&entry.value)
                .map_or(VariableValue::Unknown, |text| VariableValue::Known(text.replace('\n', "")));
            self.set(&entry.key, value, Some(entry.value.span()), Some(entry.key_span));
        }
    }

    /// Sets the keys of a Secret that is made at run time.
    fn add_made(&mut self, maker: &Object) {
        let mut unknown = |name: &str, place: Span| self.set(name, VariableValue::Unknown, Some(place), Some(place));
        if maker.gvk.kind == "SealedSecret" {
            maker
                .dig("spec.encryptedData")
                .into_iter()
                .flat_map(Node::entries)
                .for_each(|entry| unknown(&entry.key, entry.key_span));
            return;
        }
        let template = maker.dig("spec.target.template.data");
        template.into_iter().flat_map(Node::entries).for_each(|entry| unknown(&entry.key, entry.key_span));
        if template.is_none() || maker.dig("spec.target.template.mergePolicy").is_some() {
            let keys = maker.dig("spec.data").map(Node::items).unwrap_or_default();
            for key in keys.iter().filter_map(|item| item.get("secretKey")) {
                key.as_str().into_iter().for_each(|name| unknown(name, key.span()));
            }
            self.open |= !maker.dig("spec.dataFrom").map(Node::items).unwrap_or_default().is_empty();
        }
        self.open |= maker.dig("spec.target.template.templateFrom").is_some();
    }

    fn set(&mut self, name: &str, value: VariableValue, place: Option<Span>, key: Option<Span>) {
        self.values.insert(name.to_owned(), Variable { value, place, key });
    }
}
