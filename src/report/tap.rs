//! The Test Anything Protocol, version 14: a test a rule, its findings as comments below it.

use std::collections::BTreeMap;
use std::io;

use super::{Run, escape};
use crate::finding::Finding;

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut tests: BTreeMap<&str, Vec<&Finding>> =
        run.rules.iter().map(|rule| (rule.id.as_str(), Vec::new())).collect();
    for finding in run.reported() {
        tests.entry(&finding.rule).or_default().push(finding);
    }
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", tests.len())?;
    for (number, (rule, findings)) in (1..).zip(tests) {
        let outcome = if findings.is_empty() { "ok" } else { "not ok" };
        writeln!(out, "{outcome} {number} - {}", escape::line(rule))?;
        for finding in findings {
            let at = run.sources.location(finding.primary.span);
            let message = escape::line(&finding.message);
            let path = escape::path(&at.path);
            writeln!(out, "# {path}:{}:{}: {}: {message}", at.line, at.column, finding.severity)?;
        }
    }
    Ok(())
}
