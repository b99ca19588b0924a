//! Places inside the text of a scalar: a script or a patch in a block scalar points at its own lines in the file.

use std::ops::Range;

use crate::source::{File, Span};

/// The text of a scalar together with where each of its bytes stands in the file.
#[derive(Clone, Debug)]
pub struct Content {
    host: Span,
    /// File offsets of the start and end of what each byte of the text came from; empty when the text stands in the
    /// file as it is.
    offsets: Vec<(u32, u32)>,
}

impl Content {
    /// Aligns a scalar's text with the source it was read from. Where the two differ (a variable was substituted),
    /// the differing line maps to its whole source line, or everything maps to the whole scalar.
    pub fn new(file: &File, host: Span, text: &str) -> Self {
        let raw = file.slice(host);
        if raw == text {
            return Content { host, offsets: Vec::new() };
        }
        let offsets = match raw.as_bytes().first() {
            Some(b'"') => double_quoted(raw, text),
            _ => align(raw, text),
        }
        .or_else(|| by_line(raw, text))
        .unwrap_or_default();
        if offsets.is_empty() {
            // Nothing can be told apart inside: one offset for all.
            return Content { host, offsets: vec![(host.start, host.end)] };
        }
        let shift = |at: u32| host.start.saturating_add(at);
        let offsets = offsets.into_iter().map(|(start, end)| (shift(start), shift(end))).collect();
        Content { host, offsets }
    }

    /// A text that is a whole file.
    pub fn whole(host: Span) -> Self {
        Content { host, offsets: Vec::new() }
    }

    /// The place of a byte range of the text.
    pub fn span(&self, range: Range<usize>) -> Span {
        match self.offsets.len() {
            0 => {
                let start = self.host.start.saturating_add(range.start as u32).min(self.host.end);
                let end = self.host.start.saturating_add(range.end as u32).min(self.host.end);
                Span { file: self.host.file, start, end: end.max(start) }
            }
            _ => {
                let (start, _) = self.offset(range.start);
                // The end is that of the last byte, not the start of the next one, which may be lines below.
                let end = if range.is_empty() { start } else { self.offset(range.end - 1).1 };
                Span { file: self.host.file, start, end: end.max(start) }
            }
        }
    }

    fn offset(&self, at: usize) -> (u32, u32) {
        self.offsets.get(at).or(self.offsets.last()).copied().unwrap_or((self.host.start, self.host.end))
    }

    /// The scalar itself.
    pub fn host(&self) -> Span {
        self.host
    }
}

/// Plain, single-quoted and block scalars: equal but for white space and doubled quotes.
fn align(raw: &str, text: &str) -> Option<Vec<(u32, u32)>> {
    let raw = raw.as_bytes();
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut at = usize::from(raw.first() == Some(&b'\''));
    let quoted = at == 1;
    for byte in text.bytes() {
        loop {
            match raw.get(at) {
                Some(found) if *found == byte => {
                    offsets.push((at as u32, at as u32 + 1));
                    at += 1;
                    // `''` inside single quotes is one quote.
                    if quoted && byte == b'\'' && raw.get(at) == Some(&b'\'') {
                        at += 1;
                    }
                    break;
                }
                // Folded and stripped line breaks: the text has fewer or other blanks than the source.
                Some(found) if found.is_ascii_whitespace() && !byte.is_ascii_whitespace() => at += 1,
                Some(b'\r') => at += 1,
                _ if byte == b' ' || byte == b'\n' => {
                    let end = at.min(raw.len()) as u32;
                    offsets.push((end, end));
                    if raw.get(at).is_some_and(u8::is_ascii_whitespace) {
                        at += 1;
                    }
                    break;
                }
                _ => return None,
            }
        }
    }
    let end = at.min(raw.len()) as u32;
    offsets.push((end, end));
    Some(offsets)
}

fn double_quoted(raw: &str, text: &str) -> Option<Vec<(u32, u32)>> {
    let bytes = raw.as_bytes();
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut at = 1;
    for c in text.chars() {
        // Folded line breaks: skip to the next character that is not white space.
        if !c.is_whitespace() {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
        }
        let start = at;
        let consumed = match bytes.get(at)? {
            b'\\' => match bytes.get(at + 1)? {
                b'x' => 4,
                b'u' => 6,
                b'U' => 10,
                _ => 2,
            },
            _ => raw.get(at..)?.chars().next()?.len_utf8(),
        };
        at += consumed;
        offsets.extend(std::iter::repeat_n((start as u32, at as u32), c.len_utf8()));
    }
    let end = at.min(raw.len()) as u32;
    offsets.push((end, end));
    Some(offsets)
}

/// Line by line: equal lines align, others map to their whole source line.
fn by_line(raw: &str, text: &str) -> Option<Vec<(u32, u32)>> {
    let raw_lines: Vec<&str> = raw.split_inclusive('\n').collect();
    let text_lines: Vec<&str> = text.split_inclusive('\n').collect();
    if text_lines.len() < 2 || raw_lines.len() != text_lines.len() {
        return None;
    }
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut base = 0;
    for (raw_line, text_line) in raw_lines.iter().zip(&text_lines) {
        match align(raw_line, text_line) {
            Some(line) => {
                offsets.extend(line.iter().take(text_line.len()).map(|(start, end)| (start + base, end + base)))
            }
            None => {
                let start = base + (raw_line.len() - raw_line.trim_start().len()) as u32;
                let end = base + raw_line.trim_end().len() as u32;
                offsets.extend(std::iter::repeat_n((start, end.max(start)), text_line.len()));
            }
        }
        base += raw_line.len() as u32;
    }
    offsets.push((base, base));
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources};

    #[track_caller]
    fn place_of(source: &str, host: &str, text: &str, part: &str) -> String {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a.yaml", source);
        let start = source.find(host).unwrap();
        let content = Content::new(&sources.file(id), Span::new(id, start..start + host.len()), text);
        let at = text.find(part).unwrap();
        sources.text(content.span(at..at + part.len()))
    }

    #[test]
    fn a_word_in_a_literal_block_is_found_under_its_indentation() {
        let source = "run: |\n  set -e\n    mc mb m/ä\n\n  echo ok\nnext: 1\n";
        let text = "set -e\n  mc mb m/ä\n\necho ok\n";
        assert_eq!(place_of(source, "set -e\n    mc mb m/ä\n\n  echo ok", text, "m/ä"), "m/ä");
        assert_eq!(place_of(source, "set -e\n    mc mb m/ä\n\n  echo ok", text, "echo ok"), "echo ok");
    }

    #[test]
    fn quotes_escapes_and_folds_are_followed() {
        assert_eq!(place_of(r#"a: "x\ty z""#, r#""x\ty z""#, "x\ty z", "y"), "y");
        assert_eq!(place_of("a: 'it''s on'", "'it''s on'", "it's on", "on"), "on");
        assert_eq!(place_of("a: >\n  one\n  two\n", "one\n  two", "one two\n", "two"), "two");
    }

    #[test]
    fn a_substituted_line_maps_to_its_source_line() {
        let source = "a: |\n  one\n  two ${X} end\n  three\n";
        let host = "one\n  two ${X} end\n  three";
        assert_eq!(place_of(source, host, "one\ntwo value end\nthree\n", "value"), "two ${X} end");
        assert_eq!(place_of(source, host, "one\ntwo value end\nthree\n", "three"), "three");
    }
}
