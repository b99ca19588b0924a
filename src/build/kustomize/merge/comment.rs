//! Schemas in comments of a manifest: `containers: # {"type": "array", "x-kubernetes-patch-strategy": "merge"}`.
//!
//! Source: kyaml `fieldmeta/fieldmeta.go`, `yaml/walk` (`valueIfPresent`). Any JSON object in a comment at a list is taken
//! for one, so that it makes a list that merged be replaced.

use std::ops::Range;

use crate::source::{Sources, Span};
use crate::yaml::{Content, Entry, Mode, Node, parse, resolve};

/// The schema in the comment at a list: behind the key of a block, behind a list in brackets, or in a line of its own
/// above.
pub fn schema(entry: &Entry, sources: &Sources) -> Option<Node> {
    let file = sources.file(entry.key_span.file);
    let text: &str = &file.text;
    let comment = [entry.key_span.end, entry.value.span().end]
        .into_iter()
        .find_map(|at| behind(text, at as usize))
        .or_else(|| above(text, entry.key_span.start as usize))?;
    let json = text.get(comment.clone())?;
    let map = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).ok()?;
    if map.is_empty() {
        return None;
    }
    let tree = parse(json);
    let content = Content::whole(Span::new(entry.key_span.file, comment));
    resolve(&tree, tree.documents.first()?, json, &content, Mode::V2).map(|resolved| resolved.root)
}

/// The text of a comment in the rest of a line that holds nothing else.
fn behind(text: &str, at: usize) -> Option<Range<usize>> {
    let line = text.get(at..)?.lines().next()?;
    let start = line.len() - line.trim_start_matches([':', ' ', '\t']).len();
    in_comment(line, start).map(|range| at + range.start..at + range.end)
}

/// The text of a comment in the one line above a key that begins its line.
fn above(text: &str, key: usize) -> Option<Range<usize>> {
    let (head, own) = text.get(..key)?.rsplit_once('\n')?;
    let at = head.rfind('\n').map_or(0, |end| end + 1);
    let line = head.get(at..)?;
    let more = head.get(..at.saturating_sub(1))?.lines().next_back().is_some_and(|line| line.trim().starts_with('#'));
    let start = line.len() - line.trim_start().len();
    let range = in_comment(line, start).filter(|_| own.trim().is_empty() && !more)?;
    Some(at + range.start..at + range.end)
}

fn in_comment(line: &str, start: usize) -> Option<Range<usize>> {
    let comment = line.get(start..)?.strip_prefix('#')?.trim_start_matches('#');
    Some(line.len() - comment.len()..line.len())
}
