//! Replacements into texts: a path that goes on behind a text that holds YAML or JSON.
//! Source: kustomize `api/filters/replacement/replacement.go` (`setValueInStructuredData`).

use super::path::{Found, Matcher, Refusal, Shape, at, at_mut, lookup};
use super::scalar::{Texts, WrongKind, kind_of, text_of, typed};
use crate::build::kustomize::go_json;
use crate::source::Span;
use crate::yaml::emit::emit;
use crate::yaml::{self, Content, Mode, Node, Origin, Step, Value};

use super::apply::Given;

/// The first document of a text; spans count in the text. `None` for a text without content and for broken text.
pub fn parse(text: &str, host: Span) -> Option<Node> {
    let tree = yaml::parse(text);
    if tree.is_broken() {
        return None;
    }
    let content = Content::whole(Span::new(host.file, 0..text.len()));
    let resolved = yaml::resolve(&tree, tree.documents.first()?, text, &content, Mode::V3)?;
    Some(resolved.root)
}

/// Sets a value inside a text of an object. False where the path does not lead into a text, or not to a value there:
/// then the path is followed as any other. The parts of a text that a delimiter names are not looked at.
pub fn set(
    object: &mut Node,
    parts: &[String],
    given: &Given,
    create: Option<Shape>,
    by: Span,
    texts: Texts<'_>,
) -> bool {
    let host = (1..parts.len()).find_map(|length| {
        let (head, rest) = parts.split_at_checked(length)?;
        let address = lookup(object, head, texts).ok().flatten()?;
        let text = text_of(at(object, &address)?, texts)?;
        let root = parse(&text, by)?;
        Some((address, rest, text, root))
    });
    let Some((address, rest, text, mut root)) = host else { return false };
    let Some(changed) = change(&mut root, rest, given, create, by, &text) else { return false };
    let Some(host) = at_mut(object, &address) else { return false };
    if changed == text {
        return true;
    }
    // The text as a whole still stands where it stood, so that its other lines keep their places.
    let before = Origin::derived(Step::Copied, given.place, Some(host.origin.clone()));
    host.origin = Origin::derived(Step::Transformed, host.span(), Some(before));
    host.value = given.as_text(changed);
    true
}

/// The text after the change; `None` where kustomize gives up.
fn change(
    root: &mut Node,
    rest: &[String],
    given: &Given,
    create: Option<Shape>,
    by: Span,
    text: &str,
) -> Option<String> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let mut edits: Vec<(Span, String)> = Vec::new();
    let mut plain = true;
    let mut visit = |found: Found<'_>| -> Result<(), Stop> {
        let (node, new) = (found.node, given.text());
        match kind_of(node, Texts::Inline(text)) {
            Some(kind) => {
                let value = match typed(kind, new) {
                    Ok(value) => value,
                    // JSON cannot carry it; YAML is printed without being read again.
                    Err(WrongKind(_)) if is_json => return Err(Stop),
                    Err(WrongKind(_)) => Value::Str(new.into()),
                };
                plain &= !found.fresh && node.origin.is_source();
                edits.push((node.span(), scalar(text, node.span(), &value)));
                node.value = value;
            }
            None => {
                plain = false;
                node.value = given.value().map_err(|_| Stop)?;
            }
        }
        Ok(())
    };
    let mut matcher = Matcher { create, by, texts: Texts::Inline(text), visit: &mut visit, count: 0, inside_text: 0 };
    matcher.run(root, rest).ok()?;
    if matcher.count == 0 {
        return None;
    }
    if matcher.inside_text > 0 {
        return Some(text.to_owned());
    }
    if is_json {
        let json = go_json::sorted(root);
        let is_pretty = text.contains('\n') && text.contains("  ");
        return Some(if is_pretty { go_json::pretty(&json) } else { go_json::compact(&json) });
    }
    let spliced = if plain { splice(text, edits, root, by) } else { None };
    // Comments and the order of keys are lost here, which kustomize keeps.
    Some(spliced.unwrap_or_else(|| emit(root).text).trim().to_owned())
}

/// The text with other values at the places of old ones, if that reads as the changed tree.
fn splice(text: &str, mut edits: Vec<(Span, String)>, root: &Node, by: Span) -> Option<String> {
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut spliced = text.to_owned();
    for (span, new) in &edits {
        if text.get(span.range()).is_none() {
            return None;
        }
        spliced.replace_range(span.range(), new);
    }
    let one_document = yaml::parse(&spliced).documents.len() == 1 && !spliced.trim_start().starts_with("---");
    (one_document && parse(&spliced, by)?.same_value(root)).then_some(spliced)
}

/// A value as it is written in place of another: in the same quotes.
fn scalar(text: &str, old: Span, value: &Value) -> String {
    let printed = || emit(&Node::new(value.clone(), old)).text.trim_end().to_owned();
    let Value::Str(new) = value else { return printed() };
    match text.get(old.range()).and_then(|old| old.chars().next()) {
        Some('"') => serde_json::Value::String(new.to_string()).to_string(),
        Some('\'') => format!("'{}'", new.replace('\'', "''")),
        _ => printed(),
    }
}

/// The value cannot be put there.
struct Stop;

impl From<Refusal> for Stop {
    fn from(_: Refusal) -> Self {
        Stop
    }
}
