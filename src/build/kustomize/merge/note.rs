//! Where a merge gives what the patch hardly means: elements lost, directives left as text, lists replaced whole.

use hashbrown::HashSet;

use smol_str::SmolStr;

use super::elements::{Elements, Slot, is_nothing, raw};
use super::list::Walk;
use super::walk::DIRECTIVE;
use crate::source::Span;
use crate::yaml::Node;

/// Below this key of a patch, directives are meant as text: they are for whoever reads it later.
const PATCHES: &str = "patchesStrategicMerge";

/// Something about a merge that its result does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// An element of a list with keys reaches the result in no form.
    ElementLost(LostElement),
    /// A `$patch` key stays in the result.
    DirectiveLiteral {
        /// The key in the patch.
        directive: Span,
        /// Its value.
        word: String,
    },
    /// A list without schema is replaced, although both lists have elements of the same name.
    ListReplaced {
        /// Path of the list.
        path: String,
        /// A name that both have, and its place in the patch.
        shared: (String, Span),
        /// Names of the old list that the new one lacks, with their places.
        dropped: Vec<(String, Span)>,
    },
}

/// An element that got lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostElement {
    /// The element: of the patch, or of the object.
    pub element: Span,
    /// What to point at in it.
    pub place: Span,
    /// The list in the object.
    pub list: Span,
    /// Path of the list.
    pub path: String,
    /// The element by its key values, such as `port: 80`.
    pub shown: String,
    /// Why it is lost.
    pub why: Lost,
}

/// Why an element is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The element of the patch lacks a key that elements of the object have.
    KeyMissing {
        /// The key.
        key: String,
        /// The value of the first key, where it has that.
        beside: Option<Span>,
        /// Values of the key in elements that agree in what the patch gives.
        values: Vec<SmolStr>,
        /// Such an element.
        like: Option<Span>,
    },
    /// The element of the object lacks a key that the patch gives.
    KeyMissingInObject {
        /// The key.
        key: String,
        /// Such an element.
        like: Option<Span>,
    },
    /// The element of the object is overrun by one of the patch without a key.
    Overrun {
        /// The key.
        key: String,
        /// The element of the patch.
        by: Span,
    },
    /// `$patch: replace` in an element that the object has too: a build takes the old element.
    ReplaceIgnored,
}

/// What became of the elements of two lists.
pub struct Fate<'w> {
    /// The elements.
    pub elements: &'w Elements,
    /// Those of the object.
    pub old: &'w [Slot],
    /// Those of the patch.
    pub new: &'w [Slot],
    /// What came of them.
    pub walk: &'w Walk,
    /// The merge keys.
    pub keys: &'w [&'w str],
    /// The list of the object.
    pub list: &'w Node,
}

impl Fate<'_> {
    /// Notes for the elements that got lost.
    pub fn lost(&self, path: &[SmolStr]) -> Vec<Note> {
        if self.keys == [""] {
            return Vec::new();
        }
        let result: HashSet<Slot> = self.walk.result.iter().copied().collect();
        let stays = |slot: &Slot| result.contains(slot);
        let note = |slot: Slot, why: Lost| {
            let node = self.elements.get(slot)?;
            Some(Note::ElementLost(LostElement {
                element: node.span(),
                place: self.place(node),
                list: self.list.span(),
                path: path.join("."),
                shown: self.shown(node),
                why,
            }))
        };
        let keyless = |slot: &Slot| self.elements.get(*slot).is_some_and(|node| self.is_keyless(node));
        let keyless = self.new.iter().copied().find(keyless);
        let mut notes: Vec<Note> = Vec::new();
        if let (Some(by), Some(key)) = (keyless.and_then(|slot| self.elements.get(slot)), self.keys.first()) {
            let overrun = Lost::Overrun { key: (*key).to_owned(), by: self.place(by) };
            let gone = |slot: &&Slot| !stays(slot) && !self.walk.ordered_gone.contains(*slot);
            let real = |slot: &&Slot| self.elements.get(**slot).is_some_and(|node| !is_nothing(node));
            notes.extend(self.old.iter().filter(gone).filter(real).filter_map(|slot| note(*slot, overrun.clone())));
        }
        // One that takes others along is told of with them.
        let told = keyless.filter(|_| !notes.is_empty());
        let lost = self.new.iter().filter(|slot| !stays(slot) && Some(**slot) != told);
        notes.extend(lost.filter_map(|slot| note(*slot, self.why_new(*slot)?)));
        notes
    }

    fn why_new(&self, slot: Slot) -> Option<Lost> {
        let node = self.elements.get(slot).filter(|node| node.as_map().is_some() && !is_nothing(node))?;
        if self.walk.replacing.contains(&slot) {
            return Some(Lost::ReplaceIgnored);
        }
        if self.walk.walked.contains(&slot) && !self.walk.added.contains(&slot) {
            return None;
        }
        let value = |node: &Node, key: &str| node.get(key).map(raw).unwrap_or_default();
        // Elements of the object that agree in every key both have.
        let agrees = |old: &&Node| {
            self.keys.iter().all(|key| {
                let (a, b) = (value(old, key), value(node, key));
                a.is_empty() || b.is_empty() || a == b
            })
        };
        let alike: Vec<&Node> = self.old.iter().filter_map(|slot| self.elements.get(*slot)).filter(agrees).collect();
        let like = alike.first().map(|node| self.place(node));
        if let Some(key) = self.keys.iter().find(|key| value(node, key).is_empty()) {
            let mut values: Vec<SmolStr> = alike.iter().map(|old| value(old, key)).collect();
            values.retain(|value| !value.is_empty());
            values.dedup();
            let beside = self.keys.first().and_then(|key| node.get(key)).map(Node::span);
            return Some(Lost::KeyMissing { key: (*key).to_owned(), beside, values, like });
        }
        let key = self.keys.iter().find(|key| alike.iter().any(|old| value(old, key).is_empty()))?;
        Some(Lost::KeyMissingInObject { key: (*key).to_owned(), like })
    }

    fn is_keyless(&self, node: &Node) -> bool {
        node.as_map().is_some() && self.keys.iter().all(|key| node.get(key).map(raw).unwrap_or_default().is_empty())
    }

    /// The value of the first key of an element, or what it begins with.
    fn place(&self, node: &Node) -> Span {
        let key = self.keys.first().and_then(|key| node.get(key)).map(Node::span);
        key.or_else(|| node.entries().next().map(|entry| entry.key_span)).unwrap_or_else(|| node.span())
    }

    fn shown(&self, node: &Node) -> String {
        let shown = |key: &&str| node.get(key).and_then(Node::shown).map(|value| format!("{key}: {value}"));
        self.keys.iter().filter_map(shown).collect::<Vec<_>>().join(", ")
    }
}

/// A note where a list of names is replaced by one that repeats only some of them.
pub fn list_replaced(before: &Node, list: &Node, path: &[SmolStr]) -> Option<Note> {
    let names = |list: &Node| -> Vec<(String, Span)> {
        let named = |item: &Node| item.get("name").and_then(|name| Some((name.as_str()?.to_owned(), name.span())));
        list.items().iter().filter_map(named).collect()
    };
    let (old, new) = (names(before), names(list));
    let old_names: HashSet<&str> = old.iter().map(|(name, _)| name.as_str()).collect();
    let new_names: HashSet<&str> = new.iter().map(|(name, _)| name.as_str()).collect();
    let shared = new.iter().find(|(name, _)| old_names.contains(name.as_str()))?.clone();
    let dropped: Vec<(String, Span)> =
        old.iter().filter(|(name, _)| !new_names.contains(name.as_str())).cloned().collect();
    (!dropped.is_empty()).then(|| Note::ListReplaced { path: path.join("."), shared, dropped })
}

/// Notes for the directives of a patch that are left in the result.
pub fn literal_directives(patch: &Node, result: &Node, notes: &mut Vec<Note>) {
    let mut written = HashSet::new();
    directives(patch, &mut |span, _| {
        written.insert(span);
    });
    if written.is_empty() {
        return;
    }
    directives(result, &mut |directive, value| {
        if written.contains(&directive) {
            notes.push(literal(directive, value));
        }
    });
}

/// Notes for the directives in values that a JSON patch puts in: nothing reads them there.
pub fn directives_in<'n>(values: impl Iterator<Item = &'n Node>) -> Vec<Note> {
    let mut notes = Vec::new();
    for value in values {
        directives(value, &mut |directive, word| notes.push(literal(directive, word)));
    }
    notes
}

fn literal(directive: Span, value: &Node) -> Note {
    Note::DirectiveLiteral { directive, word: value.shown().unwrap_or_default().into_owned() }
}

fn directives(node: &Node, found: &mut impl FnMut(Span, &Node)) {
    for entry in node.entries().filter(|entry| entry.key != PATCHES) {
        if entry.key == DIRECTIVE {
            found(entry.key_span, &entry.value);
        }
        directives(&entry.value, found);
    }
    node.items().iter().for_each(|item| directives(item, found));
}
