//! Fixes made until nothing is left to fix: the pipeline, round after round, over texts in memory.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::Checked;
use crate::fault::Fault;
use crate::finding::State;
use crate::fix::{MAX_ROUNDS, Plan, Wanted, plan};
use crate::source::{FileSystem, Overlay};

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

/// Applies fixes to texts in memory and checks again, until nothing is left to fix. `examine` checks a tree.
///
/// # Errors
/// As for the check.
pub fn repair(
    below: &Overlay,
    wanted: Wanted,
    examine: impl Fn(Overlay) -> Result<Checked, Fault>,
) -> Result<Fixed, Fault> {
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
        let Plan { changes, applied, refused: left } = plan(&findings, &checked.sources, wanted);
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
        let after = text(after.clone());
        // The text of an editor is no change.
        if before != after {
            files.insert(path.clone(), (before, after));
        }
    }
    Ok(Fixed { checked, count, refused, files })
}

/// How many findings of a fingerprint count.
fn reported(checked: &Checked, fingerprint: &str) -> usize {
    let counting = checked.findings.iter().filter(|finding| finding.state == State::Reported);
    counting.filter(|finding| finding.fingerprint == fingerprint).count()
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
        let fixed = repair(&Overlay::new(Arc::new(memory)), Wanted::Safe, examine).ok();
        let told = fixed.as_ref().map(|fixed| (fixed.count, fixed.refused, fixed.files["ks.yaml"].1.as_str()));
        let without = text.replace("  # flux-vet: ignore[depends-on-missing] none\n", "");
        assert_eq!(told, Some((1, 1, without.as_str())));
    }
}
