//! Replacements into texts: a path that goes on behind a text that holds YAML or JSON.
//! Source: kustomize `api/filters/replacement/replacement.go` (`setValueInStructuredData`).

use super::given::Given;
use super::matcher::{Found, Matcher, Shape};
use super::path::{Refusal, at, at_mut, lookup};
use super::scalar::{Kind, Texts, WrongKind, kind_of, text_of, typed, untyped};
use crate::build::kustomize::go_json;
use crate::source::Span;
use crate::yaml::emit::emit;
use crate::yaml::{self, Content, Mode, Node, Origin, Step, Value};

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

/// Sets a value inside a text of an object, and tells whether that has an effect. `None` where the path does not lead
/// into a text, or not to a value there: then it is followed as any other. A delimiter is not looked at.
pub fn set(
    object: &mut Node,
    parts: &[String],
    given: &Given,
    create: Option<Shape>,
    by: Span,
    texts: Texts<'_>,
) -> Option<bool> {
    let host = (1..parts.len()).find_map(|length| {
        let (head, rest) = parts.split_at_checked(length)?;
        let address = lookup(object, head, texts).ok().flatten()?;
        let text = text_of(at(object, &address)?, texts)?;
        let root = parse(&text, by)?;
        Some((address, rest, text, root))
    });
    let (address, rest, text, mut root) = host?;
    let (changed, has_effect) = change(&mut root, rest, given, create, by, &text)?;
    if changed == text {
        return Some(has_effect);
    }
    let host = at_mut(object, &address)?;
    let value = given.within(changed, Kind::Str).ok()?;
    // The text as a whole still stands where it stood, so that its other lines keep their places.
    let before = Origin::derived(Step::Copied, given.place, Some(host.origin.clone()));
    host.origin = Origin::derived(Step::Transformed, host.span(), Some(before));
    host.value = value;
    Some(has_effect)
}

/// The text after the change, and whether a value in it is another; `None` where kustomize gives up.
fn change(
    root: &mut Node,
    rest: &[String],
    given: &Given,
    create: Option<Shape>,
    by: Span,
    text: &str,
) -> Option<(String, bool)> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let mut edits: Vec<(Span, String)> = Vec::new();
    let mut plain = true;
    let mut visit = |found: Found<'_>| -> Result<(), Stop> {
        if found.in_text {
            return Ok(());
        }
        let (node, new) = (found.node, given.text());
        match kind_of(node, Texts::Inline(text)) {
            Some(kind) => {
                let written = match typed(kind, new) {
                    Ok(value) => {
                        node.value = value;
                        scalar(text, node)
                    }
                    // JSON cannot carry it; YAML is printed with the old type, and not read again.
                    Err(_) if is_json => return Err(Stop),
                    Err(WrongKind(kind)) => {
                        node.value = untyped(new);
                        let value = if new.is_empty() { String::new() } else { scalar(text, node) };
                        format!("{} {value}", kind.tag()).trim_end().to_owned()
                    }
                };
                plain &= !found.fresh && node.origin.is_source();
                edits.push((node.span(), written));
            }
            None => {
                plain = false;
                node.value = given.value().map_err(|_| Stop)?;
            }
        }
        Ok(())
    };
    let mut matcher = Matcher::new(create, by, Texts::Inline(text), &mut visit);
    matcher.run(root, rest).ok()?;
    if matcher.count == 0 {
        return None;
    }
    let has_effect = matcher.in_text < matcher.count;
    if is_json {
        let json = go_json::sorted(root);
        let is_pretty = text.contains('\n') && text.contains("  ");
        return Some((if is_pretty { go_json::pretty(&json) } else { go_json::compact(&json) }, has_effect));
    }
    let spliced = if plain { splice(text, edits, root, by) } else { None };
    // Comments and the order of keys are lost here, which kustomize keeps.
    Some((spliced.unwrap_or_else(|| emit(root).text).trim().to_owned(), has_effect))
}

/// The text with other values at the places of old ones, if that reads as the changed tree.
fn splice(text: &str, mut edits: Vec<(Span, String)>, root: &Node, by: Span) -> Option<String> {
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut spliced = text.to_owned();
    for (span, new) in &edits {
        text.get(span.range())?;
        spliced.replace_range(span.range(), new);
    }
    let one_document = yaml::parse(&spliced).documents.len() == 1 && !spliced.trim_start().starts_with("---");
    (one_document && parse(&spliced, by)?.same_value(root)).then_some(spliced)
}

/// A value as it is written in place of the one that stood there: in the same quotes.
fn scalar(text: &str, node: &Node) -> String {
    let printed = || emit(node).text.trim_end().to_owned();
    let Value::Str(new) = &node.value else { return printed() };
    match text.get(node.span().range()).and_then(|old| old.chars().next()) {
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
