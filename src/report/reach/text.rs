//! One answer for people: what is asked, the verdict, and the source lines of the policies that decided.

use std::io;

use codespan_reporting::diagnostic::{Diagnostic, Label as Mark, LabelStyle, Severity as Level};
use codespan_reporting::term::termcolor::{Buffer, Color, ColorSpec, WriteColor};
use codespan_reporting::term::{self, Config};

use super::super::human::{into_io, print};
use super::super::redact::Hide;
use super::super::snippet::{Hidden, Snippets};
use super::super::{Style, escape};
use super::{Way, word};
use crate::cluster::pods::Answer;
use crate::finding::Label;
use crate::source::{Sources, Span};

/// Writes an answer.
///
/// # Errors
/// Those of the writer.
pub fn way(way: &Way, sources: &Sources, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    use io::Write as _;
    let buffer = || if style.color { Buffer::ansi() } else { Buffer::no_color() };
    let mut header = buffer();
    let color = match way.passes() {
        Answer::Yes => Color::Green,
        Answer::No => Color::Red,
        Answer::Unknown => Color::Yellow,
    };
    header.set_color(ColorSpec::new().set_bold(true).set_fg(Some(color)))?;
    write!(header, "{}", word(way.passes()))?;
    header.reset()?;
    let port = way.port.as_ref().map(|port| format!(", port {port}")).unwrap_or_default();
    writeln!(header, ": {} to {}{}", escape::line(&way.from), escape::line(&way.to), escape::line(&port))?;
    print(&header, 0, out)?;

    let labels: Vec<(&Label, bool)> =
        way.ends.iter().flat_map(|end| end.labels.iter().map(|label| (label, !end.passes.is_yes()))).collect();
    let spans: Vec<Span> = labels.iter().map(|(label, _)| label.span).collect();
    let (snippets, places) = Snippets::new(sources, &spans, Hide::SecretData, &mut Hidden::default());
    let marks = labels.iter().zip(places).map(|((label, is_primary), (view, range))| {
        let style = if *is_primary { LabelStyle::Primary } else { LabelStyle::Secondary };
        Mark::new(style, view, range).with_message(escape::line(&label.message))
    });
    let level = if way.passes().is_no() { Level::Error } else { Level::Help };
    let mut diagnostic = Diagnostic::new(level).with_labels(marks.collect());
    let sentences = way.ends.iter().map(|end| &end.sentence).chain(&way.notes);
    diagnostic.notes = sentences.map(|sentence| escape::lines(sentence)).collect();
    let mut body = buffer();
    term::emit_to_write_style(&mut body, &Config::default(), &snippets, &diagnostic).map_err(into_io)?;
    print(&body, 1, out)
}
