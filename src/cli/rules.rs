//! `flux-vet rules`: the list of all rules, and the beginning of a new one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::tree::Tree;
use super::{print, save};
use crate::config::{self, Config, Level};
use crate::fault::Fault;
use crate::rulebook::Catalogue;
use crate::rulebook::card::Default as CardDefault;
use crate::rulebook::user;
use crate::source::Sources;
use crate::{catalogue, rules};

/// What `rules new` writes: a card whose examples hold.
const TEMPLATE: &str = include_str!("../rulebook/template.md");

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only the rules of this group
    #[arg(long)]
    group: Option<String>,

    /// Only the rules of this preset
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    #[command(flatten)]
    tree: Tree,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a card of your own below .flux-vet/rules
    New {
        /// Its group and id, such as `storage/claim-too-large`
        #[arg(value_name = "GROUP/ID")]
        name: String,

        /// Root of the repository [default: the git root around the working directory]
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    if let Some(Command::New { name, root }) = &arguments.command {
        let mut tree = arguments.tree.clone();
        tree.root = root.clone().or(tree.root);
        return new(name, &tree);
    }
    let (disk, config) = arguments.tree.open()?;
    let sources = Sources::new(disk);
    let config = Config::choose(&sources, &config)?;
    let catalogue = catalogue(&sources, &config, None)?;
    if let Some(group) = &arguments.group
        && !catalogue.iter().any(|entry| entry.card.group == *group)
    {
        let groups: BTreeSet<&str> = catalogue.iter().map(|entry| entry.card.group.as_str()).collect();
        let help = match config::nearest(group, groups.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("groups: {}", groups.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(Fault::Usage { message: format!("there is no group `{group}`"), help: Some(help) });
    }
    let preset = arguments.preset.as_ref().map(|name| of_preset(name, &catalogue)).transpose()?;
    let mut entries: Vec<_> = catalogue
        .iter()
        .filter(|entry| arguments.group.as_ref().is_none_or(|group| *group == entry.card.group))
        .filter(|entry| preset.as_ref().is_none_or(|levels| levels.contains_key(&entry.card.id)))
        .collect();
    entries.sort_by(|a, b| (&a.card.group, &a.card.id).cmp(&(&b.card.group, &b.card.id)));
    let width = entries.iter().map(|entry| entry.card.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut group = "";
    for entry in entries {
        let card = &entry.card;
        if card.group != group {
            group = &card.group;
            text.push_str(&format!("{}{group}\n", if text.is_empty() { "" } else { "\n" }));
        }
        let default = if card.default == CardDefault::On { "on " } else { "off" };
        text.push_str(&format!("  {:width$}  {default}  {:7}  {}\n", card.id, card.severity.word(), card.summary));
    }
    print(text.as_bytes())
}

/// The rules of a preset, with their levels.
fn of_preset(name: &str, catalogue: &Catalogue) -> Result<BTreeMap<String, Level>, Fault> {
    let presets = rules::presets()?;
    match presets.iter().find(|preset| preset.name == *name) {
        Some(preset) => Ok(preset.levels(catalogue)),
        None => {
            let known: Vec<String> =
                presets.iter().map(|preset| format!("{} ({})", preset.name, preset.summary)).collect();
            let help = format!("presets: {}", known.join(", "));
            Err(Fault::Usage { message: format!("there is no preset `{name}`"), help: Some(help) })
        }
    }
}

/// Writes a card from the template, unless there is one.
fn new(name: &str, tree: &Tree) -> Result<(), Fault> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let parts = name.split_once('/').filter(|(group, id)| is_word(group) && is_word(id));
    let Some((group, id)) = parts else {
        let help = "write the group, a slash and the id, in lower case with dashes: storage/claim-too-large".to_owned();
        return Err(Fault::Usage { message: format!("`{name}` is no name of a rule"), help: Some(help) });
    };
    if rules::catalogue()?.get(id).is_some() {
        let message = format!("there is a rule `{id}` already");
        return Err(Fault::Usage { message, help: Some("give yours another name".to_owned()) });
    }
    let (disk, _) = tree.open()?;
    let folder = disk.root().join(user::FOLDER).join(group);
    let path = folder.join(format!("{id}.md"));
    if path.exists() {
        return Err(Fault::Usage { message: format!("`{}` exists", path.display()), help: None });
    }
    let failed = |error: std::io::Error| Fault::Write { path: path.display().to_string(), reason: error.to_string() };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    save(&path, TEMPLATE.replace("GROUP", group).as_bytes())?;
    let shown = format!("{}/{group}/{id}.md", user::FOLDER);
    print(format!("written: {shown}\nflux-vet test {id} runs its examples\n").as_bytes())
}
