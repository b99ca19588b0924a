//! The card of a rule: the only place for its name, level, words and examples.

use std::ops::Range;

use serde::Deserialize;

use super::check::block::Block;
use super::check::options::OptionSpec;
use crate::config::{Places, typed_head};
use crate::fault::Fault;
use crate::finding::{Confidence, Severity};
use crate::source::{FileId, Sources};

/// Whether a rule runs when nothing is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Default {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// The best fix a rule offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixKind {
    /// None.
    None,
    /// One that may change what runs.
    Unsafe,
    /// One that cannot.
    Safe,
}

/// Where a rule is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// New: off by default.
    Preview,
    /// In use.
    Stable,
    /// To be removed.
    Deprecated,
    /// No longer there.
    Removed,
}

/// How often a check runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Per object.
    #[default]
    Object,
    /// Per namespace.
    Namespace,
    /// Per cluster.
    Cluster,
    /// Once.
    Tree,
}

/// What stands above the text of a card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub struct FrontMatter {
    summary: String,
    severity: Severity,
    confidence: Confidence,
    group: String,
    since: String,
    status: Status,
    default: Default,
    fix: FixKind,
    #[serde(default)]
    scope: Scope,
    #[serde(default = "yes")]
    ignorable: bool,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    options: serde_json::Map<String, serde_json::Value>,
    overrides: Option<String>,
    check: Option<Block>,
}

fn yes() -> bool {
    true
}

/// A file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path in the example's tree.
    pub path: String,
    /// Its text, marks included.
    pub text: String,
    /// Lines marked in the fence header, for places where a comment would be text.
    pub errors: Vec<usize>,
    /// The same for related places.
    pub related: Vec<usize>,
    /// It stands in the older revision that the example compares with, and not in the tree.
    pub is_base: bool,
}

/// An example of a card: a small tree that fires, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What stands after `## Example: `.
    pub title: String,
    /// Whether the rule fires on it.
    pub fires: bool,
    /// Its files.
    pub files: Vec<ExampleFile>,
    /// Options of the rule, as YAML.
    pub options: Option<String>,
    /// A configuration file, as YAML.
    pub config: Option<String>,
}

/// An example as it is written: read when somebody asks for it.
#[derive(Clone, Debug)]
struct Written {
    line: usize,
    title: String,
    fires: bool,
    content: String,
}

/// A rule's card.
#[derive(Clone, Debug)]
pub struct Card {
    /// Rule id.
    pub id: String,
    /// Group.
    pub group: String,
    /// One line.
    pub summary: String,
    /// Default severity.
    pub severity: Severity,
    /// Weight of the proof.
    pub confidence: Confidence,
    /// Version that introduced it.
    pub since: String,
    /// Where it is in its life.
    pub status: Status,
    /// Whether it runs when nothing is configured.
    pub default: Default,
    /// The best fix.
    pub fix: FixKind,
    /// How often it runs.
    pub scope: Scope,
    /// Whether suppressions apply.
    pub ignorable: bool,
    /// Peers' names for it.
    pub aliases: Vec<String>,
    /// The rule of ours that it stands in for.
    pub overrides: Option<String>,
    /// The options of a data card.
    pub option_specs: Vec<(String, OptionSpec)>,
    /// The predicate of a data card.
    pub check: Option<Block>,
    /// `## What it does`
    pub what: String,
    /// `## Why it matters`
    pub why: String,
    /// `## What to do`
    pub help: String,
    /// `## Options`
    pub options: Option<String>,
    examples: Vec<Written>,
}

/// Why a card does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("card `{card}`, line {line}: {message}")]
pub struct CardError {
    /// `group/id`
    pub card: String,
    /// Line of the card, from 1.
    pub line: usize,
    /// One sentence.
    pub message: String,
}

impl Card {
    /// A card of ours: its text, and its front matter read before. `name` is `group/id`.
    ///
    /// # Errors
    /// [`CardError`] with the line at fault.
    pub fn built_in(name: &str, text: &str, front: serde_json::Result<FrontMatter>) -> Result<Self, CardError> {
        let error = |message: String| CardError { card: name.to_owned(), line: 1, message };
        let end = front_end(text).map_err(error)?;
        Card::new(name, text, end, front.map_err(|why| error(why.to_string()))?)
    }

    /// Reads a card that is a file of the repository, with the places of its front matter.
    ///
    /// # Errors
    /// [`Fault`] at the place of what is wrong.
    pub fn read(sources: &Sources, id: FileId, name: &str) -> Result<(Self, Places), Fault> {
        let file = sources.file(id);
        let at_line = |line: usize, message: String| {
            let at = file.line_range(line.saturating_sub(1)).unwrap_or_default();
            Fault::place(&file.path, &file.text, at, message, "here", None)
        };
        let end = front_end(&file.text).map_err(|message| at_line(1, message))?;
        let (front, places) = typed_head::<FrontMatter>(sources, id, end, "the front matter of the card")?;
        let front = front.ok_or_else(|| at_line(1, "the front matter is empty".to_owned()))?;
        let card = Card::new(name, &file.text, end, front).map_err(|error| at_line(error.line, error.message))?;
        card.examples().map_err(|error| at_line(error.line, error.message))?;
        Ok((card, places))
    }

    /// Whether it has an example that fires, or one that is silent.
    pub fn has_example(&self, fires: bool) -> bool {
        self.examples.iter().any(|example| example.fires == fires)
    }

    /// The examples.
    ///
    /// # Errors
    /// [`CardError`] at the first that cannot be read.
    pub fn examples(&self) -> Result<Vec<Example>, CardError> {
        let read = |written: &Written| {
            let error =
                |message| CardError { card: format!("{}/{}", self.group, self.id), line: written.line, message };
            example(&written.title, written.fires, &written.content).map_err(error)
        };
        self.examples.iter().map(read).collect()
    }

    fn new(name: &str, text: &str, end: usize, front: FrontMatter) -> Result<Self, CardError> {
        let error = |line: usize, message: String| CardError { card: name.to_owned(), line, message };
        let body = text.get(end..).unwrap_or_default();
        let body_line = text.get(..end).unwrap_or_default().lines().count();
        let (group, id) = name.split_once('/').ok_or_else(|| error(1, "the name is group/id".into()))?;
        if group != front.group {
            return Err(error(1, format!("the card stands in group `{group}` and says `{}`", front.group)));
        }
        if front.summary.chars().count() > 80 || front.summary.ends_with('.') {
            return Err(error(2, "the summary has at most 80 characters and no final stop".into()));
        }
        let mut option_specs = Vec::new();
        // Compiled rules have their options in their type.
        for (option, json) in front.options.iter().filter(|_| front.check.is_some()) {
            let spec = serde_json::from_value(json.clone())
                .map_err(|why| error(1, format!("the option `{option}` is not declared well: {why}")))?;
            option_specs.push((option.clone(), spec));
        }
        let mut card = Card {
            id: id.to_owned(),
            group: front.group,
            summary: front.summary,
            severity: front.severity,
            confidence: front.confidence,
            since: front.since,
            status: front.status,
            default: front.default,
            fix: front.fix,
            scope: front.scope,
            ignorable: front.ignorable,
            aliases: front.aliases,
            overrides: front.overrides,
            option_specs,
            check: front.check,
            what: String::new(),
            why: String::new(),
            help: String::new(),
            options: None,
            examples: Vec::new(),
        };
        for (line, heading, content) in sections(body.strip_prefix("---\n").unwrap_or(body), body_line + 2) {
            let content = content.trim();
            match heading {
                "What it does" => card.what = content.to_owned(),
                "Why it matters" => card.why = content.to_owned(),
                "What to do" => card.help = content.to_owned(),
                "Options" => card.options = Some(content.to_owned()),
                _ => {
                    let Some(title) = heading.strip_prefix("Example: ") else {
                        return Err(error(line, format!("`{heading}` is no section of a card")));
                    };
                    let fires = match title.split(',').next() {
                        Some("fires") => true,
                        Some("silent") => false,
                        _ => return Err(error(line, "an example begins with `fires` or `silent`".into())),
                    };
                    let (title, content) = (title.to_owned(), content.to_owned());
                    card.examples.push(Written { line, title, fires, content });
                }
            }
        }
        for (section, content) in
            [("What it does", &card.what), ("Why it matters", &card.why), ("What to do", &card.help)]
        {
            if content.is_empty() {
                return Err(error(1, format!("the section `{section}` is missing")));
            }
        }
        Ok(card)
    }
}

/// The first byte of the line that ends the front matter.
fn front_end(text: &str) -> Result<usize, String> {
    let rest = text.strip_prefix("---\n").ok_or("a card begins with `---`")?;
    let end = rest.find("\n---\n").ok_or("the front matter has no end")?;
    Ok("---\n".len() + end + 1)
}

/// The sections of a text: the line and words of each heading, and what stands below it.
fn sections(body: &str, first_line: usize) -> Vec<(usize, &str, &str)> {
    let mut headings: Vec<(usize, &str, Range<usize>)> = Vec::new();
    let (mut fenced, mut at) = (false, 0);
    for (index, line) in body.split_inclusive('\n').enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        if let Some(heading) = line.strip_prefix("## ").filter(|_| !fenced) {
            headings.push((first_line + index, heading.trim(), at..at + line.len()));
        }
        at += line.len();
    }
    let ends = headings.iter().skip(1).map(|(.., range)| range.start).chain([body.len()]);
    let content = |range: &Range<usize>, end| body.get(range.end..end).unwrap_or_default();
    headings.iter().zip(ends).map(|((line, heading, range), end)| (*line, *heading, content(range, end))).collect()
}

fn example(title: &str, fires: bool, content: &str) -> Result<Example, String> {
    let mut example = Example { title: title.to_owned(), fires, files: Vec::new(), options: None, config: None };
    let mut lines = content.lines();
    while let Some(line) = lines.next() {
        let Some(header) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let mut words = header.split_whitespace();
        let language = words.next().unwrap_or_default();
        let mut file =
            ExampleFile { path: String::new(), text, errors: Vec::new(), related: Vec::new(), is_base: false };
        let mut kind = "";
        for word in words {
            let numbers = |list: &str| -> Result<Vec<usize>, String> {
                list.split(',').map(|n| n.parse().map_err(|_| format!("`{n}` is no line number"))).collect()
            };
            match word.split_once('=') {
                Some(("file", path)) => path.clone_into(&mut file.path),
                Some(("error", list)) => file.errors = numbers(list)?,
                Some(("related", list)) => file.related = numbers(list)?,
                None if word == "base" => file.is_base = true,
                None if matches!(word, "options" | "config" | "fix") => kind = word,
                _ => return Err(format!("`{word}` is no word of a fence header")),
            }
        }
        match (language, kind) {
            (_, "options") => example.options = Some(file.text),
            (_, "config") => example.config = Some(file.text),
            ("diff", _) => {}
            _ => {
                if file.path.is_empty() {
                    let number = example.files.iter().filter(|other| other.path.starts_with("example")).count();
                    file.path =
                        if number == 0 { "example.yaml".to_owned() } else { format!("example-{}.yaml", number + 1) };
                }
                example.files.push(file);
            }
        }
    }
    if example.files.is_empty() {
        return Err("the example has no file".to_owned());
    }
    Ok(example)
}
