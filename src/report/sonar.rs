//! Generic issues of SonarQube (10.3 and later), read through `sonar.externalIssuesReportPaths`.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use super::json::put;
use super::{Run, columns, escape, json as report};
use crate::finding::{Finding, Label, Severity};

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let issues: Vec<Value> = run.reported().map(|finding| issue(run, finding)).collect();
    report::write_value(&json!({ "rules": rules(run), "issues": issues }), out)
}

/// The rules that found something: SonarQube takes their severity, not that of an issue.
fn rules(run: &Run<'_>) -> Vec<Value> {
    let mut worst: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in run.reported() {
        let known = worst.entry(&finding.rule).or_insert(finding);
        if known.severity < finding.severity {
            *known = finding;
        }
    }
    let rule = |(id, finding): (&str, &Finding)| {
        let card = run.rules.iter().find(|card| card.id == id);
        let name = card.map_or(id, |card| card.summary.as_str());
        let texts = card.map(|card| [card.what.as_str(), &card.why, &card.help]).unwrap_or_default();
        let description: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).map(escape::lines).collect();
        let description = if description.is_empty() { id.to_owned() } else { description.join("\n\n") };
        let security = &*finding.group == "secrets";
        json!({
            "id": id,
            "name": escape::line(name),
            "description": description,
            "engineId": env!("CARGO_PKG_NAME"),
            "cleanCodeAttribute": if security { "TRUSTWORTHY" } else { "LOGICAL" },
            "type": if security { "VULNERABILITY" } else { "BUG" },
            "severity": match finding.severity {
                Severity::Error => "CRITICAL",
                Severity::Warning => "MAJOR",
                Severity::Info => "INFO",
            },
            "impacts": [{
                "softwareQuality": if security { "SECURITY" } else { "RELIABILITY" },
                "severity": match finding.severity {
                    Severity::Error => "HIGH",
                    Severity::Warning => "MEDIUM",
                    Severity::Info => "LOW",
                },
            }],
        })
    };
    worst.into_iter().map(rule).collect()
}

fn issue(run: &Run<'_>, finding: &Finding) -> Value {
    let primary = Label::new(finding.primary.span, finding.message.as_str());
    let mut issue = json!({ "ruleId": &*finding.rule, "primaryLocation": location(run, &primary) });
    let secondary: Vec<Value> = finding.related.iter().map(|label| location(run, label)).collect();
    if !secondary.is_empty() {
        put(&mut issue, "secondaryLocations", json!(secondary));
    }
    issue
}

fn location(run: &Run<'_>, label: &Label) -> Value {
    let at = columns::in_utf16(run.sources, label.span);
    let range = if (at.line, at.column) < (at.end_line, at.end_column) {
        json!({
            "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column,
        })
    } else {
        // A range without width fails the whole import; a line does not.
        json!({ "startLine": at.line })
    };
    json!({
        "message": escape::line(&label.message),
        "filePath": &*run.sources.location(label.span).path,
        "textRange": range,
    })
}
