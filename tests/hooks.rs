//! The files with which other programs start flux-vet.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

fn yaml(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_hook_checks_the_whole_tree_in_one_process() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_sequence().unwrap();
    let ids: Vec<&str> = hooks.iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["flux-vet", "flux-vet-new", "flux-vet-src", "flux-vet-system"]);
    for hook in hooks {
        assert_eq!(hook["always_run"], Value::Bool(true), "{hook:?}");
        assert_eq!(hook["pass_filenames"], Value::Bool(false), "{hook:?}");
        assert_eq!(hook["require_serial"], Value::Bool(true), "{hook:?}");
        assert!(hook["entry"].as_str().unwrap().starts_with("flux-vet check"), "{hook:?}");
        assert!(["python", "rust", "system"].contains(&hook["language"].as_str().unwrap()), "{hook:?}");
    }
}

#[test]
fn the_wheel_has_the_version_of_the_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let setup = std::fs::read_to_string(root.join("setup.py")).unwrap();
    let line = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    // What `setup.py` looks for is the first such line.
    let cargo = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert_eq!(cargo.lines().find(|text| text.starts_with("version = ")), Some(line.as_str()));
    assert!(setup.contains("flux-vet=={VERSION}"), "{setup}");
    let project = std::fs::read_to_string(root.join("python/pyproject.toml")).unwrap();
    assert!(project.contains("manifest-path = \"../Cargo.toml\""), "{project}");
}

/// Files that the source takes in from outside of its folder.
fn taken_in() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matcher = std::fs::read_to_string(root.join("src/cli/matcher.rs")).unwrap();
    let paths = matcher.split("include_bytes!(\"../../").skip(1).filter_map(|rest| rest.split('"').next());
    let mut paths: Vec<String> = paths.map(str::to_owned).collect();
    paths.push("rules/kinds.yaml".to_owned());
    paths
}

#[test]
fn what_the_source_takes_in_is_in_the_package_and_in_the_container() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let package = cargo.lines().find_map(|line| line.strip_prefix("exclude = [")).unwrap();
    let package = package.trim_end_matches(']').split(", ").map(|entry| entry.trim_matches('"').to_owned());
    let container = std::fs::read_to_string(root.join(".dockerignore")).unwrap();
    let left_out: Vec<String> = package.chain(container.lines().map(str::to_owned)).collect();
    assert!(taken_in().len() > 3 && left_out.len() > 5);
    for path in taken_in() {
        let without = left_out.iter().find(|entry| path.starts_with(&format!("{entry}/")));
        assert_eq!(without, None, "{path} is needed to build");
    }
}

#[test]
fn no_input_of_the_action_becomes_code() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        assert!(!step["run"].as_str().unwrap().contains("${{"), "{step:?}");
        assert_eq!(step["shell"].as_str(), Some("bash"), "{step:?}");
    }
}

#[test]
fn the_command_line_accepts_what_the_hooks_pass() {
    for hook in yaml(".pre-commit-hooks.yaml").as_sequence().unwrap() {
        let words = hook["entry"].as_str().unwrap().split_whitespace().skip(1);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/renamed-bucket");
        let output = Command::new(env!("CARGO_BIN_EXE_flux-vet")).args(words).arg("--root").arg(root).output().unwrap();
        // A root inside of another repository has no revision of its own.
        let is_compared = hook["entry"].as_str().unwrap().contains("--base");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() != Some(2) || (is_compared && !error.contains("unexpected argument")),
            "{hook:?}: {error}"
        );
    }
}
