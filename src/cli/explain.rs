//! `flux-vet explain RULE`: the card of a rule.

use clap::Args;

use super::print;
use super::tree::Tree;
use crate::catalogue;
use crate::config::{self, Config};
use crate::fault::Fault;
use crate::rulebook::card::{Default as CardDefault, FixKind};
use crate::source::Sources;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Rule id, as findings print it
    rule: String,

    #[command(flatten)]
    tree: Tree,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    let (disk, config) = arguments.tree.open()?;
    let sources = Sources::new(disk);
    let config = Config::choose(&sources, &config)?;
    let catalogue = catalogue(&sources, &config, None)?;
    let Some(entry) = catalogue.get(&arguments.rule) else {
        let ids: Vec<&str> = catalogue.iter().map(|entry| entry.card.id.as_str()).collect();
        let nearest = config::nearest(&arguments.rule, ids.iter().copied());
        return Err(Fault::Usage {
            message: format!("there is no rule `{}`", arguments.rule),
            help: Some(
                nearest.map_or("`flux-vet rules` lists all rules".to_owned(), |id| format!("did you mean `{id}`?")),
            ),
        });
    };
    let card = &entry.card;
    let default = if card.default == CardDefault::On { "on" } else { "off" };
    let fix = match card.fix {
        FixKind::None => "none",
        FixKind::Unsafe => "unsafe",
        FixKind::Safe => "safe",
    };
    let mut text = format!(
        "{id}: {summary}\n\ngroup {group} · {severity} · confidence {confidence} · default {default} · fix {fix} · since {since}\n",
        id = card.id,
        summary = card.summary,
        group = card.group,
        severity = card.severity,
        confidence = card.confidence.word(),
        since = card.since,
    );
    let sections = [
        ("What it does", Some(&card.what)),
        ("Why it matters", Some(&card.why)),
        ("What to do", Some(&card.help)),
        ("Options", card.options.as_ref()),
    ];
    for (heading, content) in sections {
        if let Some(content) = content {
            text.push_str(&format!("\n{heading}\n  {}\n", content.replace('\n', "\n  ").replace("  \n", "\n")));
        }
    }
    let examples = card.examples().map_err(|error| Fault::Internal { message: error.to_string() })?;
    for example in &examples {
        text.push_str(&format!("\nExample: {}\n", example.title));
        for file in &example.files {
            text.push_str(&format!("  # {}\n  {}\n", file.path, file.text.trim_end().replace('\n', "\n  ")));
        }
    }
    print(text.as_bytes())
}
