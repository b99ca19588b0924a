//! The formats of other tools over one small run: what they look like, and what their readers ask for.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod sample;

use std::collections::BTreeSet;

use flux_vet::cluster::graph::{Edge, End, Graph, Node, Relation, Role, Standing};
use flux_vet::finding::Severity;
use flux_vet::report::{Extent, Format, Run, Style, Views, write};
use flux_vet::source::{Disk, Span};
use flux_vet::{CheckOptions, check};
use insta::assert_snapshot;
use sample::Sample;
use serde_json::{Value, json};

fn json(sample: &Sample, format: Format) -> Value {
    serde_json::from_str(&sample.report(format)).unwrap()
}

/// What a schema has against a value.
fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The sample with short cards.
fn small() -> Sample {
    let mut sample = Sample::new();
    sample.rules[1].what = "No Secret stands in plain text.".into();
    sample
}

#[test]
fn each_format_has_its_form() {
    for format in [
        Format::Agent,
        Format::Jsonl,
        Format::Gitlab,
        Format::Junit,
        Format::Checkstyle,
        Format::Rdjson,
        Format::Azure,
        Format::Sonar,
        Format::Markdown,
        Format::Tap,
    ] {
        let report = small().report(format).replace(env!("CARGO_PKG_VERSION"), "<version>");
        assert_snapshot!(format.word(), report);
    }
}

#[test]
fn statistics_count_by_rule_and_quiet_says_nothing_else() {
    let with = |extent| small().styled(Format::Human, Style { extent, ..Style::default() });
    let report = with(Extent::Statistics);
    let lines: Vec<&str> = report.lines().skip_while(|line| *line != "by rule").take(5).collect();
    assert_snapshot!(lines.join("\n"), @r"
    by rule
      1  depends-on-missing      1 error
      1  secret-not-encrypted    1 error
      1  script-error-swallowed  1 warning
      1  odd-value               1 info, 1 set aside
    ");
    let quiet = with(Extent::Findings);
    assert!(quiet.starts_with("error[depends-on-missing]") && !quiet.contains("checked"), "{quiet}");

    let counted = small().styled(Format::Json, Style { extent: Extent::Statistics, ..Style::default() });
    let counted: Value = serde_json::from_str(&counted).unwrap();
    assert_eq!(
        counted["statistics"][3],
        json!({ "rule": "odd-value", "error": 0, "warning": 0, "info": 1, "setAside": 1 })
    );
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report-v1.json")).unwrap();
    assert_eq!(errors(&serde_json::from_str(&schema).unwrap(), &counted), Vec::<String>::new());
}

#[test]
fn gitlab_has_what_the_code_quality_widget_reads() {
    let mut sample = Sample::new();
    let twice = sample.findings[0].clone();
    sample.findings.insert(1, twice);
    let report = json(&sample, Format::Gitlab);
    let schema = json!({ "type": "array", "items": {
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": { "type": "string", "minLength": 1 },
            "fingerprint": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
            "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": { "type": "string", "pattern": "^[^./]" },
                    "lines": { "required": ["begin"], "properties": { "begin": { "type": "integer", "minimum": 1 } } },
                },
            },
        },
    } });
    assert_eq!(errors(&schema, &report), Vec::<String>::new());
    let issues = report.as_array().unwrap();
    let fingerprints: BTreeSet<&str> = issues.iter().filter_map(|issue| issue["fingerprint"].as_str()).collect();
    assert_eq!(fingerprints.len(), issues.len());
    assert_eq!(json(&Sample::empty(), Format::Gitlab), json!([]));
}

#[test]
fn sonar_has_what_its_import_asks_for() {
    let mut sample = Sample::new();
    // A place without width.
    sample.findings[2].primary.span = sample.findings[2].primary.span.head();
    let report = json(&sample, Format::Sonar);
    let text = json!({ "type": "string", "minLength": 1 });
    let location = json!({
        "required": ["message", "filePath", "textRange"],
        "properties": { "filePath": text, "textRange": {
            "required": ["startLine"],
            "dependentRequired": { "startColumn": ["endColumn", "endLine"], "endColumn": ["startColumn"] },
        } },
    });
    let schema = json!({
        "required": ["rules", "issues"],
        "properties": {
            "rules": { "items": {
                "required": ["id", "name", "description", "engineId", "cleanCodeAttribute", "impacts"],
                "properties": {
                    "name": text,
                    "description": text,
                    "impacts": { "minItems": 1, "items": { "properties": {
                        "softwareQuality": { "enum": ["SECURITY", "RELIABILITY", "MAINTAINABILITY"] },
                        "severity": { "enum": ["BLOCKER", "HIGH", "MEDIUM", "LOW", "INFO"] },
                    } } },
                },
            } },
            "issues": { "items": {
                "required": ["ruleId", "primaryLocation"],
                "properties": { "primaryLocation": location, "secondaryLocations": { "items": location } },
            } },
        },
    });
    assert_eq!(errors(&schema, &report), Vec::<String>::new());
    let rules: Vec<&Value> = report["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    for issue in report["issues"].as_array().unwrap() {
        assert!(rules.contains(&&issue["ruleId"]));
        let range = &issue["primaryLocation"]["textRange"];
        let number = |key: &str| range[key].as_u64();
        let backwards = (number("startLine"), number("startColumn")) >= (number("endLine"), number("endColumn"));
        assert!(range.get("endLine").is_none() || !backwards, "{issue}");
    }
}

#[test]
fn rdjsonl_is_rdjson_a_line_a_finding() {
    let sample = Sample::new();
    let whole = json(&sample, Format::Rdjson);
    let lines = sample.report(Format::Rdjsonl);
    assert!(lines.lines().all(|line| line.len() < 64 * 1024));
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &mut lines {
        assert_eq!(line.as_object_mut().unwrap().shift_remove("source"), Some(whole["source"].clone()));
    }
    assert_eq!(whole["diagnostics"], Value::Array(lines));
}

#[test]
fn jsonl_says_what_json_says() {
    let sample = Sample::new();
    let whole = json(&sample, Format::Json);
    let lines = sample.report(Format::Jsonl);
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<Value> =
        lines.iter_mut().map(|line| line.as_object_mut().unwrap().shift_remove("type").unwrap()).collect();
    assert_eq!(kinds[0], "run");
    assert!(kinds[1..].iter().all(|kind| kind == "finding"));
    assert_eq!(lines[0]["coverage"], whole["coverage"]);
    assert_eq!(whole["findings"], Value::Array(lines.split_off(1)));
}

#[test]
fn a_clean_run_is_a_report_as_well() {
    let sample = Sample::empty();
    let junit = sample.report(Format::Junit);
    assert!(junit.contains("tests=\"1\" failures=\"0\"") && junit.contains("<testcase name=\"no findings\""));
    assert_eq!(sample.report(Format::Azure), "");
    assert_eq!(sample.report(Format::Tap), "TAP version 14\n1..0\n");
    assert!(!sample.report(Format::Markdown).contains('|'));
    assert!(sample.report(Format::Checkstyle).ends_with("</checkstyle>\n"));
}

#[test]
fn no_line_of_an_azure_report_is_another_command() {
    for line in Sample::new().report(Format::Azure).lines() {
        assert!(line.starts_with("##vso[task.logissue ") && line.matches("##").count() == 1, "{line}");
    }
}

fn markdown(run: &Run<'_>, extent: Extent) -> String {
    let mut out = Vec::new();
    write(run, Format::Markdown, &Style { extent, ..Style::default() }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn markdown_shows_the_budget_and_what_depends_on_what() {
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/trees/renamed-bucket");
    let options = CheckOptions { views: true, ..CheckOptions::default() };
    let checked = check(Disk::new(tree.as_ref()).unwrap(), &options).unwrap();
    assert_snapshot!("markdown_of_a_tree", markdown(&checked.as_run(), Extent::Coverage));
    assert!(!markdown(&checked.as_run(), Extent::Findings).contains("<summary>budget"));
}

#[test]
fn markdown_draws_less_where_the_picture_is_too_large() {
    let node = |name: &str| Node {
        role: Role::Kustomization,
        kind: "Kustomization".into(),
        namespace: "flux-system".into(),
        name: name.into(),
        standing: Standing::Known,
        remark: None,
        is_center: false,
        in_box: None,
    };
    let graph = |edges: usize| {
        let edge =
            || Edge { from: 0, to: End::Node(1), relation: Relation::DependsOn, label: None, is_circular: false };
        let edges = std::iter::repeat_with(edge).take(edges).collect();
        Graph { nodes: vec![node("one"), node("other")], edges, ..Graph::default() }
    };
    let drawn = |whole: usize, less: usize| {
        let sample = Sample::empty();
        let views = Views { budgets: Vec::new(), graphs: [vec![graph(whole)], vec![graph(less)]] };
        let run = Run {
            sources: &sample.sources,
            findings: &[],
            coverage: &sample.coverage,
            summary: Default::default(),
            rules: &[],
            views: Some(&views),
        };
        markdown(&run, Extent::Coverage).matches(" --> ").count()
    };
    assert_eq!((drawn(3, 2), drawn(501, 2), drawn(501, 501)), (3, 2, 0));
}

#[test]
fn markdown_stays_below_a_mebibyte_and_says_what_is_left_out() {
    let mut sample = Sample::empty();
    let file = sample.sources.add("a.yaml", "a: 1\n");
    for rule in ["first-rule", "second-rule", "third-rule"] {
        for _ in 0..500 {
            let mut finding = sample.finding(rule, "flux", Severity::Error, Span::new(file, 0..1), "");
            finding.message = "word ".repeat(300);
            sample.findings.push(finding);
        }
    }
    let report = sample.report(Format::Markdown);
    assert!(report.len() < 1024 * 1024);
    let rows = report.matches("| 🔴 error |").count();
    let left_out = format!("\n{} more findings did not fit here: the other reports list them.\n", 1500 - rows);
    assert!(rows > 800 && report.ends_with(&left_out), "{rows}");
    assert!(report.contains("| 500 | 0 | 0 |"));
}
