//! Changes of text that more than one rule offers: an item or an entry is removed, a value is replaced.

use crate::cluster::Cluster;
use crate::finding::{Applicability, Edit, Fix};
use crate::source::{File, Span};
use crate::yaml::Node;

/// Another text for a scalar that stands in a file as it is used.
pub fn replace(node: &Node, text: &str, title: String, applicability: Applicability) -> Option<Fix> {
    let edits = vec![Edit { span: node.span(), text: text.to_owned() }];
    node.origin.is_source().then_some(Fix { title, applicability, edits })
}

/// Takes an item out of a list of at least two; safe, for what has no effect.
pub fn remove_item(cluster: &Cluster<'_>, list: &[Node], at: usize, title: String) -> Option<Fix> {
    let item = list.get(at)?;
    if list.len() < 2 || !list.iter().all(|item| item.origin.is_source()) {
        return None;
    }
    let file = cluster.sources().file(item.span().file);
    let span = block_item(&file, item.span()).or_else(|| flow_item(&file, list, at))?;
    Some(safe(title, span))
}

/// Takes an entry out of a map in block style; safe, for what has no effect.
pub fn remove_entry(cluster: &Cluster<'_>, map: &Node, key: &str, title: String) -> Option<Fix> {
    let map = map.as_map()?;
    let entry = map.entry(key).filter(|entry| entry.value.origin.is_source())?;
    if map.len() < 2 || entry.key_span.file != entry.value.span().file {
        return None;
    }
    let file = cluster.sources().file(entry.key_span.file);
    let (start, before) = line_before(&file, entry.key_span)?;
    let span = Span { start, end: line_end(&file, entry.value.span())?, ..entry.key_span };
    before.trim().is_empty().then(|| safe(title, span))
}

fn safe(title: String, span: Span) -> Fix {
    Fix { title, applicability: Applicability::Safe, edits: vec![Edit { span, text: String::new() }] }
}

/// An item of a block list with its dash, by whole lines.
fn block_item(file: &File, item: Span) -> Option<Span> {
    let (start, before) = line_before(file, item)?;
    (before.trim() == "-").then_some(())?;
    Some(Span { start, end: line_end(file, item)?, ..item })
}

/// An item of a flow list with the comma beside it.
fn flow_item(file: &File, list: &[Node], at: usize) -> Option<Span> {
    let item = list.get(at)?.span();
    let (start, end) = match at.checked_sub(1).and_then(|before| list.get(before)) {
        Some(before) => (before.span().end, item.end),
        None => (item.start, list.get(at + 1)?.span().start),
    };
    let span = Span { start, end, ..item };
    let taken = file.slice(span);
    (start <= end && taken.contains(',') && !taken.contains('#')).then_some(span)
}

/// Where the line of a place begins, and the text before the place.
fn line_before(file: &File, place: Span) -> Option<(u32, &str)> {
    let line = file.line_range(file.line_index(place.range().start))?;
    let before = file.text.get(line.start..place.range().start)?;
    Some((u32::try_from(line.start).ok()?, before))
}

/// The end of the last line of a place, if nothing but a comment stands behind it.
fn line_end(file: &File, place: Span) -> Option<u32> {
    let last = place.range().end.checked_sub(1)?;
    let line = file.line_range(file.line_index(last))?;
    let rest = file.text.get(place.range().end.min(line.end)..line.end)?.trim();
    (rest.is_empty() || rest.starts_with('#')).then_some(u32::try_from(line.end).ok()?)
}

/// Where a further entry can be put before the first of a map, and how: its text in block style gets an indentation
/// for each further line.
pub fn insert_first(cluster: &Cluster<'_>, map: &Node, flow: &str, block: &[String]) -> Option<Edit> {
    let first = map.as_map()?.iter().next()?;
    if !map.origin.is_source() || !first.value.origin.is_source() {
        return None;
    }
    let file = cluster.sources().file(first.key_span.file);
    let is_flow = file.slice(map.span()).starts_with('{');
    let span = Span { end: first.key_span.start, ..first.key_span };
    if is_flow {
        return Some(Edit { span, text: format!("{flow}, ") });
    }
    let (_, before) = line_before(&file, first.key_span)?;
    before.trim().is_empty().then_some(())?;
    Some(Edit { span, text: block.iter().map(|line| format!("{line}\n{before}")).collect() })
}
