//! Dates written without quotes: kustomize reads them as times and writes them as another text.
//!
//! Source: go-yaml v3 `resolve.go` (timestamps), Go `time.Time.MarshalJSON`.

use crate::source::{Sources, Span};
use crate::yaml::scalar::{self, Scalar};
use crate::yaml::{Mode, Node, Step};

/// The place and the text of a date that the reader made into a time; `None` for everything else, and for a time that
/// is written just as it is read.
pub fn retyped(sources: &Sources, node: &Node) -> Option<(Span, String)> {
    let value = node.as_str().filter(|text| has_form_of_time(text))?;
    let chain = node.origin.chain();
    let written = chain.iter().find(|(step, _)| !matches!(step, Some(Step::Aliased)));
    let (None | Some(Step::Patched), span) = written? else { return None };
    let text = sources.text(*span);
    let is_read_as = |time: &str| matches!(scalar::resolve(&text, Mode::V3), Scalar::Time(read) if read == time);
    (text != value && is_read_as(value)).then_some((*span, text))
}

/// Whether a text has the form in which times are printed: most texts do not, and need no look at their source.
fn has_form_of_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    has(4, b'-') && has(7, b'-') && has(10, b'T') && has(13, b':') && has(16, b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Library;
    use crate::source::Memory;

    #[track_caller]
    fn texts(source: &str) -> Vec<String> {
        let mut files = Memory::default();
        files.insert("a.yaml", source.as_bytes().to_vec());
        let sources = Sources::new(files);
        let manifests = Library::new(&sources).load("a.yaml", Mode::V3).unwrap();
        let entries = manifests.documents.first().unwrap().entries();
        entries.filter_map(|entry| retyped(&sources, &entry.value)).map(|(_, text)| text).collect()
    }

    #[test]
    fn a_plain_date_is_retyped_and_a_quoted_one_is_not() {
        assert_eq!(texts("a: 2024-04-01\nb: '2024-04-01'\nc: \"2024-04-01\"\nd: !!str 2024-04-01\n"), ["2024-04-01"]);
        assert_eq!(texts("a: &day 2024-4-1\nb: *day\n"), ["2024-4-1", "2024-4-1"]);
    }

    #[test]
    fn a_time_that_is_read_as_it_is_written_is_not_retyped() {
        assert_eq!(texts("a: 2024-04-01T10:00:00Z\nb: 2024-04-01 10:00:00\n"), ["2024-04-01 10:00:00"]);
        assert!(texts("a: 2024-13-01\nb: |\n  2024-04-01T10:00:00Z\n").is_empty());
    }
}
