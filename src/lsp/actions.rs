//! What can be done about the findings of a line: their fixes, a comment that ignores them, all safe fixes at once.

use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::slice;
use std::sync::LazyLock;

use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, DocumentChange, Edit as ProtocolEdit,
    OptionalVersionedTextDocumentIdentifier, SnippetTextEdit, StringValue, TextDocumentEdit, TextDocumentIdentifier,
    TextEdit, WorkspaceEdit,
};

use super::diagnostics;
use super::fix_all::fix_all;
use super::lifecycle::FIX_ALL;
use super::snapshot::Snapshot;
use super::view::View;
use crate::build::Library;
use crate::finding::{Applicability, Edit, Finding};
use crate::fix::{Wanted, plan};
use crate::rules;
use crate::source::{File, FileId, Memory, Sources, Span};
use crate::yaml::{Mode, Node};

/// Files in which a line that begins with `#` is a comment.
const COMMENTED: &[&str] = &["yaml", "yml", "sh", "env", "toml", "conf", "ini", "properties"];

/// What stands in the place of the reason until somebody writes one.
const REASON: &str = "REASON";

/// Rules that cannot be ignored.
static UNIGNORABLE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let catalogue = rules::catalogue().ok();
    let cards = catalogue.iter().flat_map(|catalogue| catalogue.iter()).map(|entry| &entry.card);
    cards.filter(|card| !card.ignorable).map(|card| card.id.clone()).collect()
});

/// The actions for a range of a document.
pub fn actions(view: &View<'_>, path: &str, asked: &CodeActionParams) -> Option<Vec<CodeAction>> {
    let snapshot = view.root.snapshot.as_ref()?;
    let id = snapshot.file(path)?;
    let file = snapshot.checked.sources.file(id);
    let lines = view.lines(&file.text);
    let range = lines.range(&asked.range);
    let is_wanted = |kind: &str| {
        let Some(only) = &asked.context.only else { return true };
        only.iter().map(|only| String::from(only.clone())).any(|only| {
            only.is_empty() || kind == only || kind.strip_prefix(&only).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let mut found = Vec::new();
    if is_wanted("quickfix") {
        let touches =
            |span: Span| span.file == id && span.range().start <= range.end && range.start <= span.range().end;
        let here: Vec<&Finding> = snapshot.reported().filter(|finding| touches(finding.primary.span)).collect();
        found.extend(here.iter().filter_map(|finding| fix(view, snapshot, finding)));
        found.extend(here.iter().filter_map(|finding| ignore(view, snapshot, id, &file, finding)));
    }
    if is_wanted(FIX_ALL) {
        // An editor that asks for this alone, on saving, waits for it; one that asks for everything does so at each move.
        found.extend(fix_all(view, snapshot, id, asked.context.only.is_some()));
    }
    Some(found)
}

fn fix(view: &View<'_>, snapshot: &Snapshot, finding: &Finding) -> Option<CodeAction> {
    let fix = finding.fix.as_ref()?;
    // As on the command line: not where it would change something else.
    let planned = plan(slice::from_ref(finding), &snapshot.checked.sources, Wanted::All);
    let edits: Vec<&Edit> = fix.edits.iter().collect();
    (!planned.applied.is_empty()).then(|| CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostics::of(view, snapshot, finding)]),
        is_preferred: Some(fix.applicability == Applicability::Safe),
        edit: Some(workspace_edit(view, snapshot, &edits)),
        ..CodeAction::default()
    })
}

fn ignore(view: &View<'_>, snapshot: &Snapshot, id: FileId, file: &File, finding: &Finding) -> Option<CodeAction> {
    let ending = file.path.rsplit_once('.').map_or("", |(_, ending)| ending);
    if UNIGNORABLE.contains(&*finding.rule) || !COMMENTED.contains(&ending) {
        return None;
    }
    let edit = suppression(file, id, finding.primary.span.range().start, &finding.rule)?;
    Some(CodeAction {
        title: format!("Ignore `{}` here", finding.rule),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostics::of(view, snapshot, finding)]),
        edit: Some(with_reason_to_fill_in(view, workspace_edit(view, snapshot, &[&edit]))),
        ..CodeAction::default()
    })
}

/// The same edit with a place to write the reason, where the client takes such texts.
fn with_reason_to_fill_in(view: &View<'_>, mut edit: WorkspaceEdit) -> WorkspaceEdit {
    if !view.client.has_snippets {
        return edit;
    }
    for change in edit.document_changes.iter_mut().flatten() {
        let DocumentChange::TextDocumentEdit(change) = change else { continue };
        for one in &mut change.edits {
            let ProtocolEdit::TextEdit(TextEdit { range, new_text }) = one else { continue };
            if new_text.contains(REASON) {
                let value = snippet(new_text).replace(REASON, &format!("${{1:{REASON}}}"));
                let snippet = StringValue { value };
                *one = ProtocolEdit::SnippetTextEdit(SnippetTextEdit { range: *range, snippet, annotation_id: None });
            }
        }
    }
    edit
}

/// A text as a snippet that means nothing but itself.
fn snippet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '$' | '}') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The comment above the line of a place; a comment that is there already takes the rule up.
fn suppression(file: &File, id: FileId, at: usize, rule: &str) -> Option<Edit> {
    let text = &*file.text;
    let before = documents(&file.path, text);
    // Inside of a text that goes over several lines, a comment would be a part of it: it stands above the whole.
    let line = (0..=file.line_index(at)).rev().find(|line| {
        comment(file, id, *line, rule).is_some_and(|edit| {
            let (head, tail) = text.split_at(edit.span.range().start);
            let after = documents(&file.path, &[head, &edit.text, tail].concat());
            before.len() == after.len() && before.iter().zip(&after).all(|(one, other)| one.same_value(other))
        })
    })?;
    if let Some(above) = line.checked_sub(1).and_then(|above| file.line_range(above)) {
        let comment = text.get(above.clone())?;
        if comment.trim_start().starts_with("# flux-vet: ignore[")
            && let Some(end) = comment.find(']')
        {
            let place = Span::new(id, above.start + end..above.start + end);
            return Some(Edit { span: place, text: format!(", {rule}") });
        }
    }
    comment(file, id, line, rule)
}

/// A comment above a line, with its indentation.
fn comment(file: &File, id: FileId, line: usize, rule: &str) -> Option<Edit> {
    let range = file.line_range(line)?;
    let text = file.text.get(range.clone())?;
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let indent = text.get(mark..)?.chars().take_while(|c| *c == ' ').count();
    let place = Span::new(id, range.start + mark..range.start + mark);
    Some(Edit { span: place, text: format!("{}# flux-vet: ignore[{rule}] {REASON}\n", " ".repeat(indent)) })
}

/// What a text says; nothing where it is no YAML.
fn documents(path: &str, text: &str) -> Vec<Node> {
    if !path.ends_with(".yaml") && !path.ends_with(".yml") {
        return Vec::new();
    }
    let mut memory = Memory::default();
    memory.insert("text.yaml", text.as_bytes());
    let sources = Sources::new(memory);
    Library::new(&sources).load("text.yaml", Mode::V3).map(|read| read.documents.clone()).unwrap_or_default()
}

/// The edits of a check, as the client takes them.
pub fn workspace_edit(view: &View<'_>, snapshot: &Snapshot, edits: &[&Edit]) -> WorkspaceEdit {
    let mut by_file: BTreeMap<FileId, Vec<TextEdit>> = BTreeMap::new();
    for edit in edits {
        let file = snapshot.checked.sources.file(edit.span.file);
        let text = edit.text.replace("\r\n", "\n");
        by_file.entry(edit.span.file).or_default().push(TextEdit {
            range: view.lines(&file.text).region(edit.span.range()),
            new_text: if file.text.contains("\r\n") { text.replace('\n', "\r\n") } else { text },
        });
    }
    let path = |id: &FileId| snapshot.checked.sources.file(*id).path.clone();
    if view.client.has_versioned_edits {
        let changes = by_file.into_iter().map(|(id, edits)| {
            let path = path(&id);
            DocumentChange::TextDocumentEdit(TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    version: view.root.open.get(&*path).map(|document| document.version),
                    text_document_identifier: TextDocumentIdentifier { uri: view.root.uri(&path) },
                },
                edits: edits.into_iter().map(ProtocolEdit::TextEdit).collect(),
            })
        });
        return WorkspaceEdit { document_changes: Some(changes.collect()), ..WorkspaceEdit::default() };
    }
    let changes = by_file.into_iter().map(|(id, edits)| (view.root.uri(&path(&id)), edits));
    WorkspaceEdit { changes: Some(changes.collect()), ..WorkspaceEdit::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suppressed(text: &str, needle: &str) -> String {
        let mut memory = Memory::default();
        memory.insert("a.yaml", text);
        let sources = Sources::new(memory);
        let id = sources.load("a.yaml").unwrap();
        let edit = suppression(&sources.file(id), id, text.find(needle).unwrap(), "rule-a").unwrap();
        let (before, after) = text.split_at(edit.span.range().start);
        [before, &edit.text, after].concat()
    }

    #[test]
    fn the_comment_stands_above_with_the_indentation_of_the_line() {
        assert_eq!(
            suppressed("spec:\n  - name: x\n", "x"),
            "spec:\n  # flux-vet: ignore[rule-a] REASON\n  - name: x\n"
        );
    }

    #[test]
    fn a_comment_that_is_there_takes_the_rule_up() {
        assert_eq!(
            suppressed("a:\n  # flux-vet: ignore[b] why\n  c: 1\n", "c: 1"),
            "a:\n  # flux-vet: ignore[b, rule-a] why\n  c: 1\n"
        );
    }

    #[test]
    fn a_snippet_means_nothing_but_its_text() {
        assert_eq!(snippet("a$b}\\"), "a\\$b\\}\\\\");
    }

    #[test]
    fn no_comment_stands_inside_of_a_text() {
        assert_eq!(
            suppressed("data:\n  run.sh: |\n    one\n    two\n", "two"),
            "data:\n  # flux-vet: ignore[rule-a] REASON\n  run.sh: |\n    one\n    two\n"
        );
        assert_eq!(
            suppressed("args:\n  - |\n    one\n", "one"),
            "args:\n  # flux-vet: ignore[rule-a] REASON\n  - |\n    one\n"
        );
    }
}
