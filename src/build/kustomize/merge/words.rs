//! What is said of a merge: notes as observations about the object, with the change that helps.

use super::note::{Lost, LostElement, Note};
use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, Observation, Severity};
use crate::source::{Sources, Span};

/// Names of a list that a message tells.
const SHOWN: usize = 3;

/// A note as an observation about the object.
pub fn observe(note: &Note, id: &Id, sources: &Sources) -> Observation {
    let object = format!("{} `{}`", id.gvk.kind, id.name);
    match note {
        Note::ElementLost(lost) => {
            element_lost(lost, &object, sources).keyed(format!("{object} {} {}", lost.path, lost.shown))
        }
        Note::DirectiveLiteral { directive, word } => Observation::new(
            "patch-directive-literal",
            format!("`$patch: {word}` stays as text in {object}"),
            Label::new(*directive, "taken literally"),
        )
        .keyed(format!("{object} {word}")),
        Note::ListReplaced { path, shared: (shared, place), dropped } => {
            let names: Vec<String> = dropped.iter().take(SHOWN).map(|(name, _)| format!("`{name}`")).collect();
            let gone = match dropped.len() {
                1 => format!("{} is gone", names.join(", ")),
                count if count > SHOWN => format!("{} and others are gone", names.join(", ")),
                _ => format!("{} are gone", names.join(", ")),
            };
            let message =
                format!("the patch replaces the whole list `{path}` of {object}: `{shared}` stands in both, {gone}");
            let observation = Observation::new("patch-list-replaced", message, Label::new(*place, "in the new list"));
            let related = |observation: Observation, (_, place): &(String, Span)| {
                observation.related(Label::new(*place, "gone from the list"))
            };
            dropped.iter().take(SHOWN).fold(observation.keyed(format!("{object} {path}")), related)
        }
    }
}

fn element_lost(lost: &LostElement, object: &str, sources: &Sources) -> Observation {
    let LostElement { path, shown, place, .. } = lost;
    let observation =
        |message: String, label: &str| Observation::new("patch-element-lost", message, Label::new(*place, label));
    match &lost.why {
        Lost::KeyMissing { key, beside, values, like } => {
            let named = if shown.is_empty() { "an element".to_owned() } else { format!("the element `{shown}`") };
            let message =
                format!("{named} of the patch for `{path}` of {object} has no `{key}`, so kustomize drops it");
            let mut observation = observation(message, "lost");
            if let Some(like) = like {
                observation = observation.related(Label::new(*like, format!("has a `{key}`")));
            }
            match (values.as_slice(), beside) {
                ([value], Some(beside)) => {
                    observation = observation.help(format!("write `{key}: {value}` in the element"));
                    match add_key(lost.element, *beside, key, value, sources) {
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
                .related(Label::new(like.unwrap_or(lost.list.head()), format!("no `{key}` here")))
                .help(format!("write the `{key}` in the object too, or leave it out of the patch"))
        }
        Lost::Overrun { key, by } => {
            let message = format!(
                "an element of the patch for `{path}` of {object} has no `{key}`: \
                 kustomize drops it, and `{shown}` with it"
            );
            Observation::new("patch-element-lost", message, Label::new(*by, format!("no `{key}`")))
                .related(Label::new(*place, "lost"))
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
    let span = Span { start: beside.end, ..beside };
    let edits = vec![Edit { span, text }];
    Some(Fix { title: format!("write `{key}: {value}`"), applicability: Applicability::Safe, edits })
}
