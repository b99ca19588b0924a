//! Runs the examples of a card: the firing ones fire on the marked lines and nowhere else, the silent ones are silent.

use std::collections::BTreeSet;
use std::fmt;

use super::card::{Card, Example, ExampleFile};
use super::user::CardText;
use crate::config::{Date, FILE_NAMES};
use crate::finding::{Finding, Label};
use crate::source::{Memory, normalize};
use crate::{CheckOptions, Checked, check, check_since};

/// What a rule reports that fails itself.
const RULE_ERROR: &str = "rule-error";

/// A line of a file of an example.
type Line = (String, usize);

/// How an example differs from what its card says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mismatch {
    /// `group/id` of the card.
    pub card: String,
    /// Title of the example.
    pub example: String,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// One difference between the marks of an example and the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// File of the example and line; `None` for the example as a whole.
    pub at: Option<(String, usize)>,
    /// What differs.
    pub words: String,
}

impl Difference {
    fn new(at: &Line, words: impl Into<String>) -> Self {
        Difference { at: Some(at.clone()), words: words.into() }
    }

    fn whole(words: impl Into<String>) -> Self {
        Difference { at: None, words: words.into() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{}: {}", shown(at), self.words),
            None => f.write_str(&self.words),
        }
    }
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
    run_example_of(card, example, None)
}

/// The same for a card of a repository, which its tree does not hold.
///
/// # Errors
/// As for [`run_example`].
pub fn run_example_of(card: &Card, example: &Example, text: Option<&CardText>) -> Result<(), Mismatch> {
    let differences = match run(card, example, text) {
        Ok(checked) => compare(card, example, &checked),
        Err(why) => vec![Difference::whole(why)],
    };
    if differences.is_empty() {
        return Ok(());
    }
    Err(Mismatch { card: format!("{}/{}", card.group, card.id), example: example.title.clone(), differences })
}

fn run(card: &Card, example: &Example, text: Option<&CardText>) -> Result<Checked, String> {
    let mut tree = Memory::default();
    for file in example.files.iter().filter(|file| !file.is_base) {
        tree.insert(&file.path, file.text.clone());
    }
    let is_compared = example.files.iter().any(|file| file.is_base);
    if let (Some(config), Some(name)) = (&example.config, FILE_NAMES.first()) {
        tree.insert(name, config.clone());
    }
    // Suppressions are judged by what other rules find.
    let rules = (!card.id.starts_with("suppression-")).then(|| vec![card.id.clone(), RULE_ERROR.to_owned()]);
    let mut options = CheckOptions {
        rules,
        cards: text.map(|text| vec![text.clone()]),
        today: Date::new(2026, 11, 1),
        ..CheckOptions::default()
    };
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

fn compare(card: &Card, example: &Example, checked: &Checked) -> Vec<Difference> {
    let findings: Vec<&Finding> = checked.findings.iter().filter(|finding| *finding.rule == *card.id).collect();
    if let Some(error) = checked.findings.iter().find(|finding| *finding.rule == *RULE_ERROR) {
        return vec![Difference::whole(error.message.clone())];
    }
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
        let stray = marks.iter().map(|mark| Difference::new(&mark.line, "a silent example has no marks"));
        let found = findings
            .iter()
            .map(|finding| Difference::new(&line(&finding.primary), format!("not silent: {}", finding.message)));
        return stray.chain(found).collect();
    }
    let (errors, related): (Vec<&Mark>, Vec<&Mark>) = marks.iter().partition(|mark| mark.kind == Kind::Error);
    let mut differences = Vec::new();
    if errors.is_empty() {
        differences.push(Difference::whole("no line is marked with `# error`"));
    }
    for mark in errors.iter().filter(|mark| !findings.iter().any(|finding| line(&finding.primary) == mark.line)) {
        differences.push(Difference::new(&mark.line, "marked, but nothing is found here"));
    }
    let marked: BTreeSet<&Line> = errors.iter().map(|mark| &mark.line).collect();
    for finding in &findings {
        let place = line(&finding.primary);
        if !marked.contains(&place) {
            differences.push(Difference::new(&place, format!("found, but not marked: {}", finding.message)));
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
            let words = format!("expected `{text}` in the message, found: {}", here.join(" / "));
            differences.push(Difference::new(&mark.line, words));
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
                .push(Difference::new(&mark.line, format!("marked as related, but no such label here; labels: {all}")));
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
