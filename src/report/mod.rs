//! Findings as text: one file a format, all over the same finished run.

use crate::finding::{Confidence, Coverage, Finding, Severity, Summary};
use crate::source::Sources;

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
