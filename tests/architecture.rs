//! The shape of the code: imports run one way, every file says what it is for, rules know no repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Stages from left to right: a stage imports only what stands left of it.
const STAGES: &[&str] =
    &["source", "yaml", "config", "build", "cluster", "rulebook", "rules", "verdict", "fix", "report", "lsp", "cli"];

/// Imported by every stage; they import `source` at most.
const LEAVES: &[&str] = &["finding", "fault", "progress", "tables"];

/// Files that stand beside the pipeline and may call it as a whole.
const OVER_THE_PIPELINE: &[&str] =
    &["main.rs", "lib.rs", "run/mod.rs", "run/kept.rs", "inspect.rs", "repair.rs", "rulebook/harness.rs"];

/// Words that name the repositories rules were tried on. A rule that knows one of them knows too much.
const REPOSITORIES: &[&str] = &[
    "MatherlyNet",
    "talos-cluster",
    "damacus",
    "home-ops",
    "equinor",
    "radix-flux",
    "flux2-kustomize-helm-example",
    "martinohmann",
    "mirceanton",
    "monosense",
    "k8s-gitops",
    "onedr0p",
];

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// Every file with one of the endings below a folder, with its path in the folder.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let base = root(folder);
    let mut open = vec![base.clone()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                let name = path.strip_prefix(&base).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// The stage of a file: its folder, or its own name.
fn stage(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

/// The names behind `crate::` in a line, a list in braces included.
fn imported(line: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    line.match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with(|c: char| c == '$' || c.is_alphanumeric() || c == '_'))
        .flat_map(|(at, found)| {
            let rest = &line[at + found.len()..];
            match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(|part| word(part.trim())).collect(),
                None => vec![word(rest)],
            }
        })
        .collect()
}

#[test]
fn imports_run_one_way() {
    let place = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let mut wrong = Vec::new();
    for (path, text) in files("src", &["rs"]) {
        if OVER_THE_PIPELINE.contains(&path.as_str()) {
            continue;
        }
        let own = stage(&path);
        assert!(place(own).is_some() || LEAVES.contains(&own), "src/{path} belongs to no stage");
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for name in imported(line) {
                let allowed = match (place(own), place(&name)) {
                    (Some(own), Some(other)) => other <= own,
                    (Some(_), None) if LEAVES.contains(&name.as_str()) => true,
                    (None, _) => name == "source" || name == own,
                    // The command line calls the pipeline as a whole.
                    (Some(_), None) => own == "cli" || own == "lsp",
                };
                if !allowed {
                    wrong.push(format!("src/{path}:{}: `{own}` imports `{name}`", index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let first_line = |folder: &str| {
        let silent = files(folder, &["rs"]).into_iter().filter(|(_, text)| {
            text.lines().next().is_none_or(|line| line.strip_prefix("//! ").is_none_or(|words| words.len() <= 10))
        });
        silent.map(|(path, _)| format!("{folder}/{path}")).collect::<Vec<_>>()
    };
    let silent: Vec<String> = ["src", "tests"].iter().flat_map(|folder| first_line(folder)).collect();
    assert!(silent.is_empty(), "no `//!` in the first line: {silent:#?}");
}

#[test]
fn rules_know_no_repository() {
    let rules = files("src/rules", &["rs"]).into_iter().map(|(path, text)| (format!("src/rules/{path}"), text));
    let cards = files("rules", &["md", "yaml"]).into_iter().map(|(path, text)| (format!("rules/{path}"), text));
    let named: Vec<String> = rules
        .chain(cards)
        .flat_map(|(path, text)| {
            let lower = text.to_lowercase();
            let words: Vec<&str> =
                REPOSITORIES.iter().copied().filter(|word| lower.contains(&word.to_lowercase())).collect();
            words.into_iter().map(|word| format!("{path} names `{word}`")).collect::<Vec<_>>()
        })
        .collect();
    assert!(named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn every_rule_file_names_its_card() {
    for (path, text) in files("src/rules", &["rs"]) {
        let Some(card) =
            text.lines().take_while(|line| line.starts_with("//!")).find_map(|line| line.split("Card: ").nth(1))
        else {
            continue;
        };
        let card = card.trim().trim_end_matches('.');
        assert!(root(card).is_file(), "src/rules/{path} names the card `{card}`, which does not exist");
        // The name of the group may be left out of the file's name.
        let (group, own) = path.trim_end_matches(".rs").rsplit_once('/').unwrap_or(("", &path));
        let id =
            card.strip_prefix(&format!("rules/{group}/")).and_then(|rest| rest.strip_suffix(".md")).unwrap_or_default();
        assert!(id.ends_with(&own.replace('_', "-")), "src/rules/{path} names the card `{card}`");
    }
}
