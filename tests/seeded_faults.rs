//! Faults made one by one of the objects in `fixtures/schemas`: every one is found, at its line.
//!
//! With `FLUX_VET_SEEDED=DIR` the faults are written out as files, so that other programs can be asked about them
//! (`scripts/compare-kubeconform.sh`).

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use flux_vet::finding::State;
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, check};

/// A line of a good object.
#[derive(Debug)]
struct Line {
    indent: usize,
    is_item: bool,
    key: String,
    value: String,
    marks: Vec<String>,
    /// Its key is people's own.
    is_free: bool,
}

impl Line {
    fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|own| own == mark)
    }

    fn bad(&self) -> Vec<String> {
        let bad = self.marks.iter().find_map(|mark| mark.strip_prefix("bad: "));
        bad.map(|all| all.split(", ").map(ToOwned::to_owned).collect()).unwrap_or_default()
    }

    fn text(&self) -> String {
        let pad = " ".repeat(if self.is_item { self.indent - 2 } else { self.indent });
        let dash = if self.is_item { "- " } else { "" };
        format!("{pad}{dash}{}: {}", self.key, self.value).trim_end().to_owned()
    }
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut free: Option<usize> = None;
    for written in text.lines() {
        let (rest, marks) = written.split_once(" # ").unwrap_or((written, ""));
        let body = rest.trim_start();
        let is_item = body.starts_with("- ");
        let indent = rest.len() - body.len() + if is_item { 2 } else { 0 };
        let (key, value) = body.trim_start_matches("- ").split_once(':').unwrap();
        if free.is_some_and(|free| indent <= free) {
            free = None;
        }
        let marks: Vec<String> = marks.split("; ").map(ToOwned::to_owned).collect();
        lines.push(Line {
            indent,
            is_item,
            key: key.to_owned(),
            value: value.trim().to_owned(),
            is_free: free.is_some(),
            marks,
        });
        if lines.last().unwrap().has("free") {
            free = Some(indent);
        }
    }
    lines
}

/// What is wrong with an object, and where that has to be said.
struct Fault {
    what: String,
    text: String,
    lines: BTreeSet<usize>,
    rules: &'static [&'static str],
}

const FIELD: &[&str] = &["schema-field-unknown"];
const VALUE: &[&str] = &["schema-value-invalid", "duration-invalid", "build-failed"];
const MISSING: &[&str] = &["schema-required-missing"];
const VERSION: &[&str] = &["schema-value-invalid", "api-version-not-served", "flux-api-removed"];

struct Object {
    name: String,
    lines: Vec<Line>,
}

impl Object {
    /// The lines below one, which belong to it.
    fn below(&self, at: usize) -> std::ops::Range<usize> {
        let indent = self.lines[at].indent;
        let ends = |line: &Line| line.indent <= indent;
        let end = self
            .lines
            .iter()
            .enumerate()
            .skip(at + 1)
            .find(|(_, line)| ends(line))
            .map_or(self.lines.len(), |(at, _)| at);
        at + 1..end
    }

    fn parent(&self, at: usize) -> Option<usize> {
        let indent = self.lines[at].indent;
        (0..at).rev().find(|above| self.lines[*above].indent < indent)
    }

    /// The first line of the map that a line is in.
    fn siblings(&self, at: usize) -> Vec<usize> {
        let indent = self.lines[at].indent;
        let first = (0..=at).rev().take_while(|one| self.lines[*one].indent >= indent);
        let mut found = Vec::new();
        for one in first {
            if self.lines[one].indent == indent {
                found.push(one);
                if self.lines[one].is_item {
                    break;
                }
            }
        }
        let later = (at + 1..self.lines.len()).take_while(|one| {
            self.lines[*one].indent > indent || (self.lines[*one].indent == indent && !self.lines[*one].is_item)
        });
        found.extend(later.filter(|one| self.lines[*one].indent == indent));
        found.sort_unstable();
        found
    }

    fn written(&self, change: impl Fn(usize) -> Option<String>) -> String {
        let text = |at: usize, line: &Line| change(at).unwrap_or_else(|| line.text());
        self.lines.iter().enumerate().map(|(at, line)| text(at, line) + "\n").collect()
    }

    /// The object with another text for one line, and what is below it gone.
    fn replaced(&self, at: usize, text: &str, with_below: bool) -> String {
        let below = self.below(at);
        self.written(|one| match one {
            _ if one == at => Some(text.to_owned()),
            _ if with_below && below.contains(&one) => Some(String::new()),
            _ => None,
        })
    }

    fn with_value(&self, at: usize, value: &str) -> String {
        let line = &self.lines[at];
        let pad = " ".repeat(if line.is_item { line.indent - 2 } else { line.indent });
        let dash = if line.is_item { "- " } else { "" };
        self.replaced(at, &format!("{pad}{dash}{}: {value}", line.key), true)
    }

    fn without(&self, at: usize) -> (String, BTreeSet<usize>) {
        let line = &self.lines[at];
        let gone = self.below(at);
        let others: Vec<usize> = self.siblings(at).into_iter().filter(|one| *one != at).collect();
        let parent = self.parent(at);
        let blank = |one: usize| (one == at || gone.contains(&one)).then(String::new);
        let Some(parent) = parent else {
            // What an object itself lacks is told at the object.
            return (self.written(blank), (1..=self.lines.len()).collect());
        };
        if others.is_empty() {
            // An empty map stays: a null would count as absent.
            let text = self.written(|one| match one {
                _ if one == at && line.is_item => Some(format!("{}- {{}}", " ".repeat(line.indent - 2))),
                _ if one == parent && !line.is_item => Some(self.lines[parent].text() + " {}"),
                _ => blank(one),
            });
            return (text, BTreeSet::from([if line.is_item { at + 1 } else { parent + 1 }]));
        }
        if line.is_item {
            let heir = others[0];
            let text = self.written(|one| {
                let heir_line = &self.lines[heir];
                let with_dash = || format!("{}- {}", " ".repeat(line.indent - 2), heir_line.text().trim_start());
                if one == heir { Some(with_dash()) } else { blank(one) }
            });
            return (text, BTreeSet::from([heir + 1]));
        }
        // The item that holds it, or the key of the map that does.
        let first = self.siblings(at)[0];
        let place = if self.lines[first].is_item { first } else { parent };
        (self.written(blank), BTreeSet::from([place + 1]))
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let own = BTreeSet::from([at + 1]);
            let mut add = |what: String, text: String, lines: BTreeSet<usize>, rules| {
                let what = format!("{}: `{}`, {what}", self.name, line.key);
                faults.push(Fault { what, text, lines, rules });
            };
            let is_root = line.indent == 0;
            if is_root && line.key == "apiVersion" {
                let (group, _) = line.value.split_once('/').unwrap_or(("", &line.value));
                let newer = if group.is_empty() { "v9".to_owned() } else { format!("{group}/v9") };
                let other = if group.is_empty() { "apps/v1" } else { "v1" };
                for value in [newer.as_str(), other] {
                    add(format!("wrong apiVersion {value}"), self.with_value(at, value), own.clone(), VERSION);
                }
                continue;
            }
            if is_root && matches!(line.key.as_str(), "kind" | "metadata") {
                continue;
            }
            let is_identity = self
                .parent(at)
                .is_some_and(|parent| self.lines[parent].indent == 0 && self.lines[parent].key == "metadata")
                && matches!(line.key.as_str(), "name" | "namespace");
            for bad in line.bad() {
                add(format!("bad value {bad}"), self.with_value(at, &bad), own.clone(), VALUE);
            }
            if is_identity {
                continue;
            }
            if !line.is_free {
                let last = line.key.chars().last().unwrap();
                let text = line.text().replacen(&format!("{}:", line.key), &format!("{}{last}:", line.key), 1);
                add("misspelt".to_owned(), self.replaced(at, &text, false), own.clone(), FIELD);
            }
            if line.has("required") {
                let (text, lines) = self.without(at);
                add("missing".to_owned(), text, lines, MISSING);
            }
            if line.has("enum") {
                let last = line.value.chars().last().unwrap();
                add("wrong word".to_owned(), self.with_value(at, &format!("{}{last}", line.value)), own.clone(), VALUE);
            }
            let value = line.value.as_str();
            let wrong: &[&str] = match value {
                _ if line.has("rebuilt") => &[],
                "" => &["text"],
                _ if value.starts_with('[') => &["text"],
                _ if line.is_free && line.has("any-scalar") => &[],
                _ if line.has("any-scalar") => &["[1]"],
                "true" | "false" => &["maybe", "1"],
                _ if value.parse::<i64>().is_ok() => &["many", "1.5"],
                _ => &["[wrong]", "17"],
            };
            for wrong in wrong {
                add(format!("wrong type {wrong}"), self.with_value(at, wrong), own.clone(), VALUE);
            }
        }
        faults
    }
}

fn objects() -> Vec<Object> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let object = |path: &PathBuf| Object {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        lines: lines(&fs::read_to_string(path).unwrap()),
    };
    paths.iter().map(object).collect()
}

/// A tree in which one Kustomization applies each text.
fn tree(texts: &[String]) -> Memory {
    let mut files = Memory::default();
    let mut entry = String::new();
    for (at, text) in texts.iter().enumerate() {
        let _ = write!(
            entry,
            "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: fault-{at:04}, namespace: flux-system}}\n\
             spec: {{interval: 1h, prune: true, path: ./faults/{at:04}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
        );
        files.insert(&format!("faults/{at:04}/object.yaml"), text.as_bytes());
    }
    files.insert("clusters/test/faults.yaml", entry);
    files
}

/// What is said of each text: rule and line.
fn said(texts: &[String]) -> BTreeMap<usize, BTreeSet<(String, usize, String)>> {
    let rules = [FIELD, VALUE, MISSING, VERSION].concat();
    let rules = rules.into_iter().map(ToOwned::to_owned).collect();
    let options = CheckOptions { rules: Some(rules), ..CheckOptions::default() };
    let checked = check(tree(texts), &options).unwrap_or_else(|fault| panic!("{fault}"));
    let mut said: BTreeMap<usize, BTreeSet<(String, usize, String)>> = BTreeMap::new();
    for finding in checked.findings.iter().filter(|finding| finding.state == State::Reported) {
        let place = checked.sources.location(finding.primary.span);
        let path = place.path.to_string();
        if let Some(at) = path.strip_prefix("faults/").and_then(|rest| rest.get(..4)?.parse().ok()) {
            said.entry(at).or_default().insert((finding.rule.to_string(), place.line, finding.message.clone()));
        }
    }
    said
}

/// Rules that have something to say against a single object.
fn is_about_schema(rule: &str) -> bool {
    rule.starts_with("schema-") || rule == "duration-invalid" || rule == "build-failed"
}

#[test]
fn every_fault_is_found_at_its_line() {
    let faults: Vec<Fault> = objects().iter().flat_map(Object::faults).collect();
    let texts: Vec<String> =
        faults.iter().enumerate().map(|(at, fault)| fault.text.replace("seeded", &format!("seeded-{at:04}"))).collect();
    if let Some(folder) = std::env::var_os("FLUX_VET_SEEDED") {
        let folder = PathBuf::from(folder);
        fs::create_dir_all(&folder).unwrap();
        for (at, text) in texts.iter().enumerate() {
            fs::write(folder.join(format!("{at:04}.yaml")), format!("{text}# {}\n", faults[at].what)).unwrap();
        }
    }
    assert!(faults.len() >= 300, "{}", faults.len());
    let said = said(&texts);
    let mut missed = String::new();
    for (at, fault) in faults.iter().enumerate() {
        let own = said.get(&at).cloned().unwrap_or_default();
        let is_found =
            own.iter().any(|(rule, line, _)| fault.rules.contains(&rule.as_str()) && fault.lines.contains(line));
        if !is_found {
            let _ = writeln!(missed, "{at:04} {} (lines {:?})", fault.what, fault.lines);
            for (rule, line, message) in own.iter().filter(|(rule, ..)| is_about_schema(rule)) {
                let _ = writeln!(missed, "    {line}: {rule}: {message}");
            }
        }
    }
    assert!(missed.is_empty(), "of {} faults these are missed:\n{missed}", faults.len());
}

#[test]
fn the_objects_themselves_are_good() {
    let texts: Vec<String> = objects().iter().map(|object| object.written(|_| None)).collect();
    let said = said(&texts);
    let all: Vec<_> = said.values().flatten().filter(|(rule, ..)| is_about_schema(rule)).collect();
    assert!(all.is_empty(), "{all:#?}");
}
