//! The baseline: what was there before does not count, what is new does, and the list only shrinks by itself.

#![cfg(unix)]

mod binary;

use std::fs;

use binary::{Tree, run};

const SPEC: &str = "  interval: 1h\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

/// A Kustomization that depends on another one.
fn link(name: &str, other: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\nspec:\n  dependsOn:\n    - name: {other}\n  path: ./apps/{name}\n{SPEC}"
    )
}

/// A tree with a folder for each Kustomization.
fn tree(files: &[(&str, &str)]) -> Tree {
    let tree = Tree::new(files);
    for name in ["a", "b", "c"] {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: apps}}\n");
        tree.write(&format!("apps/{name}/settings.yaml"), text.as_bytes());
    }
    tree
}

fn baseline(tree: &Tree, more: &[&str]) -> binary::Ran {
    run(tree.path(), &[&["baseline", "--root", "."], more].concat())
}

fn check(tree: &Tree, more: &[&str]) -> binary::Ran {
    run(tree.path(), &[&["check", "--root", ".", "--output", "concise", "-q"], more].concat())
}

#[test]
fn what_was_there_does_not_count_wherever_it_moves_and_what_is_new_does() {
    let tree = tree(&[("a.yaml", &link("a", "a"))]);
    assert_eq!(check(&tree, &[]).code, 1);
    let written = baseline(&tree, &[]);
    assert_eq!((written.code, written.out.as_str()), (0, ""), "{written:?}");
    assert!(written.err.contains("lists 1 finding: 1 added, 0 gone"), "{written:?}");
    assert_eq!(check(&tree, &[]).code, 0);
    fs::remove_file(tree.path().join("a.yaml")).unwrap();
    tree.write("z.yaml", format!("# Another line.\n{}", link("a", "a")).as_bytes());
    assert_eq!(check(&tree, &[]).code, 0);
    assert_eq!(check(&tree, &["--no-baseline"]).code, 1);
    tree.write("c.yaml", link("c", "c").as_bytes());
    let ran = check(&tree, &[]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1), "{ran:?}");
    assert!(ran.out.starts_with("c.yaml:6:"), "{ran:?}");
}

#[test]
fn it_grows_only_when_told_to_and_shrinks_by_itself() {
    let tree = tree(&[("a.yaml", &link("a", "a")), ("b.yaml", &link("b", "b"))]);
    baseline(&tree, &[]);
    tree.write("a.yaml", link("a", "b").as_bytes());
    tree.write("c.yaml", link("c", "c").as_bytes());
    let strict = check(&tree, &["--exit-zero", "--baseline-strict"]);
    assert!(
        strict.err.contains("depends-on-cycle: Kustomization.kustomize.toolkit.fluxcd.io flux-system/a"),
        "{strict:?}"
    );
    let shrunk = baseline(&tree, &[]);
    assert_eq!(shrunk.code, 1, "what is new is left to report");
    assert!(shrunk.err.contains("lists 1 finding: 0 added, 1 gone; 1 finding not listed"), "{shrunk:?}");
    assert_eq!(check(&tree, &["--baseline-strict"]).code, 1);
    assert_eq!(baseline(&tree, &["--allow-new"]).code, 0);
    assert_eq!(check(&tree, &["--baseline-strict"]).code, 0);
    tree.write("c.yaml", link("c", "b").as_bytes());
    assert_eq!(check(&tree, &[]).code, 0);
    assert_eq!(check(&tree, &["--baseline-strict"]).code, 1, "an entry that is gone");
    assert_eq!(check(&tree, &["--baseline-strict", "a.yaml"]).code, 0, "a narrowed report says nothing of the rest");
}

#[test]
fn the_file_is_sorted_and_holds_no_lines_and_no_day() {
    let tree = tree(&[("b.yaml", &link("b", "b")), ("a.yaml", &link("a", "a"))]);
    baseline(&tree, &[]);
    let text = fs::read_to_string(tree.path().join(".flux-vet-baseline.json")).unwrap();
    let (a, b) = (text.find("flux-system/a").unwrap(), text.find("flux-system/b").unwrap());
    assert!(a < b && !text.contains(".yaml"), "{text}");
    baseline(&tree, &["--allow-new"]);
    assert_eq!(fs::read_to_string(tree.path().join(".flux-vet-baseline.json")).unwrap(), text);
}

#[test]
fn a_broken_baseline_is_a_fault_with_a_place() {
    let tree =
        Tree::new(&[("a.yaml", &link("a", "a")), (".flux-vet-baseline.json", "{\n  \"version\": 1,\n  oops\n}\n")]);
    let ran = check(&tree, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains(".flux-vet-baseline.json:3:3"), "{}", ran.err);
    tree.write(".flux-vet-baseline.json", b"{\"version\": 9, \"findings\": {}}");
    assert!(check(&tree, &[]).err.contains("version 9"));
    assert_eq!(check(&tree, &["--baseline", "none.json"]).code, 2);
}
