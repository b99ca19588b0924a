//! `flux-vet test`: the examples of cards, and how what is found differs from what they say.

use std::path::Path;

use clap::Args;

use super::tree::Tree;
use super::{CLEAN, FINDINGS, NOTHING, print};
use crate::catalogue;
use crate::config::{Config, nearest};
use crate::fault::Fault;
use crate::rulebook::user::{self, CardText};
use crate::rulebook::{Card, Difference, Example, RuleEntry, run_example_of};
use crate::source::Sources;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only these rules: ids, or files of cards
    card: Vec<String>,

    /// The rules of flux-vet too
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    tree: Tree,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let (disk, config) = arguments.tree.open()?;
    let sources = Sources::new(disk);
    let config = Config::choose(&sources, &config)?;
    let texts = user::texts(&sources, &config)?;
    let catalogue = catalogue(&sources, &config, Some(&texts))?;
    let ids: Vec<&str> = arguments.card.iter().map(|card| id_of(card)).collect();
    for id in &ids {
        if catalogue.get(id).is_none() {
            let near = nearest(id, catalogue.iter().map(|entry| entry.card.id.as_str()));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            return Err(Fault::Usage { message: format!("there is no rule `{id}`"), help });
        }
    }
    let is_asked = |entry: &&RuleEntry| {
        if ids.is_empty() { arguments.all || entry.is_of_user() } else { ids.contains(&entry.card.id.as_str()) }
    };
    let mut report = Report::default();
    for entry in catalogue.iter().filter(is_asked) {
        let own = |text: &&CardText| entry.is_of_user() && id_of(&text.path) == entry.card.id;
        for hint in entry.hints() {
            report.text.push_str(&format!("{}/{}: {hint}\n", entry.card.group, entry.card.id));
        }
        report.card(&entry.card, texts.iter().find(own))?;
    }
    if report.cards == 0 {
        print(format!("no card below `{}`; `flux-vet rules new GROUP/ID` writes one\n", user::FOLDER).as_bytes())?;
        return Ok(NOTHING);
    }
    let summary = match report.wrong {
        0 => format!("{} of {} hold\n", counted(report.examples, "example"), counted(report.cards, "card")),
        1 => format!("1 of {} does not hold\n", counted(report.examples, "example")),
        wrong => format!("{wrong} of {} do not hold\n", counted(report.examples, "example")),
    };
    report.text.push_str(&summary);
    print(report.text.as_bytes())?;
    Ok(if report.wrong == 0 { CLEAN } else { FINDINGS })
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The id of a card that is named by its id or its file.
fn id_of(card: &str) -> &str {
    let name = Path::new(card).file_name().and_then(|name| name.to_str()).unwrap_or(card);
    name.strip_suffix(".md").unwrap_or(name)
}

#[derive(Default)]
struct Report {
    text: String,
    cards: usize,
    examples: usize,
    wrong: usize,
}

impl Report {
    fn card(&mut self, card: &Card, text: Option<&CardText>) -> Result<(), Fault> {
        self.cards += 1;
        let examples = card.examples().map_err(|error| Fault::Internal { message: error.to_string() })?;
        for example in &examples {
            self.examples += 1;
            let Err(mut mismatch) = run_example_of(card, example, text) else { continue };
            mismatch.differences.sort_by(|a, b| a.at.cmp(&b.at));
            self.wrong += 1;
            self.text.push_str(&format!("{}, example `{}`\n", mismatch.card, mismatch.example));
            for difference in &mismatch.differences {
                self.difference(difference, example);
            }
            self.text.push('\n');
        }
        Ok(())
    }

    /// The line of the example, and below it what was expected or found there.
    fn difference(&mut self, difference: &Difference, example: &Example) {
        let Some((path, line)) = &difference.at else {
            return self.text.push_str(&format!("  {}\n", difference.words));
        };
        let files = example.files.iter().filter(|file| !file.is_base && crate::source::normalize(&file.path) == *path);
        let source = files.map(|file| file.text.as_str()).chain(example.config.as_deref()).next().unwrap_or_default();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let shown = source.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        self.text.push_str(&format!("  {path}:{number}\n  {number} | {shown}\n  {margin} = {}\n", difference.words));
    }
}
