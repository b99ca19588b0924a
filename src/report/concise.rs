//! One line a finding, for editors, matchers and scripts: `path:line:col: severity[rule]: message`.

use std::io;

use codespan_reporting::term::termcolor::{Buffer, Color, ColorSpec, WriteColor};

use super::{Extent, Run, Style, escape, prose, summary};
use crate::finding::{Finding, Severity};

/// A message is cut after this many characters: readers of lines have limits.
const MAX_MESSAGE_CHARS: usize = 2000;

/// Whether a line says what to do, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    LeftOut,
    /// Behind the message, as `; help: …`.
    Appended,
}

pub(super) fn write(run: &Run<'_>, style: &Style, advice: Advice, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in run.reported() {
        let mut line = if style.color { Buffer::ansi() } else { Buffer::no_color() };
        write_finding(run, finding, advice, &mut line)?;
        writeln!(out, "{}", escape::guard(&String::from_utf8_lossy(line.as_slice())))?;
    }
    if style.extent == Extent::Statistics {
        for line in summary::statistics(run) {
            writeln!(out, "flux-vet: {line}")?;
        }
    }
    if style.extent == Extent::Findings {
        return Ok(());
    }
    if style.suppressed {
        for line in summary::set_aside(run) {
            writeln!(out, "{}", escape::guard(&format!("flux-vet: {line}")))?;
        }
    }
    // Lines with this head hold no position, so that no matcher takes them.
    writeln!(out, "flux-vet: {}", summary::sentence(run))?;
    if let Some(fixable) = summary::fixable(run) {
        writeln!(out, "flux-vet: {fixable}")?;
    }
    let gaps = summary::gaps(run);
    if !gaps.is_empty() {
        let gaps: Vec<String> = gaps.iter().map(|gap| format!("{} ({})", gap.class, gap.count)).collect();
        writeln!(out, "flux-vet: not checked: {}", gaps.join(", "))?;
    }
    Ok(())
}

fn write_finding(run: &Run<'_>, finding: &Finding, advice: Advice, out: &mut Buffer) -> io::Result<()> {
    use io::Write as _;
    let at = run.sources.location(finding.primary.span);
    let severity = match finding.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Green,
    };
    painted(out, ColorSpec::new().set_bold(true), &escape::path(&at.path))?;
    write!(out, ":{}:{}: ", at.line, at.column)?;
    painted(out, ColorSpec::new().set_fg(Some(severity)).set_bold(true), finding.severity.word())?;
    write!(out, "[")?;
    painted(out, ColorSpec::new().set_fg(Some(Color::Cyan)), &escape::line(&finding.rule))?;
    let mut message = escape::line(&finding.message);
    let help = prose::joined(&escape::lines(&finding.help));
    if advice == Advice::Appended && !help.is_empty() {
        message.push_str("; help: ");
        message.push_str(&escape::line(&help));
    }
    write!(out, "]: {}", escape::cut(&message, MAX_MESSAGE_CHARS))
}

/// Separators are never coloured: readers look for them.
fn painted(out: &mut Buffer, color: &ColorSpec, text: &str) -> io::Result<()> {
    use io::Write as _;
    out.set_color(color)?;
    write!(out, "{text}")?;
    out.reset()
}
