//! Strategic merge gives what kyaml gives, and the schema is the one kustomize carries.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use flux_vet::build::kustomize::Schema;
use flux_vet::build::kustomize::merge::{Growth, Options, merge};
use flux_vet::source::Span;
use flux_vet::source::{Memory, Sources};
use flux_vet::yaml::{Content, Map, Mode, Node, Value, parse, resolve};

/// Cases of `kyaml-merge2` that must hold. It only goes up.
const MERGED: usize = 61;

fn shared() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    let folder = std::env::var_os("FLUX_VET_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let found = folder.join("conformance");
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: no conformance data at {}", found.display());
    None
}

fn read(sources: &Sources, name: &str, text: &str) -> Node {
    let id = sources.add(name, text);
    let span = Span::new(id, 0..text.len());
    let tree = parse(text);
    let root = tree.documents.first().and_then(|first| resolve(&tree, first, text, &Content::whole(span), Mode::V3));
    root.map_or_else(|| Node::new(Value::Null, span), |resolved| resolved.root)
}

/// What kyaml keeps beside the value: nulls count, the order of keys does not.
fn merged(source: &str, dest: &str, growth: Growth, infer: bool) -> Result<Option<serde_json::Value>, String> {
    let sources = Sources::new(Memory::default());
    let (patch, target) = (read(&sources, "source", source), read(&sources, "dest", dest));
    let schema = Schema::default();
    let options = Options { growth, infer, ..Options::build(&schema, &sources) };
    let merged = merge(&target, &patch, options).map_err(|refused| refused.to_string())?;
    Ok(merged.node.map(|node| node.to_json()))
}

fn case(folder: &Path) -> Result<(), String> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let settings: serde_json::Value = serde_json::from_str(&text("case.json")).map_err(|error| error.to_string())?;
    let growth = if settings["listIncrease"] == "prepend" { Growth::Prepend } else { Growth::Append };
    let infer = settings["infer"] == true;
    let sources = Sources::new(Memory::default());
    let expected = read(&sources, "expected", &text("expected.yaml")).to_json();
    let mut found = merged(&text("source.yaml"), &text("dest.yaml"), growth, infer)?.unwrap_or_default();
    let mut expected = expected;
    // Upstream compares formatted texts: its formatter sorts the containers of workloads by name.
    for value in [&mut found, &mut expected] {
        let containers = value.pointer_mut("/spec/template/spec/containers").and_then(|list| list.as_array_mut());
        containers.into_iter().for_each(|list| list.sort_by_key(|item| item["name"].to_string()));
    }
    if found == expected { Ok(()) } else { Err(format!("expected {expected}\n   found {found}")) }
}

#[test]
fn the_merges_of_kyaml_give_the_same_here() {
    let Some(shared) = shared() else { return };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(shared.join("kyaml-merge2")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let failures: Vec<String> = folders
        .iter()
        .filter_map(|folder| case(folder).err().map(|why| format!("{}: {why}", folder.display())))
        .collect();
    println!("kyaml-merge2: {} of {}", folders.len() - failures.len(), folders.len());
    assert!(folders.len() - failures.len() >= MERGED, "{}", failures.join("\n"));
}
