//! What a comment speaks of: the lines it stands on, the node below it, or its document.

use std::cmp::Reverse;
use std::ops::Range;

use crate::source::{File, FileId};
use crate::yaml::{Node, Value};

/// What comments of a file can speak of, in order of place; of those that begin together the largest comes first.
pub struct Units(Vec<Unit>);

impl Units {
    /// The units of a file.
    pub fn of(id: FileId, documents: &[Node]) -> Self {
        let mut units = Vec::new();
        for document in documents {
            collect(document, id, &mut units);
        }
        units.sort_by_key(|unit| (unit.range.start, Reverse(unit.range.end)));
        Units(units)
    }

    /// Those that begin at a place or behind it.
    fn from(&self, at: usize) -> &[Unit] {
        self.0.get(self.0.partition_point(|unit| unit.range.start < at)..).unwrap_or_default()
    }

    /// The bytes that a comment at a place covers; empty when nothing follows it.
    pub fn covered(&self, file: &File, comment: &Range<usize>) -> Vec<Range<usize>> {
        let line = file.line_range(file.line_index(comment.start)).unwrap_or_default();
        let before = file.text.get(line.start..comment.start).unwrap_or_default();
        if !before.trim().is_empty() {
            let on_line = self.from(line.start).iter().take_while(|unit| unit.range.start < line.end);
            return on_line.filter(|unit| unit.is_entry).map(|unit| unit.range.clone()).collect();
        }
        // Several may begin together: an item of a list and its first entry, a document and its first.
        self.from(comment.end).first().map(|unit| unit.range.clone()).into_iter().collect()
    }
}

/// An entry of a map, an item of a list, or a document.
struct Unit {
    range: Range<usize>,
    /// It begins with its own text on its line: an entry, or an item that is no collection.
    is_entry: bool,
}

fn collect(document: &Node, id: FileId, units: &mut Vec<Unit>) {
    let mut open = vec![document];
    let root = document.span();
    if root.file == id {
        units.push(Unit { range: root.range(), is_entry: false });
    }
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(map) => {
                for entry in map.iter().filter(|entry| entry.key_span.file == id) {
                    let start = entry.key_span.range().start;
                    // What an alias stands for is written elsewhere.
                    let value = entry.value.span().range();
                    let is_own = entry.value.span().file == id && value.start >= start;
                    let end = if is_own { value.end } else { entry.key_span.range().end };
                    units.push(Unit { range: start..end, is_entry: true });
                    if is_own {
                        open.push(&entry.value);
                    }
                }
            }
            Value::Seq(items) => {
                for item in items.iter().filter(|item| item.span().file == id) {
                    let is_entry = !matches!(item.value, Value::Map(_) | Value::Seq(_));
                    units.push(Unit { range: item.span().range(), is_entry });
                    open.push(item);
                }
            }
            _ => {}
        }
    }
}
