//! All safe fixes of a document: of the last check, or made until none is left.

use std::ops::Range;

use gen_lsp_types::{CodeAction, CodeActionKind};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use super::actions::workspace_edit;
use super::lifecycle::FIX_ALL;
use super::snapshot::Snapshot;
use super::view::View;
use crate::check;
use crate::finding::{Edit, Finding, Fix};
use crate::fix::{Plan, Wanted, plan};
use crate::repair::repair;
use crate::source::{FileId, Span};

/// All safe fixes of a document at once. `until_done`: also those that the first ones uncover, which takes some checks.
pub fn fix_all(view: &View<'_>, snapshot: &Snapshot, file: FileId, until_done: bool) -> Option<CodeAction> {
    let edits = if until_done { all_rounds(view, snapshot, file)? } else { first_round(snapshot, file) };
    (!edits.is_empty()).then(|| CodeAction {
        title: "Make all safe fixes of flux-vet".to_owned(),
        kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
        edit: Some(workspace_edit(view, snapshot, &edits.iter().collect::<Vec<_>>())),
        ..CodeAction::default()
    })
}

fn stays_in(fix: &Fix, file: FileId) -> bool {
    fix.edits.iter().all(|edit| edit.span.file == file)
}

fn first_round(snapshot: &Snapshot, file: FileId) -> Vec<Edit> {
    let is_here = |finding: &&Finding| finding.fix.as_ref().is_some_and(|fix| stays_in(fix, file));
    let findings: Vec<Finding> = snapshot.reported().filter(is_here).cloned().collect();
    let Plan { applied, .. } = plan(&findings, &snapshot.checked.sources, Wanted::Safe);
    let mut edits: Vec<Edit> = Vec::new();
    for edit in applied.iter().filter_map(|at| findings.get(*at)?.fix.as_ref()).flat_map(|fix| &fix.edits) {
        if !edits.contains(edit) {
            edits.push(edit.clone());
        }
    }
    edits
}

fn all_rounds(view: &View<'_>, snapshot: &Snapshot, id: FileId) -> Option<Vec<Edit>> {
    let path = &snapshot.checked.sources.file(id).path;
    let repaired = repair(&view.root.overlay(), Wanted::Safe, |tree| {
        let mut checked = check(tree, &snapshot.options)?;
        let file = checked.sources.load(path).ok();
        for finding in &mut checked.findings {
            // Nothing but the document is changed.
            finding.fix = finding.fix.take().filter(|fix| file.is_some_and(|file| stays_in(fix, file)));
        }
        Ok(checked)
    });
    let (before, after) = repaired.ok()?.files.remove(&**path)?;
    Some(line_edits(id, &before, &after))
}

/// The edits that make one text of another, by lines.
fn line_edits(id: FileId, before: &str, after: &str) -> Vec<Edit> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let part = |lines: &[&str], range: Range<usize>| lines.get(range).unwrap_or_default().concat();
    let changes = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changes = changes.into_iter().filter(|change| change.tag() != DiffTag::Equal);
    let edit = |change: DiffOp| {
        let lines = change.old_range();
        let start = length(old.get(..lines.start).unwrap_or_default());
        let end = start + length(old.get(lines).unwrap_or_default());
        Edit { span: Span::new(id, start..end), text: part(&new, change.new_range()) }
    };
    changes.map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources};

    #[test]
    fn edits_by_lines_make_the_other_text() {
        let mut memory = Memory::default();
        memory.insert("a.yaml", "");
        let id = Sources::new(memory).load("a.yaml").unwrap();
        let (before, after) = ("a: 1\nb: 2\nc: 3\nd: 4", "a: 1\nb: 22\nd: 4\ne: 5\n");
        let mut text = before.to_owned();
        for edit in line_edits(id, before, after).iter().rev() {
            text.replace_range(edit.span.range(), &edit.text);
        }
        assert_eq!(text, after);
    }
}
