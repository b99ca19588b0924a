//! Named sets of rules, for a configuration to begin with.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::card::{Default as CardDefault, Status};
use super::catalogue::Catalogue;
use crate::config::Level;

/// A set of rules, as a file of `rules/presets` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name of the file.
    #[serde(skip)]
    pub name: String,
    /// One line.
    pub summary: String,
    #[serde(default)]
    take: Take,
    /// Rules and groups, and their levels.
    #[serde(default)]
    rules: BTreeMap<String, Level>,
}

/// What a preset has besides the rules that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Take {
    /// Nothing.
    #[default]
    Nothing,
    /// Rules whose card says `default: on`.
    Defaults,
    /// Every rule in use.
    All,
}

impl Preset {
    /// The preset of a file, under the name of the file.
    pub fn named(name: &str, preset: Preset) -> Self {
        Preset { name: name.to_owned(), ..preset }
    }

    /// The level of every rule that it switches. What speaks of the run itself, and what the cards of the repository
    /// switch on, is in each of them.
    pub fn levels(&self, catalogue: &Catalogue) -> BTreeMap<String, Level> {
        let level = |entry: &super::RuleEntry| {
            let card = &entry.card;
            let is_on = card.default == CardDefault::On;
            let taken = match self.take {
                Take::Nothing => is_on && (card.group == "engine" || entry.is_of_user()),
                Take::Defaults => is_on,
                Take::All => is_on || card.status == Status::Stable,
            };
            let named = self.rules.get(&card.id).or_else(|| self.rules.get(&card.group)).copied();
            named.or(taken.then_some(Level::On)).map(|level| (card.id.clone(), level))
        };
        catalogue.iter().filter_map(level).collect()
    }

    /// The names of rules and groups that it has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(String::as_str)
    }
}
