//! Events into the arena: spans corrected, one bad document does not spoil the others.

use hashbrown::HashMap;
use std::ops::Range;

use super::arena::{Comment, Document, Kind, NodeId, Problem, ProblemKind, Slot, Style, Tag, Tree};
use super::event::{Event, EventSource, Granit};
use super::stream;

/// Parses a text. Never fails: what is wrong stands in [`Tree::problems`].
pub fn parse(text: &str) -> Tree {
    let mut tree = read(text, &mut Granit::new(text), None);
    if tree.is_broken()
        && let Some((rescued, inserted)) = stream::rescue(text)
    {
        // go-yaml accepts two things that the parser does not; the second reading replaces the first if it is better.
        let second = read(text, &mut Granit::new(&rescued), Some(&inserted));
        if second.problems.len() < tree.problems.len() {
            tree = second;
        }
    }
    stream::check(text, &mut tree);
    tree.problems.sort_by_key(|problem| problem.at.start);
    tree
}

struct Open {
    slot: Slot,
    id: NodeId,
    first_child: usize,
}

struct Reader<'t> {
    text: &'t str,
    inserted: Option<&'t [usize]>,
    tree: Tree,
    open: Vec<Open>,
    // Children of all open collections; a collection takes its own from the end when it closes.
    pending: Vec<NodeId>,
    anchors: HashMap<usize, NodeId>,
    // Where the anchors of this document stand, by name.
    named: HashMap<&'t str, Range<usize>>,
    root: Option<NodeId>,
}

/// The anchor in front of a node, with its name: only a tag and blanks stand between.
fn anchor_before(text: &str, at: usize) -> Option<(&str, Range<usize>)> {
    let mut head = text.get(..at)?.trim_end();
    for _ in 0..2 {
        let start =
            head.rfind(|c: char| c.is_whitespace() || matches!(c, '[' | '{' | ',')).map_or(0, |blank| blank + 1);
        let word = head.get(start..)?;
        if let Some(name) = word.strip_prefix('&') {
            return Some((name, start..head.len()));
        }
        head = head.get(..start)?.trim_end();
    }
    None
}

fn read(text: &str, events: &mut dyn EventSource<'_>, inserted: Option<&[usize]>) -> Tree {
    let mut reader = Reader {
        text,
        inserted,
        // Of most texts, a byte in twelve begins a node.
        tree: Tree { slots: Vec::with_capacity(text.len() / 12), ..Tree::default() },
        open: Vec::new(),
        pending: Vec::new(),
        anchors: HashMap::new(),
        named: HashMap::new(),
        root: None,
    };
    let mut in_document = false;
    while let Some(next) = events.next() {
        match next {
            Ok((event, range)) => {
                match event {
                    Event::DocumentStart => in_document = true,
                    Event::DocumentEnd => in_document = false,
                    _ => {}
                }
                reader.event(event, range);
            }
            Err(failure) => {
                let at = reader.back(failure.at);
                reader.fail(&failure.message, at, failure.is_limit);
                in_document = false;
                if !events.recover() {
                    break;
                }
            }
        }
    }
    if in_document {
        reader.finish(true);
    }
    reader.tree
}

impl<'t> Reader<'t> {
    /// Maps an offset of a rescued copy back to the real text.
    fn back(&self, at: usize) -> usize {
        self.inserted.map_or(at, |inserted| at - inserted.partition_point(|insertion| *insertion < at))
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let range = self.back(range.start)..self.back(range.end);
        match event {
            Event::DocumentStart => {
                self.anchors.clear();
                self.named.clear();
                self.root = None;
            }
            Event::DocumentEnd => self.finish(false),
            Event::Scalar { text, style, tag, anchor } => self.scalar(&text, style, tag, anchor, range),
            Event::SequenceStart { tag, anchor } => self.start(Kind::Sequence, tag, anchor, &range),
            Event::MappingStart { tag, anchor } => self.start(Kind::Mapping, tag, anchor, &range),
            Event::SequenceEnd | Event::MappingEnd => self.end(range.end),
            Event::Alias { anchor } => {
                let target = self.anchors.get(&anchor).copied();
                let slot = Slot {
                    a: target.unwrap_or_default(),
                    kind: if target.is_some() { Kind::Alias } else { Kind::BrokenAlias },
                    ..blank(&range)
                };
                self.push(slot);
            }
            Event::UnknownAlias { name } => {
                self.tree.problems.push(Problem {
                    kind: ProblemKind::UndefinedAlias,
                    message: format!("alias `*{name}` has no anchor before it in this document"),
                    at: range.clone(),
                    other: None,
                });
                self.push(Slot { kind: Kind::BrokenAlias, ..blank(&range) });
            }
            Event::Comment => self.tree.comments.push(Comment { range }),
        }
    }

    fn scalar(&mut self, text: &str, style: Style, tag: Tag, anchor: usize, range: Range<usize>) {
        let mut range = range;
        let absent = range.is_empty() && style == Style::Plain;
        if matches!(style, Style::Literal | Style::Folded) {
            range = self.block_range(range);
        }
        let raw = self.text.get(range.clone()).unwrap_or_default();
        if style == Style::DoubleQuoted
            && let Some(at) = slash_escape(raw)
        {
            self.tree.problems.push(Problem {
                kind: ProblemKind::Syntax,
                message: "found unknown escape character: `\\/`".to_owned(),
                at: range.start + at..range.start + at + 2,
                other: None,
            });
        }
        let slot = if absent || raw == text {
            Slot { style, tag, absent, ..blank(&range) }
        } else {
            let a = self.tree.side.len();
            self.tree.side.push_str(text);
            Slot { a: a as u32, b: text.len() as u32, kind: Kind::CookedScalar, style, tag, ..blank(&range) }
        };
        let id = self.push(slot);
        self.remember(anchor, id, range.start);
    }

    /// A block scalar's span without the blank lines after its last line of text.
    fn block_range(&self, range: Range<usize>) -> Range<usize> {
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let kept = raw.trim_end_matches([' ', '\t', '\r', '\n']).len();
        range.start..range.start + kept
    }

    fn remember(&mut self, anchor: usize, id: NodeId, before: usize) {
        if anchor == 0 {
            return;
        }
        self.anchors.insert(anchor, id);
        let Some((name, at)) = anchor_before(self.text, before) else { return };
        if let Some(first) = self.named.insert(name, at.clone()) {
            self.tree.problems.push(Problem {
                kind: ProblemKind::RedefinedAnchor,
                message: format!("anchor `&{name}` is set anew in this document"),
                at,
                other: Some((first, "set before")),
            });
        }
    }

    fn push(&mut self, slot: Slot) -> NodeId {
        let id = self.tree.slots.len() as NodeId;
        self.tree.slots.push(slot);
        if self.open.is_empty() {
            self.root.get_or_insert(id);
        } else {
            self.pending.push(id);
        }
        id
    }

    fn start(&mut self, kind: Kind, tag: Tag, anchor: usize, range: &Range<usize>) {
        let slot = Slot { kind, tag, ..blank(range) };
        let id = self.push(slot);
        self.remember(anchor, id, range.start);
        self.open.push(Open { slot, id, first_child: self.pending.len() });
    }

    fn end(&mut self, close: usize) {
        let Some(Open { mut slot, id, first_child }) = self.open.pop() else { return };
        let is_flow = matches!(self.text.as_bytes().get(slot.start as usize), Some(b'[' | b'{'));
        slot.a = self.tree.kids.len() as u32;
        slot.b = (self.pending.len() - first_child) as u32;
        let last = self.pending.last().filter(|_| slot.b > 0).map(|last| self.tree.slot(*last));
        // The parser's end of a block collection lies at the next token, past comments and blank lines.
        slot.end = match last {
            _ if is_flow => close as u32,
            Some(last) => last.end.max(slot.start),
            None => slot.start,
        };
        if let Some(first) = self.pending.get(first_child) {
            let first = self.tree.slot(*first);
            if !is_flow && slot.kind == Kind::Mapping {
                slot.start = first.start;
            }
        }
        self.tree.kids.extend(self.pending.drain(first_child..));
        if let Some(place) = self.tree.slots.get_mut(id as usize) {
            *place = slot;
        }
    }

    fn fail(&mut self, message: &str, at: usize, is_limit: bool) {
        self.tree.problems.push(Problem {
            kind: if is_limit { ProblemKind::Limit } else { ProblemKind::Syntax },
            message: message.to_owned(),
            at: at..at,
            other: None,
        });
        self.finish(true);
    }

    fn finish(&mut self, incomplete: bool) {
        while !self.open.is_empty() {
            // A map cut after a key keeps the pairs that are whole.
            if let Some(open) = self.open.last()
                && open.slot.kind == Kind::Mapping
                && (self.pending.len() - open.first_child) % 2 == 1
            {
                self.pending.pop();
            }
            self.end(self.text.len());
        }
        self.tree.documents.push(Document { root: self.root.take(), incomplete, ignored: false });
    }
}

/// Where a slash stands behind a backslash that is not itself escaped.
fn slash_escape(raw: &str) -> Option<usize> {
    let backslashes = |at: usize| raw.bytes().take(at).rev().take_while(|byte| *byte == b'\\').count();
    raw.match_indices("\\/").map(|(at, _)| at).find(|at| backslashes(*at).is_multiple_of(2))
}

fn blank(range: &Range<usize>) -> Slot {
    Slot {
        start: u32::try_from(range.start).unwrap_or(u32::MAX),
        end: u32::try_from(range.end).unwrap_or(u32::MAX),
        a: 0,
        b: 0,
        kind: Kind::RawScalar,
        style: Style::Plain,
        tag: Tag::None,
        absent: false,
    }
}
