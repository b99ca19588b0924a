//! The code quality report of GitLab.

use hashbrown::HashMap;
use std::io;

use serde_json::{Value, json};

use super::{Run, escape, json as report};
use crate::finding::{Finding, Severity};

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let issues = run.reported().map(|finding| {
        let count = seen.entry(&finding.fingerprint).or_default();
        *count += 1;
        issue(run, finding, *count)
    });
    let issues: Vec<Value> = issues.collect();
    report::write_value(&issues, out)
}

fn issue(run: &Run<'_>, finding: &Finding, occurrence: usize) -> Value {
    let at = run.sources.location(finding.primary.span);
    json!({
        // The name of the check is not shown.
        "description": format!("{}: {}", finding.rule, escape::line(&finding.message)),
        "check_name": &*finding.rule,
        "fingerprint": fingerprint(finding, occurrence),
        "severity": severity(finding),
        "location": { "path": &*at.path, "lines": { "begin": at.line, "end": at.end_line } },
    })
}

/// GitLab merges issues with one fingerprint.
fn fingerprint(finding: &Finding, occurrence: usize) -> String {
    match occurrence {
        1 => finding.fingerprint.clone(),
        again => {
            let hash = blake3::hash(format!("{}\0{again}", finding.fingerprint).as_bytes());
            hash.to_hex().as_str().chars().take(32).collect()
        }
    }
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.severity, &*finding.group) {
        (Severity::Error, "secrets") => "critical",
        (Severity::Error, _) => "major",
        (Severity::Warning, _) => "minor",
        (Severity::Info, _) => "info",
    }
}
