//! Findings as text: one file a format, all over the same finished run.

mod azure;
mod budget;
mod checkstyle;
mod columns;
mod concise;
mod escape;
mod format;
mod github;
mod gitlab;
mod graph;
mod human;
pub mod json;
mod junit;
mod markdown;
mod objects;
mod prose;
mod rdjson;
pub mod reach;
mod redact;
mod sarif;
mod snippet;
mod sonar;
mod summary;
mod tap;
mod trace;

use std::io;
use std::sync::Arc;

use self::concise::Advice;
use crate::cluster::graph::Graph;
use crate::finding::{Confidence, Coverage, Finding, Severity, State, Summary};
use crate::source::Sources;
pub use budget::{BudgetForm, BudgetStyle, Compared, budget};
pub use format::{Format, UnknownFormat};
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
    /// What the clusters look like, for the formats that show it.
    pub views: Option<&'a Views>,
}

/// What clusters look like as a whole.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// What each asks for.
    pub budgets: Vec<Compared>,
    /// What Flux objects of each depend on, and the same without HelmReleases, where that is too much for a picture.
    pub graphs: [Vec<Graph>; 2],
}

impl<'a> Run<'a> {
    /// The findings that count, in their final order.
    pub fn reported(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(|finding| finding.state == State::Reported)
    }

    /// The same by the file of their place; findings stand in the order of paths already.
    fn by_file(&self) -> Vec<(Arc<str>, Vec<&'a Finding>)> {
        let mut files: Vec<(Arc<str>, Vec<&Finding>)> = Vec::new();
        for finding in self.reported() {
            let path = self.sources.location(finding.primary.span).path;
            match files.last_mut() {
                Some((last, findings)) if *last == path => findings.push(finding),
                _ => files.push((path, vec![finding])),
            }
        }
        files
    }
}

/// Writes the findings alone, for people, without summary and coverage.
///
/// # Errors
/// Those of the writer.
pub fn findings(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    human::findings(run, style, out)
}

/// A text of the tree as one line that no terminal and no log takes for a command.
pub fn one_line(text: &str) -> String {
    escape::guard(&escape::line(text))
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

/// How text may be decorated, and how much of it there is. Formats for programs ignore the decoration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Colour codes.
    pub color: bool,
    /// Links on the names of rules (OSC 8).
    pub hyperlinks: bool,
    /// How much is said besides the findings.
    pub extent: Extent,
    /// Whether findings that do not count are listed, in the formats for people.
    pub suppressed: bool,
}

/// How much a report says besides the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nothing, in the formats for people and matchers.
    Findings,
    /// What was covered.
    #[default]
    Coverage,
    /// What was covered, and how many findings each rule has.
    Statistics,
}

/// Writes a finished run in one format. The same run gives the same bytes.
///
/// # Errors
/// What the writer says.
pub fn write(run: &Run<'_>, format: Format, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(run, style, out),
        Format::Concise => concise::write(run, style, Advice::LeftOut, out),
        Format::Agent => concise::write(run, style, Advice::Appended, out),
        Format::Json => json::write(run, style, out),
        Format::Jsonl => json::write_lines(run, out),
        Format::Sarif => sarif::write(run, style, out),
        Format::Github => github::write(run, out),
        Format::Gitlab => gitlab::write(run, out),
        Format::Junit => junit::write(run, out),
        Format::Checkstyle => checkstyle::write(run, out),
        Format::Rdjson => rdjson::write(run, out),
        Format::Rdjsonl => rdjson::write_lines(run, out),
        Format::Azure => azure::write(run, out),
        Format::Sonar => sonar::write(run, out),
        Format::Markdown => markdown::write(run, style, out),
        Format::Tap => tap::write(run, out),
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
    fn a_path_becomes_a_uri_reference() {
        assert_eq!(percent_encoded("apps/my app/größe#1?.yaml"), "apps/my%20app/gr%C3%B6%C3%9Fe%231%3F.yaml");
        assert_eq!(percent_encoded("a:b%20\\c"), "a%3Ab%2520%5Cc");
    }
}
