//! `flux-vet config show`: every setting, its value, and who says so.

use std::env;

use clap::{Args, Subcommand};

use super::print;
use super::tree::Tree;
use crate::config::{Choice, Config, FILE_NAMES};
use crate::fault::Fault;
use crate::rulebook::Catalogue;
use crate::rulebook::card::Default as CardDefault;
use crate::source::{Sources, Span};
use crate::verdict::{Switch, switch};
use crate::{catalogue, rules};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every setting, its value and where it comes from
    Show(Tree),
}

/// What holds where the file says nothing.
const DEFAULTS: [(&str, &str); 19] = [
    ("flux", "as the tree says"),
    ("kubernetes", "as the tree says"),
    ("strict-substitution", "as the version of Flux does"),
    ("presets", "recommended"),
    ("clusters", "found in the tree"),
    ("sources", "none"),
    ("charts.rendered", "none"),
    ("charts.profiles", ".flux-vet/charts"),
    ("externals", "none"),
    ("monitoring", "found in the tree"),
    ("budget", "none"),
    ("nodes", "unknown"),
    ("rules", "as their cards say"),
    ("paths", "none"),
    ("rule-paths", ".flux-vet/rules"),
    ("policy-paths", "none"),
    ("schema-locations", "built in"),
    ("require-reason", ""),
    ("ignore", "none"),
];

/// A setting, its value, its origin.
type Row = [String; 3];

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let Command::Show(tree) = &arguments.command;
    let (disk, choice) = tree.open()?;
    let root = disk.root().display().to_string();
    let sources = Sources::new(disk);
    let mut config = Config::choose(&sources, &choice)?;
    let catalogue = catalogue(&sources, &config, None)?;
    rules::begin(&mut config, &catalogue)?;
    config.check_names(&|name| catalogue.names().contains(&name), &catalogue.names())?;

    let mut rows = of_the_run(tree, &choice, root, &sources);
    rows.extend(of_the_file(&config, &sources));
    let mut text = table(&rows);
    let switched = switched(&config, &sources, &catalogue);
    if !switched.is_empty() {
        text.push_str("\nrules that differ from their cards\n");
        text.push_str(&table(&switched));
    }
    print(text.as_bytes())
}

/// What flags and the environment say.
fn of_the_run(tree: &Tree, choice: &Choice, root: String, sources: &Sources) -> Vec<Row> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let by_flag = if tree.root.is_some() { "--root" } else { "default" };
    let configuration = match choice {
        Choice::Isolated => ["none".to_owned(), "--isolated".to_owned()],
        Choice::Found => match FILE_NAMES.into_iter().find(|name| sources.load(name).is_ok()) {
            Some(name) => [name.to_owned(), "found at the root".to_owned()],
            None => ["none".to_owned(), "default".to_owned()],
        },
        Choice::At(path) | Choice::Text { path, .. } => {
            let by = if tree.config.is_some() { "--config" } else { "environment FLUX_VET_CONFIG" };
            [path.clone(), by.to_owned()]
        }
    };
    let output = match set("GITHUB_ACTIONS").as_deref() {
        Some("true") => ["human, github", "environment GITHUB_ACTIONS"],
        _ => ["human", "default"],
    };
    let color = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"].into_iter().find(|name| set(name).is_some());
    let color = match color {
        Some("NO_COLOR") => ["never".to_owned(), "environment NO_COLOR".to_owned()],
        Some("CLICOLOR") if set("CLICOLOR").as_deref() != Some("0") => ["auto".to_owned(), "default".to_owned()],
        Some("CLICOLOR") => ["never".to_owned(), "environment CLICOLOR".to_owned()],
        Some(name) => ["always".to_owned(), format!("environment {name}")],
        None => ["auto".to_owned(), "default".to_owned()],
    };
    let [file, by] = configuration;
    let [color, color_by] = color;
    let mut rows = vec![
        ["root".to_owned(), root, by_flag.to_owned()],
        ["configuration".to_owned(), file, by],
        ["output".to_owned(), output[0].to_owned(), output[1].to_owned()],
        ["color".to_owned(), color, color_by],
    ];
    if let Some(path) = set("GITHUB_STEP_SUMMARY") {
        rows.push(["summary".to_owned(), path, "environment GITHUB_STEP_SUMMARY".to_owned()]);
    }
    rows
}

/// What the file says, each value for itself, and the defaults of the other settings.
fn of_the_file(config: &Config, sources: &Sources) -> Vec<Row> {
    let said = config.said();
    let mut rows = Vec::new();
    for (key, default) in DEFAULTS {
        let below = format!("{key}.");
        let own: Vec<_> = said.iter().filter(|(path, ..)| path == key || path.starts_with(&below)).collect();
        for (path, value, span) in &own {
            rows.push([path.clone(), one_line(value), place(sources, *span)]);
        }
        if own.is_empty() {
            let value = match key {
                "require-reason" => config.reason_required().to_string(),
                _ => default.to_owned(),
            };
            rows.push([key.to_owned(), value, "default".to_owned()]);
        }
    }
    rows
}

/// The rules that run at another level than their card says, and what made them.
fn switched(config: &Config, sources: &Sources, catalogue: &Catalogue) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in catalogue.iter() {
        let card = &entry.card;
        let by_card = if card.default == CardDefault::On { Switch::On(card.severity) } else { Switch::Off };
        let now = switch(config, card);
        if now == by_card {
            continue;
        }
        let level = match now {
            Switch::Off => "off",
            Switch::On(severity) => severity.word(),
        };
        let key = [&card.id, &card.group].into_iter().find_map(|name| config.place(&format!("key:rules.{name}")));
        let origin = match key {
            Some(span) => place(sources, span),
            None => format!("presets: {}", config.presets().join(", ")),
        };
        rows.push([card.id.clone(), level.to_owned(), origin]);
    }
    rows
}

fn place(sources: &Sources, span: Span) -> String {
    let at = sources.location(span);
    format!("{}:{}", at.path, at.line)
}

/// A value of the file as it can be printed.
fn one_line(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn table(rows: &[Row]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1).min(60));
    let line = |[name, value, origin]: &Row| format!("{name:first$}  {value:second$}  {origin}\n");
    rows.iter().map(line).collect()
}
