//! Lists that merge by keys or as sets, element by element.
//!
//! Source: kyaml `yaml/walk/associative_sequence.go`, `yaml/merge2` (`VisitList`, `determineSequenceNodePatchStrategy`).

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::elements::{Elements, Slot, WrongKind, is_nothing, raw};
use super::note;
use super::tuples::{Tuple, merge_tuples, valid_keys};
use super::walk::{DIRECTIVE, Directive, Walked, Walker, patched};
use super::{Growth, Refused};
use crate::build::kustomize::schema::{At, ListRule};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The key kyaml tries where it may infer one.
const INFERRED: &str = "name";

/// Elements of a list that lacks keys; kyaml's search is quadratic there.
const MAX_ODD: usize = 2_000;

/// Two lists that merge, as slots. In the list of a patch that stands where the object has nothing, both are one.
struct Lists {
    elements: Elements,
    dest: Vec<Slot>,
    source: Source,
}

enum Source {
    Absent,
    Same,
    Other(Vec<Slot>),
}

impl Lists {
    fn source(&self) -> Option<&[Slot]> {
        match &self.source {
            Source::Absent => None,
            Source::Same => Some(&self.dest),
            Source::Other(slots) => Some(slots),
        }
    }

    fn nodes(&self, slots: &[Slot]) -> Vec<Node> {
        slots.iter().filter_map(|slot| self.elements.get(*slot).cloned()).collect()
    }
}

impl Walker<'_> {
    /// Merges a list; one of the two is a list, the other may be absent or null.
    pub fn list(&mut self, dest: Option<&Node>, source: Option<&mut Node>, at: At) -> Result<Walked, Box<Refused>> {
        let Some(keys) = self.keys(dest, source.as_deref(), &at) else {
            return Ok(match source {
                None => Walked::Kept,
                Some(source) if source.is_null() => Walked::Gone,
                Some(source) => {
                    if let (Some(dest), At::Unknown, false) = (dest, &at, self.has_schema) {
                        self.notes.extend(note::list_replaced(dest, source, &self.path));
                    }
                    self.take_over(dest, source)
                }
            });
        };
        let keys: Vec<&str> = keys.iter().map(SmolStr::as_str).collect();
        let old = dest.filter(|dest| !dest.is_null());
        match (old, source) {
            (None, None) => Ok(Walked::Kept),
            (None, Some(source)) => {
                self.own_keyed(source, &keys, &at)?;
                *source = patched(source, dest);
                Ok(Walked::Source)
            }
            (Some(_), Some(source)) if source.is_null() => Ok(Walked::Gone),
            (Some(old), None) => self.keyed(old, None, &keys, &at),
            (Some(old), Some(source)) => match self.take_list_directive(source, old)? {
                Directive::Delete => Ok(Walked::Gone),
                Directive::Replace => {
                    self.own_keyed(source, &keys, &at)?;
                    *source = patched(source, Some(old));
                    Ok(Walked::Source)
                }
                Directive::Merge => self.keyed(old, Some(&*source), &keys, &at),
            },
        }
    }

    /// Cleans a list of the patch; `None` when it is taken as it stands, false when nothing is left of it.
    pub fn own_list(&mut self, source: &mut Node, at: At) -> Result<Option<bool>, Box<Refused>> {
        let Some(keys) = self.keys(Some(source), None, &at) else { return Ok(None) };
        let keys: Vec<&str> = keys.iter().map(SmolStr::as_str).collect();
        let place = source.clone();
        match self.take_list_directive(source, &place)? {
            Directive::Delete => return Ok(Some(false)),
            Directive::Replace | Directive::Merge => self.own_keyed(source, &keys, &at)?,
        }
        *source = patched(source, None);
        Ok(Some(true))
    }

    /// The merge keys of a list, `[""]` for a set of plain values; `None` for a list that is replaced whole.
    fn keys(&self, dest: Option<&Node>, source: Option<&Node>, at: &At) -> Option<Vec<SmolStr>> {
        match self.options.schema.list(at) {
            ListRule::Keyed(keys) => Some(keys),
            ListRule::Set => Some(vec![SmolStr::default()]),
            ListRule::Atomic if self.options.infer && matches!(at, At::Unknown) => {
                let named = |list: &Node| list.items().iter().all(|item| item.get(INFERRED).is_some());
                let mut lists = [dest, source].into_iter().flatten().filter(|list| !list.is_null());
                lists.any(named).then(|| vec![INFERRED.into()])
            }
            ListRule::Atomic => None,
        }
    }

    /// A key that was inferred has to be in every element of both lists, or of the later one.
    fn check_inferred(&self, lists: &Lists, place: Span) -> Result<(), Box<Refused>> {
        let named = |slot: &Slot| lists.elements.get(*slot).is_some_and(|node| node.get(INFERRED).is_some());
        let filled =
            [Some(lists.dest.as_slice()), lists.source()].into_iter().flatten().filter(|list| !list.is_empty());
        let mut found = false;
        for list in filled {
            let all = list.iter().all(named);
            if found && !all {
                found = false;
                break;
            }
            found = all;
        }
        if found {
            return Ok(());
        }
        let message = format!("{}: not all elements of the list have a `{INFERRED}`", self.field());
        Err(self.refuse(message, place, None))
    }

    /// Takes a directive for the whole list out of it: an element that holds nothing else.
    fn take_list_directive(&self, source: &mut Node, target: &Node) -> Result<Directive, Box<Refused>> {
        let Some(element) = source.items().iter().find(|item| item.get(DIRECTIVE).is_some()) else {
            return Ok(Directive::Merge);
        };
        let Some(value) = element.get(DIRECTIVE).filter(|_| element.entries().count() == 1) else {
            return Ok(Directive::Merge);
        };
        let word = raw(value);
        let Some(directive) = Directive::read(&word) else {
            return Err(self.unknown_directive(value, Some(target)));
        };
        if let Some(items) = source.as_seq_mut() {
            items.retain(|item| !is_nothing(item) && item.get(DIRECTIVE).is_none_or(|other| raw(other) != word));
        }
        Ok(directive)
    }

    fn keyed(&mut self, dest: &Node, source: Option<&Node>, keys: &[&str], at: &At) -> Result<Walked, Box<Refused>> {
        let mut elements = Elements::new();
        let old = elements.add(dest.items());
        let new = source.map(|source| elements.add(source.items()));
        let source = new.clone().map_or(Source::Absent, Source::Other);
        let mut lists = Lists { elements, dest: old.clone(), source };
        let walk = self.elements(&mut lists, keys, at, dest)?;
        if let Some(new) = &new {
            let fate = note::Fate { elements: &lists.elements, old: &old, new, walk: &walk, keys, list: dest };
            self.notes.extend(fate.lost(&self.path));
        }
        if walk.result == old && !old.iter().any(|slot| lists.elements.is_changed(*slot)) {
            return Ok(Walked::Kept);
        }
        let items = lists.nodes(&walk.result);
        Ok(Walked::Changed(Node { value: Value::Seq(Arc::new(items)), origin: dest.origin.clone() }))
    }

    fn own_keyed(&mut self, source: &mut Node, keys: &[&str], at: &At) -> Result<(), Box<Refused>> {
        let mut elements = Elements::new();
        let own = elements.add(source.items());
        let mut lists = Lists { elements, dest: own, source: Source::Same };
        let walk = self.elements(&mut lists, keys, at, source)?;
        let items = lists.nodes(&walk.result);
        source.value = Value::Seq(Arc::new(items));
        Ok(())
    }

    fn elements(&mut self, lists: &mut Lists, keys: &[&str], at: &At, place: &Node) -> Result<Walk, Box<Refused>> {
        if self.options.infer && matches!(at, At::Unknown) {
            self.check_inferred(lists, place.span())?;
        }
        let at = &self.options.schema.elements(at);
        if let Some(pairs) = lists.pairs(keys, self.options.growth) {
            return self.sound(lists, &pairs, keys, at);
        }
        if lists.dest.len() + lists.source().map_or(0, <[Slot]>::len) > MAX_ODD {
            let message = format!("{}: the list has more than {MAX_ODD} elements, not all with keys", self.field());
            return Err(Box::new(Refused { message, patch: place.span(), target: None, limit: true }));
        }
        self.odd(lists, keys, at, place.span())
    }

    /// Lists whose elements all have keys of their own: what [`Walker::odd`] gives for them, without its searches.
    fn sound(&mut self, lists: &mut Lists, pairs: &[Pair], keys: &[&str], at: &At) -> Result<Walk, Box<Refused>> {
        let mut walk = Walk::default();
        let mut gone: HashSet<Slot> = HashSet::new();
        let mut new = Vec::new();
        for pair in pairs {
            let value = self.element(lists, pair, at)?;
            walk.note(pair, value);
            match (value, pair.dest, self.options.growth) {
                (None, dest, _) => gone.extend(dest),
                // Prepended lists take the old element back over one that replaces it.
                (Some(_), Some(dest), Growth::Prepend) => walk.result.push(dest),
                (Some(value), None, Growth::Prepend) if keys.len() > 1 => new.push(value),
                (Some(value), _, _) => walk.result.push(value),
            }
        }
        if self.options.growth == Growth::Prepend && keys.len() > 1 {
            // With several keys the old elements keep their order behind all new ones.
            let old = lists.dest.iter().copied().filter(|slot| !gone.contains(slot));
            walk.result = new.into_iter().chain(old).collect();
        }
        walk.ordered_gone = gone;
        Ok(walk)
    }

    /// Lists in which elements lack keys or share them, step by step as kyaml does it.
    fn odd(&mut self, lists: &mut Lists, keys: &[&str], at: &At, place: Span) -> Result<Walk, Box<Refused>> {
        let refuse = |walker: &Self, elements: &Elements, WrongKind(slot): WrongKind| {
            let message = format!("{}: an element of the list is of another kind than the others", walker.field());
            walker.refuse(message, elements.get(slot).map_or(place, Node::span), None)
        };
        let mut walk = Walk::default();
        let mut tuples = lists.tuples(keys, self.options.growth);
        if keys.len() > 1 {
            merge_tuples(&mut tuples);
        }
        let mut used: Vec<&str> = Vec::new();
        let mut items: Vec<Slot> = Vec::new();
        for tuple in &tuples {
            let (valid, values) = valid_keys(&tuples, tuple, keys);
            let (own_keys, own_values) = valid_keys(std::slice::from_ref(&values), &values, &valid);
            let dest = lists.elements.find(&lists.dest, &own_keys, &own_values);
            let source = lists.source().and_then(|list| lists.elements.find(list, &own_keys, &own_values));
            let pair = Pair { dest, source };
            let value = self.element(lists, &pair, at)?;
            walk.note(&pair, value);
            match value {
                Some(value) => {
                    let set = lists.elements.set(&mut items, Some(value), &valid, &values);
                    set.map_err(|wrong| refuse(self, &lists.elements, wrong))?;
                }
                None => {
                    if source.is_some() {
                        walk.ordered_gone.extend(dest);
                    }
                    let removed = lists.elements.set(&mut lists.dest, None, &valid, &values);
                    removed.map_err(|wrong| refuse(self, &lists.elements, wrong))?;
                }
            }
            used = valid;
        }
        if tuples.is_empty() {
            walk.result = lists.dest.clone();
            return Ok(walk);
        }
        let (mut list, from) = match self.options.growth {
            Growth::Prepend => (items, lists.dest.clone()),
            Growth::Append => (lists.dest.clone(), items),
        };
        let appended = lists.elements.append(&mut list, &from, &used);
        appended.map_err(|wrong| refuse(self, &lists.elements, wrong))?;
        walk.result = list;
        Ok(walk)
    }

    /// Merges one element; `None` when nothing is left of it.
    fn element(&mut self, lists: &mut Lists, pair: &Pair, at: &At) -> Result<Option<Slot>, Box<Refused>> {
        let elements = &mut lists.elements;
        let slot = match (pair.dest, pair.source) {
            (Some(dest), Some(source)) if dest == source => {
                let mut node = elements.get(dest).cloned();
                let kept = match &mut node {
                    Some(node) => self.own(node, at.clone())?,
                    None => false,
                };
                node.into_iter().for_each(|node| elements.put(dest, node));
                kept.then_some(dest)
            }
            (dest, source) => {
                let old = dest.and_then(|slot| elements.get(slot).cloned());
                let mut new = source.and_then(|slot| elements.get(slot).cloned());
                let walked = match (&old, &mut new) {
                    (None, None) => Walked::Gone,
                    (old, new) => self.walk(old.as_ref(), new.as_mut(), at.clone())?,
                };
                if let (Some(slot), Some(new)) = (source, new) {
                    elements.put(slot, new);
                }
                match (walked, dest) {
                    (Walked::Gone, _) => None,
                    (Walked::Kept, dest) => dest,
                    (Walked::Changed(node), Some(dest)) => {
                        elements.put(dest, node);
                        Some(dest)
                    }
                    (Walked::Source | Walked::Changed(_), _) => source,
                }
            }
        };
        Ok(slot.filter(|slot| lists.elements.get(*slot).is_some_and(|node| !is_nothing(node))))
    }
}

/// What came of two lists.
#[derive(Default)]
pub struct Walk {
    /// The elements of the result.
    pub result: Vec<Slot>,
    /// Elements of the patch that were merged.
    pub walked: HashSet<Slot>,
    /// Elements of the object that the patch takes away.
    pub ordered_gone: HashSet<Slot>,
    /// Elements of the patch that are to stand for one of the object.
    pub replacing: HashSet<Slot>,
    /// Elements of the patch for which the object has none.
    pub added: HashSet<Slot>,
}

impl Walk {
    fn note(&mut self, pair: &Pair, value: Option<Slot>) {
        self.walked.extend(pair.source);
        let own = value.filter(|value| Some(*value) == pair.source);
        match pair.dest {
            None => self.added.extend(own),
            Some(dest) if Some(dest) != pair.source => self.replacing.extend(own),
            Some(_) => {}
        }
    }
}

/// An element of each list with the same keys.
struct Pair {
    dest: Option<Slot>,
    source: Option<Slot>,
}

impl Lists {
    /// The elements by key, in the order they are walked; `None` when some lack keys or share them.
    fn pairs(&self, keys: &[&str], growth: Growth) -> Option<Vec<Pair>> {
        let by_key = |list: &[Slot]| -> Option<HashMap<Tuple, Slot>> {
            let found: HashMap<Tuple, Slot> =
                self.elements.tuples(list, keys).into_iter().zip(list.iter().copied()).collect();
            (self.elements.is_well_formed(list, keys) && found.len() == list.len()).then_some(found)
        };
        let dest = by_key(&self.dest)?;
        let source = match &self.source {
            Source::Absent => HashMap::new(),
            Source::Same => dest.clone(),
            Source::Other(list) => by_key(list)?,
        };
        Some(
            self.tuples(keys, growth)
                .iter()
                .map(|tuple| Pair { dest: dest.get(tuple).copied(), source: source.get(tuple).copied() })
                .collect(),
        )
    }

    /// The key values of both lists, each once, those of the growing end first.
    fn tuples(&self, keys: &[&str], growth: Growth) -> Vec<Tuple> {
        let own = self.source().unwrap_or_default();
        let order = match growth {
            Growth::Prepend => [own, &self.dest],
            Growth::Append => [&self.dest, own],
        };
        let mut seen: HashSet<Tuple> = HashSet::new();
        order
            .into_iter()
            .flat_map(|list| self.elements.tuples(list, keys))
            .filter(|tuple| seen.insert(tuple.clone()))
            .collect()
    }
}
