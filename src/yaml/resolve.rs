//! The arena into an owned tree: aliases and merge keys expanded, scalars typed, refused maps reported.
//!
//! Source: kyaml `yaml/rnode.go` (`DeAnchor`), go-yaml `decode.go`.

use hashbrown::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use smol_str::SmolStr;

use super::arena::{Kind, NodeId, Problem, ProblemKind, Slot, Style, Tag, Tree};
use super::node::{Entry, Map, Node, Origin, Step, Value};
use super::place::Content;
use super::refold::refolded;
use super::scalar::{self, Scalar};
use super::{Document, Mode};
use crate::source::Span;

/// A resolved document.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Its root.
    pub root: Node,
    /// What go-yaml refuses in it; empty for a sound document.
    pub problems: Vec<Problem>,
    /// Some plain date was made into a time.
    pub times: bool,
}

/// Resolves one document of a text. `content` says where the bytes of the text stand.
/// `None` for a document without content.
pub fn resolve(tree: &Tree, document: &Document, text: &str, content: &Content, mode: Mode) -> Option<Resolved> {
    let root = document.root?;
    let slot = tree.slot(root);
    if slot.absent {
        return None;
    }
    let mut resolver = Resolver {
        tree,
        text,
        content,
        mode,
        problems: Vec::new(),
        times: false,
        budget: Budget::default(),
        path: Vec::new(),
        outer: None,
    };
    let root = resolver.node(root, 0);
    let (mut problems, times) = (resolver.problems, resolver.times);
    if let Some(limit) = problems.iter().position(|problem| problem.kind == ProblemKind::Limit) {
        // What was cut off is no further mistake.
        problems.truncate(limit + 1);
    }
    Some(Resolved { root, problems, times })
}

/// go-yaml's guard against alias bombs (`decode.go`, `allowedAliasRatio`).
#[derive(Default)]
struct Budget {
    visits: u64,
    through_alias: u64,
    alias_depth: u32,
    exceeded: bool,
    said: bool,
}

impl Budget {
    fn visit(&mut self) -> bool {
        self.visits += 1;
        if self.alias_depth > 0 {
            self.through_alias += 1;
        }
        let (low, high) = (400_000.0, 4_000_000.0);
        let ratio = match self.visits as f64 {
            visits if visits <= low => 0.99,
            visits if visits >= high => 0.10,
            visits => 0.99 - 0.89 * (visits - low) / (high - low),
        };
        if self.through_alias > 100 && self.visits > 1_000 && self.through_alias as f64 / self.visits as f64 > ratio {
            self.exceeded = true;
        }
        !self.exceeded
    }
}

struct Resolver<'t> {
    tree: &'t Tree,
    text: &'t str,
    content: &'t Content,
    mode: Mode,
    problems: Vec<Problem>,
    times: bool,
    budget: Budget,
    // Nodes being resolved, to see an alias inside its own anchor.
    path: Vec<NodeId>,
    // The alias of the document itself that is being expanded.
    outer: Option<Slot>,
}

impl Resolver<'_> {
    fn span(&self, slot: Slot) -> Span {
        self.content.span(slot.start as usize..slot.end as usize)
    }

    fn problem(&mut self, kind: ProblemKind, at: Range<usize>, message: String) {
        self.problems.push(Problem { kind, message, at, other: None });
    }

    fn node(&mut self, id: NodeId, depth: usize) -> Node {
        let slot = self.tree.slot(id);
        let span = self.span(slot);
        if !self.budget.visit() {
            if !std::mem::replace(&mut self.budget.said, true) {
                let slot = self.outer.unwrap_or(slot);
                let at = slot.start as usize..slot.end as usize;
                self.problem(ProblemKind::Limit, at, "aliases expand to an excessive size".to_owned());
            }
            return Node::new(Value::Null, span);
        }
        let value = match slot.kind {
            Kind::RawScalar | Kind::CookedScalar => self.scalar(slot),
            Kind::Sequence => {
                self.path.push(id);
                let items = self.tree.children(slot).iter().map(|child| self.node(*child, depth + 1)).collect();
                self.path.pop();
                Value::Seq(Arc::new(items))
            }
            Kind::Mapping => {
                self.path.push(id);
                let map = self.map(slot, depth);
                self.path.pop();
                Value::Map(Arc::new(map))
            }
            Kind::Alias => return self.alias(slot, span, depth),
            Kind::BrokenAlias => Value::Null,
        };
        Node::new(value, span)
    }

    fn alias(&mut self, slot: Slot, span: Span, depth: usize) -> Node {
        if self.path.contains(&slot.a) {
            let at = slot.start as usize..slot.end as usize;
            self.problem(ProblemKind::Syntax, at, "an anchor's value contains its own alias".to_owned());
            return Node::new(Value::Null, span);
        }
        if self.budget.alias_depth == 0 {
            self.outer = Some(slot);
        }
        self.budget.alias_depth += 1;
        let node = self.node(slot.a, depth);
        self.budget.alias_depth -= 1;
        if self.budget.alias_depth == 0 {
            self.outer = None;
        }
        let before = node.origin.clone();
        node.marked(Step::Aliased, span, Some(before))
    }

    fn scalar(&mut self, slot: Slot) -> Value {
        let text = self.tree.scalar_text(slot, self.text);
        // Objects are printed and read again on their way through kustomize, files of kustomize itself are not.
        let refolds = slot.style == Style::Folded && self.mode == Mode::V3;
        let text_value = || Value::Str(if refolds { refolded(text).into() } else { SmolStr::new(text) });
        let plain = slot.style == Style::Plain;
        let typed = match slot.tag {
            Tag::None if plain => scalar::resolve(text, self.mode),
            Tag::None | Tag::Str | Tag::Other => return text_value(),
            Tag::Binary => return self.binary(slot),
            Tag::Int | Tag::Float | Tag::Bool | Tag::Null | Tag::Timestamp | Tag::Merge => {
                let typed = scalar::resolve(text, self.mode);
                let fits = matches!(
                    (slot.tag, &typed),
                    (Tag::Int, Scalar::Int(_) | Scalar::Uint(_))
                        | (Tag::Float, Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_))
                        | (Tag::Bool, Scalar::Bool(_))
                        | (Tag::Null, Scalar::Null)
                        | (Tag::Timestamp, Scalar::Time(_))
                        | (Tag::Merge, Scalar::Merge)
                );
                let kept_as_text = slot.tag == Tag::Timestamp && self.mode == Mode::V2;
                if !fits && !kept_as_text {
                    let at = slot.start as usize..slot.end as usize;
                    self.problem(ProblemKind::Value, at, "the value does not fit its explicit tag".to_owned());
                }
                typed
            }
        };
        match typed {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Int(value),
            Scalar::Uint(value) => Value::Uint(value),
            Scalar::Float(value) if value.is_finite() => Value::Float(value),
            Scalar::Float(_) => {
                let at = slot.start as usize..slot.end as usize;
                self.problem(
                    ProblemKind::Value,
                    at,
                    "infinity and NaN have no form in JSON (unsupported value)".to_owned(),
                );
                text_value()
            }
            Scalar::Time(time) => {
                self.times = true;
                Value::Str(time.into())
            }
            Scalar::Merge | Scalar::Text => text_value(),
        }
    }

    fn binary(&mut self, slot: Slot) -> Value {
        let text: String =
            self.tree.scalar_text(slot, self.text).chars().filter(|c| !c.is_ascii_whitespace()).collect();
        match base64::engine::general_purpose::STANDARD.decode(&text) {
            Ok(bytes) => Value::Str(String::from_utf8_lossy(&bytes).into()),
            Err(_) => {
                let at = slot.start as usize..slot.end as usize;
                self.problem(ProblemKind::Value, at, "a `!!binary` value is not valid base64".to_owned());
                Value::Str(text.into())
            }
        }
    }

    fn map(&mut self, slot: Slot, depth: usize) -> Map {
        let children = self.tree.children(slot);
        let mut own: Vec<(Entry, Range<usize>)> = Vec::with_capacity(children.len() / 2);
        let mut merges: Vec<NodeId> = Vec::new();
        for pair in children.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            let key_slot = self.tree.slot(key);
            if self.is_merge(key_slot) {
                merges.push(value);
                if merges.len() > 1 && self.mode == Mode::V3 {
                    let at = key_slot.start as usize..key_slot.end as usize;
                    self.problem(ProblemKind::DuplicateKey, at, "a map has two merge keys `<<`".to_owned());
                }
                continue;
            }
            let Some(name) = self.key(key, depth) else { continue };
            let key_span = self.span(key_slot);
            let value = self.node(value, depth + 1);
            own.push((Entry { key: name, key_span, value }, key_slot.start as usize..key_slot.end as usize));
        }
        let mut entries = self.without_duplicates(own);
        if !merges.is_empty() {
            let mut known = entries.iter().map(|entry| entry.key.clone()).collect();
            for merge in merges {
                self.merge(&mut entries, &mut known, merge, depth);
            }
        }
        Map::from_entries(entries)
    }

    fn is_merge(&self, slot: Slot) -> bool {
        let text = self.tree.scalar_text(slot, self.text);
        match slot.kind {
            Kind::RawScalar | Kind::CookedScalar if text == "<<" => {
                slot.tag == Tag::Merge || (slot.style == Style::Plain && slot.tag == Tag::None)
            }
            _ => false,
        }
    }

    /// The text of a key, or `None` with a problem for a key that Flux refuses.
    fn key(&mut self, id: NodeId, depth: usize) -> Option<SmolStr> {
        let slot = self.tree.slot(id);
        let at = slot.start as usize..slot.end as usize;
        let node = self.node(id, depth + 1);
        match &node.value {
            Value::Str(_) if slot.kind == Kind::Alias => node.scalar_text().map(SmolStr::from),
            // The text as written: a date as a key stays as it is.
            Value::Str(_) => Some(SmolStr::new(self.tree.scalar_text(slot, self.text))),
            Value::Seq(_) | Value::Map(_) | Value::Unknown(_) => {
                self.problem(ProblemKind::Value, at, "a map key is not a plain text (invalid map key)".to_owned());
                None
            }
            Value::Null if self.mode == Mode::V2 || slot.kind == Kind::BrokenAlias => {
                self.problem(ProblemKind::Value, at, "a map key is null".to_owned());
                None
            }
            _ => {
                // kustomize accepts only text below the top level.
                if self.mode == Mode::V3 && depth > 0 {
                    let shown = self.tree.scalar_text(slot, self.text);
                    let message = format!("the key `{shown}` is no text: kustomize refuses it (write it in quotes)");
                    self.problem(ProblemKind::Value, at, message);
                }
                node.scalar_text().map(SmolStr::from).or_else(|| Some("null".into()))
            }
        }
    }

    fn without_duplicates(&mut self, entries: Vec<(Entry, Range<usize>)>) -> Vec<Entry> {
        let mut seen: HashSet<SmolStr> = HashSet::with_capacity(if entries.len() > 8 { entries.len() } else { 0 });
        let repeats = if entries.len() > 8 {
            !entries.iter().all(|(entry, _)| seen.insert(entry.key.clone()))
        } else {
            entries
                .iter()
                .enumerate()
                .any(|(index, (entry, _))| entries.iter().take(index).any(|(earlier, _)| earlier.key == entry.key))
        };
        if !repeats {
            return entries.into_iter().map(|(entry, _)| entry).collect();
        }
        let mut kept: Vec<(Entry, Range<usize>)> = Vec::with_capacity(entries.len());
        let mut places: HashMap<SmolStr, usize> = HashMap::with_capacity(entries.len());
        for (entry, at) in entries {
            let place = *places.entry(entry.key.clone()).or_insert(kept.len());
            match kept.get_mut(place) {
                Some(earlier) => {
                    if self.mode == Mode::V3 {
                        self.problems.push(Problem {
                            kind: ProblemKind::DuplicateKey,
                            message: format!("the key `{}` is already defined in this map", entry.key),
                            at,
                            other: Some((earlier.1.clone(), "first defined here")),
                        });
                    }
                    earlier.0 = entry;
                }
                None => kept.push((entry, at)),
            }
        }
        kept.into_iter().map(|(entry, _)| entry).collect()
    }

    fn merge(&mut self, entries: &mut Vec<Entry>, known: &mut HashSet<SmolStr>, id: NodeId, depth: usize) {
        let slot = self.tree.slot(id);
        let at = slot.start as usize..slot.end as usize;
        let target = if slot.kind == Kind::Alias { self.tree.slot(slot.a) } else { slot };
        let sources: Vec<NodeId> = match target.kind {
            Kind::Mapping => vec![id],
            Kind::Sequence if slot.kind != Kind::Alias => self.tree.children(slot).to_vec(),
            _ => {
                let message = "map merge requires a map or a sequence of maps as the value".to_owned();
                self.problem(ProblemKind::Value, at, message);
                return;
            }
        };
        for source in sources {
            let node = self.node(source, depth + 1);
            let Value::Map(merged) = &node.value else {
                let message = "map merge requires a map or a sequence of maps as the value".to_owned();
                self.problem(ProblemKind::Value, at.clone(), message);
                continue;
            };
            let place = self.span(slot);
            for entry in merged.iter() {
                if known.insert(entry.key.clone()) {
                    let before = Some(entry.value.origin.clone());
                    // A merged value stands at its anchor; the merge key only brought it here.
                    let origin = match &entry.value.origin {
                        Origin::Source(span) => Origin::derived(Step::Aliased, *span, before),
                        Origin::Derived(_) => Origin::derived(Step::Aliased, place, before),
                    };
                    let value = Node { value: entry.value.value.clone(), origin };
                    entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
                }
            }
        }
    }
}
