//! `--fix` and `--diff`: fixes applied until nothing is left to fix, and what they change.

use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::path::Path;

use clap::{Args, ValueEnum};
use similar::TextDiff;

use super::save;
use crate::Checked;
use crate::fault::Fault;
use crate::finding::State;
use crate::fix::{MAX_ROUNDS, Plan, Wanted, plan};
use crate::report::without_secrets;
use crate::source::{Disk, FileSystem, Overlay};

#[derive(Clone, Copy, Debug, Args)]
pub struct Fixing {
    /// Write fixes to the files: those that are safe, or all, and report what is left
    #[arg(
        long,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe",
        conflicts_with = "base"
    )]
    fix: Option<Which>,

    /// Print what `--fix` would change, and write nothing
    #[arg(long, conflicts_with = "base")]
    diff: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Safe,
    All,
}

/// What fixes did.
pub struct Fixed {
    /// The findings that are left.
    pub checked: Checked,
    /// How many findings were fixed.
    pub count: usize,
    /// How many fixes were refused in the last round.
    pub refused: usize,
    /// The changed files: text before, text after.
    pub files: BTreeMap<String, (String, String)>,
}

impl Fixing {
    /// Whether fixes are to be made, on disk or on paper.
    pub fn are_wanted(self) -> bool {
        self.fix.is_some() || self.diff
    }

    /// Whether the difference is asked for, and nothing is to be written.
    pub fn is_diff(self) -> bool {
        self.diff
    }

    fn which(self) -> Wanted {
        match self.fix {
            Some(Which::All) => Wanted::All,
            Some(Which::Safe) | None => Wanted::Safe,
        }
    }

    /// Applies fixes to texts in memory and checks again, until nothing is left to fix.
    ///
    /// # Errors
    /// As for the check.
    pub fn apply(self, below: &Overlay, examine: impl Fn(Overlay) -> Result<Checked, Fault>) -> Result<Fixed, Fault> {
        let mut tree = below.clone();
        let mut checked = examine(tree.clone())?;
        let mut count = 0;
        let mut refused = 0;
        // Findings whose fix did not take them away: it would be made again and again.
        let mut futile: HashSet<String> = HashSet::new();
        for _ in 0..MAX_ROUNDS {
            let mut findings = checked.findings.clone();
            for finding in findings.iter_mut().filter(|finding| futile.contains(&finding.fingerprint)) {
                finding.fix = None;
            }
            let Plan { changes, applied, refused: left } = plan(&findings, &checked.sources, self.which());
            refused = left.len() + futile.len();
            if changes.is_empty() {
                break;
            }
            let mut next = tree.clone();
            for change in &changes {
                next.insert(&change.path, change.text.clone());
            }
            let after = examine(next.clone())?;
            let done = applied.iter().filter_map(|at| findings.get(*at)).map(|finding| finding.fingerprint.as_str());
            let stayed = done.filter(|fingerprint| reported(&after, fingerprint) >= reported(&checked, fingerprint));
            let stayed: Vec<String> = stayed.map(str::to_owned).collect();
            if !stayed.is_empty() {
                // The round is made again without them.
                futile.extend(stayed);
                continue;
            }
            count += applied.len();
            (tree, checked) = (next, after);
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let mut files = BTreeMap::new();
        for (path, after) in tree.texts() {
            let before = below.read(path).map(text).unwrap_or_default();
            files.insert(path.clone(), (before, text(after.clone())));
        }
        Ok(Fixed { checked, count, refused, files })
    }
}

/// How many findings of a fingerprint count.
fn reported(checked: &Checked, fingerprint: &str) -> usize {
    let counting = checked.findings.iter().filter(|finding| finding.state == State::Reported);
    counting.filter(|finding| finding.fingerprint == fingerprint).count()
}

impl Fixed {
    /// Writes the changed files, each through a temporary file. A link stays one: what it points at is written.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, disk: &Disk) -> Result<(), Fault> {
        for (path, (_, after)) in &self.files {
            let at = disk.root().join(path);
            let at = at.canonicalize().unwrap_or(at);
            if !at.starts_with(disk.root()) {
                let reason = "it leads out of the root".to_owned();
                return Err(Fault::Write { path: path.clone(), reason });
            }
            save(&at, after.as_bytes())?;
        }
        Ok(())
    }

    /// The changes as a unified diff, values of secrets left out.
    pub fn diff(&self) -> String {
        let mut text = String::new();
        for (path, (before, after)) in &self.files {
            let (before, after) = (without_secrets(before), without_secrets(after));
            let diff = TextDiff::from_lines(&before, &after);
            let name = |side: &str| Path::new(side).join(path).display().to_string();
            text.push_str(&diff.unified_diff().context_radius(3).header(&name("a"), &name("b")).to_string());
        }
        text
    }

    /// One line about what was done.
    pub fn summary(&self, is_diff: bool) -> String {
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let verb = if is_diff { "to fix" } else { "fixed" };
        let mut line = format!("{verb}: {} in {}", plural(self.count, "finding"), plural(self.files.len(), "file"));
        if self.refused > 0 {
            line.push_str(&format!(
                "; {} would have changed something else",
                plural(self.refused, "fix").replace("fixs", "fixes")
            ));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::{Applicability, Edit, Fix};
    use crate::source::{Memory, Span};
    use crate::{CheckOptions, check};

    #[test]
    fn a_fix_that_leaves_its_finding_is_not_made_and_others_are() {
        let text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec:\n  # flux-vet: ignore[depends-on-missing] none\n  dependsOn: [{name: a}]\n";
        let mut memory = Memory::default();
        memory.insert("ks.yaml", text.as_bytes());
        // The circle gets a fix that changes nothing about it.
        let examine = |tree: Overlay| {
            let mut checked = check(tree, &CheckOptions::default())?;
            let circle = checked.findings.iter_mut().find(|finding| &*finding.rule == "depends-on-cycle");
            if let Some(circle) = circle {
                let span = Span { start: 0, end: 0, ..circle.primary.span };
                let edits = vec![Edit { span, text: "# Once more.\n".to_owned() }];
                circle.fix = Some(Fix { title: "remark".to_owned(), applicability: Applicability::Safe, edits });
            }
            Ok(checked)
        };
        let fixing = Fixing { fix: Some(Which::Safe), diff: false };
        let fixed = fixing.apply(&Overlay::new(Arc::new(memory)), examine).ok();
        let told = fixed.as_ref().map(|fixed| (fixed.count, fixed.refused, fixed.files["ks.yaml"].1.as_str()));
        let without = text.replace("  # flux-vet: ignore[depends-on-missing] none\n", "");
        assert_eq!(told, Some((1, 1, without.as_str())));
    }
}
