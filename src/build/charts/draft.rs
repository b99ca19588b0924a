//! Nodes that a chart makes by itself, each with the place of the value it makes them for.

use smol_str::SmolStr;

use crate::source::Span;
use crate::yaml::{Entry, Map, Node, Origin, Step, Unknown, UnknownWhy, Value};

/// Makes nodes for one item of the values.
#[derive(Clone, Debug)]
pub struct Draft {
    place: Span,
    origin: Origin,
}

impl Draft {
    /// For the item at a place.
    pub fn at(place: Span) -> Self {
        Draft { place, origin: Origin::derived(Step::Chart, place, None) }
    }

    /// The place of the item.
    pub fn place(&self) -> Span {
        self.place
    }

    fn node(&self, value: Value) -> Node {
        Node { value, origin: self.origin.clone() }
    }

    /// A text.
    pub fn text(&self, text: impl Into<SmolStr>) -> Node {
        self.node(Value::Str(text.into()))
    }

    /// A whole number.
    pub fn number(&self, number: i64) -> Node {
        self.node(Value::Int(number))
    }

    /// A boolean.
    pub fn flag(&self, flag: bool) -> Node {
        self.node(Value::Bool(flag))
    }

    /// A value that exists and is made in a way that is not followed.
    pub fn unknown(&self, template: impl Into<SmolStr>) -> Node {
        self.node(unknown(template))
    }

    /// A list.
    pub fn list(&self, items: Vec<Node>) -> Node {
        self.node(Value::Seq(items.into()))
    }

    /// A map of the entries that are there.
    pub fn map<'k>(&self, entries: impl IntoIterator<Item = (&'k str, Option<Node>)>) -> Node {
        let there = entries
            .into_iter()
            .filter_map(|(key, value)| Some(Entry { key: key.into(), key_span: self.place, value: value? }));
        self.node(Value::Map(Map::from_entries(there.collect()).into()))
    }

    /// A map of entries that have places of their own.
    pub fn entries(&self, entries: Vec<Entry>) -> Node {
        self.node(Value::Map(Map::from_entries(entries).into()))
    }
}

/// A text that a chart makes of a value.
pub fn made_of(value: &Node, text: impl Into<SmolStr>) -> Node {
    Node::text_node(text, origin_of(value))
}

/// A value that exists and that a chart makes of another one in a way that is not followed.
pub fn unknown_of(value: &Node, template: impl Into<SmolStr>) -> Node {
    Node { value: unknown(template), origin: origin_of(value) }
}

fn unknown(template: impl Into<SmolStr>) -> Value {
    let why = UnknownWhy::Chart;
    Value::Unknown(Unknown { template: template.into(), why }.into())
}

fn origin_of(value: &Node) -> Origin {
    Origin::derived(Step::Chart, value.span(), Some(value.origin.clone()))
}
