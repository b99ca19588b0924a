//! The diagnostic format of reviewdog, as one value or as a line a finding.
//!
//! The form is that of `reviewdog/reviewdog:proto/rdf/reviewdog.proto`.

use std::io;

use serde_json::{Value, json};

use super::json::put;
use super::{Run, columns, escape, json as report, prose, rule_url};
use crate::finding::{Finding, Severity};
use crate::source::Span;

/// Related places of a finding; a line stays below the 64 KiB that its reader takes.
const MAX_PLACES: usize = 50;
/// Longest text of one field (characters).
const MAX_TEXT_CHARS: usize = 4000;

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let diagnostics: Vec<Value> = run.reported().map(|finding| diagnostic(run, finding)).collect();
    report::write_value(&json!({ "source": source(), "diagnostics": diagnostics }), out)
}

pub(super) fn write_lines(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    run.reported().try_for_each(|finding| {
        let mut diagnostic = diagnostic(run, finding);
        put(&mut diagnostic, "source", source());
        report::write_line(&diagnostic, out)
    })
}

fn source() -> Value {
    json!({ "name": env!("CARGO_PKG_NAME"), "url": env!("CARGO_PKG_REPOSITORY") })
}

fn diagnostic(run: &Run<'_>, finding: &Finding) -> Value {
    let help = prose::wrapped(&escape::lines(&finding.help), usize::MAX).join("\n");
    let mut message = escape::line(&finding.message);
    if !help.is_empty() {
        message.push_str("\n\nhelp: ");
        message.push_str(&help);
    }
    let mut diagnostic = json!({
        "message": escape::cut(&message, MAX_TEXT_CHARS),
        "location": location(run, finding.primary.span),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": { "value": &*finding.rule, "url": rule_url(&finding.group, &finding.rule) },
    });
    // A suggestion is about the file of the finding: the others cannot be said.
    let suggestions: Vec<Value> = match &finding.fix {
        Some(fix) if fix.edits.iter().all(|edit| edit.span.file == finding.primary.span.file) => {
            fix.edits.iter().map(|edit| json!({ "range": range(run, edit.span), "text": edit.text })).collect()
        }
        _ => Vec::new(),
    };
    if !suggestions.is_empty() {
        put(&mut diagnostic, "suggestions", json!(suggestions));
    }
    let related = finding.related.iter().take(MAX_PLACES).map(|label| {
        let message = escape::line(&label.message);
        json!({ "message": escape::cut(&message, MAX_TEXT_CHARS), "location": location(run, label.span) })
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        put(&mut diagnostic, "relatedLocations", json!(related));
    }
    diagnostic
}

fn location(run: &Run<'_>, span: Span) -> Value {
    json!({ "path": &*run.sources.location(span).path, "range": range(run, span) })
}

fn range(run: &Run<'_>, span: Span) -> Value {
    let at = columns::in_bytes(run.sources, span);
    json!({
        "start": { "line": at.line, "column": at.column },
        "end": { "line": at.end_line, "column": at.end_column },
    })
}
