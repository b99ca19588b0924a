//! Runs the examples of a card: the firing ones fire on the marked lines and nowhere else, the silent ones are silent.

use std::collections::BTreeSet;
use std::fmt;

use super::card::{Card, Example, ExampleFile};
use crate::config::Date;
use crate::config::FILE_NAMES;
use crate::finding::{Finding, Label};
use crate::source::{Memory, normalize};
use crate::{CheckOptions, Checked, check, check_since};

/// A line of a file of an example.
type Line = (String, usize);

/// How an example differs from what its card says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mismatch {
    /// `group/id` of the card.
    pub card: String,
    /// Title of the example.
    pub example: String,
    /// The differences, each a sentence with its place.
    pub differences: Vec<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, example `{}`:", self.card, self.example)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// Runs one example of a card with the card's rule alone.
///
/// # Errors
/// [`Mismatch`] with every difference between the marks and the findings.
pub fn run_example(card: &Card, example: &Example) -> Result<(), Mismatch> {
    let differences = match run(card, example) {
        Ok(checked) => compare(card, example, &checked),
        Err(why) => vec![why],
    };
    if differences.is_empty() {
        return Ok(());
    }
    Err(Mismatch { card: format!("{}/{}", card.group, card.id), example: example.title.clone(), differences })
}

fn run(card: &Card, example: &Example) -> Result<Checked, String> {
    let mut tree = Memory::default();
    for file in example.files.iter().filter(|file| !file.is_base) {
        tree.insert(&file.path, file.text.clone());
    }
    let is_compared = example.files.iter().any(|file| file.is_base);
    if let (Some(config), Some(name)) = (&example.config, FILE_NAMES.first()) {
        tree.insert(name, config.clone());
    }
    // What the engine says of itself is said of other rules.
    let rules = (card.group != "engine").then(|| vec![card.id.clone()]);
    let mut options = CheckOptions { rules, today: Date::new(2026, 11, 1), ..CheckOptions::default() };
    if let Some(text) = &example.options {
        let value = serde_yaml::from_str(text).map_err(|error| format!("the options are no YAML: {error}"))?;
        options.rule_options.push((card.id.clone(), value));
    }
    if is_compared {
        // What the older revision does not say otherwise was there before.
        let mut base = tree.clone();
        for file in example.files.iter().filter(|file| file.is_base) {
            base.insert(&file.path, file.text.clone());
        }
        return check_since(tree, base, &options).map_err(|fault| format!("the run failed: {fault}"));
    }
    check(tree, &options).map_err(|fault| format!("the run failed: {fault}"))
}

/// What a comment at the end of a line says, or a number in a fence header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Related,
}

struct Mark {
    kind: Kind,
    line: Line,
    text: Option<String>,
}

fn compare(card: &Card, example: &Example, checked: &Checked) -> Vec<String> {
    let findings: Vec<&Finding> = checked.findings.iter().filter(|finding| *finding.rule == *card.id).collect();
    // The configuration may be the place to edit: a budget line.
    let config = example.config.as_ref().zip(FILE_NAMES.first()).map(|(text, name)| ExampleFile {
        path: (*name).to_owned(),
        text: text.clone(),
        errors: Vec::new(),
        related: Vec::new(),
        is_base: false,
    });
    let files = example.files.iter().filter(|file| !file.is_base);
    let marks: Vec<Mark> = files.chain(&config).flat_map(marks).collect();
    let line = |label: &Label| {
        let place = checked.sources.location(label.span);
        (place.path.to_string(), place.line)
    };
    if !example.fires {
        let stray = marks.iter().map(|mark| format!("{}: a silent example has no marks", shown(&mark.line)));
        let found = findings
            .iter()
            .map(|finding| format!("{}: not silent: {}", shown(&line(&finding.primary)), finding.message));
        return stray.chain(found).collect();
    }
    let (errors, related): (Vec<&Mark>, Vec<&Mark>) = marks.iter().partition(|mark| mark.kind == Kind::Error);
    let mut differences = Vec::new();
    if errors.is_empty() {
        differences.push("no line is marked with `# error`".to_owned());
    }
    for mark in errors.iter().filter(|mark| !findings.iter().any(|finding| line(&finding.primary) == mark.line)) {
        differences.push(format!("{}: marked, but nothing is found here", shown(&mark.line)));
    }
    let marked: BTreeSet<&Line> = errors.iter().map(|mark| &mark.line).collect();
    for finding in &findings {
        let place = line(&finding.primary);
        if !marked.contains(&place) {
            differences.push(format!("{}: found, but not marked: {}", shown(&place), finding.message));
        }
    }
    for mark in &errors {
        let here: Vec<&str> = findings
            .iter()
            .filter(|finding| line(&finding.primary) == mark.line)
            .map(|finding| finding.message.as_str())
            .collect();
        if let Some(text) = &mark.text
            && !here.is_empty()
            && !here.iter().any(|message| message.contains(text.as_str()))
        {
            differences.push(format!(
                "{}: expected `{text}` in the message, found: {}",
                shown(&mark.line),
                here.join(" / ")
            ));
        }
    }
    let other: Vec<(Line, &str)> = findings
        .iter()
        .flat_map(|finding| finding.related.iter().chain(&finding.trail))
        .map(|label| (line(label), label.message.as_str()))
        .collect();
    for mark in related {
        let text = mark.text.as_deref().unwrap_or_default();
        if !other.iter().any(|(place, words)| *place == mark.line && words.contains(text)) {
            let all: BTreeSet<String> =
                other.iter().map(|(place, words)| format!("{} ({words})", shown(place))).collect();
            let all = if all.is_empty() { "none".to_owned() } else { all.into_iter().collect::<Vec<_>>().join(", ") };
            differences
                .push(format!("{}: marked as related, but no such label here; labels: {all}", shown(&mark.line)));
        }
    }
    differences
}

fn shown((path, line): &Line) -> String {
    format!("{path}:{line}")
}

fn marks(file: &ExampleFile) -> Vec<Mark> {
    let path = normalize(&file.path);
    let mut marks = Vec::new();
    for (kind, numbers) in [(Kind::Error, &file.errors), (Kind::Related, &file.related)] {
        marks.extend(numbers.iter().map(|number| Mark { kind, line: (path.clone(), *number), text: None }));
    }
    for (index, line) in file.text.lines().enumerate() {
        for comment in comments(line) {
            let (word, text) = match comment.split_once(':') {
                Some((word, text)) => (word, Some(text.trim().to_owned())),
                None => (comment, None),
            };
            let kind = match word {
                "error" => Kind::Error,
                "related" => Kind::Related,
                _ => continue,
            };
            marks.push(Mark { kind, line: (path.clone(), index + 1), text });
        }
    }
    marks
}

/// The texts behind each `#` of a line that begins a comment.
fn comments(line: &str) -> impl Iterator<Item = &str> {
    let begins = |at: usize| line.get(..at).is_some_and(|head| head.is_empty() || head.ends_with([' ', '\t']));
    let starts: Vec<usize> = line.match_indices('#').map(|(at, _)| at).filter(|at| begins(*at)).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([line.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| line.get(start + 1..end).unwrap_or_default().trim())
}
