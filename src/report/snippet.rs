//! The few source lines that the labels of one finding touch, cleaned for printing, as codespan reads files.

use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use codespan_reporting::files::{Error, Files, Location};

use super::escape;
use super::redact::{HIDDEN, Hide, hidden};
use crate::cluster::secrets::value_on_line;
use crate::source::{File, FileId, Sources, Span};

/// A label over more lines than this is cut to its first line.
const MAX_LABEL_LINES: usize = 3;
/// Longer lines are cut around their first label (characters).
const MAX_LINE_CHARS: usize = 160;
/// What stays before the first label of a cut line (characters).
const CONTEXT_CHARS: usize = 40;

/// Which bytes of each file are hidden; a file is looked at once a report.
#[derive(Default)]
pub(super) struct Hidden {
    files: HashMap<FileId, Arc<[Range<usize>]>>,
}

impl Hidden {
    fn of(&mut self, id: FileId, file: &File) -> Arc<[Range<usize>]> {
        self.files.entry(id).or_insert_with(|| hidden(&file.text).into()).clone()
    }
}

/// The lines of one finding.
pub(super) struct Snippets {
    views: Vec<View>,
}

/// A label's place in [`Snippets`]: the view, and the bytes in its text.
pub(super) type Place = (usize, Range<usize>);

struct View {
    name: String,
    text: String,
    lines: Vec<ViewLine>,
    /// Line and column in the file, by the byte in the view at which a label begins.
    starts: HashMap<usize, Location>,
}

struct ViewLine {
    /// Zero-based line in the file.
    index: usize,
    /// Bytes in the view, the line break included.
    range: Range<usize>,
    /// Byte in the file and byte in the view, for every character; ascending.
    stops: Vec<(usize, usize)>,
}

impl Snippets {
    /// The lines of some spans, with the place of each span.
    pub(super) fn new(sources: &Sources, spans: &[Span], hide: Hide, hidden: &mut Hidden) -> (Self, Vec<Place>) {
        let mut ids: Vec<FileId> = Vec::new();
        for span in spans {
            if !ids.contains(&span.file) {
                ids.push(span.file);
            }
        }
        let mut views = Vec::with_capacity(ids.len());
        let mut places: Vec<Place> = vec![(0, 0..0); spans.len()];
        for id in ids {
            let file = sources.file(id);
            let of_file = spans.iter().enumerate().filter(|(_, span)| span.file == id);
            let ranges: Vec<(usize, Range<usize>)> =
                of_file.map(|(at, span)| (at, shown_range(&file, *span))).collect();
            let mut view = View::new(&file, ranges.iter().map(|(_, range)| range), hide, &hidden.of(id, &file));
            view.name = escape::path(&sources.told(&file.path));
            for (at, range) in ranges {
                let start = view.position(&file, range.start, Edge::Start);
                let end = view.position(&file, range.end, Edge::End).max(start);
                let (line_number, column_number) = file.line_column(range.start);
                view.starts.entry(start).or_insert(Location { line_number, column_number });
                if let Some(place) = places.get_mut(at) {
                    *place = (views.len(), start..end);
                }
            }
            views.push(view);
        }
        (Snippets { views }, places)
    }

    fn view(&self, id: usize) -> Result<&View, Error> {
        self.views.get(id).ok_or(Error::FileMissing)
    }
}

/// The part of a span that is marked: on character boundaries, without trailing white space, and not over many lines.
fn shown_range(file: &File, span: Span) -> Range<usize> {
    let text = &*file.text;
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start as usize);
    let end = floor(span.end as usize).max(start);
    let slice = text.get(start..end).unwrap_or_default();
    let kept = if slice.contains('\n') { slice.trim_end() } else { slice };
    let lines = kept.split('\n').count();
    let kept = match kept.split_once('\n') {
        Some((first, _)) if lines > MAX_LABEL_LINES => first.trim_end(),
        _ => kept,
    };
    start..start + kept.len()
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

impl View {
    fn new<'a>(
        file: &File,
        ranges: impl Iterator<Item = &'a Range<usize>> + Clone,
        hide: Hide,
        hidden: &[Range<usize>],
    ) -> Self {
        let mut wanted = BTreeSet::new();
        for range in ranges.clone() {
            wanted.extend(file.line_index(range.start)..=file.line_index(range.end));
        }
        // codespan closes a gap of one line.
        let gaps: Vec<usize> = wanted.iter().map(|line| line + 1).filter(|line| wanted.contains(&(line + 1))).collect();
        wanted.extend(gaps);

        let mut view = View { name: String::new(), text: String::new(), lines: Vec::new(), starts: HashMap::new() };
        for index in wanted {
            let bytes = file.line_range(index).unwrap_or_default();
            let line = file.text.get(bytes.clone()).unwrap_or_default().trim_end_matches(['\n', '\r']);
            let bytes = bytes.start..bytes.start + line.len();
            let on_line = ranges.clone().filter(|range| range.start <= bytes.end && range.end >= bytes.start);
            let first_label = on_line.map(|range| range.start.max(bytes.start)).min();
            let own = match hide {
                Hide::AllValues => value_on_line(line).map(|value| value.start + bytes.start..value.end + bytes.start),
                Hide::SecretData => None,
            };
            let from = hidden.partition_point(|range| range.end <= bytes.start);
            let hidden = hidden.iter().skip(from).take_while(|range| range.start < bytes.end).cloned().chain(own);
            view.push_line(index, line, bytes.start, &Window::around(line, bytes.start, first_label), hidden.collect());
        }
        view
    }

    fn push_line(&mut self, index: usize, line: &str, start: usize, window: &Window, hidden: Vec<Range<usize>>) {
        let from = self.text.len();
        let mut stops = Vec::new();
        if window.chars.start > 0 {
            self.text.push('…');
        }
        let mut hiding: Option<&Range<usize>> = None;
        for (at, c) in line.char_indices().skip(window.chars.start).take(window.chars.len()) {
            let byte = start + at;
            let range = hidden.iter().find(|range| range.contains(&byte));
            if range.is_some() && range == hiding {
                continue;
            }
            hiding = range;
            stops.push((byte, self.text.len()));
            if range.is_some() {
                self.text.push_str(HIDDEN);
            } else if !(byte == 0 && c == '\u{feff}') {
                escape::push_source(&mut self.text, c);
            }
        }
        let last = line.char_indices().nth(window.chars.end).map_or(line.len(), |(at, _)| at);
        stops.push((start + last, self.text.len()));
        if last < line.len() {
            self.text.push('…');
        }
        self.text.push('\n');
        self.lines.push(ViewLine { index, range: from..self.text.len(), stops });
    }

    /// The byte in the view for a byte in the file, widened to whole shown characters.
    fn position(&self, file: &File, byte: usize, edge: Edge) -> usize {
        let index = file.line_index(byte);
        let Some(line) = self.lines.iter().find(|line| line.index == index) else { return 0 };
        let stop = match edge {
            Edge::Start => line.stops.partition_point(|(at, _)| *at <= byte).saturating_sub(1),
            Edge::End => line.stops.partition_point(|(at, _)| *at < byte),
        };
        line.stops.get(stop).or(line.stops.last()).map_or(line.range.start, |(_, shown)| *shown)
    }

    fn line(&self, index: usize) -> Result<&ViewLine, Error> {
        let found = self.lines.binary_search_by_key(&index, |line| line.index).ok();
        let max = self.lines.last().map_or(0, |line| line.index);
        found.and_then(|at| self.lines.get(at)).ok_or(Error::LineTooLarge { given: index, max })
    }
}

/// The characters of a line that are shown.
struct Window {
    chars: Range<usize>,
}

impl Window {
    fn around(line: &str, start: usize, label: Option<usize>) -> Self {
        let count = line.chars().count();
        if count <= MAX_LINE_CHARS {
            return Window { chars: 0..count };
        }
        let label =
            label.and_then(|at| line.get(..at.saturating_sub(start))).map_or(0, |before| before.chars().count());
        let from = label.saturating_sub(CONTEXT_CHARS).min(count - MAX_LINE_CHARS);
        Window { chars: from..from + MAX_LINE_CHARS }
    }
}

impl<'a> Files<'a> for Snippets {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.view(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.view(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        let view = self.view(id)?;
        let after = view.lines.partition_point(|line| line.range.start <= byte);
        Ok(view.lines.get(after.saturating_sub(1)).map_or(0, |line| line.index))
    }

    fn line_range(&'a self, id: usize, index: usize) -> Result<Range<usize>, Error> {
        Ok(self.view(id)?.line(index)?.range.clone())
    }

    fn location(&'a self, id: usize, byte: usize) -> Result<Location, Error> {
        let known = self.view(id)?.starts.get(&byte).copied();
        known.ok_or(Error::IndexTooLarge { given: byte, max: self.view(id)?.text.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    /// The lines of one span, what it marks, and where it is said to stand.
    fn shown(text: &str, range: Range<usize>) -> (String, String, (usize, usize)) {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a.yaml", text);
        let (snippets, places) =
            Snippets::new(&sources, &[Span::new(id, range)], Hide::SecretData, &mut Hidden::default());
        let (view, range) = places[0].clone();
        let at = snippets.location(view, range.start).unwrap();
        let text = snippets.views[view].text.clone();
        (text.clone(), text[range].to_owned(), (at.line_number, at.column_number))
    }

    fn range_of(text: &str, part: &str) -> Range<usize> {
        let at = text.find(part).unwrap();
        at..at + part.len()
    }

    #[test]
    fn only_the_lines_of_labels_are_kept() {
        let text = "a: 1\nb: 2\nc: 3\n";
        assert_eq!(shown(text, range_of(text, "2")), ("b: 2\n".into(), "2".into(), (2, 4)));
    }

    #[test]
    fn marks_and_windows_line_ends_move_nothing() {
        let text = "\u{feff}a: größe\r\nb: x\r\n";
        assert_eq!(shown(text, range_of(text, "größe")), ("a: größe\n".into(), "größe".into(), (1, 4)));
        assert_eq!(shown(text, range_of(text, "x")), ("b: x\n".into(), "x".into(), (2, 4)));
        assert_eq!(shown(text, 0..3), ("a: größe\n".into(), "".into(), (1, 1)));
    }

    #[test]
    fn a_label_around_a_hidden_character_covers_what_is_shown_for_it() {
        let text = "a: x\u{1b}[2Jy\n";
        let (line, marked, at) = shown(text, range_of(text, "\u{1b}[2J"));
        assert_eq!((line.as_str(), marked.as_str(), at), ("a: x\\u{1b}[2Jy\n", "\\u{1b}[2J", (1, 5)));
    }

    #[test]
    fn a_label_over_many_lines_keeps_its_first() {
        let text = "a: |\n  one\n  two\n  three\n  four\nb: 1\n";
        let (line, marked, _) = shown(text, 7..text.find("b:").unwrap());
        assert_eq!((line.as_str(), marked.as_str()), ("  one\n", "one"));
        let (_, marked, _) = shown(text, 7..text.find("  three").unwrap());
        assert_eq!(marked, "one\n  two");
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let text = format!("{}: value # {}\n", "k".repeat(500), "ä".repeat(20_000));
        let (line, marked, at) = shown(&text, range_of(&text, "value"));
        assert_eq!((marked.as_str(), at), ("value", (1, 503)));
        assert_eq!(line.trim_end().chars().count(), MAX_LINE_CHARS + 2);
        assert!(line.starts_with('…') && line.ends_with("…\n"));
    }

    #[test]
    fn secret_data_is_never_in_a_snippet() {
        let text = "kind: Secret\nstringData:\n  password: hunter2\n";
        let (line, marked, at) = shown(text, range_of(text, "unter"));
        assert_eq!((line.as_str(), marked.as_str(), at), ("  password: <redacted>\n", HIDDEN, (3, 14)));
    }

    #[test]
    fn ends_of_files_and_bytes_outside_have_a_place() {
        assert_eq!(shown("a: 1", 4..4), ("a: 1\n".into(), "".into(), (1, 5)));
        assert_eq!(shown("", 0..0), ("\n".into(), "".into(), (1, 1)));
        assert_eq!(shown("a: ü", 4..900).1, "ü");
    }
}
