//! Workflow commands that become annotations on GitHub, one a finding.

use std::io;

use super::{Run, escape, prose, summary};
use crate::finding::{Finding, Severity};
use crate::source::Location;

/// GitHub keeps this many annotations of a severity in a step.
const MAX_ANNOTATIONS: usize = 10;
/// GitHub cuts longer messages (4096 characters); the position that is repeated in front has room besides.
const MAX_MESSAGE_CHARS: usize = 3000;
/// Related places that are listed.
const MAX_PLACES: usize = 10;

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let of = |severity: Severity| run.reported().filter(move |finding| finding.severity == severity);
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    let counts = severities.map(|severity| (severity, of(severity).count()));
    let cut = counts.iter().any(|(_, count)| *count > MAX_ANNOTATIONS);
    let mut more = Vec::new();
    for (severity, count) in counts {
        // The line that says how many are missing is a notice itself.
        let room = if cut && severity == Severity::Info { MAX_ANNOTATIONS - 1 } else { MAX_ANNOTATIONS };
        for finding in of(severity).take(room) {
            writeln!(out, "{}", command(run, finding))?;
        }
        if count > room {
            more.push(summary::counted(count - room, severity.word()));
        }
    }
    if !more.is_empty() {
        writeln!(
            out,
            "::notice title=flux-vet::{} more without annotation: the other reports list them",
            more.join(", ")
        )?;
    }
    Ok(())
}

fn command(run: &Run<'_>, finding: &Finding) -> String {
    let at = run.sources.location(finding.primary.span);
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = vec![("file", escape::lines(&at.path)), ("line", at.line.to_string())];
    properties.push(("endLine", at.end_line.to_string()));
    if at.line == at.end_line {
        // The runner drops columns over several lines.
        properties.push(("col", at.column.to_string()));
        properties.push(("endColumn", at.end_column.to_string()));
    }
    properties.push(("title", escape::line(&finding.rule)));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape_property(value))).collect();
    let line = format!("::{command} {}::{}", properties.join(","), escape_data(&message(run, finding, &at)));
    // Data after the command keeps its escapes: the guard only breaks a second command.
    escape::without_commands(&line)
}

fn message(run: &Run<'_>, finding: &Finding, at: &Location) -> String {
    let mut text = format!("{}: {}", position(at), escape::line(&finding.message));
    for label in finding.related.iter().take(MAX_PLACES) {
        let place = position(&run.sources.location(label.span));
        let words = escape::line(&label.message);
        let line = if words.is_empty() { format!("\n  {place}") } else { format!("\n  {place}: {words}") };
        text.push_str(&line);
    }
    if let Some(more @ 1..) = finding.related.len().checked_sub(MAX_PLACES) {
        text.push_str(&format!("\n  and {more} more"));
    }
    let help = prose::wrapped(&escape::lines(&finding.help), usize::MAX);
    if !help.is_empty() {
        text.push_str("\nhelp: ");
        text.push_str(&help.join("\n      "));
    }
    escape::cut(&text, MAX_MESSAGE_CHARS).into_owned()
}

fn position(at: &Location) -> String {
    format!("{}:{}:{}", escape::path(&at.path), at.line, at.column)
}

/// Escapes the text after `::`.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runner's own way back: one replacement after the other, `%25` last.
    fn unescape(text: &str, property: bool) -> String {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        let text = if property { text.replace("%3A", ":").replace("%2C", ",") } else { text };
        text.replace("%25", "%")
    }

    fn texts() -> impl Iterator<Item = String> {
        const PARTS: [&str; 12] = ["", "%", "%25", "%0A", "\n", "\r", ":", ",", "::", "%3A", "0A", "ä"];
        let count = PARTS.len();
        (0..count.pow(4)).map(move |mut number| {
            let mut text = String::new();
            for _ in 0..4 {
                text.push_str(PARTS[number % count]);
                number /= count;
            }
            text
        })
    }

    #[test]
    fn the_runner_reads_back_what_was_escaped() {
        for text in texts() {
            assert_eq!(unescape(&escape_data(&text), false), text);
            assert_eq!(unescape(&escape_property(&text), true), text);
        }
    }

    #[test]
    fn escaped_text_ends_neither_line_nor_property() {
        for text in texts() {
            assert!(!escape_data(&text).contains(['\n', '\r']));
            assert!(!escape_property(&text).contains(['\n', '\r', ':', ',']));
        }
    }
}
