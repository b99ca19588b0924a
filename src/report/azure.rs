//! Logging commands that become issues of an Azure pipeline, one a finding.
//!
//! Escapes as in `microsoft/azure-pipelines-task-lib:node/taskcommand.ts`.

use std::io;

use super::{Run, escape};
use crate::finding::{Finding, Severity};

/// Longest message (characters).
const MAX_MESSAGE_CHARS: usize = 3000;

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    run.reported().try_for_each(|finding| writeln!(out, "{}", command(run, finding)))
}

fn command(run: &Run<'_>, finding: &Finding) -> String {
    let at = run.sources.location(finding.primary.span);
    let kind = match finding.severity {
        Severity::Error => "error",
        // There is no third word.
        Severity::Warning | Severity::Info => "warning",
    };
    let properties = [
        ("type", kind.to_owned()),
        ("sourcepath", escape::lines(&at.path)),
        ("linenumber", at.line.to_string()),
        ("columnnumber", at.column.to_string()),
        ("code", escape::line(&finding.rule)),
    ];
    let properties: String =
        properties.iter().map(|(name, value)| format!("{name}={};", escape_property(value))).collect();
    let message = escape::line(&finding.message);
    format!("##vso[task.logissue {properties}]{}", escape_data(&escape::cut(&message, MAX_MESSAGE_CHARS)))
}

/// Escapes the text after a command.
fn escape_data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(']', "%5D").replace(';', "%3B")
}
