//! Strategic merge gives what kyaml gives, and the schema is the one that kustomize carries.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flux_vet::build::kustomize::Schema;
use flux_vet::build::kustomize::merge::{Growth, Lost, Merged, Note, Options, merge, observe};
use flux_vet::build::kustomize::schema::ListRule;
use flux_vet::build::scope::is_cluster_scoped;
use flux_vet::build::{Gvk, Id};
use flux_vet::finding::Fix;
use flux_vet::source::{Memory, Sources, Span};
use flux_vet::yaml::{Content, Mode, Node, Step, Value, parse, resolve};
use serde::Deserialize;

/// Cases of `kyaml-merge2` that hold. It only goes up.
const MERGED: usize = 61;

fn shared(folder: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");
    let root = std::env::var_os("FLUX_VET_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let found = root.join("conformance").join(folder);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: no conformance data at {}", found.display());
    None
}

fn read(sources: &Sources, name: &str, text: &str) -> Node {
    let span = Span::new(sources.add(name, text), 0..text.len());
    let tree = parse(text);
    let root = tree.documents.first().and_then(|first| resolve(&tree, first, text, &Content::whole(span), Mode::V3));
    root.map_or_else(|| Node::new(Value::Null, span), |resolved| resolved.root)
}

/// A case of kyaml: what differs, or nothing.
fn difference(folder: &Path) -> Option<String> {
    let sources = Sources::new(Memory::default());
    let node = |name: &str| read(&sources, name, &fs::read_to_string(folder.join(name)).unwrap());
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("case.json")).unwrap()).unwrap();
    let growth = if settings["listIncrease"] == "prepend" { Growth::Prepend } else { Growth::Append };
    let schema = Schema::default();
    let options = Options { growth, infer: settings["infer"] == true, ..Options::build(&schema, &sources) };
    let merged = merge(&node("dest.yaml"), &node("source.yaml"), options);
    let mut found = match merged {
        Ok(merged) => merged.node.map(|node| node.to_json()).unwrap_or_default(),
        Err(refused) => return Some(refused.to_string()),
    };
    let mut expected = node("expected.yaml").to_json();
    // Upstream compares formatted texts, and its formatter sorts the containers of workloads by name.
    for value in [&mut found, &mut expected] {
        let containers = value.pointer_mut("/spec/template/spec/containers").and_then(|list| list.as_array_mut());
        containers.into_iter().for_each(|list| list.sort_by_key(|item| item["name"].to_string()));
    }
    (found != expected).then(|| format!("expected {expected}\n   found {found}"))
}

#[test]
fn the_merges_of_kyaml_give_the_same_here() {
    let Some(folder) = shared("kyaml-merge2") else { return };
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let failures: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", case.display(), difference(case)?))).collect();
    let passed = cases.len() - failures.len();
    println!("kyaml-merge2: {passed} of {}", cases.len());
    assert!(passed >= MERGED, "{}", failures.join("\n"));
}

/// A list that merges, as the table of the real schema has it.
#[derive(Deserialize)]
struct Row {
    path: String,
    strategy: String,
    keys: Vec<String>,
}

/// The rule of our schema for a path such as `spec.containers[].env`; atomic where a list on the way is.
fn rule(schema: &Schema, api_version: &str, kind: &str, path: &str) -> Option<ListRule> {
    let mut at = schema.kind(api_version, kind);
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        at = schema.field(&at, part.trim_end_matches("[]"));
        if part.ends_with("[]") {
            if schema.list(&at) == ListRule::Atomic {
                return None;
            }
            at = schema.elements(&at);
        }
    }
    Some(schema.list(&at))
}

#[test]
fn lists_merge_by_the_keys_of_the_real_schema_in_every_kind() {
    let Some(folder) = shared("tables") else { return };
    let text = fs::read_to_string(folder.join("smp-merge-keys.json")).unwrap();
    let table: BTreeMap<String, Vec<Row>> = serde_json::from_str(&text).unwrap();
    assert!(table.len() >= 269);
    // The table leaves out the metadata and status of an object itself, and has a string among the lists.
    let is_compared =
        |path: &str| !path.starts_with("metadata.") && !path.starts_with("status.") && !path.ends_with(".key");
    let paths: BTreeSet<&str> =
        table.values().flatten().map(|row| row.path.as_str()).filter(|path| is_compared(path)).collect();
    let schema = Schema::default();
    let mut wrong = Vec::new();
    for (name, rows) in &table {
        let (api_version, kind) = name.rsplit_once('/').unwrap();
        // What stands in a list that is replaced whole is never merged.
        let merges =
            |path: &str| rows.iter().find(|row| row.path == path && row.strategy.split(',').any(|s| s == "merge"));
        for path in &paths {
            let ways: Vec<&str> = path.match_indices("[]").map(|(at, _)| &path[..at]).collect();
            let theirs = match merges(path) {
                Some(row) if ways.iter().all(|way| merges(way).is_some()) => Some(row),
                _ => None,
            };
            let theirs = match theirs {
                None => ListRule::Atomic,
                Some(row) if row.keys.is_empty() => ListRule::Set,
                Some(row) => ListRule::Keyed(row.keys.iter().map(Into::into).collect()),
            };
            let ours = rule(&schema, api_version, kind, path).unwrap_or(ListRule::Atomic);
            if ours != theirs {
                wrong.push(format!("{name} {path}: ours {ours:?}, theirs {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn metadata_and_status_merge_in_the_kinds_that_have_them() {
    let schema = Schema::default();
    let rule = |api_version: &str, kind: &str, path: &str| rule(&schema, api_version, kind, path).unwrap();
    assert_eq!(rule("v1", "ConfigMap", "metadata.finalizers"), ListRule::Set);
    assert_eq!(rule("apps/v1", "Deployment", "metadata.ownerReferences"), ListRule::Keyed(vec!["uid".into()]));
    assert_eq!(rule("v1", "Pod", "status.podIPs"), ListRule::Keyed(vec!["ip".into()]));
    assert_eq!(rule("v1", "Service", "status.conditions"), ListRule::Keyed(vec!["type".into()]));
    // Newer than the schema, and no kind of it.
    assert_eq!(rule("autoscaling/v2", "HorizontalPodAutoscaler", "metadata.finalizers"), ListRule::Atomic);
    assert_eq!(rule("helm.toolkit.fluxcd.io/v2", "HelmRelease", "metadata.finalizers"), ListRule::Atomic);
}

#[test]
fn kinds_have_the_scope_of_the_real_schema() {
    let Some(folder) = shared("tables") else { return };
    let text = fs::read_to_string(folder.join("scope.json")).unwrap();
    let table: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).unwrap();
    let schema = Schema::default();
    for (scope, kinds) in &table {
        for (api_version, kind) in kinds {
            let gvk = Gvk::new(api_version, kind);
            // Known to a later schema only; and options of a request, which are no objects.
            if kind.starts_with("ValidatingAdmissionPolicy") || kind.ends_with("Options") {
                continue;
            }
            assert_eq!(is_cluster_scoped(&gvk), scope == "cluster", "{api_version} {kind}");
            assert_eq!(schema.is_cluster_scoped(&gvk), scope == "cluster", "{api_version} {kind}");
        }
    }
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: app
          image: app:1
          env:
            - name: PORT
              value: \"80\"
            - name: MODE
              value: fast
";

fn merged(target: &str, patch: &str) -> (Sources, Merged) {
    let sources = Sources::new(Memory::default());
    let (target, patch) = (read(&sources, "target.yaml", target), read(&sources, "patch.yaml", patch));
    let schema = Schema::default();
    let merged = merge(&target, &patch, Options::build(&schema, &sources)).unwrap();
    (sources, merged)
}

fn patch_of(deployment: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{deployment}")
}

#[test]
fn a_patched_value_remembers_what_it_replaced_and_others_keep_their_place() {
    let patch =
        patch_of("spec: {replicas: 3, template: {spec: {containers: [{name: app, image: \"app:1\", tty: true}]}}}");
    let (sources, merged) = merged(DEPLOYMENT, &patch);
    let node = merged.node.unwrap();
    let chain = |path: &str| -> Vec<(Option<Step>, String, String)> {
        let places = node.dig(path).unwrap().origin.chain().into_iter();
        places.map(|(step, span)| (step, sources.location(span).path.to_string(), sources.text(span))).collect()
    };
    let patched = |text: &str| (Some(Step::Patched), "patch.yaml".to_owned(), text.to_owned());
    let written = |text: &str| (None, "target.yaml".to_owned(), text.to_owned());
    assert_eq!(chain("spec.replicas"), [patched("3"), written("1")]);
    assert_eq!(chain("spec.template.spec.containers.0.tty"), [patched("true")]);
    // The same value again overrides nothing.
    assert_eq!(chain("spec.template.spec.containers.0.image"), [written("app:1")]);
    assert_eq!(chain("spec.template.spec.containers.0.env.1.value"), [written("fast")]);
    assert!(merged.notes.is_empty());
}

#[test]
fn what_a_patch_does_not_reach_is_shared_and_not_copied() {
    let sources = Sources::new(Memory::default());
    let target = read(&sources, "target.yaml", DEPLOYMENT);
    let patch = read(&sources, "patch.yaml", &patch_of("spec: {replicas: 3}"));
    let merged = merge(&target, &patch, Options::build(&Schema::default(), &sources)).unwrap().node.unwrap();
    let map = |node: &Node| match &node.dig("spec.template").unwrap().value {
        Value::Map(map) => map.clone(),
        _ => panic!("no map"),
    };
    assert!(std::sync::Arc::ptr_eq(&map(&target), &map(&merged)));
}

#[test]
fn a_number_over_a_quoted_text_becomes_a_text() {
    let patch = patch_of(
        "spec: {template: {spec: {containers: [{name: app, env: [{name: PORT, value: 8080}, {name: MODE, value: 1.50}]}]}}}",
    );
    let (_, merged) = merged(DEPLOYMENT, &patch);
    let node = merged.node.unwrap();
    let value = |at: usize| node.dig(&format!("spec.template.spec.containers.0.env.{at}.value")).unwrap().clone();
    assert_eq!(value(0).as_str(), Some("8080"));
    assert!(matches!(value(1).value, Value::Float(_)), "{:?}", value(1));
}

#[test]
fn a_port_without_protocol_is_lost_where_the_object_gives_one() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n    - {port: 80, protocol: TCP}\n";
    let patch =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n    - {port: 80, targetPort: 8080}\n";
    let (sources, merged) = merged(service, patch);
    assert_eq!(merged.node.unwrap().dig("spec.ports.0.targetPort").map(Node::to_json), None);
    let [note @ Note::ElementLost(lost)] = merged.notes.as_slice() else { panic!("{:?}", merged.notes) };
    assert_eq!((lost.path.as_str(), lost.shown.as_str()), ("spec.ports", "port: 80"));
    assert!(matches!(&lost.why, Lost::KeyMissing { key, .. } if key == "protocol"), "{lost:?}");
    let fix = observe(note, &Id::default(), &sources).fix.unwrap();
    assert_eq!(fixed(patch, &fix), patch.replace("port: 80", "port: 80, protocol: TCP"));
}

/// A text with a fix applied to it.
fn fixed(text: &str, fix: &Fix) -> String {
    let mut text = text.to_owned();
    for edit in fix.edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

#[test]
fn the_missing_key_is_written_into_a_block_with_its_indentation() {
    let of =
        |element: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  ports:\n{element}");
    let target = of("    - port: 80\n      protocol: UDP\n");
    for (element, expected) in [
        ("    - port: 80\n      name: a\n", "    - port: 80\n      protocol: UDP\n      name: a\n"),
        ("  - name: a\n    port: 80\n", "  - name: a\n    port: 80\n    protocol: UDP\n"),
    ] {
        let (sources, merged) = merged(&target, &of(element));
        let fix = observe(&merged.notes[0], &Id::default(), &sources).fix.unwrap();
        assert_eq!(fixed(&of(element), &fix), of(expected));
    }
}

#[test]
fn an_element_without_its_key_takes_the_whole_list_away() {
    let (_, merged) = merged(DEPLOYMENT, &patch_of("spec: {template: {spec: {containers: [{image: \"app:2\"}]}}}"));
    assert_eq!(merged.node.unwrap().dig("spec.template.spec.containers").unwrap().items().len(), 0);
    let lost: Vec<&Lost> = merged
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::ElementLost(lost) => Some(&lost.why),
            _ => None,
        })
        .collect();
    assert!(matches!(lost.as_slice(), [Lost::Overrun { .. }]), "{lost:?}");
}

#[test]
fn lists_of_any_length_merge_in_time() {
    let list = |first: usize| -> String {
        let items: Vec<String> = (first..first + 20_000).map(|at| format!("{{name: V{at}, value: x}}")).collect();
        items.join(", ")
    };
    let of = |env: String| {
        patch_of(&format!("spec: {{template: {{spec: {{containers: [{{name: app, env: [{env}]}}]}}}}}}\n"))
    };
    let (_, merged) = merged(&of(list(0)), &of(list(10_000)));
    assert_eq!(merged.node.unwrap().dig("spec.template.spec.containers.0.env").unwrap().items().len(), 30_000);
    // Elements without keys are compared one by one: too many of them are refused.
    let odd = of(format!("{{value: x}}, {}", list(0)));
    let sources = Sources::new(Memory::default());
    let (target, patch) = (read(&sources, "target.yaml", &odd), read(&sources, "patch.yaml", &odd));
    let refused = merge(&target, &patch, Options::build(&Schema::default(), &sources)).unwrap_err();
    assert!(refused.limit, "{refused}");
}
