//! Substitution as Flux does it: the object printed, substituted as text, read again with the rules of YAML 1.1, and
//! every value led back to where it came from.

use std::sync::Arc;

use smol_str::SmolStr;

use super::affected::Branches;
use super::envsubst::{
    self, Mode as Strictness, Operator, Segment, SegmentKind, Substituted, SubstitutionError, UNKNOWN_MARK, Use,
    Variable,
};
use super::variables::{Variable as Set, VariableValue, Variables};
use crate::source::Span;
use crate::yaml::emit::{Emitted, Place, Written, emit_to_read};
use crate::yaml::{self, Content, Entry, Map, Mode, Node, Origin, Step, Unknown, UnknownWhy, Value};

/// What substitution gave.
pub struct Substitution {
    /// The object after it; the object before where it failed.
    pub node: Node,
    /// Uses without value and default, with the place of the text they stand in.
    pub undefined: Vec<(Use, Span)>,
    /// Why the text could not be substituted, the text at fault, and at which `${` of it, from 0.
    pub error: Option<(SubstitutionError, Span, usize)>,
    /// Uses with an operator that a shell reads as something else.
    pub misused: Vec<(Use, Span)>,
    /// Texts in which a `$` is lost, once for each.
    pub lost_dollars: Vec<Span>,
}

impl Substitution {
    fn unchanged(object: &Node) -> Self {
        Substitution {
            node: object.clone(),
            undefined: Vec::new(),
            error: None,
            misused: Vec::new(),
            lost_dollars: Vec::new(),
        }
    }
}

/// Substitutes over one object, whose `branches` hold variables. `strict` says what an unset variable means: an error, or
/// nothing.
///
/// Only the branches that hold a variable are printed and read, where nothing that is put in can reach beyond the text it
/// stands in; else the whole object, as Flux does.
pub fn substitute(object: &Node, branches: &Branches, variables: &Variables, strict: bool) -> Substitution {
    if let Branches::Some(_) = branches
        && let Some(done) = within_branches(object, branches, variables, strict)
    {
        return done;
    }
    whole(object, variables, strict)
}

fn whole(object: &Node, variables: &Variables, strict: bool) -> Substitution {
    let emitted = emit_to_read(object);
    let text = match expand(&emitted, variables, strict) {
        Ok(text) => text,
        Err(error) => return failed(object, &emitted, error),
    };
    let back = Back { emitted: &emitted, substituted: &text, variables };
    let node = back.read(object).unwrap_or_else(|| object.clone());
    back.told(object, node)
}

/// The same over the affected branches alone; `None` where that may differ from the whole.
fn within_branches(object: &Node, branches: &Branches, variables: &Variables, strict: bool) -> Option<Substitution> {
    let alone = branches.alone(object);
    let emitted = emit_to_read(&alone);
    let text = expand(&emitted, variables, strict).ok()?;
    let put_in = text.segments.iter().filter(|segment| segment.kind != SegmentKind::Copied);
    if !put_in.filter_map(|segment| text.text.get(segment.output.clone())).all(stays_in_place) {
        return None;
    }
    let back = Back { emitted: &emitted, substituted: &text, variables };
    let node = branches.replaced(object, &back.read(&alone)?)?;
    Some(back.told(object, node))
}

/// Whether a text cannot end the scalar it is put into and begin another: no break, no quote, no bracket, no escape, no
/// mark of a block.
fn stays_in_place(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@+=,:~- $".contains(c) || c == UNKNOWN_MARK;
    text.chars().all(plain)
}

/// The text with everything put in that is known.
fn expand(emitted: &Emitted, variables: &Variables, strict: bool) -> Result<Substituted, SubstitutionError> {
    // Where Flux would refuse, the rest of the tree is still worth having: the value is unknown.
    let lenient = |name: &str| match lookup(variables, name) {
        Variable::Unset if strict => Variable::Unknown,
        other => other,
    };
    envsubst::substitute(&emitted.text, &lenient, Strictness::Lax)
}

fn lookup<'v>(variables: &'v Variables, name: &str) -> Variable<'v> {
    match variables.get(name) {
        Some(Set { value: VariableValue::Known(text), .. }) => Variable::Known(text),
        Some(Set { value: VariableValue::Unknown, .. }) => Variable::Unknown,
        None if variables.open => Variable::Unknown,
        None => Variable::Unset,
    }
}

/// Offsets of a `$$` that is no escape: not before a brace, not before what a shell or Make would expand (`$$HOME`,
/// `$$(…)`: people write that for Flux too, and get what they mean), not escaped itself (`$$$$`).
fn lost_dollars(text: &str, segments: &[Segment]) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let dollar = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(&b'$');
    segments.iter().filter(|segment| segment.kind == SegmentKind::Escaped).filter_map(move |segment| {
        let (start, end) = (segment.input.start, segment.input.end);
        let expands = |byte: &u8| matches!(byte, b'{' | b'(' | b'_') || byte.is_ascii_alphanumeric();
        let alone = !dollar(start.checked_sub(1)) && !dollar(Some(end));
        (alone && !bytes.get(end).is_some_and(expands)).then_some(start)
    })
}

fn failed(object: &Node, emitted: &Emitted, error: SubstitutionError) -> Substitution {
    let at = error.range().start;
    let place = place_of(emitted, at);
    let start = place.map_or(0, |place| place.range.start);
    // The range of an error may begin at the `${` or inside it.
    let before = emitted
        .text
        .get(start..)
        .unwrap_or_default()
        .match_indices("${")
        .take_while(|(found, _)| start + found <= at)
        .count();
    let span = place.map_or_else(|| object.span(), |place| place.origin.span());
    Substitution { error: Some((error, span, before.saturating_sub(1))), ..Substitution::unchanged(object) }
}

fn place_of(emitted: &Emitted, at: usize) -> Option<&Place> {
    let after = emitted.places.partition_point(|place| place.range.start <= at);
    emitted.places.get(..after)?.iter().rev().find(|place| place.what != Written::Collection)
}

/// Leads the re-read text back to the object it was printed from.
struct Back<'s> {
    emitted: &'s Emitted,
    substituted: &'s Substituted,
    variables: &'s Variables,
}

impl Back<'_> {
    /// What is to be said of the substitution, with the object it gave.
    fn told(&self, object: &Node, node: Node) -> Substitution {
        let place_at =
            |at: usize| place_of(self.emitted, at).map_or_else(|| object.span(), |place| place.origin.span());
        let placed = |found: &Use| (found.clone(), place_at(found.expression.start));
        let uses = &self.substituted.uses;
        Substitution {
            node,
            undefined: self.substituted.undefined(|name| lookup(self.variables, name)).map(placed).collect(),
            error: None,
            misused: uses.iter().filter(|found| found.operator == Operator::MisusedDefault).map(placed).collect(),
            lost_dollars: lost_dollars(&self.emitted.text, &self.substituted.segments).map(place_at).collect(),
        }
    }

    fn read(&self, object: &Node) -> Option<Node> {
        let text = &self.substituted.text;
        let tree = yaml::parse(text);
        let document = tree.documents.first()?;
        // A stand-in file: every span of the result is replaced below.
        let stand_in = Span { file: object.span().file, start: 0, end: u32::try_from(text.len()).ok()? };
        let resolved = yaml::resolve(&tree, document, text, &Content::whole(stand_in), Mode::V2)?;
        if tree.is_broken() {
            return None;
        }
        Some(self.node(&resolved.root))
    }

    /// The offset in the printed text of an offset in the substituted text.
    fn printed(&self, at: usize) -> usize {
        let index = self.substituted.segments.partition_point(|segment| segment.output.end <= at);
        match self.substituted.segments.get(index) {
            Some(segment) if segment.kind == SegmentKind::Copied => segment.input.start + (at - segment.output.start),
            Some(segment) => segment.input.start,
            None => self.substituted.segments.last().map_or(at, |segment| segment.input.end),
        }
    }

    fn expanded(&self, span: Span) -> Vec<&Use> {
        let range = span.range();
        let first = self.substituted.segments.partition_point(|segment| segment.output.end <= range.start);
        self.substituted
            .segments
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|segment| segment.output.start < range.end.max(range.start + 1))
            .filter_map(|segment| match segment.kind {
                SegmentKind::Expanded { use_index } => self.substituted.uses.get(use_index),
                _ => None,
            })
            .collect()
    }

    fn scalar_origin(&self, span: Span) -> Origin {
        let at = self.printed(span.start as usize);
        let Some(place) = place_of(self.emitted, at) else { return Origin::Source(span) };
        let uses = self.expanded(span);
        let Some(first) = uses.first() else { return place.origin.clone() };
        let names: Vec<&str> = uses.iter().map(|found| found.name.as_str()).collect();
        let defined = self.variables.get(&first.name).and_then(|set| set.place);
        let before = Origin::derived(
            Step::Substituted(SmolStr::default()),
            defined.unwrap_or_else(|| place.origin.span()),
            None,
        );
        let chain = if defined.is_some() { Some(before) } else { None };
        Origin::derived(
            Step::Substituted(names.join(", ").into()),
            place.origin.span(),
            Some(chain.unwrap_or_else(|| place.origin.clone())),
        )
    }

    fn collection_origin(&self, span: Span) -> Origin {
        let at = self.printed(span.start as usize);
        let places = &self.emitted.places;
        let after = places.partition_point(|place| place.range.start <= at);
        let found =
            places.get(..after).unwrap_or_default().iter().rev().find(|place| place.what == Written::Collection);
        found.map_or(Origin::Source(span), |place| place.origin.clone())
    }

    fn key_span(&self, span: Span) -> Span {
        place_of(self.emitted, self.printed(span.start as usize)).map_or(span, |place| place.origin.span())
    }

    fn node(&self, node: &Node) -> Node {
        let span = node.span();
        match &node.value {
            Value::Seq(items) => {
                let items = items.iter().map(|item| self.node(item)).collect();
                Node { value: Value::Seq(Arc::new(items)), origin: self.collection_origin(span) }
            }
            Value::Map(map) => {
                let entries = map
                    .iter()
                    .map(|entry| Entry {
                        key: self.shown(&entry.key, entry.key_span).into(),
                        key_span: self.key_span(entry.key_span),
                        value: self.node(&entry.value),
                    })
                    .collect();
                Node { value: Value::Map(Arc::new(Map::from_entries(entries))), origin: self.collection_origin(span) }
            }
            Value::Str(text) if text.contains(UNKNOWN_MARK) => {
                let template = self.shown(text, span);
                let unknown = Unknown { template: template.into(), why: UnknownWhy::Variable };
                Node { value: Value::Unknown(Arc::new(unknown)), origin: self.scalar_origin(span) }
            }
            // An encrypted value is printed as nothing and read back as null.
            value => {
                let origin = self.scalar_origin(span);
                let value = self.encrypted(span).unwrap_or_else(|| value.clone());
                Node { value, origin }
            }
        }
    }

    /// An unknown value of the object before, which the printed text cannot carry.
    fn encrypted(&self, span: Span) -> Option<Value> {
        let place = place_of(self.emitted, self.printed(span.start as usize))?;
        place.unknown.clone().map(Value::Unknown)
    }

    /// A text with its unknown parts written as `${NAME}` again.
    fn shown(&self, text: &str, span: Span) -> String {
        if !text.contains(UNKNOWN_MARK) {
            return text.to_owned();
        }
        let mut names = self
            .expanded(span)
            .into_iter()
            .filter(|found| found.outcome == envsubst::Outcome::Unknown)
            .map(|found| found.name.clone());
        let mut shown = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if c == UNKNOWN_MARK {
                shown.push_str(&format!("${{{}}}", names.next().unwrap_or_default()));
            } else {
                shown.push(c);
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use flux_vet_trees::Random;

    use super::*;
    use crate::source::{Memory, Sources};
    use crate::yaml::emit::emit;

    const TEXTS: &[&str] = &[
        "plain",
        "",
        "7",
        "yes",
        "null",
        "1e3",
        "0x1f",
        "a: b",
        "- a",
        "#a",
        "'q",
        "\"q",
        "two\nlines\n",
        "  lead",
        "end ",
        "${A}",
        "${B}",
        "${C}",
        "${A} ${B}",
        "x${A}y",
        "${NONE}",
        "${NONE:=d}",
        "${A:0:1}",
        "${A/a/b}",
        "$$",
        "$${A}",
        "$A",
        "${A}: ${B}",
        "# ${A}",
        "- ${A}",
        "line ${A}\n${B}\n",
        "${A}\n",
        " ${A}",
        "'${A}",
        "[${A}]",
        "${A:+x}",
        "two\u{2028} lines\u{2029}of ${A}",
        "a\u{2028}\u{2029}",
        "${A}\\",
        "a long line of words that go on and on until they have to be folded somewhere ${A} and then go on after that ${B}",
    ];
    const VALUES: &[&str] = &[
        "",
        "a",
        "7",
        "yes",
        "null",
        "~",
        "a b",
        "a: b",
        "a:",
        "-",
        "- a",
        "# c",
        "a #c",
        "{",
        "[a",
        "'",
        "\"",
        "\\",
        "|",
        "x: &a",
        "*a",
        "two words",
        "1.5",
        "2024-01-01",
        ":",
        "?",
        "@x",
        "%y",
        "`z`",
        " a ",
        "-1",
        "+1",
        "0o7",
        "=",
        "<<",
        ",",
    ];

    fn node(random: &mut Random, depth: usize, at: &mut usize, sources: &Sources) -> Node {
        let file = sources.add(&format!("{at}"), &format!("{at}"));
        *at += 1;
        let span = Span::new(file, 0..1);
        let value = match random.below(if depth > 3 { 6 } else { 10 }) {
            0 => Value::Int(7),
            1 => Value::Null,
            2 => Value::Float(1.5),
            3..=5 => Value::Str((*random.pick(TEXTS).unwrap()).into()),
            6 | 7 => {
                let items = (0..random.below(4)).map(|_| node(random, depth + 1, at, sources)).collect();
                Value::Seq(Arc::new(items))
            }
            _ => {
                let entry = |key: usize, random: &mut Random, at: &mut usize| Entry {
                    key: format!("k{key}").into(),
                    key_span: span,
                    value: node(random, depth + 1, at, sources),
                };
                let entries = (0..random.below(5)).map(|key| entry(key, random, at)).collect();
                Value::Map(Arc::new(Map::from_entries(entries)))
            }
        };
        Node::new(value, span)
    }

    #[test]
    fn branches_alone_give_what_the_whole_gives() {
        let mut alone = 0;
        for seed in 0..6_000 {
            let mut random = Random::new(seed);
            let sources = Sources::new(Memory::default());
            let object = node(&mut random, 0, &mut 0, &sources);
            let mut values = crate::yaml::Map::default();
            for name in ["A", "B", "C"] {
                let value = Node::text_node(*random.pick(VALUES).unwrap(), Origin::Source(object.span()));
                values.set(name, object.span(), value);
            }
            let mut variables = Variables::default();
            variables.add_map(&Node::new(Value::Map(Arc::new(values)), object.span()));
            let Some(branches @ Branches::Some(_)) = Branches::of(&object) else { continue };
            let strict = seed % 2 == 0;
            let Some(part) = within_branches(&object, &branches, &variables, strict) else { continue };
            alone += 1;
            let whole = whole(&object, &variables, strict);
            assert!(whole.error.is_none(), "seed {seed}");
            let told = |done: &Substitution| {
                let printed = emit(&done.node);
                // What is printed and read again can be led back to its neighbour, where both begin at one place; what is not,
                // stays what it was.
                let texts =
                    printed.places.iter().filter(|place| place.what == Written::Scalar && !place.origin.is_source());
                let places: Vec<_> = texts.map(|place| (place.range.clone(), place.origin.clone())).collect();
                (
                    printed.text,
                    format!("{places:?}"),
                    done.undefined.iter().map(|(one, at)| (one.name.clone(), *at)).collect::<Vec<_>>(),
                    done.misused.len(),
                    done.lost_dollars.clone(),
                )
            };
            assert_eq!(told(&part), told(&whole), "seed {seed}");
        }
        assert!(alone > 500, "only {alone} objects were substituted by branches");
    }
}
