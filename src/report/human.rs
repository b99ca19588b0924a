//! For people: every place a finding involves with its source line, why it matters and what to do; then what was covered.

use std::io;

use codespan_reporting::diagnostic::{Diagnostic, Label as Mark, LabelStyle, Severity as Level};
use codespan_reporting::files::Error;
use codespan_reporting::term::termcolor::{Buffer, Color, ColorSpec, WriteColor};
use codespan_reporting::term::{self, Config};

use super::redact::Hide;
use super::snippet::{Hidden, Snippets};
use super::{Extent, Run, Style, escape, prose, rule_url, summary};
use crate::finding::{Confidence, Finding, Label, Severity};
use crate::source::Span;

/// Places of one finding that are shown with their lines; the others are named in a note.
const MAX_SNIPPETS: usize = 8;
/// Places that such a note names.
const MAX_NAMED: usize = 5;
/// Width of the text of notes (characters).
const NOTE_WIDTH: usize = 96;

pub(super) fn write(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { run, style, hidden: Hidden::default() };
    for finding in run.reported() {
        page.finding(finding, out)?;
    }
    if style.extent == Extent::Findings {
        return Ok(());
    }
    page.summary(out)?;
    page.set_aside(out)?;
    page.statistics(out)?;
    page.coverage(out)
}

/// The findings alone.
pub(super) fn findings(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { run, style, hidden: Hidden::default() };
    run.reported().try_for_each(|finding| page.finding(finding, out))
}

struct Page<'a> {
    run: &'a Run<'a>,
    style: &'a Style,
    hidden: Hidden,
}

impl Page<'_> {
    fn buffer(&self) -> Buffer {
        if self.style.color { Buffer::ansi() } else { Buffer::no_color() }
    }

    fn finding(&mut self, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        let mut header = self.buffer();
        self.header(finding, &mut header)?;
        print(&header, 0, out)?;

        let (shown, named) = places(finding);
        let spans: Vec<Span> = shown.iter().map(|place| place.span).collect();
        let hide = if &*finding.group == "secrets" { Hide::AllValues } else { Hide::SecretData };
        let (snippets, at) = Snippets::new(self.run.sources, &spans, hide, &mut self.hidden);
        let marks = shown.iter().zip(at).enumerate().map(|(number, (place, (view, range)))| {
            let style = if number == 0 { LabelStyle::Primary } else { LabelStyle::Secondary };
            Mark::new(style, view, range).with_message(escape::line(&place.message))
        });
        let mut diagnostic = Diagnostic::new(level(finding.severity)).with_labels(marks.collect());
        diagnostic.notes = self.notes(finding, &named);

        let mut body = self.buffer();
        term::emit_to_write_style(&mut body, &Config::default(), &snippets, &diagnostic).map_err(into_io)?;
        // codespan's own header is left out: it has no word for `info` and no links.
        print(&body, 1, out)
    }

    fn header(&self, finding: &Finding, out: &mut Buffer) -> io::Result<()> {
        use io::Write as _;
        let rule = escape::line(&finding.rule);
        out.set_color(ColorSpec::new().set_bold(true).set_intense(true).set_fg(Some(color(finding.severity))))?;
        write!(out, "{}[", finding.severity)?;
        if self.style.hyperlinks {
            write!(out, "\u{1b}]8;;{}\u{1b}\\{rule}\u{1b}]8;;\u{1b}\\", rule_url(&finding.group, &finding.rule))?;
        } else {
            write!(out, "{rule}")?;
        }
        write!(out, "]")?;
        out.set_color(ColorSpec::new().set_bold(true).set_intense(true))?;
        write!(out, ": {}", escape::line(&finding.message))?;
        out.reset()?;
        writeln!(out)
    }

    fn notes(&self, finding: &Finding, named: &[Label]) -> Vec<String> {
        let mut notes = Vec::new();
        if !named.is_empty() {
            let mut also: Vec<String> = named.iter().take(MAX_NAMED).map(|label| self.place_in_words(label)).collect();
            if let Some(more @ 1..) = named.len().checked_sub(MAX_NAMED) {
                also.push(format!("and {more} more"));
            }
            notes.push(format!("also: {}", also.join("\n      ")));
        }
        notes.extend(note("why", &finding.why));
        notes.extend(note("help", &finding.help));
        if let Some(fix) = &finding.fix {
            notes.extend(note("fix", &escape::line(&fix.title)));
        }
        if finding.confidence == Confidence::Low {
            notes.extend(note("confidence", "low"));
        }
        if let Some(cluster) = finding.cluster.as_ref().filter(|_| self.run.coverage.clusters.len() > 1) {
            notes.extend(note("cluster", &escape::path(cluster)));
        }
        notes
    }

    fn place_in_words(&self, label: &Label) -> String {
        let at = self.run.sources.location(label.span);
        let place = format!("{}:{}:{}", escape::path(&at.path), at.line, at.column);
        format!("{place} {}", escape::line(&label.message)).trim_end().to_owned()
    }

    fn summary(&self, out: &mut dyn io::Write) -> io::Result<()> {
        use io::Write as _;
        let counts = &self.run.summary;
        let worst = match (counts.error, counts.warning) {
            (1.., _) => Severity::Error,
            (0, 1..) => Severity::Warning,
            (0, 0) => Severity::Info,
        };
        let mut text = self.buffer();
        text.set_color(ColorSpec::new().set_bold(true).set_intense(true).set_fg(Some(color(worst))))?;
        write!(text, "{}", summary::sentence(self.run))?;
        text.reset()?;
        writeln!(text)?;
        if let Some(fixable) = summary::fixable(self.run) {
            writeln!(text, "{fixable}")?;
        }
        print(&text, 0, out)
    }

    /// What does not count, where that is asked for.
    fn set_aside(&self, out: &mut dyn io::Write) -> io::Result<()> {
        use io::Write as _;
        let lines = if self.style.suppressed { summary::set_aside(self.run) } else { Vec::new() };
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = self.buffer();
        writeln!(text, "\nset aside")?;
        for line in lines {
            writeln!(text, "  {line}")?;
        }
        print(&text, 0, out)
    }

    /// How many findings each rule has, where that is asked for.
    fn statistics(&self, out: &mut dyn io::Write) -> io::Result<()> {
        use io::Write as _;
        let lines = summary::statistics(self.run);
        if self.style.extent != Extent::Statistics || lines.is_empty() {
            return Ok(());
        }
        let mut text = self.buffer();
        writeln!(text, "\nby rule")?;
        for line in lines {
            writeln!(text, "  {line}")?;
        }
        print(&text, 0, out)
    }

    fn coverage(&self, out: &mut dyn io::Write) -> io::Result<()> {
        use io::Write as _;
        let mut text = self.buffer();
        if !self.run.coverage.clusters.is_empty() {
            writeln!(text, "\nchecked")?;
        }
        for cluster in &self.run.coverage.clusters {
            writeln!(text, "  {}", summary::cluster(cluster))?;
        }
        let gaps = summary::gaps(self.run);
        if !gaps.is_empty() {
            writeln!(text, "\nnot checked")?;
        }
        for gap in gaps {
            writeln!(text, "  {} ({})", gap.class, gap.count)?;
            for line in gap.lines {
                writeln!(text, "    {line}")?;
            }
        }
        print(&text, 0, out)
    }
}

/// The places that are shown with their lines, the primary first, and those that are only named. A place that comes
/// twice is shown once, with both texts.
fn places(finding: &Finding) -> (Vec<Label>, Vec<Label>) {
    let mut shown: Vec<Label> = Vec::new();
    let mut named: Vec<Label> = Vec::new();
    for label in std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trail) {
        if let Some(known) = shown.iter_mut().find(|known| known.span == label.span) {
            if known.message.is_empty() {
                known.message.clone_from(&label.message);
            } else if !label.message.is_empty() && known.message != label.message {
                known.message = format!("{}, {}", known.message, label.message);
            }
        } else if shown.len() < MAX_SNIPPETS {
            shown.push(label.clone());
        } else if !named.contains(label) {
            named.push(label.clone());
        }
    }
    (shown, named)
}

/// A note with a head, wrapped, its further lines under the text; `None` where there is no text.
fn note(head: &str, text: &str) -> Option<String> {
    let indent = head.len() + 2;
    let lines = prose::wrapped(&escape::lines(text), NOTE_WIDTH.saturating_sub(indent));
    let text = lines.join(&format!("\n{}", " ".repeat(indent)));
    (!text.is_empty()).then(|| format!("{head}: {text}"))
}

/// Passes the lines of a rendered text on, each one checked.
pub(super) fn print(text: &Buffer, skip: usize, out: &mut dyn io::Write) -> io::Result<()> {
    for line in String::from_utf8_lossy(text.as_slice()).lines().skip(skip) {
        writeln!(out, "{}", escape::guard(line.trim_end()))?;
    }
    Ok(())
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Note,
    }
}

fn color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Info => Color::Green,
    }
}

pub(super) fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_lines_of_a_note_stand_under_its_text() {
        let words = "word ".repeat(30);
        let note = note("help", &words).unwrap();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("help: word") && lines[1].starts_with("      word"));
        assert!(lines.iter().all(|line| line.len() <= NOTE_WIDTH));
    }
}
