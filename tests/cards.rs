//! Every card is in the catalogue, has examples, and its examples hold.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flux_vet::rulebook::run_example;
use flux_vet::rules::catalogue;

/// Rules of the engine that no example can show, and why.
const WITHOUT_EXAMPLE: &[(&str, &str)] = &[
    ("internal-error", "needs a rule that panics"),
    ("rule-error", "needs a card of a user: tests/rulebook.rs shows it"),
    ("file-unreadable", "needs bytes that are no text, a link or a pipe: tests/hostile.rs shows them"),
];

/// `group/id` of every card file of the rule book.
fn files() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut names = BTreeSet::new();
    for group in fs::read_dir(root).unwrap() {
        let group = group.unwrap();
        // Data of the rules stands beside the groups and holds no cards.
        if !group.file_type().unwrap().is_dir() {
            continue;
        }
        for card in fs::read_dir(group.path()).unwrap() {
            let path = card.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let id = path.file_stem().unwrap().to_str().unwrap();
                names.insert(format!("{}/{id}", group.file_name().to_str().unwrap()));
            }
        }
    }
    names
}

#[test]
fn every_card_is_in_the_catalogue_and_every_rule_has_a_card() {
    let catalogue = catalogue().unwrap();
    let rules: BTreeSet<String> =
        catalogue.iter().map(|entry| format!("{}/{}", entry.card.group, entry.card.id)).collect();
    assert_eq!(rules, files());
}

#[test]
fn every_rule_fires_in_an_example_and_is_silent_in_another() {
    for entry in catalogue().unwrap().iter() {
        let card = &entry.card;
        let reason = WITHOUT_EXAMPLE.iter().find(|(id, _)| *id == card.id);
        let fires = card.has_example(true);
        let silent = card.has_example(false);
        match reason {
            Some((id, reason)) => assert!(!fires && !silent, "`{id}` has examples now, although it {reason}"),
            None => assert!(fires && silent, "{}/{}: fires: {fires}, silent: {silent}", card.group, card.id),
        }
    }
}

#[test]
fn titles_of_examples_are_unique_in_their_card() {
    for entry in catalogue().unwrap().iter() {
        let examples = entry.card.examples().unwrap();
        let titles: BTreeSet<&str> = examples.iter().map(|example| example.title.as_str()).collect();
        assert_eq!(titles.len(), examples.len(), "{}", entry.card.id);
    }
}

#[test]
fn all_examples_hold() {
    let catalogue = catalogue().unwrap();
    let mismatches: Vec<String> = catalogue
        .iter()
        .flat_map(|entry| entry.card.examples().unwrap().into_iter().map(|example| run_example(&entry.card, &example)))
        .filter_map(|result| result.err().map(|mismatch| mismatch.to_string()))
        .collect();
    assert!(mismatches.is_empty(), "{} examples do not hold:\n\n{}", mismatches.len(), mismatches.join("\n\n"));
}
