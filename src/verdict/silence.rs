//! What a finding says never holds the secret that stands where it points: any rule may quote a value.

use crate::cluster::secrets::in_file;
use crate::finding::Finding;
use crate::source::{File, Sources, Span};

/// What stands in place of a value.
const HIDDEN: &str = "<redacted>";
/// Lines before and behind a place that are looked at: a name may stand beside its value.
const AROUND: usize = 2;
/// Lines of a place that are looked at; rules quote no longer values.
const MAX_LINES: usize = 40;
/// Shorter values occur in other words by chance.
const MIN_VALUE: usize = 4;

/// Takes the secrets at the places of a finding out of everything it says. A fix that would write one is dropped.
pub(super) fn silence(sources: &Sources, finding: &mut Finding) {
    let labels = finding.related.iter().chain(&finding.trail).chain([&finding.primary]);
    let mut secrets: Vec<String> = labels.flat_map(|label| near(&sources.file(label.span.file), label.span)).collect();
    let is_data = ["data", "stringData"].iter().any(|field| finding.path.starts_with(field));
    if is_data && finding.object.as_ref().is_some_and(|object| object.kind == "Secret") {
        let marked = sources.text(finding.primary.span);
        let value = marked.trim().trim_matches(['"', '\'']);
        // A rule that marks the key names it on purpose.
        if !finding.path.ends_with(value) {
            secrets.push(value.to_owned());
        }
    }
    secrets.retain(|secret| secret.len() >= MIN_VALUE && !secret.contains('\n'));
    if secrets.is_empty() {
        return;
    }
    let labels = finding.related.iter_mut().chain(&mut finding.trail).chain([&mut finding.primary]);
    let texts = labels.map(|label| &mut label.message);
    for text in texts.chain([&mut finding.message, &mut finding.why, &mut finding.help, &mut finding.path]) {
        for secret in &secrets {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), HIDDEN);
            }
        }
    }
    let writes_one = |text: &String| secrets.iter().any(|secret| text.contains(secret.as_str()));
    finding.fix.take_if(|fix| writes_one(&fix.title) || fix.edits.iter().any(|edit| writes_one(&edit.text)));
}

/// The credentials on the lines of a place and on those beside it.
fn near(file: &File, span: Span) -> Vec<String> {
    let range = span.range();
    let first = file.line_index(range.start).saturating_sub(AROUND);
    let last = (file.line_index(range.end) + AROUND).min(first + MAX_LINES);
    let start = file.line_range(first).map_or(0, |line| line.start);
    let end = (first..=last).rev().find_map(|line| file.line_range(line)).map_or(file.text.len(), |line| line.end);
    let text = file.text.get(start..end).unwrap_or_default();
    in_file(text).into_iter().filter_map(|range| text.get(range)).map(ToOwned::to_owned).collect()
}
