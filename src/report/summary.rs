//! The words about a whole run that the line formats share: what was found, what was covered, what was not looked at.

use std::collections::BTreeMap;

use super::{Run, escape};
use crate::finding::{Applicability, ClusterCoverage, Finding, Severity, State};

/// At most this many names of a class are listed.
const MAX_NAMES: usize = 5;

/// `3 errors, 1 warning in 12 files; 257 objects of 2 clusters checked`, and what was set aside.
pub(super) fn sentence(run: &Run<'_>) -> String {
    let counts = [(run.summary.error, "error"), (run.summary.warning, "warning"), (run.summary.info, "info")];
    let found = list(counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| counted(*count, word)));
    let set_aside =
        [(State::Ignored, "ignored"), (State::Baselined, "in the baseline"), (State::Known, "known before")];
    let set_aside = set_aside.into_iter().filter_map(|(state, word)| {
        let count = run.findings.iter().filter(|finding| finding.state == state).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    // Counts are those of all findings, whatever is listed.
    let unlisted = run.summary.total().saturating_sub(run.reported().count());
    let unlisted = (unlisted > 0).then(|| format!("{unlisted} not listed"));
    let set_aside = list(set_aside.chain(unlisted));
    format!(
        "{} in {}; {} of {} checked{}",
        if found.is_empty() { "no findings" } else { &found },
        counted(run.coverage.files, "file"),
        counted(run.coverage.objects, "object"),
        counted(run.coverage.clusters.len(), "cluster"),
        if set_aside.is_empty() { String::new() } else { format!("; {set_aside}") },
    )
}

/// `3 findings can be fixed with --fix, 1 more with --fix=all`; nothing where no finding can.
pub(super) fn fixable(run: &Run<'_>) -> Option<String> {
    let fixes = run.reported().filter_map(|finding| finding.fix.as_ref());
    let (safe, other): (Vec<_>, Vec<_>) = fixes.partition(|fix| fix.applicability == Applicability::Safe);
    let verb = |count: usize, with: &str| format!("{} can be fixed with {with}", counted(count, "finding"));
    match (safe.len(), other.len()) {
        (0, 0) => None,
        (0, other) => Some(verb(other, "--fix=all")),
        (safe, 0) => Some(verb(safe, "--fix")),
        (safe, other) => Some(format!("{}, {other} more with --fix=all", verb(safe, "--fix"))),
    }
}

/// What does not count, a line each: `path:line:column: rule: message (ignored: reason)`.
pub(super) fn set_aside(run: &Run<'_>) -> Vec<String> {
    let findings = run.findings.iter().filter(|finding| finding.state != State::Reported);
    let line = |finding: &Finding| {
        let at = run.sources.location(finding.primary.span);
        let state = match finding.state {
            State::Baselined => "in the baseline",
            State::Known => "known before",
            State::Ignored | State::Reported => "ignored",
        };
        let reason = finding.state_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = format!("{}: {} ({state}{reason})", finding.rule, finding.message);
        format!("{}:{}:{}: {}", escape::path(&at.path), at.line, at.column, escape::line(&text))
    };
    findings.map(line).collect()
}

/// `kubernetes/flux/cluster: 29 of 31 Kustomizations built (1 external, 1 broken), 257 objects`
pub(super) fn cluster(cluster: &ClusterCoverage) -> String {
    let left = [(cluster.external, "external"), (cluster.broken, "broken")];
    let left = list(left.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    format!(
        "{}: {} of {} built{}, {}",
        if cluster.entry.is_empty() { ".".to_owned() } else { escape::path(&cluster.entry) },
        cluster.built,
        counted(cluster.kustomizations, "Kustomization"),
        if left.is_empty() { String::new() } else { format!(" ({left})") },
        counted(cluster.objects, "object"),
    )
}

/// How many findings a rule has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// By severity; the reported ones alone.
    pub(super) error: usize,
    pub(super) warning: usize,
    pub(super) info: usize,
    /// Those that do not count.
    pub(super) set_aside: usize,
}

impl Count {
    pub(super) fn reported(self) -> usize {
        self.error + self.warning + self.info
    }
}

/// The rules that found something, most findings first.
pub(super) fn by_rule<'a>(run: &Run<'a>) -> Vec<(&'a str, Count)> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for finding in run.findings {
        let count = counts.entry(&finding.rule).or_default();
        match (finding.state, finding.severity) {
            (State::Reported, Severity::Error) => count.error += 1,
            (State::Reported, Severity::Warning) => count.warning += 1,
            (State::Reported, Severity::Info) => count.info += 1,
            _ => count.set_aside += 1,
        }
    }
    let mut counts: Vec<(&str, Count)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse((count.reported(), count.error, count.warning)));
    counts
}

/// The same as lines: `  3  depends-on-missing  2 errors, 1 warning`.
pub(super) fn statistics(run: &Run<'_>) -> Vec<String> {
    let counts = by_rule(run);
    let width = counts.iter().map(|(rule, _)| rule.chars().count()).max().unwrap_or_default();
    let digits = counts.iter().map(|(_, count)| count.reported().to_string().len()).max().unwrap_or_default();
    let line = |(rule, count): &(&str, Count)| {
        let severities = [(count.error, "error"), (count.warning, "warning"), (count.info, "info")];
        let reported = severities.iter().filter(|(count, _)| *count > 0).map(|(count, word)| counted(*count, word));
        let set_aside = (count.set_aside > 0).then(|| format!("{} set aside", count.set_aside));
        let words = list(reported.chain(set_aside));
        format!("{:digits$}  {:width$}  {words}", count.reported(), escape::line(rule))
    };
    counts.iter().map(line).collect()
}

/// What was not looked at for one kind of reason.
pub(super) struct Gap {
    /// The class of [`crate::finding::NotChecked`].
    pub(super) class: &'static str,
    /// How many things.
    pub(super) count: usize,
    /// Lines for people: the names, with their reason.
    pub(super) lines: Vec<String>,
}

/// What was not looked at, by class: broken Kustomizations first, then by name of the class.
pub(super) fn gaps(run: &Run<'_>) -> Vec<Gap> {
    let mut classes: BTreeMap<(bool, &'static str), Vec<(String, String)>> = BTreeMap::new();
    for unknown in &run.coverage.unknown {
        let entry = (escape::line(&unknown.what), escape::line(&unknown.reason));
        let of_class = classes.entry((unknown.class != "broken", unknown.class)).or_default();
        if !of_class.contains(&entry) {
            of_class.push(entry);
        }
    }
    let gaps =
        classes.into_iter().map(|((_, class), things)| Gap { class, count: things.len(), lines: named(&things) });
    gaps.collect()
}

/// Things with their reasons, those with the same reason on one line; at most [`MAX_NAMES`] things.
fn named(things: &[(String, String)]) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for (what, reason) in things.iter().take(MAX_NAMES) {
        match by_reason.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(what),
            None => by_reason.push((reason, vec![what])),
        }
    }
    let mut lines: Vec<String> = by_reason
        .into_iter()
        .map(|(reason, names)| match reason {
            "" => names.join(", "),
            reason => format!("{}: {reason}", names.join(", ")),
        })
        .collect();
    if let Some(more @ 1..) = things.len().checked_sub(MAX_NAMES) {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// `1 file`, `2 files`.
pub(super) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
