//! How a scalar is written, as far as it decides what becomes of it.
//!
//! Source: kyaml `yaml/fns.go` (`FieldSetter`): a value that is replaced hands its quotes on to the new one.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::source::Sources;
use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::{Mode, Node, Origin, Step, Value};

/// Whether a null is written as a word; one that stands for nothing (`key:`) is dropped by a merge.
pub fn is_written_null(node: &Node) -> bool {
    match &node.origin {
        Origin::Source(span) => node.is_null() && !span.range().is_empty(),
        Origin::Derived(_) => node.is_null(),
    }
}

/// The text of a scalar as it is written, numbers and booleans unchanged; empty for collections and for nothing.
pub fn written_text<'n>(node: &'n Node, sources: &Sources) -> Cow<'n, str> {
    if let Value::Str(text) = &node.value {
        return Cow::Borrowed(text);
    }
    if node.is_null() && !is_written_null(node) {
        return Cow::Borrowed("");
    }
    // A text that is read as the value is how it was written.
    let written = source_of(&node.origin).map(|origin| sources.text(origin.span()));
    match written.filter(|text| reads_as(text, node)) {
        Some(text) => Cow::Owned(text),
        None if node.is_null() => Cow::Borrowed("null"),
        None => node.shown().unwrap_or_default(),
    }
}

fn reads_as(text: &str, node: &Node) -> bool {
    match (resolve(text, Mode::V3), &node.value) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(a), Value::Bool(b)) => a == *b,
        (Scalar::Int(a), Value::Int(b)) => a == *b,
        (Scalar::Uint(a), Value::Uint(b)) => a == *b,
        (Scalar::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => false,
    }
}

/// Where a value was first written: what overwrote it took over its quotes.
fn source_of(origin: &Origin) -> Option<&Origin> {
    match origin {
        Origin::Source(_) => Some(origin),
        Origin::Derived(derivation) => match (&derivation.step, &derivation.before) {
            (Step::Patched | Step::Aliased, Some(before)) => source_of(before),
            (Step::Patched, None) => Some(origin),
            _ => None,
        },
    }
}

/// The new value of a field, written in the quotes of the old one: a number over a quoted text becomes a text.
pub fn in_the_style_of(old: &Node, new: &Node, sources: &Sources) -> Node {
    let typed = matches!(new.value, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_));
    if !typed || !is_quoted(old, sources) {
        return new.clone();
    }
    // The mark of the patch lies over the place where the value is written.
    let place = Node { value: new.value.clone(), origin: Origin::Source(new.span()) };
    let text = SmolStr::from(written_text(&place, sources));
    Node { value: Value::Str(text), origin: new.origin.clone() }
}

fn is_quoted(node: &Node, sources: &Sources) -> bool {
    let Value::Str(text) = &node.value else { return false };
    // A plain text of many lines cannot keep its breaks.
    if text.contains('\n') {
        return true;
    }
    match source_of(&node.origin).map(Origin::span) {
        Some(span) => {
            let written = sources.text(span);
            // A number that was made a text where it stands is printed in quotes.
            let made_text =
                || span == node.span() && written == *text && !matches!(resolve(text, Mode::V3), Scalar::Text);
            written.starts_with(['"', '\'']) || made_text()
        }
        // Printed by kustomize in between: quoted where it would be read as something else.
        None => !matches!(resolve(text, Mode::V3), Scalar::Text),
    }
}
