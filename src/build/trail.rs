//! The chain behind a value as labels: set here, overridden here, substituted from here.

use crate::finding::Label;
use crate::yaml::{Node, Step};

/// What stands behind the place a node points at, newest first; empty for a value that is used as it is written.
pub fn trail(node: &Node) -> Vec<Label> {
    let chain = node.origin.chain();
    let mut labels = Vec::new();
    for (position, (step, span)) in chain.iter().enumerate() {
        let Some((newer, _)) = position.checked_sub(1).and_then(|before| chain.get(before)) else {
            if let Some(step) = step {
                labels.push(Label::new(*span, step.label()));
            }
            continue;
        };
        let words = match (newer, step) {
            (Some(Step::Aliased), None) => "written here, at the anchor".to_owned(),
            (Some(Step::Substituted(_)), Some(Step::Substituted(_))) => "the variable is set here".to_owned(),
            (Some(Step::Generated), None) => "brought in here".to_owned(),
            (_, None) => "written here before".to_owned(),
            (_, Some(step)) => step.label(),
        };
        labels.push(Label::new(*span, words));
    }
    labels.dedup_by(|a, b| a.span == b.span);
    labels
}

/// The whole way of a value, the oldest place first: where it was written, then what was done to it.
pub fn steps(node: &Node) -> Vec<Label> {
    let mut steps = vec![Label::new(node.span(), "")];
    for label in trail(node) {
        match steps.iter_mut().find(|step| step.span == label.span) {
            Some(step) => step.message = label.message,
            None => steps.push(label),
        }
    }
    if let Some(first) = steps.first_mut().filter(|step| step.message.is_empty()) {
        first.message = "written here".to_owned();
    }
    steps.reverse();
    steps
}
