//! Kustomize's own cases, built in process: the numbers that pass can only go up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flux_vet::build::Library;
use flux_vet::build::kustomize::{Builder, Options, Order, Outcome, read_folder};
use flux_vet::source::{Disk, Memory, Sources};
use flux_vet::yaml::emit::emit;
use flux_vet::yaml::{Mode, Node, Value};
use serde_json::Value as Json;

/// Cases that ask for what this build never does, or that test something else than a build, with the reason.
const OUT_OF_SCOPE: &[(&str, &str)] = &[
    ("helmchartinflationgenerator__", "renders charts"),
    ("chartinflatorplugin__", "renders charts"),
    ("transformerplugin__TestSedTransformer", "runs a program"),
    ("RemoteSchema", "fetches from the network"),
    ("namespaces__TestNameReferenceDeploymentIssue3489", "uses paths outside of its own root"),
];

const PLUGINS_OUT_OF_SCOPE: &[(&str, &str)] = &[
    ("HelmChartInflationGenerator__", "renders charts"),
    ("SortOrderTransformer__", "no plugin of its own; `sortOptions` is tested above"),
    ("ConfigMapGenerator__", "expects a unit's result: no hash"),
    ("SecretGenerator__", "expects a unit's result: no hash"),
    ("NamespaceTransformer__TestNamespaceTransformer1", "expects a unit's result: no references rewritten"),
    ("PrefixTransformer__", "expects a unit's result: internal annotations"),
    ("SuffixTransformer__", "expects a unit's result: internal annotations"),
    ("PatchJson6902TransformerMissingFile", "its error text holds local paths"),
    ("__TestPatchTransformerMissingFile", "its error text holds local paths"),
    ("NamespaceTransformer_InvalidFieldSpecs", "its error text holds a dump"),
];

struct Case {
    name: String,
    folder: PathBuf,
    json: Json,
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.json").is_file())
        .map(|folder| {
            let json = serde_json::from_str(&std::fs::read_to_string(folder.join("case.json")).unwrap()).unwrap();
            Case { name: folder.file_name().unwrap().to_string_lossy().into_owned(), folder, json }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn build(case: &Case) -> (String, Option<Outcome>) {
    let options = case.json.get("opts");
    let option = |key: &str| options.and_then(|options| options.get(key));
    let needs = case.json.get("needs").and_then(Json::as_array).cloned().unwrap_or_default();
    let is_legacy = option("Reorder").is_some();
    let options = Options {
        order: if is_legacy { Order::Legacy } else { Order::Fifo },
        root_only: !needs.iter().any(|need| need == "load-restrictions-none"),
        managed_by: (option("AddManagedbyLabel") == Some(&Json::Bool(true))).then(|| MANAGED_BY.to_owned()),
        ..Options::default()
    };
    let Ok(disk) = Disk::new(&case.folder.join("in")) else { return (String::new(), None) };
    let sources = Sources::new(disk);
    let library = Library::new(&sources);
    let directory = case.json.get("build").and_then(Json::as_str).unwrap_or_default();
    let directory = flux_vet::source::normalize(directory);
    let Some(spec) = read_folder(&library, &directory).unwrap() else { return (String::new(), None) };
    let outcome = Builder::new(&library, options).build(&spec);
    let texts: Vec<String> = outcome.resources.iter().map(|resource| emit(&resource.node).text).collect();
    (texts.join("---\n"), Some(outcome))
}

const MANAGED_BY: &str = "kustomize-(test)";

/// Why a case fails, or `None`.
fn failure(case: &Case) -> Option<String> {
    let (text, outcome) = build(case);
    let is_ok = case.json.get("kind").and_then(Json::as_str) == Some("ok");
    let Some(outcome) = outcome else { return is_ok.then(|| "no kustomization file found".to_owned()) };
    let said: Vec<&str> = outcome.observations.iter().map(|observation| observation.message.as_str()).collect();
    if !is_ok {
        return (!outcome.broken).then(|| "it is built, and should not be".to_owned());
    }
    if outcome.broken {
        return Some(format!("it is not built: {}", said.join(" | ")));
    }
    let expected = std::fs::read_to_string(case.folder.join("expected.yaml")).unwrap();
    if case.json.pointer("/opts/unit").is_some() {
        // What a single plugin gives is printed by other means: the objects count, not the bytes.
        return different(&text, &expected).then(|| format!("--- ours\n{text}\n--- expected\n{expected}"));
    }
    let expected = expected.replace("kustomize-v444.333.222", MANAGED_BY);
    // The version is that of the tests upstream.
    if text.replace("kustomize-v5.8.1", MANAGED_BY).trim() == expected.trim() {
        return None;
    }
    Some(format!("--- ours\n{text}\n--- expected\n{expected}"))
}

fn different(ours: &str, theirs: &str) -> bool {
    let read = |text: &str| -> Vec<serde_json::Value> {
        let mut memory = Memory::default();
        memory.insert("objects.yaml", text);
        let sources = Sources::new(memory);
        let manifests = Library::new(&sources).load("objects.yaml", Mode::V3).unwrap();
        manifests.documents.iter().map(sorted).collect()
    };
    read(ours) != read(theirs)
}

fn sorted(node: &Node) -> Json {
    match &node.value {
        Value::Map(map) => {
            let entries: BTreeMap<String, Json> =
                map.iter().map(|entry| (entry.key.to_string(), sorted(&entry.value))).collect();
            entries.into_iter().collect()
        }
        Value::Seq(items) => items.iter().map(sorted).collect(),
        _ => node.to_json(),
    }
}

fn run(folder: &str, out_of_scope: &[(&str, &str)], expected: usize) {
    let Some(folder) = shared::shared(folder) else { return };
    let filter = std::env::var("CASE").ok();
    let mut failed = Vec::new();
    let (mut passed, mut left_out) = (0, BTreeSet::new());
    for case in cases(&folder) {
        if filter.as_ref().is_some_and(|filter| !case.name.contains(filter.as_str())) {
            continue;
        }
        if let Some((_, reason)) = out_of_scope.iter().find(|(part, _)| case.name.contains(part)) {
            left_out.insert(format!("{} ({reason})", case.name));
            continue;
        }
        match failure(&case) {
            None => passed += 1,
            Some(why) => failed.push(format!("{}: {why}", case.name)),
        }
    }
    println!("{passed} passed, {} failed, {} out of scope:", failed.len(), left_out.len());
    left_out.iter().for_each(|name| println!("  {name}"));
    failed.iter().for_each(|why| println!("failed: {why}"));
    if filter.is_none() {
        assert!(passed >= expected, "{passed} of {expected} pass");
    }
}

#[test]
fn whole_builds_give_what_kustomize_gives() {
    run("conformance/krusty-v0.21.1", OUT_OF_SCOPE, 290);
}

#[test]
fn built_in_plugins_do_what_those_of_kustomize_do() {
    run("conformance/kustomize-builtin-plugins", PLUGINS_OUT_OF_SCOPE, 70);
}
