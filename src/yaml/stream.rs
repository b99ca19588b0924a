//! What Flux makes of a file before it parses: the textual split into documents, and text that go-yaml refuses.
//!
//! Source: kyaml `kio/byteio_reader.go` (`splitDocuments`), go-yaml `scannerc.go`.

use std::ops::Range;

use super::arena::{Problem, ProblemKind, Style, Tree};

/// Byte ranges of the pieces that kustomize parses one by one, each as a single document.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // A separator needs a line break on both sides: the first line and an unfinished last line are none.
        if at > 0 && line.starts_with("---") && line.ends_with('\n') {
            pieces.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    pieces.push(start..text.len());
    pieces
}

/// Marks the documents Flux does not see and adds what go-yaml refuses but the parser accepts.
pub fn check(text: &str, tree: &mut Tree) {
    separators(text, tree);
    extra_documents(text, tree);
    tabs(text, tree);
    next_lines(text, tree);
}

fn separators(text: &str, tree: &mut Tree) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0
            && let Some(rest) = line.strip_prefix("---")
            && line.ends_with('\n')
        {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                tree.problems.push(Problem {
                    kind: ProblemKind::Syntax,
                    message: format!("invalid document separator: `---` is followed by `{}`", shorten(rest)),
                    at: at..at + line.trim_end().len(),
                    other: None,
                });
            }
        }
        at += line.len();
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn extra_documents(text: &str, tree: &mut Tree) {
    if tree.documents.len() < 2 {
        return;
    }
    let pieces = pieces(text);
    let piece_of = |at: usize| pieces.partition_point(|piece| piece.end <= at);
    let mut taken: Option<usize> = None;
    for index in 0..tree.documents.len() {
        let Some(root) = tree.documents.get(index).and_then(|document| document.root) else { continue };
        let slot = tree.slot(root);
        if slot.absent {
            continue;
        }
        let piece = piece_of(slot.start as usize);
        if taken == Some(piece) {
            if let Some(document) = tree.documents.get_mut(index) {
                document.ignored = true;
            }
            let first_line = text.get(slot.start as usize..slot.end as usize).unwrap_or_default();
            let length = first_line.lines().next().unwrap_or_default().len();
            tree.problems.push(Problem {
                kind: ProblemKind::IgnoredDocument,
                message: "Flux does not see this document: only a line `---` begins a new one".to_owned(),
                at: slot.start as usize..slot.start as usize + length,
                other: None,
            });
        }
        taken = Some(piece);
    }
}

/// A tab on an otherwise blank line, outside of scalars.
fn tabs(text: &str, tree: &mut Tree) {
    if memchr::memchr(b'\t', text.as_bytes()).is_none() {
        return;
    }
    let mut scalars: Vec<Range<usize>> = tree
        .slots
        .iter()
        .filter(|slot| slot.end > slot.start && slot.style != Style::Plain)
        .map(|slot| slot.start as usize..slot.end as usize)
        .collect();
    scalars.sort_by_key(|range| range.start);
    let content = text.trim_end().len();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        if body.contains('\t') && body.trim().is_empty() {
            let inside = scalars.partition_point(|range| range.start <= at);
            let in_scalar =
                inside.checked_sub(1).and_then(|index| scalars.get(index)).is_some_and(|range| at < range.end);
            if !in_scalar && at < content {
                let offset = body.find('\t').unwrap_or_default();
                tree.problems.push(Problem {
                    kind: ProblemKind::Syntax,
                    message: "found a tab character that violates indentation on a blank line".to_owned(),
                    at: at + offset..at + offset + 1,
                    other: None,
                });
            }
        }
        at += line.len();
    }
}

/// U+0085 ends a line for go-yaml, which breaks a plain scalar that holds it.
fn next_lines(text: &str, tree: &mut Tree) {
    if memchr::memmem::find(text.as_bytes(), "\u{85}".as_bytes()).is_none() {
        return;
    }
    let found: Vec<usize> = tree
        .slots
        .iter()
        .filter(|slot| slot.style == Style::Plain && slot.kind == super::arena::Kind::RawScalar)
        .filter_map(|slot| {
            let raw = text.get(slot.start as usize..slot.end as usize)?;
            raw.find('\u{85}').map(|at| slot.start as usize + at)
        })
        .collect();
    for at in found {
        tree.problems.push(Problem {
            kind: ProblemKind::Syntax,
            message: "the character U+0085 (next line) breaks this plain scalar".to_owned(),
            at: at..at + 2,
            other: None,
        });
    }
}

/// A copy of a refused text with what go-yaml would accept made plain to the parser: a space before the colon of
/// `*name: value`, and spaces for tabs inside flow collections. Gives the offsets of inserted bytes in the copy.
pub fn rescue(text: &str) -> Option<(String, Vec<usize>)> {
    let mut copy = String::with_capacity(text.len() + 16);
    let mut inserted = Vec::new();
    let mut changed = false;
    let mut depth = 0_usize;
    for line in text.split_inclusive('\n') {
        let inside_flow = depth > 0;
        depth = flow_depth(depth, line);
        let body = line.trim_start_matches([' ', '-']);
        if let Some(alias) = body.strip_prefix('*')
            && let Some(colon) = alias.find(':')
            && alias.get(..colon).is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace))
        {
            let at = line.len() - alias.len() + colon;
            let (head, tail) = line.split_at(at);
            copy.push_str(head);
            inserted.push(copy.len());
            copy.push(' ');
            copy.push_str(tail);
            changed = true;
        } else if inside_flow && line.contains('\t') {
            copy.extend(line.chars().map(|c| if c == '\t' { ' ' } else { c }));
            changed = true;
        } else {
            copy.push_str(line);
        }
    }
    changed.then_some((copy, inserted))
}

/// Open flow collections after a line, told by brackets outside of quotes and comments.
fn flow_depth(depth: usize, line: &str) -> usize {
    let mut depth = depth;
    let mut quote = None;
    let mut before = ' ';
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if depth > 0 || before == ' ' => quote = Some(c),
            (None, '#') if before.is_whitespace() => break,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
    }
    depth
}
