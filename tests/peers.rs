//! The table of other linters' checks and the cards say the same.

use std::collections::BTreeSet;

use flux_vet::rules::{catalogue, presets};

/// What stands between backquotes in a cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_rule_of_the_table_exists_and_has_the_check_as_its_alias() {
    let catalogue = catalogue().unwrap();
    let (mut rows, mut listed) = (0, BTreeSet::new());
    for line in include_str!("../docs/peers-checks.md").lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (check, rules) = (names(cells.next().unwrap()), cells.next().unwrap());
        rows += 1;
        if rules.starts_with("none: ") {
            continue;
        }
        for rule in names(rules) {
            let card = &catalogue.get(rule).unwrap_or_else(|| panic!("`{rule}` is no rule")).card;
            for check in &check {
                assert!(card.aliases.iter().any(|alias| alias == check), "`{rule}` has no alias `{check}`");
                listed.insert((rule, *check));
            }
        }
    }
    assert!(rows > 100, "{rows} rows");
    for entry in catalogue.iter() {
        for alias in &entry.card.aliases {
            assert!(
                listed.contains(&(entry.card.id.as_str(), alias.as_str())),
                "`{}` has the alias `{alias}`, which is not in the table",
                entry.card.id
            );
        }
    }
}

#[test]
fn the_preset_of_a_linter_has_the_rules_of_its_table() {
    let presets = presets().unwrap();
    for section in include_str!("../docs/peers-checks.md").split("\n## ").skip(1) {
        let name = section.lines().next().unwrap().to_lowercase();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.map(|line| line.trim_matches('|').split_once('|').unwrap().1.trim());
        let expected: BTreeSet<&str> = cells.filter(|cell| !cell.starts_with("none: ")).flat_map(names).collect();
        let preset = presets.iter().find(|preset| preset.name == name).unwrap();
        assert_eq!(preset.names().collect::<BTreeSet<_>>(), expected, "{name}");
    }
}
