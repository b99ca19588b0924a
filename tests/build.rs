//! Kustomization folders give the objects that the real tool gives, and every value still knows its place.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flux_vet::build::Library;
use flux_vet::build::kustomize::{Builder, find_file, read_spec};
use flux_vet::source::{Disk, Memory, Sources};
use flux_vet::yaml::{Mode, Node, Value};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/build");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.yaml").is_file())
        .collect();
    cases.sort();
    cases
}

fn identity(node: &Node) -> String {
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
    format!("{} {}/{}", text(&["kind"]), text(&["metadata", "namespace"]), text(&["metadata", "name"]))
}

fn built(case: &Path) -> (Sources, Vec<Node>) {
    let sources = Sources::new(Disk::new(&case.join("in")).unwrap());
    let library = Library::new(&sources);
    let (file, _) = find_file(&library, "").unwrap();
    let outcome = Builder::new(&library).build(&read_spec(&library, &file).unwrap());
    let mut found: Vec<&str> = outcome.observations.iter().map(|observation| observation.rule.as_ref()).collect();
    found.sort_unstable();
    found.dedup();
    let expected = std::fs::read_to_string(case.join("findings.txt")).unwrap_or_default();
    assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{}: {:?}", case.display(), outcome.observations);
    assert!(!outcome.broken, "{}: {:?}", case.display(), outcome.observations);
    let nodes = outcome.resources.into_iter().map(|resource| resource.node).collect();
    drop(library);
    (sources, nodes)
}

fn differences(path: &str, ours: &Node, theirs: &Node, found: &mut Vec<String>) {
    match (&ours.value, &theirs.value) {
        (Value::Map(a), Value::Map(b)) => {
            for entry in a.iter().filter(|entry| b.get(&entry.key).is_none()) {
                found.push(format!("{path}.{} is only in ours", entry.key));
            }
            for entry in b.iter() {
                match a.get(&entry.key) {
                    Some(own) => differences(&format!("{path}.{}", entry.key), own, &entry.value, found),
                    None => found.push(format!("{path}.{} is only in theirs", entry.key)),
                }
            }
        }
        (Value::Seq(a), Value::Seq(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b.iter()).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, found);
            }
        }
        _ if ours.same_value(theirs) => {}
        _ => found.push(format!("{path}: ours {} theirs {}", ours.to_json(), theirs.to_json())),
    }
}

#[test]
fn folders_build_as_the_real_tool_builds_them() {
    let mut found = Vec::new();
    for case in cases() {
        let expected = std::fs::read_to_string(case.join("expected.yaml")).unwrap();
        let mut memory = Memory::default();
        memory.insert("expected.yaml", expected);
        let sources = Sources::new(memory);
        let theirs = Library::new(&sources).load("expected.yaml", Mode::V3).unwrap();
        let theirs: BTreeMap<String, &Node> = theirs.documents.iter().map(|node| (identity(node), node)).collect();
        let (_, ours) = built(&case);
        let ours: BTreeMap<String, &Node> = ours.iter().map(|node| (identity(node), node)).collect();
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        for id in ours.keys().filter(|id| !theirs.contains_key(*id)) {
            found.push(format!("{name}: {id} is only in ours"));
        }
        for (id, node) in &theirs {
            match ours.get(id) {
                Some(own) => differences(&format!("{name}: {id}"), own, node, &mut found),
                None => found.push(format!("{name}: {id} is only in theirs")),
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn check_places(sources: &Sources, node: &Node, path: &str) {
    for (_, span) in node.origin.chain() {
        let file = sources.file(span.file);
        let range = span.range();
        assert!(range.end <= file.text.len(), "{path}: {range:?} lies outside of {}", file.path);
        assert!(file.text.is_char_boundary(range.start) && file.text.is_char_boundary(range.end), "{path}: {range:?}");
    }
    for entry in node.entries() {
        check_places(sources, &entry.value, &format!("{path}.{}", entry.key));
    }
    for (index, item) in node.items().iter().enumerate() {
        check_places(sources, item, &format!("{path}[{index}]"));
    }
}

#[test]
fn every_value_of_a_built_object_has_a_place_in_a_file() {
    for case in cases() {
        let (sources, nodes) = built(&case);
        for node in &nodes {
            check_places(&sources, node, &identity(node));
        }
    }
}

#[test]
fn a_patched_value_points_at_the_patch_and_remembers_what_it_replaced() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/build/patches");
    let (sources, nodes) = built(&case);
    let deployment = nodes.iter().find(|node| identity(node).starts_with("Deployment")).unwrap();
    let replicas = deployment.dig("spec.replicas").unwrap();
    let chain: Vec<(String, String)> = replicas
        .origin
        .chain()
        .into_iter()
        .map(|(_, span)| (sources.location(span).path.to_string(), sources.text(span)))
        .collect();
    assert_eq!(chain, [("kustomization.yaml".into(), "3".into()), ("deployment.yaml".into(), "1".into())]);
    let Some(image) = deployment.dig("spec.template.spec.containers.0.env.1.value") else {
        panic!("no second variable")
    };
    assert_eq!(sources.location(image.span()).path.as_ref(), "add-port.yaml");
}
