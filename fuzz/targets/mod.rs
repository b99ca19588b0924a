//! What fuzzers run, over one text each. Used by the targets of `cargo fuzz` beside this folder, by `examples/fuzz.rs`,
//! which needs no nightly compiler, and by `tests/fuzz.rs`.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    dead_code,
    reason = "a fuzzer that finds something fails, and not everybody runs everything"
)]

mod editor;
mod pieces;
mod readers;
mod runs;

use flux_vet::fault::Fault;
use flux_vet::finding::Finding;
use flux_vet::source::{Memory, Span};
use flux_vet::{CheckOptions, Checked, check};

/// A target: its name, whether its text holds several files, and what it runs.
pub type Target = (&'static str, bool, fn(&str));

/// All of them.
pub const TARGETS: [Target; 20] = [
    ("yaml", false, pieces::yaml),
    ("substitution", false, pieces::substitution),
    ("script", false, pieces::shell),
    ("expression", false, pieces::expression),
    ("pattern", false, pieces::pattern),
    ("card", false, readers::card),
    ("admission", false, readers::admission),
    ("config", false, readers::config),
    ("profile", false, readers::profile),
    ("suppressions", false, readers::suppressions),
    ("baseline", false, readers::baseline),
    ("values", false, readers::values),
    ("schemas", true, readers::schemas),
    ("sops", true, readers::sops),
    ("kustomize", true, runs::kustomize),
    ("report", true, runs::report),
    ("fixes", true, runs::fixes),
    ("whole", true, runs::whole),
    ("since", true, runs::since),
    ("lsp", true, editor::lsp),
];

/// What parts the files of a tree in one text: `=== PATH` on a line.
pub const MARK: &str = "=== ";

/// The head and the body of each part of a text; what stands before the first mark has an empty head.
pub fn parts(text: &str) -> Vec<(&str, String)> {
    let mut parts = vec![("", String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(MARK) {
            Some(head) => parts.push((head.trim_end_matches('\n'), String::new())),
            None => parts.last_mut().unwrap().1.push_str(line),
        }
    }
    parts
}

/// The files of a text.
pub fn tree(text: &str) -> Memory {
    over(&[], text)
}

/// Files, and over them those of a text.
fn over(base: &[(&str, &str)], text: &str) -> Memory {
    let mut memory = Memory::default();
    for (path, body) in base {
        memory.insert(path, *body);
    }
    for (path, body) in parts(text) {
        if !path.is_empty() || !body.is_empty() {
            memory.insert(if path.is_empty() { "a.yaml" } else { path }, body);
        }
    }
    memory
}

/// Checks files; a fault stands somewhere.
fn checked(files: Memory, options: &CheckOptions) -> Option<Checked> {
    match check(files, options) {
        Ok(checked) => {
            sound(&checked);
            Some(checked)
        }
        Err(fault) => {
            placed(fault);
            None
        }
    }
}

/// A fault stands inside of its text, and can be shown.
fn placed(fault: Fault) {
    assert!(!matches!(fault, Fault::Internal { .. }), "{fault:?}");
    if let Fault::Place { source_code, at, .. } = &fault {
        let text = source_code.inner();
        assert!(text.get(at.offset()..at.offset() + at.len()).is_some(), "{at:?} is no place of {text:?}: {fault}");
    }
    let mut shown = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .render_report(&mut shown, &fault)
        .expect("a fault can be shown");
}

/// No rule failed, and every place is one of its text.
fn sound(checked: &Checked) {
    for finding in &checked.findings {
        assert_ne!(&*finding.rule, "internal-error", "{finding:?}");
        for span in spans(finding) {
            let file = checked.sources.file(span.file);
            assert!(file.text.get(span.range()).is_some(), "{span:?} is no place of {}: {finding:?}", file.path);
        }
    }
}

fn spans(finding: &Finding) -> impl Iterator<Item = Span> {
    let labels = std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trail);
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    labels.map(|label| label.span).chain(edits.map(|edit| edit.span))
}

/// Findings as they can be compared: place, rule, message.
fn lines(checked: &Checked) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = checked.sources.location(finding.primary.span);
        format!("{}:{}:{} {} {}", place.path, place.line, place.column, finding.rule, finding.message)
    };
    checked.findings.iter().map(line).collect()
}

/// Runs a target over a text.
pub fn run(name: &str, text: &str) {
    let (.., run) = TARGETS.iter().find(|(target, ..)| *target == name).expect("there is such a target");
    run(text);
}
