//! Where a merge gives what the patch hardly means: elements lost, directives left as text, lists replaced whole.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::DIRECTIVE;
use super::elements::{Elements, Slot, is_nothing, raw};
use super::list::Walk;
use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, Observation, Severity};
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// Below this key of a patch, directives are meant as text: they are for whoever reads it later.
const PATCHES: &str = "patchesStrategicMerge";

/// Something about a merge that its result does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// An element of a list with keys reaches the result in neither form.
    ElementLost {
        /// The element: of the patch, or of the object.
        element: Span,
        /// The list in the object.
        list: Span,
        /// Path of the list.
        path: String,
        /// The element by its key values, such as `port: 80`.
        shown: String,
        /// Why.
        why: Lost,
    },
    /// A `$patch` key stays in the result.
    DirectiveLiteral {
        /// The key in the patch.
        directive: Span,
        /// Its value.
        word: String,
    },
    /// A list without schema is replaced, although both lists have elements of the same name.
    ListReplaced {
        /// The list of the patch.
        list: Span,
        /// The list of the object.
        before: Span,
        /// Path of the list.
        path: String,
        /// A name that both have.
        shared: String,
        /// Names of the old list that the new one lacks, with their places.
        dropped: Vec<(String, Span)>,
    },
}

/// Why an element is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The element of the patch lacks a key that elements of the object have, with the values they have.
    KeyMissing {
        /// The key.
        key: String,
        /// The first key, which the element has, and the place behind its value.
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
pub(super) struct Fate<'w> {
    pub elements: &'w Elements,
    pub old: &'w [Slot],
    pub new: &'w [Slot],
    pub walk: &'w Walk,
    pub keys: &'w [&'w str],
    pub list: &'w Node,
}

impl Fate<'_> {
    /// Notes for the elements that got lost.
    pub fn lost(&self, path: &[SmolStr]) -> Vec<Note> {
        if self.keys == [""] {
            return Vec::new();
        }
        let list = self.list.span();
        let note = |slot: Slot, why: Lost| {
            let node = self.elements.get(slot)?;
            Some(Note::ElementLost { element: node.span(), list, path: path.join("."), shown: self.shown(node), why })
        };
        let result: HashSet<Slot> = self.walk.result.iter().copied().collect();
        let stays = |slot: &Slot| result.contains(slot);
        let keyless = |slot: &Slot| self.elements.get(*slot).is_some_and(|node| self.is_keyless(node));
        let keyless = self.new.iter().copied().find(keyless);
        let mut notes: Vec<Note> = Vec::new();
        if let (Some(by), Some(key)) = (keyless.and_then(|slot| self.elements.get(slot)), self.keys.first()) {
            let overrun = Lost::Overrun { key: (*key).to_owned(), by: by.span() };
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
        let alike: Vec<&Node> = self
            .old
            .iter()
            .filter_map(|slot| self.elements.get(*slot))
            .filter(|old| {
                self.keys.iter().all(|key| {
                    let (a, b) = (value(old, key), value(node, key));
                    a.is_empty() || b.is_empty() || a == b
                })
            })
            .collect();
        let like = alike.first().map(|node| node.span());
        if let Some(key) = self.keys.iter().find(|key| value(node, key).is_empty()) {
            let mut values: Vec<SmolStr> =
                alike.iter().map(|old| value(old, key)).filter(|value| !value.is_empty()).collect();
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

    fn shown(&self, node: &Node) -> String {
        let parts: Vec<String> = self
            .keys
            .iter()
            .filter_map(|key| node.get(key).and_then(Node::shown).map(|value| format!("{key}: {value}")))
            .collect();
        parts.join(", ")
    }
}

/// A note where a list of names is replaced by one that repeats only some of them.
pub(super) fn list_replaced(before: &Node, list: &Node, path: &[SmolStr]) -> Option<Note> {
    let names = |list: &Node| -> Vec<(String, Span)> {
        let named = |item: &Node| Some((item.get("name")?.as_str()?.to_owned(), item.get("name")?.span()));
        list.items().iter().filter_map(named).collect()
    };
    let (old, new) = (names(before), names(list));
    let (kept, dropped): (Vec<_>, Vec<_>) =
        old.into_iter().partition(|(name, _)| new.iter().any(|(own, _)| own == name));
    let (shared, _) = kept.into_iter().next()?;
    if dropped.is_empty() {
        return None;
    }
    Some(Note::ListReplaced { list: list.span(), before: before.span(), path: path.join("."), shared, dropped })
}

/// Notes for the directives of a patch that are left in the result.
pub(super) fn literal_directives(patch: &Node, result: &Node, notes: &mut Vec<Note>) {
    let mut written = Vec::new();
    directives(patch, &mut |span, _| written.push(span));
    if written.is_empty() {
        return;
    }
    directives(result, &mut |span, value| {
        if written.contains(&span) {
            let word = value.shown().unwrap_or_default().into_owned();
            notes.push(Note::DirectiveLiteral { directive: span, word });
        }
    });
}

/// Notes for the directives in values that a JSON patch puts in: nothing reads them there.
pub fn directives_in<'n>(values: impl Iterator<Item = &'n Node>) -> Vec<Note> {
    let mut notes = Vec::new();
    for value in values {
        directives(value, &mut |directive, word| {
            notes.push(Note::DirectiveLiteral { directive, word: word.shown().unwrap_or_default().into_owned() });
        });
    }
    notes
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

/// A note as an observation about the object.
pub fn observe(note: &Note, id: &Id, sources: &Sources) -> Observation {
    let object = format!("{} `{}`", id.gvk.kind, id.name);
    match note {
        Note::ElementLost { element, list, path, shown, why } => {
            lost(why, *element, *list, path, shown, &object, sources).keyed(format!("{object} {path} {shown}"))
        }
        Note::DirectiveLiteral { directive, word } => Observation::new(
            "patch-directive-literal",
            format!("`$patch: {word}` stays as text in {object}"),
            Label::new(*directive, "taken literally"),
        )
        .keyed(format!("{object} {word}")),
        Note::ListReplaced { list, before, path, shared, dropped } => {
            let names: Vec<String> = dropped.iter().take(3).map(|(name, _)| format!("`{name}`")).collect();
            let more = if dropped.len() > names.len() { " and others" } else { "" };
            let message = format!(
                "the patch replaces the whole list `{path}` of {object}: `{shared}` stands in both, {}{more} is gone",
                names.join(", ")
            );
            let mut observation =
                Observation::new("patch-list-replaced", message, Label::new(list.head(), "the new list"))
                    .keyed(format!("{object} {path}"));
            for (_, place) in dropped.iter().take(3) {
                observation = observation.related(Label::new(*place, "gone from the list"));
            }
            if dropped.is_empty() {
                observation.related(Label::new(before.head(), "the old list"))
            } else {
                observation
            }
        }
    }
}

fn lost(
    why: &Lost,
    element: Span,
    list: Span,
    path: &str,
    shown: &str,
    object: &str,
    sources: &Sources,
) -> Observation {
    let observation = |message: String, label: &str| {
        Observation::new("patch-element-lost", message, Label::new(element.head(), label))
    };
    match why {
        Lost::KeyMissing { key, beside, values, like } => {
            let named = if shown.is_empty() { "an element".to_owned() } else { format!("the element `{shown}`") };
            let message =
                format!("{named} of the patch for `{path}` of {object} has no `{key}`, so kustomize drops it");
            let mut observation = observation(message, "lost");
            if let Some(like) = like {
                observation = observation.related(Label::new(like.head(), format!("has a `{key}`")));
            }
            match (values.as_slice(), beside) {
                ([value], Some(beside)) => {
                    observation = observation.help(format!("write `{key}: {value}` in the element"));
                    match add_key(element, *beside, key, value, sources) {
                        Some(fix) => observation.fix(fix),
                        None => observation,
                    }
                }
                ([], _) => observation.help(format!("write the `{key}` of the element")),
                (values, _) => {
                    let all: Vec<String> = values.iter().map(|value| format!("`{key}: {value}`")).collect();
                    observation.help(format!("write {} in the element", all.join(" or ")))
                }
            }
        }
        Lost::KeyMissingInObject { key, like } => {
            let message = format!(
                "the element `{shown}` of the patch for `{path}` of {object} is dropped: \
                 the object's element has no `{key}`"
            );
            observation(message, "lost")
                .related(Label::new(like.unwrap_or(list).head(), format!("no `{key}` here")))
                .help(format!("write the `{key}` in the object too, or leave it out of the patch"))
        }
        Lost::Overrun { key, by } => {
            let message = format!(
                "an element of the patch for `{path}` of {object} has no `{key}`: \
                 kustomize drops it, and `{shown}` with it"
            );
            Observation::new("patch-element-lost", message, Label::new(by.head(), format!("no `{key}`")))
                .related(Label::new(element.head(), "lost"))
                .help(format!("write the `{key}` of the element"))
        }
        Lost::ReplaceIgnored => {
            let message = format!("`$patch: replace` in the element `{shown}` of `{path}` of {object} has no effect");
            observation(message, "the old element stays")
                .severity(Severity::Warning)
                .why("kustomize puts the old element back into a list that the patch extends")
                .help("delete the fields one by one with `null`, or use a JSON 6902 patch")
        }
    }
}

/// Writes a key into an element, behind its first key.
fn add_key(element: Span, beside: Span, key: &str, value: &str, sources: &Sources) -> Option<Fix> {
    let file = sources.file(beside.file);
    let at = Span { start: beside.end, ..beside };
    let text = if sources.text(element).starts_with('{') {
        format!(", {key}: {value}")
    } else {
        let line = file.line_range(file.line_index(beside.start as usize))?;
        let head = file.text.get(line.start..beside.start as usize)?;
        let indent: String = head.chars().take_while(|c| matches!(c, ' ' | '-')).map(|_| ' ').collect();
        // A key that does not begin its line stands inside of something else.
        let own = head.get(indent.len()..)?;
        if !own.ends_with(": ") || own.contains(['"', '\'', '{', '[']) {
            return None;
        }
        format!("\n{indent}{key}: {value}")
    };
    Some(Fix {
        title: format!("write `{key}: {value}`"),
        applicability: Applicability::Safe,
        edits: vec![Edit { span: at, text }],
    })
}
