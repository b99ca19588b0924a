//! Parser events behind a trait of ours, so that a change of parser touches this file only.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event as GranitEvent, Options, Parser, ScalarStyle, Tag as GranitTag, options};

use super::arena::{Style, Tag};

/// What the parser saw, with the bytes it saw it at.
pub enum Event<'t> {
    DocumentStart,
    DocumentEnd,
    Scalar { text: Cow<'t, str>, style: Style, tag: Tag, anchor: usize },
    SequenceStart { tag: Tag, anchor: usize },
    SequenceEnd,
    MappingStart { tag: Tag, anchor: usize },
    MappingEnd,
    Alias { anchor: usize },
    UnknownAlias { name: String },
    Comment,
}

/// Why the current document could not be read further.
pub struct Failure {
    pub message: String,
    pub at: usize,
    /// The parser's own limit on nesting, as against wrong text.
    pub is_limit: bool,
}

/// A stream of events over one text.
pub trait EventSource<'t> {
    /// The next event; `None` at the end of the text.
    fn next(&mut self) -> Option<Result<(Event<'t>, Range<usize>), Failure>>;

    /// After a failure: moves to the next document. False when there is none.
    fn recover(&mut self) -> bool;
}

/// The granit parser, with the settings that make it agree with go-yaml.
pub struct Granit<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    length: usize,
}

impl<'t> Granit<'t> {
    pub fn new(text: &'t str) -> Self {
        let options: Options = options! {
            emit_comments: true,
            emit_unresolved_aliases: true,
            // Bounded by the size of the input; the default rejects real files.
            max_buffered_comment_events: 1_000_000,
            block_scalar_eof_without_line_feed: true,
            strict_indentation: false
        };
        Granit { parser: Parser::new_from_str_with_options(text, options), length: text.len() }
    }
}

fn tag(tag: Option<&GranitTag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("str") => Tag::Str,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Bool,
        Some("null") => Tag::Null,
        Some("timestamp") => Tag::Timestamp,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        // `!` alone forces a string.
        _ => Tag::Other,
    }
}

fn style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
        _ => Style::Plain,
    }
}

impl<'t> EventSource<'t> for Granit<'t> {
    fn next(&mut self) -> Option<Result<(Event<'t>, Range<usize>), Failure>> {
        loop {
            let (event, span) = match self.parser.next_event()? {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(self.length).min(self.length);
                    let message = error.info();
                    let is_limit = message.contains("limit") || message.contains("nest");
                    return Some(Err(Failure { message, at, is_limit }));
                }
            };
            let range = span.byte_range().unwrap_or(0..0);
            let event = match event {
                GranitEvent::DocumentStart(..) => Event::DocumentStart,
                GranitEvent::DocumentEnd => Event::DocumentEnd,
                GranitEvent::Scalar(text, shape, anchor, given) => {
                    Event::Scalar { text, style: style(shape), tag: tag(given.as_deref()), anchor }
                }
                GranitEvent::SequenceStart(_, anchor, given) => {
                    Event::SequenceStart { tag: tag(given.as_deref()), anchor }
                }
                GranitEvent::SequenceEnd => Event::SequenceEnd,
                GranitEvent::MappingStart(_, anchor, given) => {
                    Event::MappingStart { tag: tag(given.as_deref()), anchor }
                }
                GranitEvent::MappingEnd => Event::MappingEnd,
                GranitEvent::Alias(anchor) => Event::Alias { anchor },
                GranitEvent::UnresolvedAlias(name) => Event::UnknownAlias { name: name.into_owned() },
                GranitEvent::Comment(..) => Event::Comment,
                GranitEvent::StreamEnd => return None,
                _ => continue,
            };
            return Some(Ok((event, range)));
        }
    }

    fn recover(&mut self) -> bool {
        self.parser.proceed_next_document().unwrap_or(false)
    }
}
