//! Places as the protocol counts them: lines from 0, columns in the units that client and server agreed on.

use std::ops::Range;

use gen_lsp_types::{Position, PositionEncodingKind, Range as Region};

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what every client speaks.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The encoding to speak with a client that offers these: bytes where it can.
    pub fn negotiated(offered: &[PositionEncodingKind]) -> Self {
        if offered.contains(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offered.contains(&PositionEncodingKind::UTF32) && !offered.contains(&PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    /// Its name in the protocol.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// A text and where its lines begin.
pub struct Lines<'t> {
    text: &'t str,
    encoding: Encoding,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines. A byte order mark is no part of the first one: editors take it away.
    pub fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }];
        starts.extend(memchr::memchr2_iter(b'\n', b'\r', bytes).filter_map(|at| {
            let is_half = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            (!is_half).then_some(at + 1)
        }));
        Lines { text, encoding, starts }
    }

    /// A byte offset as the protocol has it.
    pub fn position(&self, at: usize) -> Position {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let behind = self.text.get(start..).unwrap_or_default();
        let mut column = 0;
        for (offset, character) in behind.char_indices() {
            // Inside of a character: where it begins.
            if start + offset + character.len_utf8() > at {
                break;
            }
            column += self.encoding.units(character);
        }
        Position { line: narrow(line), character: narrow(column) }
    }

    /// A byte range as the protocol has it.
    pub fn region(&self, range: Range<usize>) -> Region {
        Region { start: self.position(range.start), end: self.position(range.end.max(range.start)) }
    }

    /// The byte offset of a place; the end of its line, or of the text, where it lies behind that.
    pub fn offset(&self, position: &Position) -> usize {
        let Some(line) = self.line(position.line as usize) else { return self.text.len() };
        let mut column = 0;
        for (offset, character) in self.text.get(line.clone()).unwrap_or_default().char_indices() {
            column += self.encoding.units(character);
            if column > position.character as usize {
                return line.start + offset;
            }
        }
        line.end
    }

    /// The bytes between two places.
    pub fn range(&self, region: &Region) -> Range<usize> {
        let start = self.offset(&region.start);
        start..self.offset(&region.end).max(start)
    }

    /// The bytes of a line, without its end.
    pub fn line(&self, line: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end)?.trim_end_matches(['\r', '\n']);
        Some(start..start + content.len())
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\u{feff}a: ä𝄞x\r\nb: 1\rc: 2\n";

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_count_what_was_agreed_on() {
        let x = TEXT.find('x').unwrap();
        for (encoding, column) in [(Encoding::Utf8, 9), (Encoding::Utf16, 6), (Encoding::Utf32, 5)] {
            let lines = Lines::new(TEXT, encoding);
            assert_eq!(lines.position(x), at(0, column), "{encoding:?}");
            assert_eq!(lines.offset(&at(0, column)), x, "{encoding:?}");
        }
    }

    #[test]
    fn every_end_of_line_ends_one() {
        let lines = Lines::new(TEXT, Encoding::Utf16);
        assert_eq!(lines.position(TEXT.find("b:").unwrap()), at(1, 0));
        assert_eq!(lines.position(TEXT.find("c:").unwrap()), at(2, 0));
        assert_eq!(lines.position(TEXT.len()), at(3, 0));
        assert_eq!(&TEXT[lines.line(0).unwrap()], "a: ä𝄞x");
    }

    #[test]
    fn what_lies_outside_is_moved_inside() {
        let lines = Lines::new(TEXT, Encoding::Utf16);
        assert_eq!(lines.offset(&at(1, 99)), TEXT.find("\rc").unwrap());
        assert_eq!(lines.offset(&at(99, 0)), TEXT.len());
        // Between the halves of a surrogate pair.
        assert_eq!(lines.offset(&at(0, 5)), TEXT.find('𝄞').unwrap());
        assert_eq!(lines.position(999), at(3, 0));
        assert_eq!(lines.position(0), at(0, 0));
    }

    #[test]
    fn clients_that_offer_nothing_speak_utf_16() {
        assert_eq!(Encoding::negotiated(&[]), Encoding::Utf16);
        assert_eq!(Encoding::negotiated(&[PositionEncodingKind::UTF16, PositionEncodingKind::UTF8]), Encoding::Utf8);
        assert_eq!(Encoding::negotiated(&[PositionEncodingKind::UTF32]), Encoding::Utf32);
    }
}
