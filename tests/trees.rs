//! Whole trees: the findings equal the marks, the bytes do not depend on the threads, every place is a place.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod binary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use binary::run;
use flux_vet::finding::{Label, State};
use flux_vet::source::{Disk, Span};
use flux_vet::{CheckOptions, Checked, check, rules};

/// Rule, file, line.
type Place = (String, String, usize);

/// Every tree: a folder below `fixtures/trees` with a mark or a `kubernetes` or `clusters` folder, or one of its own name.
fn trees() -> Vec<PathBuf> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees");
    let folders = |path: &Path| -> Vec<PathBuf> {
        let mut inside: Vec<PathBuf> =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        inside.sort();
        inside
    };
    let stages = |path: &PathBuf| -> Vec<PathBuf> {
        // The migration plan is three trees beside each other.
        if path.ends_with("migration-plan") { folders(path) } else { vec![path.clone()] }
    };
    folders(&base).iter().flat_map(stages).collect()
}

fn checked(root: &Path) -> Checked {
    check(Disk::new(root).unwrap(), &CheckOptions::default())
        .unwrap_or_else(|fault| panic!("{}: {fault}", root.display()))
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut open = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// What the comments of a tree expect: findings, and other labels.
#[derive(Default)]
struct Marks {
    expected: BTreeSet<Place>,
    related: BTreeSet<Place>,
}

fn marks(root: &Path) -> Marks {
    let mut marks = Marks::default();
    for file in files(root) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if path.ends_with(".md") {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            for comment in line.split('#').skip(1) {
                let Some((kind, rules)) = comment.trim().split_once(':') else { continue };
                let line = index + 1;
                let (set, line) = match kind.split_whitespace().collect::<Vec<_>>().as_slice() {
                    ["expect"] => (&mut marks.expected, line),
                    ["related"] => (&mut marks.related, line),
                    ["expect-at", offset] => {
                        (&mut marks.expected, line + offset.strip_prefix('+').unwrap().parse::<usize>().unwrap())
                    }
                    ["related-at", offset] => {
                        (&mut marks.related, line + offset.strip_prefix('+').unwrap().parse::<usize>().unwrap())
                    }
                    _ => continue,
                };
                set.extend(rules.split_whitespace().map(|rule| (rule.to_owned(), path.clone(), line)));
            }
        }
    }
    marks
}

#[test]
fn the_findings_of_every_tree_are_the_marked_ones() {
    let catalogue = rules::catalogue().unwrap();
    let mut pending: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for root in trees() {
        let name = root.file_name().unwrap().to_string_lossy().into_owned();
        let run = checked(&root);
        // A tree may bring rules of its own.
        let known = |rule: &str| catalogue.get(rule).is_some() || run.rules.iter().any(|own| own.id == rule);
        let place = |rule: &str, label: &Label| {
            let place = run.sources.location(label.span);
            (rule.to_owned(), place.path.to_string(), place.line)
        };
        let reported = || run.findings.iter().filter(|finding| finding.state == State::Reported);
        let found: BTreeSet<Place> = reported().map(|finding| place(&finding.rule, &finding.primary)).collect();
        let other: BTreeSet<Place> = reported()
            .flat_map(|finding| {
                finding
                    .related
                    .iter()
                    .chain(&finding.trail)
                    .map(|label| place(&finding.rule, label))
                    .collect::<Vec<_>>()
            })
            .collect();
        let Marks { expected, related } = marks(&root);
        for (rule, _, _) in expected.iter().chain(&related).filter(|(rule, _, _)| !known(rule)) {
            *pending.entry(rule.clone()).or_default() += 1;
        }
        let shown = |(rule, path, line): &Place| format!("{name}/{path}:{line}: {rule}");
        let expected: BTreeSet<Place> = expected.into_iter().filter(|(rule, _, _)| known(rule)).collect();
        wrong.extend(expected.difference(&found).map(|place| format!("not found: {}", shown(place))));
        for extra in found.difference(&expected) {
            let finding = reported().find(|finding| place(&finding.rule, &finding.primary) == *extra).unwrap();
            wrong.push(format!("not marked: {}: {}", shown(extra), finding.message));
        }
        let related = related.into_iter().filter(|(rule, _, _)| known(rule));
        wrong.extend(
            related.filter(|place| !other.contains(place)).map(|place| format!("no related label: {}", shown(&place))),
        );
    }
    println!("{} marks of rules that do not exist yet: {pending:#?}", pending.values().sum::<usize>());
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    for root in trees() {
        for format in ["json", "sarif", "human"] {
            let report = |threads: &str| run(&root, &["check", "--root", ".", "--output", format, "-j", threads]);
            let (one, four) = (report("1"), report("4"));
            assert_eq!(one.code, four.code, "{}", root.display());
            assert!(one.out == four.out, "{} as {format} differs between 1 and 4 threads", root.display());
        }
    }
}

#[test]
fn every_place_of_every_finding_is_a_place() {
    for root in trees().into_iter().chain(crate::hostile()) {
        let run = checked(&root);
        let is_place = |span: Span, what: &str| {
            let file = run.sources.file(span.file);
            let range = span.range();
            let inside = file.text.get(range.clone()).is_some();
            assert!(inside, "{}/{}: {what} {range:?} of {} bytes", root.display(), file.path, file.text.len());
        };
        for finding in &run.findings {
            is_place(finding.primary.span, &format!("primary label of `{}`", finding.message));
            for label in &finding.related {
                is_place(label.span, &format!("related label of `{}`", finding.message));
            }
            for label in &finding.trail {
                is_place(label.span, &format!("trail of `{}`", finding.message));
            }
            for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
                is_place(edit.span, &format!("edit of `{}`", finding.message));
            }
        }
    }
}

/// The committed hostile trees.
fn hostile() -> Vec<PathBuf> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(base).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
