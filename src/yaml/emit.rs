//! Nodes to text, byte for byte as `sigs.k8s.io/yaml` prints the same JSON value, with the place of each node in it.
//!
//! Flux substitutes variables in this text, so its quotes decide which values are read again with another type.

mod order;
mod scalar;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::node::{Entry, Map, Node, Origin, Unknown, Value};
use order::natural_order;
use scalar::{Breaks, Style, Wrap};

/// Columns of one level.
const STEP: usize = 2;

/// Longest text, in bytes, that may stand before a `:` without a `?`.
const SIMPLE_KEY: usize = 128;

/// A printed tree.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The text, one document, ending in a line break.
    pub text: String,
    /// What was written where, by start; what encloses stands before what it encloses.
    pub places: Vec<Place>,
}

/// Where a key or value was written.
#[derive(Clone, Debug)]
pub struct Place {
    /// Bytes of the text, quotes and block header included. A block scalar ends after its own last line break.
    pub range: Range<usize>,
    /// What stands there.
    pub what: Written,
    /// Where it came from.
    pub origin: Origin,
    /// The unknown value whose template stands there.
    pub unknown: Option<Arc<Unknown>>,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// A key of a map.
    Key,
    /// A value that is neither map nor list.
    Scalar,
    /// A map or list.
    Collection,
}

/// Prints a tree.
///
/// Maps are sorted, comments and quotes of the source are gone, an unknown value stands as its template.
/// Never fails, although the real program refuses U+007F to U+009F (but U+0085), U+FFFE, U+FFFF, and keys longer than
/// 1024 characters as JSON: they are printed as any other text.
pub fn emit(root: &Node) -> Emitted {
    print(root, Breaks::AsGoYaml)
}

/// Prints a tree for our own reader: as [`emit`], but that U+2028 and U+2029, which end a line for go-yaml and not for
/// YAML 1.2, are escaped.
pub fn emit_to_read(root: &Node) -> Emitted {
    print(root, Breaks::Escaped)
}

fn print(root: &Node, breaks: Breaks) -> Emitted {
    let mut printer = Printer { text: String::new(), places: Vec::new(), line_start: 0, cursor: Cursor::Fresh, breaks };
    printer.node(root, Parent { indent: None, holds: Holds::Root });
    if printer.cursor != Cursor::Fresh {
        printer.text.push('\n');
    }
    Emitted { text: printer.text, places: printer.places }
}

/// What the current line holds so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Nothing but indentation.
    Fresh,
    /// Ends in `-`, `?`, or the `:` after a key with `?`: a block collection may start behind it.
    Mark,
    /// Something else: a block collection starts on the next line.
    Text,
}

/// What a node is written into.
#[derive(Clone, Copy)]
struct Parent {
    /// Column of the collection; none at the root.
    indent: Option<usize>,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Root,
    Item,
    /// The value of `key:`, where a list is not indented.
    Value,
    /// The value of `? key`.
    ComplexValue,
}

impl Parent {
    /// Column of a map, or of a list that is indented.
    fn block_indent(self) -> usize {
        self.indent.map_or(0, |indent| indent + STEP)
    }

    fn list_indent(self) -> usize {
        match (self.indent, self.holds) {
            (Some(indent), Holds::Value) => indent,
            _ => self.block_indent(),
        }
    }
}

/// Continuation lines and block scalars are indented at the root too.
fn scalar_indent(parent: Option<usize>) -> usize {
    parent.unwrap_or(0) + STEP
}

struct Printer {
    text: String,
    places: Vec<Place>,
    line_start: usize,
    cursor: Cursor,
    breaks: Breaks,
}

impl Printer {
    fn node(&mut self, node: &Node, parent: Parent) {
        match &node.value {
            Value::Map(map) if map.is_empty() => self.empty("{}", &node.origin),
            Value::Seq(items) if items.is_empty() => self.empty("[]", &node.origin),
            Value::Map(map) => self.map(map, &node.origin, parent.block_indent()),
            Value::Seq(items) => self.list(items, &node.origin, parent.list_indent()),
            Value::Str(text) => self.string(text, &node.origin, parent.indent),
            Value::Unknown(unknown) => {
                self.string(&unknown.template, &node.origin, parent.indent);
                if let Some(place) = self.places.last_mut() {
                    place.unknown = Some(Arc::clone(unknown));
                }
            }
            Value::Null => self.bare("null", &node.origin),
            Value::Bool(true) => self.bare("true", &node.origin),
            Value::Bool(false) => self.bare("false", &node.origin),
            Value::Int(value) => self.bare(&value.to_string(), &node.origin),
            Value::Uint(value) => self.bare(&value.to_string(), &node.origin),
            Value::Float(value) => self.bare(&scalar::number(*value), &node.origin),
        }
    }

    fn map(&mut self, map: &Map, origin: &Origin, indent: usize) {
        let entries: Vec<(Cow<'_, str>, &Entry)> =
            map.iter().map(|entry| (scalar::through_json(&entry.key), entry)).collect();
        let mut entries: Vec<&(Cow<'_, str>, &Entry)> = entries.iter().collect();
        order::sort(&mut entries, |(a, _), (b, _)| natural_order(a, b));
        self.line(indent);
        let place = self.open(origin);
        for (key, entry) in entries {
            self.line(indent);
            let holds = self.key(key, entry, indent);
            self.node(&entry.value, Parent { indent: Some(indent), holds });
        }
        self.close(place);
    }

    fn key(&mut self, key: &str, entry: &Entry, indent: usize) -> Holds {
        let origin = Origin::Source(entry.key_span);
        let look = scalar::look(key, self.breaks);
        if look.is_one_line() && key.len() <= SIMPLE_KEY {
            self.scalar(key, look.inline_style(), Wrap::Never, Written::Key, &origin);
            self.text.push(':');
            Holds::Value
        } else {
            self.mark('?');
            self.scalar(key, look.style(), Wrap::At(scalar_indent(Some(indent))), Written::Key, &origin);
            self.line(indent);
            self.mark(':');
            Holds::ComplexValue
        }
    }

    fn list(&mut self, items: &[Node], origin: &Origin, indent: usize) {
        self.line(indent);
        let place = self.open(origin);
        for item in items {
            self.line(indent);
            self.mark('-');
            self.node(item, Parent { indent: Some(indent), holds: Holds::Item });
        }
        self.close(place);
    }

    fn empty(&mut self, text: &str, origin: &Origin) {
        self.gap();
        let place = self.open(origin);
        self.text.push_str(text);
        self.cursor = Cursor::Text;
        self.close(place);
    }

    /// A value whose text needs no quotes.
    fn bare(&mut self, text: &str, origin: &Origin) {
        self.scalar(text, Style::Plain, Wrap::Never, Written::Scalar, origin);
    }

    fn string(&mut self, text: &str, origin: &Origin, parent: Option<usize>) {
        let text = scalar::through_json(text);
        let style = scalar::look(&text, self.breaks).style();
        self.scalar(&text, style, Wrap::At(scalar_indent(parent)), Written::Scalar, origin);
    }

    fn scalar(&mut self, text: &str, style: Style, wrap: Wrap, what: Written, origin: &Origin) {
        self.gap();
        let start = self.text.len();
        let column = self.text.get(self.line_start..).map_or(0, |line| line.chars().count());
        self.cursor = match scalar::write(&mut self.text, text, style, wrap, column) {
            scalar::End::Inline => Cursor::Text,
            scalar::End::NewLine => Cursor::Fresh,
        };
        if self.cursor == Cursor::Fresh {
            self.line_start = self.text.len();
        }
        self.place(start, what, origin);
    }

    /// The blank before something that follows on the same line.
    fn gap(&mut self) {
        if self.cursor != Cursor::Fresh {
            self.text.push(' ');
        }
    }

    fn mark(&mut self, mark: char) {
        self.gap();
        self.text.push(mark);
        self.cursor = Cursor::Mark;
    }

    /// Goes to a column, on a new line unless this one has room.
    fn line(&mut self, indent: usize) {
        if self.cursor == Cursor::Text {
            self.text.push('\n');
            self.line_start = self.text.len();
        }
        // Everything before a mark and in a fresh line is ASCII.
        let column = self.text.len() - self.line_start;
        self.text.extend(std::iter::repeat_n(' ', indent.saturating_sub(column)));
        self.cursor = Cursor::Fresh;
    }

    /// Starts the place of a collection; `close` ends it.
    fn open(&mut self, origin: &Origin) -> usize {
        self.place(self.text.len(), Written::Collection, origin);
        self.places.len() - 1
    }

    fn close(&mut self, place: usize) {
        let end = self.text.len();
        if let Some(place) = self.places.get_mut(place) {
            place.range.end = end;
        }
    }

    /// Records what stands from `start` to the end.
    fn place(&mut self, start: usize, what: Written, origin: &Origin) {
        self.places.push(Place { range: start..self.text.len(), what, origin: origin.clone(), unknown: None });
    }
}
