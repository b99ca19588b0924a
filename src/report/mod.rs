//! Findings as text: one file a format, all over the same finished run.

mod budget;
mod concise;
mod escape;
mod github;
mod graph;
mod human;
pub mod json;
mod objects;
mod prose;
pub mod reach;
mod redact;
mod sarif;
mod snippet;
mod summary;
mod trace;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::finding::{Confidence, Coverage, Finding, Severity, State, Summary};
use crate::source::Sources;
pub use budget::{BudgetForm, BudgetStyle, Compared, budget};
pub use graph::{LayoutFailed, Picture, graph, too_large};
pub use objects::{ObjectStyle, object};
pub use trace::{Trace, trace};

/// What a rule's card tells the formats that describe rules themselves (SARIF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Rule id.
    pub id: String,
    /// Group.
    pub group: String,
    /// One line.
    pub summary: String,
    /// What it does, Markdown.
    pub what: String,
    /// Why it matters, Markdown.
    pub why: String,
    /// What to do, Markdown.
    pub help: String,
    /// Default severity.
    pub severity: Severity,
    /// Weight of the proof.
    pub confidence: Confidence,
}

/// A finished run, as every format sees it.
pub struct Run<'a> {
    /// The files that spans point into.
    pub sources: &'a Sources,
    /// All findings in their final order, suppressed ones included.
    pub findings: &'a [Finding],
    /// What was covered.
    pub coverage: &'a Coverage,
    /// Counts of the reported findings.
    pub summary: Summary,
    /// The cards of all rules that ran, sorted by id.
    pub rules: &'a [RuleText],
}

impl<'a> Run<'a> {
    /// The findings that count, in their final order.
    pub fn reported(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(|finding| finding.state == State::Reported)
    }
}

/// Writes the findings alone, for people, without summary and coverage.
///
/// # Errors
/// Those of the writer.
pub fn findings(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    human::findings(run, style, out)
}

/// A text without the values of secrets, its lines as they are.
pub fn without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in redact::hidden(text) {
        shown.push_str(text.get(at..range.start).unwrap_or_default());
        let lines = text.get(range.clone()).unwrap_or_default().matches('\n').count();
        shown.push_str(redact::HIDDEN);
        shown.push_str(&"\n".repeat(lines));
        at = range.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For people: the source lines of every place involved, reasons and advice, what was covered.
    Human,
    /// One line a finding, for editors, matchers and scripts.
    Concise,
    /// Everything, for programs; the schema is `schemas/report-v1.json`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that become annotations on GitHub.
    Github,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub fn all() -> &'static [Format] {
        &[Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github]
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
        }
    }

    /// Whether a report is a sequence of lines, so that it may share a stream with another of that kind.
    pub fn is_lines(self) -> bool {
        matches!(self, Format::Human | Format::Concise | Format::Github)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{given}`; known are {}", Format::all().iter().map(|format| format.word()).collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat {
    /// As given.
    pub given: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        // The versioned name of a format stays valid when the plain one moves on.
        let plain = if word == "json-v1" { "json" } else { word };
        let known = Format::all().iter().find(|format| format.word() == plain);
        known.copied().ok_or_else(|| UnknownFormat { given: word.to_owned() })
    }
}

/// How text may be decorated. Formats for programs ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Colour codes.
    pub color: bool,
    /// Links on the names of rules (OSC 8).
    pub hyperlinks: bool,
}

/// Writes a finished run in one format. The same run gives the same bytes.
///
/// # Errors
/// What the writer says.
pub fn write(run: &Run<'_>, format: Format, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(run, style, out),
        Format::Concise => concise::write(run, style, out),
        Format::Json => json::write(run, out),
        Format::Sarif => sarif::write(run, out),
        Format::Github => github::write(run, out),
    }
}

/// The page of a rule in the rule book.
pub fn rule_url(group: &str, id: &str) -> String {
    format!("{}/blob/main/rules/{}/{}.md", env!("CARGO_PKG_REPOSITORY"), percent_encoded(group), percent_encoded(id))
}

/// A relative path as a URI reference: everything that is neither unreserved nor a separator is encoded.
fn percent_encoded(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // `write!` to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_reads_its_own_word() {
        for format in Format::all() {
            assert_eq!(format.to_string().parse(), Ok(*format));
        }
        assert_eq!("json-v1".parse(), Ok(Format::Json));
        assert_eq!(
            "xml".parse::<Format>().unwrap_err().to_string(),
            "unknown format `xml`; known are human, concise, json, sarif, github"
        );
    }

    #[test]
    fn a_path_becomes_a_uri_reference() {
        assert_eq!(percent_encoded("apps/my app/größe#1?.yaml"), "apps/my%20app/gr%C3%B6%C3%9Fe%231%3F.yaml");
        assert_eq!(percent_encoded("a:b%20\\c"), "a%3Ab%2520%5Cc");
    }
}
