//! SARIF 2.1.0, written for what GitHub's code scanning reads; other consumers get fixes and suppressions besides.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};

use super::json::put;
use super::{RuleText, Run, Style, escape, json as report, percent_encoded, rule_url};
use crate::finding::{Confidence, Finding, Fix, Label, ObjectRef, Severity, State};
use crate::source::{Location, Span};

/// GitHub's limit for the full description of a rule (characters).
const MAX_DESCRIPTION_CHARS: usize = 1024;
/// Related places of a finding: GitHub shows as many.
const MAX_PLACES: usize = 100;

/// Writes the findings that count. GitHub opens an alert for every result, whatever `suppressions` say, so those that a
/// suppression or the baseline covers are left out unless they are asked for.
pub(super) fn write(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let is_covered = |finding: &&Finding| matches!(finding.state, State::Ignored | State::Baselined);
    let findings = run.findings.iter().filter(|finding| style.suppressed || !is_covered(finding)).collect();
    report::write_value(&Log { run, findings }.value(), out)
}

struct Log<'a> {
    run: &'a Run<'a>,
    findings: Vec<&'a Finding>,
}

impl Log<'_> {
    fn value(&self) -> Value {
        let (rules, index) = self.rules();
        let results: Vec<Value> = self.findings.iter().map(|finding| self.result(finding, &index)).collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules,
                } },
                "automationDetails": { "id": self.automation_id() },
                "columnKind": "unicodeCodePoints",
                "invocations": [{ "executionSuccessful": true }],
                "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "root of the repository" } } },
                "results": results,
                "properties": { "coverage": report::Coverage::new(self.run.coverage) },
            }],
        })
    }

    /// The category of an upload: the cluster, where there is one.
    fn automation_id(&self) -> String {
        match self.run.coverage.clusters.as_slice() {
            [cluster] => format!("{}/{}/", env!("CARGO_PKG_NAME"), escape::line(&cluster.entry)),
            _ => format!("{}/", env!("CARGO_PKG_NAME")),
        }
    }

    /// The rules that ran, and their index by id; a finding of a rule without card brings its own entry.
    fn rules(&self) -> (Vec<Value>, BTreeMap<&str, usize>) {
        let mut rules: Vec<Value> = self.run.rules.iter().map(rule).collect();
        let mut index: BTreeMap<&str, usize> =
            self.run.rules.iter().enumerate().map(|(at, rule)| (rule.id.as_str(), at)).collect();
        for finding in &self.findings {
            if !index.contains_key(&*finding.rule) {
                index.insert(&finding.rule, rules.len());
                rules.push(rule(&RuleText {
                    id: finding.rule.to_string(),
                    group: finding.group.to_string(),
                    summary: finding.rule.to_string(),
                    what: String::new(),
                    why: finding.why.clone(),
                    help: finding.help.clone(),
                    severity: finding.severity,
                    confidence: finding.confidence,
                }));
            }
        }
        (rules, index)
    }

    fn result(&self, finding: &Finding, index: &BTreeMap<&str, usize>) -> Value {
        let mut primary = json!({ "physicalLocation": self.physical(finding.primary.span) });
        if let Some(object) = &finding.object {
            put(&mut primary, "logicalLocations", json!([logical(object, &finding.path)]));
        }
        let mut result = json!({
            "ruleId": &*finding.rule,
            "ruleIndex": index.get(&*finding.rule),
            "level": level(finding.severity),
            "message": { "text": self.message(finding) },
            "locations": [primary],
            "partialFingerprints": { "flux-vet/v1": finding.fingerprint },
        });
        let related = finding.related.iter().take(MAX_PLACES).zip(1..).map(|(label, id)| {
            let mut place = self.place(label);
            put(&mut place, "id", json!(id));
            place
        });
        let related: Vec<Value> = related.collect();
        if !related.is_empty() {
            put(&mut result, "relatedLocations", json!(related));
        }
        if let Some(flow) = self.flow(finding) {
            put(&mut result, "codeFlows", json!([{ "threadFlows": [{ "locations": flow }] }]));
        }
        if let Some(fix) = &finding.fix {
            put(&mut result, "fixes", json!([self.fix(fix)]));
        }
        if finding.state != State::Reported {
            put(&mut result, "suppressions", json!([self.suppression(finding)]));
        }
        // All results have a state, or none has: without a base revision nothing is known to be new.
        if self.run.findings.iter().any(|finding| finding.state == State::Known) {
            put(&mut result, "baselineState", json!(if finding.state == State::Known { "unchanged" } else { "new" }));
        }
        put(&mut result, "properties", properties(finding));
        result
    }

    fn suppression(&self, finding: &Finding) -> Value {
        let reason = match (&finding.state_reason, finding.state) {
            (Some(reason), _) => escape::lines(reason),
            (None, State::Known) => "the base revision has it too".into(),
            (None, State::Baselined) => "the baseline lists it".into(),
            (None, State::Ignored | State::Reported) => "a suppression covers it".into(),
        };
        let kind = if finding.state_place.is_some() { "inSource" } else { "external" };
        let mut suppression = json!({ "kind": kind, "status": "accepted", "justification": reason });
        if let Some(place) = finding.state_place {
            put(&mut suppression, "location", json!({ "physicalLocation": self.physical(place) }));
        }
        suppression
    }

    /// The message, with a link to each related place: GitHub shows only linked ones.
    fn message(&self, finding: &Finding) -> String {
        let mut text = without_links(&escape::line(&finding.message));
        let links = finding.related.iter().take(MAX_PLACES).zip(1..).map(|(label, id)| {
            let words = escape::line(&label.message).replace('[', "(").replace(']', ")");
            let at = self.run.sources.location(label.span);
            let words = if words.is_empty() { format!("{}:{}", escape::path(&at.path), at.line) } else { words };
            format!("[{}]({id})", words.replace('\\', "/"))
        });
        let links: Vec<String> = links.collect();
        if !links.is_empty() {
            text.push_str("; see ");
            text.push_str(&links.join(", "));
        }
        text
    }

    /// The steps to the finding: how the value came to be, or else from this place to the others.
    fn flow(&self, finding: &Finding) -> Option<Vec<Value>> {
        let end = Label::new(finding.primary.span, finding.message.as_str());
        let steps: Vec<&Label> = if finding.trail.is_empty() {
            std::iter::once(&end).chain(&finding.related).collect()
        } else {
            finding.trail.iter().chain([&end]).collect()
        };
        let steps = steps.into_iter().take(MAX_PLACES).map(|label| json!({ "location": self.place(label) }));
        let steps: Vec<Value> = steps.collect();
        (steps.len() > 1).then_some(steps)
    }

    fn place(&self, label: &Label) -> Value {
        let mut place = json!({ "physicalLocation": self.physical(label.span) });
        let words = without_links(&escape::line(&label.message));
        let at = self.run.sources.location(label.span);
        let words = if words.is_empty() { format!("{}:{}", escape::path(&at.path), at.line) } else { words };
        put(&mut place, "message", json!({ "text": words }));
        place
    }

    fn fix(&self, fix: &Fix) -> Value {
        let mut files: Vec<(Value, Vec<Value>)> = Vec::new();
        for edit in &fix.edits {
            let at = self.run.sources.location(edit.span);
            let artifact = artifact(&at);
            let replacement = json!({ "deletedRegion": region(&at), "insertedContent": { "text": edit.text } });
            match files.iter_mut().find(|(known, _)| *known == artifact) {
                Some((_, replacements)) => replacements.push(replacement),
                None => files.push((artifact, vec![replacement])),
            }
        }
        let changes = files
            .into_iter()
            .map(|(artifact, replacements)| json!({ "artifactLocation": artifact, "replacements": replacements }));
        json!({
            "description": { "text": escape::line(&fix.title) },
            "artifactChanges": changes.collect::<Vec<_>>(),
        })
    }

    fn physical(&self, span: Span) -> Value {
        let at = self.run.sources.location(span);
        json!({ "artifactLocation": artifact(&at), "region": region(&at) })
    }
}

fn artifact(at: &Location) -> Value {
    json!({ "uri": percent_encoded(&at.path), "uriBaseId": "%SRCROOT%" })
}

fn region(at: &Location) -> Value {
    json!({ "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column })
}

fn logical(object: &ObjectRef, path: &str) -> Value {
    let mut name = object.kind.clone();
    for part in object.namespace.iter().chain([&object.name]) {
        name.push('/');
        name.push_str(part);
    }
    let kind = if path.is_empty() { "object" } else { "property" };
    if !path.is_empty() {
        name.push('/');
        name.push_str(path);
    }
    json!({ "name": object.name, "fullyQualifiedName": name, "kind": kind })
}

fn properties(finding: &Finding) -> Value {
    let mut properties = json!({ "confidence": finding.confidence.word() });
    for (key, text) in [("why", &finding.why), ("help", &finding.help)] {
        if !text.is_empty() {
            put(&mut properties, key, json!(escape::lines(text)));
        }
    }
    if let Some(cluster) = &finding.cluster {
        put(&mut properties, "cluster", json!(&**cluster));
    }
    properties
}

fn rule(rule: &RuleText) -> Value {
    // GitHub counts an empty text as missing.
    let or =
        |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { escape::lines(text.trim()) };
    let summary = or(&rule.summary, &rule.id);
    let what = or(&rule.what, &summary);
    let help: Vec<String> = [&rule.why, &rule.help]
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .map(|text| escape::lines(text.trim()))
        .collect();
    let help = or(&help.join("\n\n"), &what);
    let mut properties = json!({
        "tags": [rule.group],
        "precision": match rule.confidence {
            Confidence::High => "very-high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        },
        "problem.severity": match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "recommendation",
        },
    });
    if let Some(score) = security_severity(rule) {
        put(&mut properties, "tags", json!([rule.group, "security"]));
        put(&mut properties, "security-severity", json!(score));
    }
    json!({
        "id": rule.id,
        "name": pascal_case(&rule.id),
        "shortDescription": { "text": summary },
        "fullDescription": { "text": escape::cut(&what, MAX_DESCRIPTION_CHARS) },
        "help": { "text": help, "markdown": help },
        "helpUri": rule_url(&rule.group, &rule.id),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": properties,
    })
}

/// Turns a finding into a security alert on GitHub: only where secrets or the network are at stake.
fn security_severity(rule: &RuleText) -> Option<&'static str> {
    match (rule.group.as_str(), rule.severity) {
        ("secrets", Severity::Error) => Some("8.0"),
        ("secrets" | "network", Severity::Error | Severity::Warning) => Some("5.0"),
        ("secrets" | "network", Severity::Info) => Some("2.0"),
        _ => None,
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// `DependsOnMissing` for `depends-on-missing`.
fn pascal_case(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for word in id.split(['-', '/']) {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name
}

/// In a message, `[text](target)` is a link: none may come from a manifest.
fn without_links(text: &str) -> String {
    text.replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rules_become_identifiers() {
        assert_eq!(pascal_case("depends-on-missing"), "DependsOnMissing");
    }

    #[test]
    fn text_of_manifests_makes_no_link() {
        assert_eq!(without_links("see [here](https://a.example)"), "see [here] (https://a.example)");
    }
}
