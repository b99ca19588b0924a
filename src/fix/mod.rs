//! Fixes as changes of files: those that may be applied, checked to change nothing else.

mod verify;

use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Applicability, Edit, Finding, State};
use crate::source::{FileId, Sources};
use verify::Before;

/// Rounds of fixing: a fix may uncover what another one mends.
pub const MAX_ROUNDS: usize = 10;

/// Which fixes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that cannot change what a correct cluster runs.
    Safe,
    /// All.
    All,
}

impl Wanted {
    fn takes(self, applicability: Applicability) -> bool {
        self == Wanted::All || applicability == Applicability::Safe
    }
}

/// A file as fixes leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path below the root.
    pub path: String,
    /// The new text.
    pub text: String,
}

/// What one round does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files, by path.
    pub changes: Vec<Change>,
    /// Findings whose fix is in it, by position.
    pub applied: Vec<usize>,
    /// Findings whose fix cannot be applied: it would change something else, or the file is not to be touched.
    pub refused: Vec<usize>,
}

/// The fixes of reported findings that fit together; of two that overlap the earlier one, the other has its turn in the
/// next round. No fix touches an encrypted file, a file with errors, a text that an alias repeats, or a value outside of
/// its own edits.
pub fn plan(findings: &[Finding], sources: &Sources, wanted: Wanted) -> Plan {
    // Hardly ever is one refused: each file is read once with all of them, and once for each only where that fails.
    let (plan, files) = plan_of(findings, sources, wanted, Care::AtTheEnd);
    if files.values().flatten().all(Work::bears_edits) {
        return plan;
    }
    plan_of(findings, sources, wanted, Care::AtEachFix).0
}

/// The files that fixes want to change; `None` for one that is not to be touched.
type Files = BTreeMap<FileId, Option<Work>>;

/// When a file is read again to see what edits did to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    AtEachFix,
    AtTheEnd,
}

fn plan_of(findings: &[Finding], sources: &Sources, wanted: Wanted, care: Care) -> (Plan, Files) {
    let (mut plan, mut files) = (Plan::default(), Files::new());
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.state == State::Reported) {
        let Some(fix) = finding.fix.as_ref().filter(|fix| wanted.takes(fix.applicability)) else { continue };
        for edit in &fix.edits {
            files.entry(edit.span.file).or_insert_with(|| Work::new(sources, edit.span.file));
        }
        let mut is_fitting = !fix.edits.is_empty();
        let mut trials = Vec::new();
        for file in fix.edits.iter().map(|edit| edit.span.file).collect::<HashSet<_>>() {
            let own: Vec<&Edit> = fix.edits.iter().filter(|edit| edit.span.file == file).collect();
            match files.get(&file).and_then(Option::as_ref).map(|work| work.with(&own, care)) {
                Some(Trial::Fits(edits)) => trials.push((file, edits)),
                // Another fix of this round stands there.
                Some(Trial::Overlaps) => is_fitting = false,
                Some(Trial::Refused) | None => {
                    is_fitting = false;
                    plan.refused.push(at);
                    break;
                }
            }
        }
        if is_fitting {
            plan.applied.push(at);
            for (file, edits) in trials {
                if let Some(Some(work)) = files.get_mut(&file) {
                    work.edits = edits;
                }
            }
        }
    }
    let changed = files.values().flatten().filter(|work| !work.edits.is_empty());
    plan.changes = changed.map(|work| Change { path: work.path.to_string(), text: work.text(&work.edits) }).collect();
    plan.changes.sort_by(|one, other| one.path.cmp(&other.path));
    (plan, files)
}

/// A file that is being changed.
struct Work {
    path: Arc<str>,
    before: Before,
    /// In order, not overlapping.
    edits: Vec<Edit>,
}

enum Trial {
    Fits(Vec<Edit>),
    Overlaps,
    Refused,
}

impl Work {
    /// `None` for a file that is not to be touched.
    fn new(sources: &Sources, id: FileId) -> Option<Self> {
        let file = sources.file(id);
        // What is shown under a path of its own stands in another tree.
        let is_here = sources.system().entry(&file.path).is_ok() && !file.path.starts_with("../");
        let before = Before::of(sources, id, &file)?;
        is_here.then(|| Work { path: file.path.clone(), before, edits: Vec::new() })
    }

    fn with(&self, more: &[&Edit], care: Care) -> Trial {
        let mut edits = self.edits.clone();
        for edit in more {
            if edits.contains(edit) {
                continue;
            }
            if edits.iter().any(|other| overlap(other, edit)) {
                return Trial::Overlaps;
            }
            edits.push((*edit).clone());
        }
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        let fits = care == Care::AtTheEnd || self.before.bears(&edits, &self.text(&edits));
        if fits { Trial::Fits(edits) } else { Trial::Refused }
    }

    fn bears_edits(&self) -> bool {
        self.edits.is_empty() || self.before.bears(&self.edits, &self.text(&self.edits))
    }

    /// The text after edits, with the line ends of the file.
    fn text(&self, edits: &[Edit]) -> String {
        let text = &*self.before.text;
        let has_returns = text.contains("\r\n");
        let mut after = String::with_capacity(text.len());
        let mut at = 0;
        for edit in edits {
            let range = edit.span.range();
            after.push_str(text.get(at..range.start).unwrap_or_default());
            let new = edit.text.replace("\r\n", "\n");
            after.push_str(&if has_returns { new.replace('\n', "\r\n") } else { new });
            at = range.end;
        }
        after.push_str(text.get(at..).unwrap_or_default());
        after
    }
}

/// Whether two edits touch the same text, or insert at the same place.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (a, b) = (one.span, other.span);
    if a.start == b.start {
        return true;
    }
    a.start < b.end && b.start < a.end
}
