//! Fixes: each takes its finding away, changes nothing else, and no encrypted file is ever touched.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use flux_vet::config::{Date, FILE_NAMES};
use flux_vet::finding::{Applicability, Edit, Finding, Fix, State};
use flux_vet::fix::{MAX_ROUNDS, Wanted, plan};
use flux_vet::rulebook::Card;
use flux_vet::rulebook::card::{Example, FixKind};
use flux_vet::source::{FileSystem, Memory, Span};
use flux_vet::{CheckOptions, Checked, check};

fn tree(files: &[(&str, &str)]) -> Memory {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    tree
}

fn of_example(example: &Example) -> Memory {
    let mut tree = Memory::default();
    for file in &example.files {
        tree.insert(&file.path, file.text.clone());
    }
    if let Some(config) = &example.config {
        tree.insert(FILE_NAMES[0], config.clone());
    }
    tree
}

fn run(tree: &Memory, card: &Card, example: &Example) -> Checked {
    let rules = (!card.id.starts_with("suppression-")).then(|| vec![card.id.clone()]);
    let mut options = CheckOptions { rules, today: Date::new(2026, 11, 1), ..CheckOptions::default() };
    if let Some(text) = &example.options {
        options.rule_options.push((card.id.clone(), serde_yaml::from_str(text).unwrap()));
    }
    check(tree.clone(), &options).unwrap()
}

/// The findings of a card that have a fix.
fn fixable<'c>(checked: &'c Checked, card: &Card) -> Vec<&'c Finding> {
    let own = checked.findings.iter().filter(|finding| *finding.rule == *card.id);
    own.filter(|finding| finding.state == State::Reported && finding.fix.is_some()).collect()
}

#[test]
fn every_fix_of_an_example_takes_its_finding_away() {
    let catalogue = flux_vet::rules::catalogue().unwrap();
    let mut wrong = Vec::new();
    let mut without = BTreeSet::new();
    let mut fixed = 0;
    for card in catalogue.iter().map(|entry| &entry.card) {
        let mut has_fix = false;
        let examples = card.examples().unwrap();
        for example in examples.iter().filter(|example| example.fires && example.files.iter().all(|file| !file.is_base))
        {
            let what = format!("{}, `{}`", card.id, example.title);
            let mut tree = of_example(example);
            let mut checked = run(&tree, card, example);
            has_fix |= !fixable(&checked, card).is_empty();
            for _ in 0..MAX_ROUNDS {
                let before = fixable(&checked, card).len();
                if before == 0 {
                    break;
                }
                let plan = plan(&checked.findings, &checked.sources, Wanted::All);
                if !plan.refused.is_empty() || plan.changes.is_empty() {
                    wrong.push(format!("{what}: refused"));
                    break;
                }
                for change in &plan.changes {
                    tree.insert(&change.path, change.text.clone());
                }
                checked = run(&tree, card, example);
                let after = fixable(&checked, card).len();
                if after >= before {
                    let text = &plan.changes[0].text;
                    wrong.push(format!("{what}: {before} before, {after} after:\n{text}"));
                    break;
                }
                fixed += before - after;
            }
        }
        if card.fix != FixKind::None && !has_fix {
            without.insert(card.id.clone());
        }
        if card.fix == FixKind::None && has_fix {
            wrong.push(format!("{}: the card says that there is no fix", card.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(without.is_empty(), "cards that promise a fix and show none: {without:?}");
    assert!(fixed > 30, "{fixed}");
}

#[test]
fn of_two_fixes_for_one_place_the_second_waits() {
    let text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: flux-system}\nspec:\n  # flux-vet: ignore[depends-on-cycle, depends-on-missing] nothing is here\n  path: ./\n";
    let checked = check(tree(&[("ks.yaml", text)]), &CheckOptions::default()).unwrap();
    let plan = plan(&checked.findings, &checked.sources, Wanted::Safe);
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(
        plan.changes[0].text,
        text.replace("  # flux-vet: ignore[depends-on-cycle, depends-on-missing] nothing is here\n", "")
    );
}

/// A finding that wants to replace one text of a file.
fn replacing(checked: &Checked, path: &str, old: &str, new: &str) -> Vec<Finding> {
    let id = checked.sources.load(path).unwrap();
    let file = checked.sources.file(id);
    let at = file.text.find(old).unwrap();
    let mut finding = checked.findings.first().unwrap().clone();
    let edits = vec![Edit { span: Span::new(id, at..at + old.len()), text: new.to_owned() }];
    finding.fix = Some(Fix { title: "replace".to_owned(), applicability: Applicability::Safe, edits });
    finding.state = State::Reported;
    vec![finding]
}

fn planned(path: &str, text: &str, old: &str, new: &str) -> Option<String> {
    let circle = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {dependsOn: [{name: a}]}\n";
    let checked = check(tree(&[(path, text), ("ks.yaml", circle)]), &CheckOptions::default()).unwrap();
    let plan = plan(&replacing(&checked, path, old, new), &checked.sources, Wanted::Safe);
    assert_eq!(plan.changes.is_empty(), !plan.refused.is_empty());
    plan.changes.into_iter().next().map(|change| change.text)
}

#[test]
fn what_would_change_something_else_is_refused() {
    let map = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\ndata:\n  a: one\n  b: two\n";
    assert_eq!(planned("a.yaml", map, "one", "three").unwrap(), map.replace("one", "three"));
    assert_eq!(planned("a.yaml", map, "  a: one\n", "").unwrap(), map.replace("  a: one\n", ""));
    assert_eq!(planned("a.yaml", map, "one", "[one"), None, "no YAML any more");
    assert_eq!(planned("a.yaml", map, "one\n", "one"), None, "the next line is swallowed");
    let anchor = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\ndata:\n  a: &a one\n  b: *a\n";
    assert_eq!(planned("a.yaml", anchor, "one", "two"), None, "an alias repeats it");
    let returns = map.replace('\n', "\r\n");
    let after = planned("a.yaml", &returns, "  a: one\r\n", "  a: one\n  c: x\n").unwrap();
    assert_eq!(after, returns.replace("  a: one\r\n", "  a: one\r\n  c: x\r\n"));
}

#[test]
fn no_encrypted_file_is_touched() {
    let yaml = "kind: Secret\napiVersion: v1\nmetadata: {name: x}\nstringData:\n  a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops: {mac: x, version: 3.9.0}\n";
    assert_eq!(planned("a.yaml", yaml, "name: x", "name: y"), None);
    let beside = format!("kind: ConfigMap\napiVersion: v1\nmetadata: {{name: y}}\n---\n{yaml}");
    assert_eq!(planned("a.yaml", &beside, "name: y", "name: z"), None, "the documents share a checksum");
    let variables = "A=ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops_mac=x\n# b\n";
    assert_eq!(planned("app.env", variables, "# b", "# c"), None);
}

#[test]
fn fixes_of_the_fixtures_leave_files_that_can_be_read() {
    let base = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for folder in ["trees", "sops", "hostile"] {
        for entry in std::fs::read_dir(base.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                continue;
            }
            let disk = flux_vet::source::Disk::new(&path).unwrap();
            let checked = check(disk.clone(), &CheckOptions::default()).unwrap();
            for change in plan(&checked.findings, &checked.sources, Wanted::All).changes {
                let before = String::from_utf8(disk.read(&change.path).unwrap()).unwrap();
                assert!(!before.contains("ENC[AES256_GCM"), "{}", change.path);
                let texts: Result<Vec<serde_yaml::Value>, _> =
                    serde_yaml::Deserializer::from_str(&change.text).map(serde::Deserialize::deserialize).collect();
                assert!(texts.is_ok() || !change.path.ends_with(".yaml"), "{}: {texts:?}", change.path);
            }
        }
    }
}
