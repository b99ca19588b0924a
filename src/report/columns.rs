//! Ranges in the units of other tools: everywhere else columns count characters from 1.

use crate::source::{File, Sources, Span};

/// A range of lines from 1 and columns in some unit; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

/// Columns as bytes of UTF-8, from 1.
pub(super) fn in_bytes(sources: &Sources, span: Span) -> Range {
    in_units(sources, span, |before| before.len() + 1)
}

/// Columns as units of UTF-16, from 0; a byte order mark is no part of its line.
pub(super) fn in_utf16(sources: &Sources, span: Span) -> Range {
    in_units(sources, span, |before| before.trim_start_matches('\u{feff}').encode_utf16().count())
}

fn in_units(sources: &Sources, span: Span, column: impl Fn(&str) -> usize) -> Range {
    let file = sources.file(span.file);
    let at = sources.location(span);
    Range {
        line: at.line,
        column: column(before(&file, span.start)),
        end_line: at.end_line,
        end_column: column(before(&file, span.end)),
    }
}

/// What stands on the line before an offset.
fn before(file: &File, at: u32) -> &str {
    let at = file.text.floor_char_boundary(at as usize);
    let start = file.line_range(file.line_index(at)).map_or(0, |line| line.start);
    file.text.get(start..at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn bytes_and_units_of_utf16_are_counted_in_the_line() {
        let sources = Sources::new(Memory::default());
        let text = "\u{feff}a: 1\nä: 𝄞 x\n";
        let id = sources.add("a.yaml", text);
        let at = text.find('x').unwrap();
        let span = Span::new(id, at..at + 1);
        assert_eq!(in_bytes(&sources, span), Range { line: 2, column: 10, end_line: 2, end_column: 11 });
        assert_eq!(in_utf16(&sources, span), Range { line: 2, column: 6, end_line: 2, end_column: 7 });
        assert_eq!(in_utf16(&sources, Span::new(id, 3..4)).column, 0);
    }
}
