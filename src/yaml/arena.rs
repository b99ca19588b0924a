//! The parse tree of one text: a flat arena, byte offsets only, aliases not expanded.

use std::ops::Range;

/// Index of a node in its tree.
pub type NodeId = u32;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: the only style whose text is resolved to a type.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// An explicit tag, as far as it changes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// No tag.
    None,
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!!merge`
    Merge,
    /// Any other: the text is taken as it stands.
    Other,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its text is the source text of its span.
    RawScalar,
    /// Its text stands in `side`, at `a..a + b`.
    CookedScalar,
    /// `b` children from `kids[a]` on.
    Sequence,
    /// `b` children from `kids[a]` on: key, value, key, value.
    Mapping,
    /// A use of the node `a`.
    Alias,
    /// A use of an anchor that does not exist.
    BrokenAlias,
}

/// One node, 16 bytes and three small enums.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub start: u32,
    pub end: u32,
    pub a: u32,
    pub b: u32,
    pub kind: Kind,
    pub style: Style,
    pub tag: Tag,
    /// Nothing is written: the parser made up an empty node.
    pub absent: bool,
}

/// A comment with its `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Bytes from the `#` to the end of the line.
    pub range: Range<usize>,
}

/// What is wrong with a text, as Flux sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is refused.
    Syntax,
    /// A map has a key twice.
    DuplicateKey,
    /// An alias has no anchor before it.
    UndefinedAlias,
    /// An anchor of a document is set anew.
    RedefinedAnchor,
    /// Flux never sees this part of the file.
    IgnoredDocument,
    /// A value cannot be converted (`.inf`, a tag that does not fit, a key that is no string).
    Value,
    /// Nesting or alias expansion passed a limit.
    Limit,
}

impl ProblemKind {
    /// Whether Flux refuses the file because of it.
    pub fn is_fatal(self) -> bool {
        !matches!(self, ProblemKind::IgnoredDocument | ProblemKind::RedefinedAnchor)
    }
}

/// Something wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub kind: ProblemKind,
    /// One sentence without a final stop.
    pub message: String,
    /// Where.
    pub at: Range<usize>,
    /// Another place involved.
    pub other: Option<(Range<usize>, &'static str)>,
}

/// One document of the text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its root; `None` when it holds nothing but comments.
    pub root: Option<NodeId>,
    /// Reading stopped at an error: what is there is true, what is not there may be missing.
    pub incomplete: bool,
    /// Flux does not see it (see [`ProblemKind::IgnoredDocument`]).
    pub ignored: bool,
}

/// A parsed text.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(super) slots: Vec<Slot>,
    pub(super) kids: Vec<NodeId>,
    pub(super) side: String,
    /// Comments in source order.
    pub comments: Vec<Comment>,
    /// Documents in source order.
    pub documents: Vec<Document>,
    /// What is wrong, in source order.
    pub problems: Vec<Problem>,
}

impl Tree {
    pub(super) fn slot(&self, id: NodeId) -> Slot {
        self.slots.get(id as usize).copied().unwrap_or(Slot {
            start: 0,
            end: 0,
            a: 0,
            b: 0,
            kind: Kind::RawScalar,
            style: Style::Plain,
            tag: Tag::None,
            absent: true,
        })
    }

    pub(super) fn children(&self, slot: Slot) -> &[NodeId] {
        self.kids.get(slot.a as usize..slot.a as usize + slot.b as usize).unwrap_or_default()
    }

    pub(super) fn scalar_text<'t>(&'t self, slot: Slot, text: &'t str) -> &'t str {
        if slot.absent {
            return "";
        }
        match slot.kind {
            Kind::CookedScalar => self.side.get(slot.a as usize..slot.a as usize + slot.b as usize).unwrap_or_default(),
            _ => text.get(slot.start as usize..slot.end as usize).unwrap_or_default(),
        }
    }

    /// Whether any document was cut short or refused.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind.is_fatal())
    }
}
