//! Kustomization folders give the objects that the real tool gives, and every value still knows its place.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use flux_vet::build::Library;
use flux_vet::build::kustomize::{Builder, Options, Order, read_folder};
use flux_vet::source::{Disk, Sources};
use flux_vet::yaml::Node;
use flux_vet::yaml::emit::emit;

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
    let spec = read_folder(&library, "").unwrap().unwrap();
    let options = Options { order: Order::Legacy, ..Options::default() };
    let outcome = Builder::new(&library, options).build(&spec);
    let mut found: Vec<&str> = outcome.observations.iter().map(|observation| observation.rule.as_ref()).collect();
    found.sort_unstable();
    found.dedup();
    let expected = std::fs::read_to_string(case.join("findings.txt")).unwrap_or_default();
    assert_eq!(found, expected.lines().collect::<Vec<_>>(), "{}: {:?}", case.display(), outcome.observations);
    assert!(!outcome.broken, "{}: {:?}", case.display(), outcome.observations);
    let nodes = outcome.resources.into_iter().map(|resource| resource.node.into_node()).collect();
    drop(library);
    (sources, nodes)
}

/// The first lines that differ, with what stands around them.
fn difference(ours: &str, theirs: &str) -> String {
    let at = ours.lines().zip(theirs.lines()).take_while(|(a, b)| a == b).count();
    let shown = |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    format!("from line {}\n--- ours\n{}\n--- theirs\n{}", at + 1, shown(ours), shown(theirs))
}

#[test]
fn folders_build_to_the_bytes_of_the_real_tool() {
    let mut found = Vec::new();
    for case in cases() {
        let theirs = std::fs::read_to_string(case.join("expected.yaml")).unwrap();
        let (_, nodes) = built(&case);
        let ours: Vec<String> = nodes.iter().map(|node| emit(node).text).collect();
        let ours = ours.join("---\n");
        if ours != theirs {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            found.push(format!("{name}: {}", difference(&ours, &theirs)));
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
