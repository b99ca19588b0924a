//! `.sops.yaml`: which rule encrypts a file. Source: getsops/sops `config/config.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::metadata::{SELECTORS, Selector};
use super::pattern::Pattern;
use crate::cluster::Repository;
use crate::source::{Span, file_name, parent};
use crate::yaml::Node;

/// The name SOPS looks for; no other is read.
const NAME: &str = ".sops.yaml";
/// Patterns of rules behind this one are not compiled: what they match is not decided.
pub const MOST_RULES: usize = 100;

/// An entry of `creation_rules`.
#[derive(Clone, Debug)]
pub struct CreationRule {
    /// Its position, from 1.
    pub number: usize,
    /// `path_regex` as written, with its place.
    pub path_regex: Option<(String, Span)>,
    pattern: Option<Pattern>,
    /// What it encrypts.
    pub selector: Selector,
    /// The selector's key and text, where one is set.
    pub selector_text: Option<(&'static str, String)>,
    /// Age recipients; `None` where they are spread over several key groups.
    pub age: Option<BTreeSet<String>>,
    /// The place of the rule.
    pub place: Span,
}

/// A `.sops.yaml`.
#[derive(Clone, Debug)]
pub struct SopsConfig {
    /// Its path.
    pub path: Arc<str>,
    /// Its creation rules.
    pub rules: Vec<CreationRule>,
    /// The key `creation_rules`.
    pub place: Span,
}

/// What the nearest `.sops.yaml` says about a file.
#[derive(Clone, Copy, Debug)]
pub enum Matching<'c> {
    /// There is none, or it has no creation rules.
    NoConfig,
    /// This rule.
    Rule(&'c SopsConfig, &'c CreationRule),
    /// No rule matches: SOPS refuses the file.
    NoRule(&'c SopsConfig),
    /// A pattern on the way cannot be read.
    Undecided,
}

/// All `.sops.yaml` files, by directory.
#[derive(Clone, Debug, Default)]
pub struct SopsConfigs {
    by_directory: BTreeMap<String, SopsConfig>,
}

impl SopsConfigs {
    /// Reads those of a repository.
    pub fn of(repository: &Repository<'_>) -> Self {
        let mut by_directory = BTreeMap::new();
        for document in repository.documents.iter().filter(|document| file_name(&document.path) == NAME) {
            let Some(entry) = document.node.as_map().and_then(|map| map.entry("creation_rules")) else { continue };
            let rules = entry.value.items().iter().enumerate().map(|(at, rule)| creation_rule(at + 1, rule)).collect();
            let config = SopsConfig { path: document.path.clone(), rules, place: entry.key_span };
            by_directory.entry(parent(&document.path).to_owned()).or_insert(config);
        }
        SopsConfigs { by_directory }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &SopsConfig> {
        self.by_directory.values()
    }

    /// What the nearest one says about a file.
    pub fn matching(&self, path: &str) -> Matching<'_> {
        let mut directory = parent(path);
        loop {
            if let Some(config) = self.by_directory.get(directory) {
                return config.matching(path);
            }
            if directory.is_empty() {
                return Matching::NoConfig;
            }
            directory = parent(directory);
        }
    }
}

impl SopsConfig {
    fn matching(&self, path: &str) -> Matching<'_> {
        if self.rules.is_empty() {
            return Matching::NoConfig;
        }
        let directory = parent(&self.path);
        let relative = path.strip_prefix(directory).map_or(path, |rest| rest.trim_start_matches('/'));
        for rule in &self.rules {
            match rule.pattern.as_ref().map(|pattern| pattern.is_match(relative)) {
                None | Some(Some(true)) => return Matching::Rule(self, rule),
                Some(Some(false)) => {}
                Some(None) => return Matching::Undecided,
            }
        }
        Matching::NoRule(self)
    }

    /// Whether it has rules whose patterns are not compiled.
    pub fn is_cut(&self) -> bool {
        self.rules.len() > MOST_RULES
    }

    /// Patterns that SOPS refuses to compile: the rule's number, the place, why.
    pub fn refused(&self) -> impl Iterator<Item = (&CreationRule, Span, &'static str)> {
        self.rules.iter().filter_map(|rule| match (&rule.pattern, &rule.path_regex) {
            (Some(Pattern::Invalid(why)), Some((_, place))) => Some((rule, *place, *why)),
            _ => None,
        })
    }
}

impl CreationRule {
    /// The rule in a few words.
    pub fn shown(&self) -> String {
        match &self.path_regex {
            Some((text, _)) => format!("rule {} (`{text}`)", self.number),
            None => format!("rule {} (every file)", self.number),
        }
    }
}

fn creation_rule(number: usize, rule: &Node) -> CreationRule {
    let text = |key: &str| rule.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
    let path_regex = rule.get("path_regex").and_then(|node| Some((node.as_str()?.to_owned(), node.span())));
    let path_regex = path_regex.filter(|(text, _)| !text.is_empty());
    CreationRule {
        number,
        pattern: path_regex.as_ref().map(|(text, _)| match number {
            ..=MOST_RULES => Pattern::new(text),
            _ => Pattern::Undecided,
        }),
        path_regex,
        selector: Selector::of(rule),
        selector_text: SELECTORS.iter().find_map(|key| text(key).map(|text| (*key, text.to_owned()))),
        age: recipients(rule),
        place: rule.span().head(),
    }
}

fn recipients(rule: &Node) -> Option<BTreeSet<String>> {
    let holder = match rule.get("key_groups").map(Node::items) {
        None | Some([]) => rule,
        Some([only]) => only,
        Some(_) => return None,
    };
    let age = holder.get("age")?;
    let texts: Vec<&str> = match age.as_str() {
        Some(list) => list.split(',').collect(),
        None => age.items().iter().filter_map(Node::as_str).collect(),
    };
    Some(texts.into_iter().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect())
}
