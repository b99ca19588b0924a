//! What editors and CI runners read out of the one-line form: each published expression over real output.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod sample;

use std::path::{Path, PathBuf};
use std::process::Command;

use flux_vet::finding::{Finding, Label, Severity};
use flux_vet::report::{Extent, Format, Style};
use flux_vet::source::Span;
use regex::Regex;
use sample::Sample;
use serde_json::Value;

const COLOR: Style = Style { color: true, hyperlinks: true, extent: Extent::Coverage, suppressed: false };

/// What a matcher reads out of a line: path, line, column, severity, rule, message.
type Read = (String, String, String, String, String, String);

/// A run with paths and messages that are hard to read back, one finding each.
fn hard() -> Sample {
    let mut sample = Sample::empty();
    let long = "a:1:1: error[x]: ".repeat(1200);
    let cases = [
        ("apps/loki/ks.yaml", Severity::Error, "depends-on-missing", "no `minio`"),
        ("apps/my loki/ks.yaml", Severity::Warning, "image-tag-mutable", "tag `latest`"),
        (r"C:\clusters\main\ks.yaml", Severity::Error, "yaml-key-duplicate", "key `a: b` twice"),
        (r"apps\loki\größe (1).yaml", Severity::Info, "odd-value", "b.yaml:3:4: error[other]: not the finding"),
        ("x:1:1: error[y]: z.yaml", Severity::Error, "odd-value", "a path that looks like a finding"),
        ("::error::x.yaml", Severity::Warning, "odd-value", "a path that looks like a command"),
        (" a.yaml", Severity::Info, "odd-value", "\u{1b}[1m::error::x\r\ny"),
        ("long.yaml", Severity::Error, "odd-value", &long),
        ("long.yaml", Severity::Info, "user/odd.value_2", &"\u{1b}[31m x:1:".repeat(2000)),
    ];
    for (path, severity, rule, message) in cases {
        let file = sample.sources.add(path, "\nkey: value\n");
        let mut finding = sample.finding(rule, "flux", severity, Span::new(file, 6..11), "");
        finding.message = message.to_owned();
        finding.related = vec![Label::new(Span::new(file, 1..4), "not on a line of its own")];
        sample.findings.push(finding);
    }
    sample
}

/// What a matcher should read: the shown path and message are those of the plain line.
fn expected(findings: &[Finding], plain: &str) -> Vec<Read> {
    let read = |(finding, line): (&Finding, &str)| {
        let marker = format!(":2:6: {}[{}]: ", finding.severity, finding.rule);
        let (path, message) = line.split_once(&marker).unwrap();
        let severity = finding.severity.to_string();
        (path.to_owned(), "2".to_owned(), "6".to_owned(), severity, finding.rule.to_string(), message.to_owned())
    };
    findings.iter().zip(plain.lines()).map(read).collect()
}

/// A pattern of a matcher: the expression, and the group of each part.
struct Pattern {
    regexp: Regex,
    severity: Option<String>,
    groups: Value,
}

impl Pattern {
    fn new(pattern: &Value, severity: Option<&str>) -> Self {
        Pattern {
            regexp: Regex::new(pattern["regexp"].as_str().unwrap()).unwrap(),
            severity: severity.map(str::to_owned),
            groups: pattern.clone(),
        }
    }

    fn read(&self, line: &str) -> Option<Read> {
        let found = self.regexp.captures(line)?;
        let part = |name: &str| {
            let group = self.groups[name].as_u64()? as usize;
            Some(found[group].to_owned())
        };
        let severity = part("severity").or(self.severity.clone()).unwrap();
        Some((part("file")?, part("line")?, part("column")?, severity, part("code")?, part("message")?))
    }
}

fn editors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors")
}

fn json(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(editors().join(path)).unwrap()).unwrap()
}

fn github() -> Vec<Pattern> {
    let matchers = json("github/flux-vet-matcher.json");
    let matchers = matchers["problemMatcher"].as_array().unwrap().clone();
    matchers.iter().map(|matcher| Pattern::new(&matcher["pattern"][0], matcher["severity"].as_str())).collect()
}

fn vscode() -> Vec<Pattern> {
    vec![Pattern::new(&json("vscode/tasks.json")["tasks"][0]["problemMatcher"]["pattern"], None)]
}

/// Every line goes to every pattern, as in the runner; no line may satisfy two.
fn read_all(patterns: &[Pattern], text: &str) -> Vec<Read> {
    let read = |line: &str| {
        let found: Vec<Read> = patterns.iter().filter_map(|pattern| pattern.read(line)).collect();
        assert!(found.len() <= 1, "{line:?} satisfies several patterns");
        found
    };
    text.lines().flat_map(read).collect()
}

#[test]
fn github_reads_every_finding_with_and_without_colour() {
    let sample = hard();
    let plain = sample.report(Format::Concise);
    let mut expected = expected(&sample.findings, &plain);
    for (_, _, _, severity, _, _) in &mut expected {
        if severity == "info" {
            // The runner drops every other word.
            *severity = "notice".into();
        }
    }
    assert_eq!(read_all(&github(), &plain), expected);
    let colored = sample.styled(Format::Concise, COLOR);
    assert_ne!(colored, plain);
    assert_eq!(read_all(&github(), &colored), expected);
}

#[test]
fn github_owners_differ_so_that_neither_replaces_the_other() {
    let matchers = json("github/flux-vet-matcher.json");
    let owners: Vec<&str> = matchers["problemMatcher"]
        .as_array()
        .unwrap()
        .iter()
        .map(|matcher| matcher["owner"].as_str().unwrap())
        .collect();
    assert_eq!(owners, ["flux-vet", "flux-vet-info"]);
}

#[test]
fn vscode_reads_every_finding() {
    let sample = hard();
    let plain = sample.report(Format::Concise);
    assert_eq!(read_all(&vscode(), &plain), expected(&sample.findings, &plain));
}

#[test]
fn vim_reads_every_finding() {
    let sample = hard();
    let plain = sample.report(Format::Concise);
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::write(&input, &plain).unwrap();
    let list = "map(getqflist(), '[bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.type, v:val.text]')";
    let mut vim = Command::new("vim");
    vim.args(["-N", "-u", "NONE", "-i", "NONE", "-n", "-es"]).current_dir(folder.path());
    vim.arg("--cmd").arg("set encoding=utf-8 shortmess+=A").env("HOME", folder.path());
    vim.arg("-c").arg(format!("let &rtp = '{},' . &rtp", editors().join("vim").display()));
    vim.args(["-c", "compiler flux-vet"]).arg("-c").arg(format!("cgetfile {}", input.display()));
    vim.arg("-c").arg(format!("call writefile([json_encode({list})], '{}')", output.display())).args(["-c", "qa!"]);
    match vim.status() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: vim is not installed");
            return;
        }
        status => drop(status.unwrap()),
    }
    let read: Vec<(String, usize, usize, String, String)> =
        serde_json::from_str(&std::fs::read_to_string(&output).unwrap()).unwrap();
    let expected: Vec<(String, usize, usize, String, String)> = expected(&sample.findings, &plain)
        .into_iter()
        .map(|(path, _, _, severity, _, message)| (path, 2, 6, severity[..1].to_owned(), message))
        .collect();
    assert_eq!(read.len(), expected.len(), "{read:#?}");
    for (read, expected) in read.into_iter().zip(expected) {
        assert_eq!(read, expected);
    }
}

#[test]
fn the_task_that_watches_waits_for_the_marks() {
    let watch = &json("vscode/tasks.json")["tasks"][1];
    assert_eq!(watch["problemMatcher"]["pattern"], json("vscode/tasks.json")["tasks"][0]["problemMatcher"]["pattern"]);
    for (pattern, mark) in [("beginsPattern", "[flux-vet] checking"), ("endsPattern", "[flux-vet] done")] {
        let expression = watch["problemMatcher"]["background"][pattern].as_str().unwrap();
        assert!(Regex::new(expression).unwrap().is_match(mark), "{expression}");
        assert_eq!(read_all(&vscode(), mark), []);
    }
}

#[test]
fn no_matcher_takes_the_lines_about_the_run() {
    let sample = Sample::new();
    let plain = sample.report(Format::Concise);
    let about: Vec<&str> = plain.lines().filter(|line| line.starts_with("flux-vet: ")).collect();
    assert_eq!(about.len(), 3);
    for line in about {
        assert_eq!(read_all(&github(), line), []);
        assert_eq!(read_all(&vscode(), line), []);
    }
}

#[test]
fn a_finding_is_one_line_however_long_its_message() {
    let sample = hard();
    let plain = sample.report(Format::Concise);
    assert_eq!(plain.lines().count(), sample.findings.len() + 1);
    assert!(plain.lines().all(|line| line.chars().count() < 2200));
}

#[test]
fn a_long_line_of_something_else_is_no_finding() {
    for line in ["x:1:1:".repeat(3500), "\u{1b}[31m".repeat(4000), ": error[".repeat(2500), "a ".repeat(10_000)] {
        assert_eq!(read_all(&github(), &line), []);
        assert_eq!(read_all(&vscode(), &line), []);
    }
}

#[test]
fn the_extension_contributes_the_pattern_of_the_task() {
    let task: Value = serde_json::from_str(include_str!("../editors/vscode/tasks.json")).unwrap();
    let extension: Value = serde_json::from_str(include_str!("../editors/vscode/package.json")).unwrap();
    let mut contributed = extension.pointer("/contributes/problemPatterns/0").unwrap().clone();
    contributed.as_object_mut().unwrap().remove("name");
    assert_eq!(&contributed, task.pointer("/tasks/0/problemMatcher/pattern").unwrap());
    assert_eq!(extension.pointer("/version").unwrap(), env!("CARGO_PKG_VERSION"));
}
