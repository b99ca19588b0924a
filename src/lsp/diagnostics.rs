//! Findings as diagnostics, over as many files as they stand in.

use std::collections::BTreeMap;

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Message, Uri,
};
use serde_json::json;

use super::client::Client;
use super::position::Lines;
use super::snapshot::Snapshot;
use super::view::View;
use crate::fault::Fault;
use crate::finding::{Finding, Label, Severity};
use crate::report::rule_url;

/// Who says it.
const SOURCE: &str = "flux-vet";

/// The diagnostics of a check, by path.
pub fn all(view: &View<'_>, snapshot: &Snapshot) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut found: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for finding in snapshot.reported() {
        let path = &snapshot.checked.sources.file(finding.primary.span.file).path;
        found.entry(path.to_string()).or_default().push(of(view, snapshot, finding));
    }
    found
}

/// A finding as a diagnostic.
pub fn of(view: &View<'_>, snapshot: &Snapshot, finding: &Finding) -> Diagnostic {
    let mut others: Vec<&Label> = finding.related.iter().collect();
    others.extend(finding.trail.iter().filter(|step| step.span != finding.primary.span));
    let mut message = finding.message.clone();
    if !view.client.has_related {
        for label in &others {
            let at = snapshot.checked.sources.location(label.span);
            message.push_str(&format!("\n{}:{}:{}: {}", at.path, at.line, at.column, label.message));
        }
    }
    if !finding.help.is_empty() {
        message.push_str(&format!("\nhelp: {}", finding.help));
    }
    let related = others.into_iter().map(|label| DiagnosticRelatedInformation {
        location: view.location(snapshot, label.span),
        message: if label.message.is_empty() { "see here".to_owned() } else { label.message.clone() },
    });
    Diagnostic {
        range: view.region(snapshot, finding.primary.span),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Info => DiagnosticSeverity::Information,
        }),
        code: Some(Code::String(finding.rule.to_string())),
        code_description: Some(CodeDescription { href: Uri(rule_url(&finding.group, &finding.rule)) }),
        source: Some(SOURCE.to_owned()),
        message: Message::String(message),
        tags: tag(finding).filter(|_| view.client.has_tags).map(|tag| vec![tag]),
        related_information: view.client.has_related.then(|| related.collect::<Vec<_>>()),
        data: Some(json!({ "fingerprint": finding.fingerprint, "fix": finding.fix.as_ref().map(|fix| &fix.title) })),
    }
}

fn tag(finding: &Finding) -> Option<DiagnosticTag> {
    if finding.rule.ends_with("-unused") {
        Some(DiagnosticTag::Unnecessary)
    } else if finding.rule.ends_with("-deprecated") {
        Some(DiagnosticTag::Deprecated)
    } else {
        None
    }
}

/// A fault of a file of our own at its place; `None` for one that has none.
pub fn of_fault(fault: &Fault, client: Client) -> Option<(String, Diagnostic)> {
    let Fault::Place { message, source_code, at, label, help } = fault else { return None };
    let range = at.offset()..at.offset() + at.len();
    let mut text = message.clone();
    for more in
        [Some(label).filter(|label| !matches!(label.as_str(), "" | "here")), help.as_ref()].into_iter().flatten()
    {
        text.push_str(&format!("\n{more}"));
    }
    let diagnostic = Diagnostic {
        range: Lines::new(source_code.inner(), client.encoding).region(range),
        severity: Some(DiagnosticSeverity::Error),
        code: Some(Code::String("configuration".to_owned())),
        source: Some(SOURCE.to_owned()),
        message: Message::String(text),
        ..Diagnostic::default()
    };
    Some((source_code.name().to_owned(), diagnostic))
}
