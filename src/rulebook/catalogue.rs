//! All rules: cards with their predicates, built once a run with the options of the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::card::{Card, CardError, FixKind};
use super::check::options::{param, params};
use super::check::{CardFile, Check, DataRule, Ready};
use super::rule::Rule;

/// Makes a predicate from its options.
type Make = fn(serde_json::Value) -> Result<Box<dyn Rule>, String>;

/// Reads a rule. Not the rule itself: hundreds of them on the stack are too much for a thread.
pub type Entry = fn() -> Result<RuleEntry, CardError>;

/// What finds the findings of a rule.
enum Predicate {
    /// The build, or the engine itself.
    Engine,
    /// A type.
    Compiled(Make),
    /// The card of ours: made ready when the rule runs.
    Data(Ready),
    /// A card of the repository: made ready when it was read.
    Ready(Arc<Check>, Arc<CardFile>),
}

/// A rule: its card, and what finds its findings.
pub struct RuleEntry {
    /// The card.
    pub card: Card,
    predicate: Predicate,
}

impl RuleEntry {
    /// A rule whose predicate is a type.
    pub fn compiled<R: Rule + DeserializeOwned + 'static>(card: Card) -> Self {
        let make: Make = |options| {
            serde_json::from_value::<R>(options)
                .map(|rule| Box::new(rule) as Box<dyn Rule>)
                .map_err(|error| error.to_string())
        };
        RuleEntry { card, predicate: Predicate::Compiled(make) }
    }

    /// A rule that the build or the engine reports.
    pub fn of_engine(card: Card) -> Self {
        RuleEntry { card, predicate: Predicate::Engine }
    }

    /// A rule whose predicate is the `check` block of its card.
    pub fn data(card: Card) -> Self {
        let params = card.option_specs.iter().map(|(name, _)| param(name)).collect();
        let predicate = match &card.check {
            Some(block) => Predicate::Data(Ready::later(block.clone(), card.scope, params)),
            None => Predicate::Engine,
        };
        RuleEntry { card, predicate }
    }

    /// A card of the repository with its check.
    pub fn of_user(card: Card, check: Check, file: CardFile) -> Self {
        RuleEntry { card, predicate: Predicate::Ready(Arc::new(check), Arc::new(file)) }
    }

    /// The predicate with options; `None` where the build or the engine reports.
    ///
    /// # Errors
    /// What is wrong with the options.
    pub fn predicate(&self, options: serde_json::Value) -> Option<Result<Box<dyn Rule>, String>> {
        match &self.predicate {
            Predicate::Engine => None,
            Predicate::Compiled(make) => Some(make(options)),
            Predicate::Data(check) => Some(self.data_rule(check.clone(), None, &options)),
            Predicate::Ready(check, file) => {
                Some(self.data_rule(Ready::Now(check.clone()), Some(file.clone()), &options))
            }
        }
    }

    fn data_rule(
        &self,
        check: Ready,
        card: Option<Arc<CardFile>>,
        options: &serde_json::Value,
    ) -> Result<Box<dyn Rule>, String> {
        let params = params(&self.card.option_specs, options)?;
        let fixes = self.card.fix != FixKind::None;
        Ok(Box::new(DataRule { id: self.card.id.clone(), check, params, fixes, card }))
    }

    /// Whether it has a predicate of its own.
    pub fn is_compiled(&self) -> bool {
        !matches!(self.predicate, Predicate::Engine)
    }

    /// What is odd about a card of the repository, and no fault.
    pub fn hints(&self) -> &[String] {
        match &self.predicate {
            Predicate::Ready(check, _) => &check.hints,
            Predicate::Engine | Predicate::Compiled(_) | Predicate::Data(_) => &[],
        }
    }

    /// Whether it is a card of the repository.
    pub fn is_of_user(&self) -> bool {
        matches!(self.predicate, Predicate::Ready(..))
    }
}

/// All rules, by id. Cloning is cheap.
#[derive(Clone)]
pub struct Catalogue {
    rules: BTreeMap<String, Arc<RuleEntry>>,
}

impl Catalogue {
    /// A catalogue of rules.
    ///
    /// # Errors
    /// The first card that does not load, or an id that stands twice.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        for entry in entries {
            let entry = entry().map_err(|error| error.to_string())?;
            let id = entry.card.id.clone();
            if rules.insert(id.clone(), Arc::new(entry)).is_some() {
                return Err(format!("the rule `{id}` stands twice in the catalogue"));
            }
        }
        Ok(Catalogue { rules })
    }

    /// Adds the cards of a repository; one that overrides a rule takes its place.
    pub fn add(&mut self, entries: Vec<RuleEntry>) {
        self.rules.extend(entries.into_iter().map(|entry| (entry.card.id.clone(), Arc::new(entry))));
    }

    /// A rule by id.
    pub fn get(&self, id: &str) -> Option<&RuleEntry> {
        self.rules.get(id).map(|entry| &**entry)
    }

    /// All rules, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &RuleEntry> {
        self.rules.values().map(|entry| &**entry)
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
