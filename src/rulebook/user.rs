//! Cards that users write: `.flux-vet/rules/GROUP/ID.md`, loaded beside ours.

use super::card::Card;
use super::catalogue::{Catalogue, RuleEntry};
use super::check::{CardFile, Check, Wrong};
use crate::config::{Config, Places};
use crate::fault::Fault;
use crate::source::{File, FileId, Sources, Span, normalize};
use crate::yaml::Content;

/// Where users' cards stand, where the configuration does not say otherwise.
pub const FOLDER: &str = ".flux-vet/rules";

/// A card as a file: its path and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardText {
    /// Path in the repository.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The card files of a repository, by path.
///
/// # Errors
/// [`Fault`] for a folder of the configuration that holds no card, and for a card that cannot be read.
pub fn texts(sources: &Sources, config: &Config) -> Result<Vec<CardText>, Fault> {
    let folders = config.rule_paths.clone().unwrap_or_else(|| vec![FOLDER.to_owned()]);
    let mut texts = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        let folder = normalize(folder);
        let paths = below(sources, &folder);
        if paths.is_empty() && config.rule_paths.is_some() {
            let message = format!("there is no card below `{folder}`");
            return Err(config.fault(&format!("rule-paths.{at}"), message, "no cards", None));
        }
        for path in paths {
            let read = |error: crate::source::ReadError| Fault::Read { path: path.clone(), reason: error.to_string() };
            let text = sources.file(sources.load(&path).map_err(read)?).text.to_string();
            texts.push(CardText { path, text });
        }
    }
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    texts.dedup();
    Ok(texts)
}

/// Markdown files below a folder, whether or not version control keeps them.
fn below(sources: &Sources, folder: &str) -> Vec<String> {
    let system = sources.system();
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for (name, entry) in system.list(&folder) {
            let path = format!("{folder}/{name}");
            match entry {
                crate::source::Entry::Directory => open.push(path),
                crate::source::Entry::File if name.ends_with(".md") && name != "README.md" => found.push(path),
                crate::source::Entry::File => {}
            }
        }
    }
    found.sort();
    found
}

/// Reads cards and puts them beside ours.
///
/// # Errors
/// [`Fault`] at the place of the first thing that is wrong in a card.
pub fn add(catalogue: &mut Catalogue, sources: &Sources, texts: &[CardText]) -> Result<(), Fault> {
    let mut entries: Vec<RuleEntry> = Vec::new();
    for text in texts {
        let known = sources.load(&text.path).ok().filter(|id| *sources.file(*id).text == *text.text);
        let id = known.unwrap_or_else(|| sources.add(&text.path, &text.text));
        let entry = entry(catalogue, sources, id, &text.path)?;
        if let Some(twice) = entries.iter().find(|other| other.card.id == entry.card.id) {
            let message =
                format!("the rule `{}` has a second card, in the group `{}`", twice.card.id, twice.card.group);
            return Err(at_start(&sources.file(id), message, Some("give one of them another name".to_owned())));
        }
        entries.push(entry);
    }
    catalogue.add(entries);
    Ok(())
}

fn at_start(file: &File, message: String, help: Option<String>) -> Fault {
    Fault::place(&file.path, &file.text, file.line_range(0).unwrap_or_default(), message, "this card", help)
}

fn entry(catalogue: &Catalogue, sources: &Sources, id: FileId, path: &str) -> Result<RuleEntry, Fault> {
    let file = sources.file(id);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let mut parts = path.trim_end_matches(".md").rsplit('/');
    let (own, group) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !is_name(own) || !is_name(group) {
        let help = "name it GROUP/ID.md, in lower case with dashes".to_owned();
        return Err(at_start(&file, format!("`{path}` is no path of a card"), Some(help)));
    }
    let (card, places) = Card::read(sources, id, &format!("{group}/{own}"))?;
    if catalogue.get(own).is_some() && card.overrides.as_deref() != Some(own) {
        let help = format!("give it another name, or say `overrides: {own}`");
        return Err(at_start(&file, format!("there is a rule `{own}` already"), Some(help)));
    }
    if let Some(other) = card.overrides.as_deref().filter(|other| *other != own) {
        let message = format!("a card that overrides `{other}` has its name");
        return Err(places.fault("overrides", message, "another name", None));
    }
    let Some(block) = &card.check else {
        return Err(at_start(&file, "the card has no `check`".to_owned(), Some("say what to check".to_owned())));
    };
    for (fires, word) in [(true, "fires"), (false, "silent")] {
        if !card.has_example(fires) {
            let help = Some(format!("add a section `## Example: {word}`"));
            return Err(at_start(
                &file,
                format!("the card has no example that {}", if fires { "fires" } else { "is silent" }),
                help,
            ));
        }
    }
    let params: Vec<String> = card.option_specs.iter().map(|(name, _)| super::check::options::param(name)).collect();
    let check = Check::new(block, card.scope, &params).map_err(|wrong| refused(&file, &places, wrong))?;
    let whole = Span::new(id, file.line_range(0).unwrap_or_default());
    Ok(RuleEntry::of_user(card, check, CardFile { file: id, places, whole }))
}

/// What is wrong with a check, at its place in the card.
fn refused(file: &File, places: &Places, wrong: Wrong) -> Fault {
    let node = places.node(&wrong.path);
    if let (Some(at), Some(node)) = (&wrong.at, node)
        && let Some(text) = node.as_str()
    {
        let place = Content::new(file, node.span(), text).span(at.clone());
        return Fault::place(&file.path, &file.text, place.range(), wrong.message, wrong.label, wrong.help);
    }
    places.fault(&wrong.path, wrong.message, &wrong.label, wrong.help)
}
