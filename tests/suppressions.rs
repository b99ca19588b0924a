//! What suppressions cover: the line, the node below, the document, the file, the object; and what is said of those that cover nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use flux_vet::finding::State;
use flux_vet::report::{self, Format, Style};
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked};

const HEAD: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";

fn check(files: &[(&str, &str)]) -> Checked {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    let today = flux_vet::config::Date::new(2026, 11, 1);
    flux_vet::check(tree, &CheckOptions { today, ..CheckOptions::default() }).unwrap()
}

/// Rule and line of what is in a state, of the rules that the tests use.
fn found(checked: &Checked, state: State) -> Vec<String> {
    let used = ["depends-on-cycle", "suppression-unused", "suppression-expired", "image-tag-mutable"];
    let findings = checked.findings.iter().filter(|finding| finding.state == state && used.contains(&&*finding.rule));
    findings
        .map(|finding| format!("{} {}", finding.rule, checked.sources.location(finding.primary.span).line))
        .collect()
}

#[test]
fn what_is_set_aside_is_listed_where_that_is_asked_for() {
    let checked = check(&[("ks.yaml", &circle("    - name: a  # flux-vet: ignore[depends-on-cycle] known\n"))]);
    let run = checked.as_run();
    for format in [Format::Human, Format::Concise] {
        let mut text = Vec::new();
        report::write(&run, format, &Style { suppressed: true, ..Style::default() }, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains(
                "ks.yaml:6:13: depends-on-cycle: Kustomization `flux-system/a` depends on itself (ignored: known)"
            ),
            "{text}"
        );
    }
}

/// A Kustomization that depends on itself twice, on the given lines.
fn circle(lines: &str) -> String {
    format!("{HEAD}metadata: {{name: a, namespace: flux-system}}\nspec:\n  dependsOn:\n{lines}")
}

#[test]
fn a_comment_at_the_end_of_a_line_covers_what_begins_there() {
    let text = circle("    - name: a  # flux-vet: ignore[depends-on-cycle] known\n");
    let checked = check(&[("ks.yaml", &text)]);
    assert_eq!(found(&checked, State::Ignored), ["depends-on-cycle 6"]);
    let ignored = checked.findings.iter().find(|finding| finding.state == State::Ignored).unwrap();
    assert_eq!(ignored.state_reason.as_deref(), Some("known"));
    let text = circle("    - name: a\n      namespace: flux-system  # flux-vet: ignore[depends-on-cycle] known\n");
    let checked = check(&[("ks.yaml", &text)]);
    assert_eq!(found(&checked, State::Ignored), [""; 0], "the entry beside it is another");
    assert_eq!(found(&checked, State::Reported), ["depends-on-cycle 6", "suppression-unused 7"]);
}

#[test]
fn a_comment_on_its_own_line_covers_the_node_below_with_all_it_holds() {
    let text = circle(
        "    # flux-vet: ignore[depends-on-cycle] known\n    # Another remark.\n\n    - readyExpr: x\n      name: a\n",
    );
    assert_eq!(found(&check(&[("ks.yaml", &text)]), State::Ignored), ["depends-on-cycle 10"]);
    let text = format!(
        "{HEAD}metadata: {{name: a, namespace: flux-system}}\n# flux-vet: ignore[depends-on-cycle] known\nspec:\n  dependsOn: [{{name: a}}]\n"
    );
    assert_eq!(found(&check(&[("ks.yaml", &text)]), State::Ignored), ["depends-on-cycle 6"]);
    let text = format!(
        "{HEAD}# flux-vet: ignore[depends-on-cycle] known\nmetadata: {{name: a, namespace: flux-system}}\nspec:\n  dependsOn: [{{name: a}}]\n"
    );
    let checked = check(&[("ks.yaml", &text)]);
    assert_eq!(found(&checked, State::Reported), ["suppression-unused 3", "depends-on-cycle 6"]);
}

#[test]
fn a_comment_before_the_first_line_covers_the_document_and_a_file_wide_one_the_file() {
    let other = circle("    - name: a\n").replace("name: a", "name: b");
    let one = format!("# flux-vet: ignore[depends-on-cycle] known\n{}---\n{other}", circle("    - name: a\n"));
    let checked = check(&[("ks.yaml", &one)]);
    assert_eq!(found(&checked, State::Ignored), ["depends-on-cycle 7"]);
    assert_eq!(found(&checked, State::Reported), ["depends-on-cycle 14"]);
    let all = one.replace("ignore[", "ignore-file[");
    assert_eq!(found(&check(&[("ks.yaml", &all)]), State::Ignored), ["depends-on-cycle 7", "depends-on-cycle 14"]);
}

#[test]
fn any_place_of_a_finding_may_carry_it() {
    let link = |name: &str, other: &str, comment: &str| {
        format!(
            "{HEAD}metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  dependsOn:\n    - name: {other}{comment}\n"
        )
    };
    let first = link("a", "b", "");
    let second = link("b", "a", "  # flux-vet: ignore[depends-on-cycle] the other end knows");
    let checked = check(&[("a.yaml", &first), ("b.yaml", &second)]);
    assert_eq!(found(&checked, State::Ignored), ["depends-on-cycle 6"]);
}

#[test]
fn the_text_of_a_script_is_no_comment() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: flux-system}}\ndata:\n  run: |\n    # flux-vet: ignore[depends-on-cycle] no comment\n---\n{}",
        circle("    - name: a\n")
    );
    assert_eq!(found(&check(&[("ks.yaml", &text)]), State::Reported), ["depends-on-cycle 13"]);
}

#[test]
fn annotations_of_ours_and_of_peers_count() {
    let pod = |annotation: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: apps\n  annotations:\n    {annotation}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        - name: web\n          image: example.org/web:latest\n"
        )
    };
    let config = "rules: {image-tag-mutable: warning}\n";
    let state = |annotation: &str| {
        let checked = check(&[("web.yaml", &pod(annotation)), (".flux-vet.yaml", config)]);
        (found(&checked, State::Ignored).len(), found(&checked, State::Reported).len())
    };
    assert_eq!(state("other: x"), (0, 1));
    assert_eq!(state("ignore.flux-vet.dev/image-tag-mutable: built on this machine"), (1, 0));
    assert_eq!(state("ignore-check.kube-linter.io/latest-tag: it is a demo"), (1, 0));
    assert_eq!(state("ignore-check.kube-linter.io/privileged: not reported when it covers nothing"), (0, 1));
    assert_eq!(state("kube-score/ignore: container-image-tag,other"), (1, 0));
    assert_eq!(state("polaris.fairwinds.com/tagNotSpecified-exempt: 'true'"), (1, 0));
}

#[test]
fn an_entry_of_the_configuration_may_name_a_group_and_must_cover_something() {
    let text = circle("    - name: a\n");
    let config = "ignore:\n  - {rule: flux, object: Kustomization/flux-system/a, reason: known}\n  - {rule: depends-on-cycle, object: Kustomization/flux-system/none, reason: it is gone}\n  - {rule: depends-on-cycle, path: ks.yaml, reason: for a while, until: 2026-10-01}\n";
    let checked = check(&[("ks.yaml", &text), (".flux-vet.yaml", config)]);
    assert_eq!(found(&checked, State::Ignored), ["depends-on-cycle 6"]);
    assert_eq!(found(&checked, State::Reported), ["suppression-unused 3", "suppression-expired 4"]);
    let off = format!("rules: {{depends-on-cycle: off}}\n{config}");
    let checked = check(&[("ks.yaml", &text), (".flux-vet.yaml", &off)]);
    assert_eq!(found(&checked, State::Reported), ["suppression-expired 5"], "of a rule that is off nothing is known");
}
