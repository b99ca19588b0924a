//! The network rules: examples of their cards, and the marks of the fixture trees.

use std::collections::BTreeSet;
use std::path::Path;

use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

const RULES: [&str; 2] = ["network-policy-blocks-monitoring", "network-policy-selects-nothing"];

type Places = BTreeSet<(String, usize)>;

fn options(rules: &[&str]) -> CheckOptions {
    CheckOptions { rules: Some(rules.iter().map(ToString::to_string).collect()), ..CheckOptions::default() }
}

fn place(checked: &Checked, span: flux_vet::source::Span) -> (String, usize) {
    let location = checked.sources.location(span);
    (location.path.to_string(), location.line)
}

fn examples(rule: &str) {
    let catalogue = flux_vet::rules::catalogue().unwrap();
    let card = &catalogue.get(rule).unwrap().card;
    for fires in [true, false] {
        assert!(card.examples.iter().filter(|example| example.fires == fires).count() >= 3, "{rule}: too few examples");
    }
    for example in &card.examples {
        let name = format!("{rule}: {}", example.title);
        let mut memory = Memory::default();
        let (mut expected, mut related, mut texts) = (Places::new(), Places::new(), Vec::new());
        for file in &example.files {
            memory.insert(&file.path, file.text.clone());
            for (index, line) in file.text.lines().enumerate() {
                let at = (file.path.clone(), index + 1);
                if let Some((_, mark)) = line.split_once("# error") {
                    expected.insert(at);
                    texts.extend(mark.strip_prefix(": ").map(ToOwned::to_owned));
                } else if line.contains("# related") {
                    related.insert(at);
                }
            }
        }
        if let Some(config) = &example.config {
            memory.insert(".flux-vet.yaml", config.clone());
        }
        let checked = check(memory, &options(&[rule])).unwrap();
        let messages: Vec<&str> = checked.findings.iter().map(|finding| finding.message.as_str()).collect();
        let found: Places = checked.findings.iter().map(|finding| place(&checked, finding.primary.span)).collect();
        assert_eq!(found, expected, "{name}: {messages:#?}");
        for text in texts {
            assert!(messages.iter().any(|message| message.contains(&text)), "{name}: {text:?} in {messages:#?}");
        }
        let others: Places =
            checked.findings.iter().flat_map(|finding| &finding.related).map(|label| place(&checked, label.span)).collect();
        assert!(related.is_subset(&others), "{name}: {related:?} among {others:?}");
    }
}

#[test]
fn the_card_of_blocked_monitoring_tells_the_truth() {
    examples(RULES[0]);
}

#[test]
fn the_card_of_selecting_nothing_tells_the_truth() {
    examples(RULES[1]);
}

fn read(root: &Path, folder: &Path, memory: &mut Memory, marks: &mut Places, related: &mut Places) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, memory, marks, related);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        for (index, line) in text.lines().enumerate() {
            for (word, places) in [("# expect:", &mut *marks), ("related:", &mut *related)] {
                if let Some((_, mark)) = line.split_once(word)
                    && RULES.iter().any(|rule| mark.split_whitespace().any(|other| other == *rule))
                {
                    places.insert((name.clone(), index + 1));
                }
            }
        }
        memory.insert(&name, text);
    }
}

#[test]
fn the_migration_plan_has_exactly_the_marked_findings() {
    for stage in ["as-written", "first-repair", "correct"] {
        let root = Path::new("fixtures/trees/migration-plan").join(stage);
        let (mut memory, mut marks, mut related) = (Memory::default(), Places::new(), Places::new());
        read(&root, &root, &mut memory, &mut marks, &mut related);
        let checked = check(memory, &options(&RULES)).unwrap();
        let found: Places = checked.findings.iter().map(|finding| place(&checked, finding.primary.span)).collect();
        assert_eq!(found, marks, "{stage}");
        let others: Places =
            checked.findings.iter().flat_map(|finding| &finding.related).map(|label| place(&checked, label.span)).collect();
        assert_eq!(others, related, "{stage}");
        for finding in &checked.findings {
            assert!(finding.message.contains("isolates nothing"), "{}", finding.message);
        }
    }
}

/// The user's invariant on the plan: the selector repaired, and the namespace of the source changed.
#[test]
fn the_repaired_plan_with_another_source_shuts_the_monitoring_out() {
    let root = Path::new("fixtures/trees/migration-plan/first-repair");
    let (mut memory, mut marks, mut related) = (Memory::default(), Places::new(), Places::new());
    read(root, root, &mut memory, &mut marks, &mut related);
    let policy = "kubernetes/apps/storage/minio/app/networkpolicy.yaml";
    let text = std::fs::read_to_string(root.join(policy)).unwrap();
    memory.insert(policy, text.replace("io.kubernetes.pod.namespace: monitoring", "io.kubernetes.pod.namespace: observability"));
    let checked = check(memory, &options(&RULES)).unwrap();
    let found: Vec<&str> = checked.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(found, ["network-policy-blocks-monitoring"]);
}
