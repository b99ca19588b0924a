//! All rules: cards with their predicates, built once a run with the options of the configuration.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::card::Card;
use super::rule::Rule;

/// Makes a predicate from its options.
type Make = fn(serde_json::Value) -> Result<Box<dyn Rule>, String>;

/// A rule: its card and, for compiled rules, how to make its predicate. The others are reported by the build or by
/// the engine itself.
pub struct RuleEntry {
    /// The card.
    pub card: Card,
    make: Option<Make>,
}

impl RuleEntry {
    /// A rule whose predicate is a type.
    ///
    /// # Errors
    /// The text of the card's fault.
    pub fn compiled<R: Rule + DeserializeOwned + 'static>(name: &str, card: &str) -> Result<Self, String> {
        let make: Make = |options| {
            serde_json::from_value::<R>(options)
                .map(|rule| Box::new(rule) as Box<dyn Rule>)
                .map_err(|error| error.to_string())
        };
        Ok(RuleEntry { card: Card::parse(name, card).map_err(|error| error.to_string())?, make: Some(make) })
    }

    /// A rule that the build or the engine reports.
    ///
    /// # Errors
    /// The text of the card's fault.
    pub fn of_engine(name: &str, card: &str) -> Result<Self, String> {
        Ok(RuleEntry { card: Card::parse(name, card).map_err(|error| error.to_string())?, make: None })
    }

    /// The predicate with options; `None` where the build or the engine reports.
    ///
    /// # Errors
    /// What is wrong with the options.
    pub fn predicate(&self, options: serde_json::Value) -> Option<Result<Box<dyn Rule>, String>> {
        self.make.map(|make| make(options))
    }

    /// Whether it has a predicate of its own.
    pub fn is_compiled(&self) -> bool {
        self.make.is_some()
    }
}

/// All rules, by id.
pub struct Catalogue {
    rules: BTreeMap<String, RuleEntry>,
}

impl Catalogue {
    /// A catalogue of entries.
    ///
    /// # Errors
    /// The first card that does not load, or an id that stands twice.
    pub fn new(entries: impl IntoIterator<Item = Result<RuleEntry, String>>) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        for entry in entries {
            let entry = entry?;
            let id = entry.card.id.clone();
            if rules.insert(id.clone(), entry).is_some() {
                return Err(format!("the rule `{id}` stands twice in the catalogue"));
            }
        }
        Ok(Catalogue { rules })
    }

    /// A rule by id.
    pub fn get(&self, id: &str) -> Option<&RuleEntry> {
        self.rules.get(id)
    }

    /// All rules, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &RuleEntry> {
        self.rules.values()
    }

    /// All names that configuration may use: ids and groups.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rules.keys().map(String::as_str).collect();
        names.extend(self.rules.values().map(|entry| entry.card.group.as_str()));
        names.sort_unstable();
        names.dedup();
        names
    }
}
