//! The chain behind an object or a value as numbered snippets: the oldest place first.

use std::io;

use codespan_reporting::diagnostic::{Diagnostic, Label as Mark, LabelStyle, Severity as Level};
use codespan_reporting::term::termcolor::{Buffer, Color, ColorSpec, WriteColor};
use codespan_reporting::term::{self, Config};

use super::human::{into_io, print};
use super::redact::Hide;
use super::snippet::{Hidden, Snippets};
use super::{Style, escape};
use crate::finding::Label;
use crate::source::{Sources, Span};

/// A chain to show.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What it is about, and the value.
    pub title: String,
    /// The places, oldest first.
    pub steps: Vec<Label>,
    /// What is to be known besides.
    pub notes: Vec<String>,
}

/// Writes a chain.
///
/// # Errors
/// Those of the writer.
pub fn trace(trace: &Trace, sources: &Sources, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    use io::Write as _;
    let buffer = || if style.color { Buffer::ansi() } else { Buffer::no_color() };
    let mut header = buffer();
    header.set_color(ColorSpec::new().set_bold(true).set_fg(Some(Color::Cyan)))?;
    write!(header, "{}", escape::line(&trace.title))?;
    header.reset()?;
    writeln!(header)?;
    print(&header, 0, out)?;

    let spans: Vec<Span> = trace.steps.iter().map(|step| step.span).collect();
    let (snippets, places) = Snippets::new(sources, &spans, Hide::SecretData, &mut Hidden::default());
    let last = trace.steps.len().saturating_sub(1);
    let marks = trace.steps.iter().zip(places).enumerate().map(|(at, (step, (view, range)))| {
        let style = if at == last { LabelStyle::Primary } else { LabelStyle::Secondary };
        let number = if last == 0 { String::new() } else { format!("{}: ", at + 1) };
        Mark::new(style, view, range).with_message(format!("{number}{}", escape::line(&step.message)))
    });
    let mut diagnostic = Diagnostic::new(Level::Help).with_labels(marks.collect());
    diagnostic.notes = trace.notes.iter().map(|note| escape::lines(note)).collect();
    let mut body = buffer();
    term::emit_to_write_style(&mut body, &Config::default(), &snippets, &diagnostic).map_err(into_io)?;
    print(&body, 1, out)
}
