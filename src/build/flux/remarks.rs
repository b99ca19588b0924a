//! What the substitution of an object has to say: text that Flux cannot read, or reads otherwise than it looks.

use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, ObjectRef, Observation};
use crate::source::{Sources, Span};
use crate::yaml::Node;

use super::substitute::Substitution;

/// The label or annotation that switches substitution off.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Exactly `disabled`: the only switch that minds upper and lower case.
pub fn is_switched_off(node: &Node) -> bool {
    switches(node).any(|value| value.as_str() == Some("disabled"))
}

fn switches(node: &Node) -> impl Iterator<Item = &Node> {
    ["labels", "annotations"].into_iter().filter_map(|field| node.at(&["metadata", field, SWITCH]))
}

/// The observations of one object.
pub fn remarks(sources: &Sources, before: &Node, result: &Substitution) -> Vec<Observation> {
    let id = Id::of(&result.node);
    let named = format!("{} `{}`", id.gvk.kind, id.name);
    let reference = ObjectRef {
        api_version: id.gvk.api_version(),
        kind: id.gvk.kind.to_string(),
        namespace: (!id.namespace.is_empty()).then(|| id.namespace.to_string()),
        name: id.name.to_string(),
    };
    let mut remarks = Vec::new();
    if let Some((error, place, nth)) = &result.error {
        remarks.push(
            Observation::new(
                "substitution-syntax-invalid",
                format!("{named} holds a `${{…}}` that Flux cannot read: {error}"),
                Label::new(expression(sources, *place, *nth), "this text"),
            )
            .keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name)),
        );
    }
    for (found, place) in &result.misused {
        let operator = [":+", ":?"]
            .into_iter()
            .find(|operator| sources.text(*place).contains(&format!("${{{}{operator}", found.name)));
        let operator = operator.unwrap_or(":+");
        let place = narrowed(sources, *place, &format!("${{{}{operator}", found.name));
        let meant = if operator == ":+" { "the text only where the variable is set" } else { "an error message" };
        remarks.push(
            Observation::new(
                "substitution-operator-misused",
                format!("{named} uses `${{{}{operator}…}}`, which Flux takes for a default", found.name),
                Label::new(place, format!("`{operator}` is a default")),
            )
            .why(format!(
                "A shell reads `{operator}` as {meant}; Flux puts the text in where the variable is empty or unset"
            ))
            .about(reference.clone(), format!("${{{}{operator}}}", found.name)),
        );
    }
    // The texts of a CustomResourceDefinition that hold `$$` are its documentation.
    if let Some(first) = result.lost_dollars.first().filter(|_| id.gvk.kind != "CustomResourceDefinition") {
        let more = result.lost_dollars.len();
        let times = if more > 1 { format!(" ({more} times)") } else { String::new() };
        remarks.push(
            Observation::new(
                "substitution-dollar-lost",
                format!("{named} holds `$$`{times}, of which Flux leaves one `$`"),
                Label::new(narrowed(sources, *first, "$$"), "becomes `$`"),
            )
            .about(reference.clone(), "$$"),
        );
    }
    remarks.extend(switch_ignored(before, &named, &reference));
    remarks
}

/// A switch that was meant to keep substitution away.
fn switch_ignored(node: &Node, named: &str, reference: &ObjectRef) -> Option<Observation> {
    let value = switches(node).find(|value| {
        let text = value.scalar_text().unwrap_or_default();
        !matches!(text.to_ascii_lowercase().as_str(), "" | "enabled" | "enable" | "true")
    })?;
    let text = value.scalar_text()?;
    let place = value.span();
    let observation = Observation::new(
        "substitution-switch-ignored",
        format!("{named} is substituted all the same: `substitute` is `{text}`, not `disabled`"),
        Label::new(place, "not `disabled`"),
    )
    .about(reference.clone(), SWITCH);
    Some(if value.origin.is_source() {
        observation.fix(Fix {
            title: "write `disabled`".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit { span: place, text: "disabled".to_owned() }],
        })
    } else {
        observation
    })
}

/// The first place of some words in a text, or the text.
fn narrowed(sources: &Sources, text: Span, words: &str) -> Span {
    match sources.text(text).find(words) {
        Some(at) => Span::new(text.file, text.range().start + at..text.range().start + at + words.len()),
        None => text,
    }
}

/// The n-th `${` of a text up to its end or that of its line: the place in a script, not the script.
fn expression(sources: &Sources, text: Span, nth: usize) -> Span {
    let raw = sources.text(text);
    let Some((start, _)) = raw.match_indices("${").nth(nth) else { return text };
    let line = raw.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let end = start + line.find('}').map_or(line.len(), |at| at + 1);
    let base = text.range().start;
    Span::new(text.file, base + start..base + end)
}
