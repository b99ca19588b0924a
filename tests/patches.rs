//! What kustomize refuses about patches is said with the place, and the rest of the build goes on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use flux_vet::build::Library;
use flux_vet::build::kustomize::{Builder, Options, Outcome, read_folder};
use flux_vet::source::{Memory, Sources};

const SETTINGS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: apps, labels: {tier: a}}
data: {zone: a, list: [1, 2]}
";

/// A ConfigMap `settings` with the rest of a kustomization file and further files.
fn build(rest: &str, files: &[(&str, &str)]) -> (Sources, Outcome) {
    let mut memory = Memory::default();
    memory.insert("kustomization.yaml", format!("resources: [settings.yaml]\n{rest}"));
    memory.insert("settings.yaml", SETTINGS);
    for (path, text) in files {
        memory.insert(path, *text);
    }
    let sources = Sources::new(memory);
    let library = Library::new(&sources);
    let spec = read_folder(&library, "").unwrap().unwrap();
    let outcome = Builder::new(&library, Options::default()).build(&spec);
    drop(library);
    (sources, outcome)
}

fn data(outcome: &Outcome) -> String {
    outcome.resources.first().unwrap().node.get("data").unwrap().to_json().to_string()
}

/// The build fails with one finding of a rule, at a text, with words in its message.
#[track_caller]
fn refused(rest: &str, files: &[(&str, &str)], rule: &str, at: &str, words: &str) {
    let (sources, outcome) = build(rest, files);
    assert_eq!(outcome.observations.len(), 1, "{rest}\n{:?}", outcome.observations);
    let observation = outcome.observations.first().unwrap();
    assert_eq!(observation.rule, rule, "{rest}\n{observation:?}");
    assert!(observation.message.contains(words), "{rest}\n{}", observation.message);
    let span = observation.primary.span;
    let found = sources.file(span.file).text.get(span.start as usize..).unwrap().to_owned();
    assert!(found.starts_with(at), "{rest}\nexpected `{at}`, found `{found}`");
    assert!(outcome.broken, "{rest}");
    assert_eq!(outcome.resources.len(), 1, "{rest}");
    assert_eq!(data(&outcome), r#"{"zone":"a","list":[1,2]}"#, "{rest}");
}

const TARGET: &str = "patches:\n  - target: {kind: ConfigMap}\n    path: patch.yaml\n";

#[test]
fn an_entry_has_a_patch_or_a_path() {
    for (entry, words) in [
        ("{}", "needs `patch` or `path`"),
        ("{patch: '  '}", "needs `patch` or `path`"),
        ("{path: patch.yaml, patch: 'a: b'}", "at the same time"),
    ] {
        let at = if entry.contains("path") { "patch.yaml" } else { "{" };
        refused(&format!("patches: [{entry}]\n"), &[("patch.yaml", "")], "patch-body-invalid", at, words);
    }
}

#[test]
fn a_body_is_objects_or_operations() {
    let body = |text: &str, at: &str, words: &str| {
        refused(TARGET, &[("patch.yaml", text)], "patch-body-invalid", at, words);
    };
    body("data: {zone: b}\n", "data", "`kind` and `metadata.name`");
    body("kind: ConfigMap\nmetadata: {}\n", "kind", "`kind` and `metadata.name`");
    body("text\n", "", "neither operations nor an object");
    body("- text\n", "text", "an operation of a JSON patch is a map");
    // Brackets mean JSON.
    let flow = "[{op: remove, path: /data/zone}]";
    refused(TARGET, &[("patch.yaml", flow)], "patch-body-invalid", "patch.yaml", "has to be JSON");
}

#[test]
fn several_objects_in_one_entry_have_no_target() {
    let two = format!("{SETTINGS}---\n{SETTINGS}");
    refused(TARGET, &[("patch.yaml", &two)], "patch-body-invalid", "apiVersion", "several");
}

#[test]
fn the_target_is_made_of_patterns_and_selectors() {
    for (target, at) in [
        ("name: '('", "'('"),
        ("name: 'web-**'", "'web-**'"),
        ("labelSelector: 'a b'", "'a b'"),
        ("labelSelector: 'tier=https://a'", "'tier=https://a'"),
        ("annotationSelector: 'tier in a'", "'tier in a'"),
    ] {
        let rest = format!("patches:\n  - target: {{{target}}}\n    path: patch.yaml\n");
        let files = [("patch.yaml", "- {op: remove, path: /data/zone}\n")];
        refused(&rest, &files, "patch-body-invalid", at, "neither a pattern nor a selector");
    }
    // A selector is read when a resource has passed the rest of the target.
    let rest = "patches:\n  - target: {kind: Service, labelSelector: 'a b'}\n    path: patch.yaml\n";
    let (_, outcome) = build(rest, &[("patch.yaml", "- {op: remove, path: /data}\n")]);
    assert!(!outcome.broken && outcome.observations.is_empty(), "{:?}", outcome.observations);
}

#[test]
fn operations_fail_where_the_real_library_fails() {
    let operation = |text: &str, rule: &str, at: &str, words: &str| {
        refused(TARGET, &[("patch.yaml", &format!("- {{{text}}}\n"))], rule, at, words);
    };
    let missing = |text: &str, at: &str, words: &str| operation(text, "patch-path-missing", at, words);
    let invalid = |text: &str, at: &str, words: &str| operation(text, "patch-body-invalid", at, words);
    missing("op: remove, path: /data/gone", "/data/gone", "no such key");
    missing("op: add, path: /spec/a, value: 1", "/spec/a", "the way there does not exist");
    missing("op: add, path: /data/zone/deep, value: 1", "/data/zone/deep", "the way there does not exist");
    missing("op: add, path: '', value: {}", "''", "the way there does not exist");
    missing("op: add, path: /data/list/3, value: 1", "/data/list/3", "beyond the end");
    missing("op: add, path: /data/list/x, value: 1", "/data/list/x", "no number");
    missing("op: replace, path: /data/list/2, value: 1", "/data/list/2", "no such element");
    missing("op: replace, path: /data/list/-, value: 1", "/data/list/-", "no number");
    missing("op: replace, path: '', value: 1", "''", "only a map");
    missing("op: remove, path: /data/list/-3", "/data/list/-3", "no such element");
    missing("op: move, from: /data/gone, path: /data/b", "/data/gone", "cannot move from");
    missing("op: copy, from: /data/list/5, path: /data/b", "/data/list/5", "cannot copy from");
    missing("op: test, path: /data/zone, value: b", "/data/zone", "another value");
    missing("op: test, path: /data/gone, value: b", "/data/gone", "another value");
    invalid("op: set, path: /data/zone", "set", "`set` is no JSON patch operation");
    invalid("path: /data/zone", "/data/zone", "no `op`");
    invalid("op: remove", "op", "no `path`");
    invalid("op: move, path: /data/b", "/data/b", "needs a `from`");
    invalid("op: remove, path: /metadata/name", "/metadata/name", "takes the `metadata.name` away");
}

#[test]
fn an_operation_that_meets_no_object_breaks_nothing() {
    let rest = "patches:\n  - target: {kind: Service}\n    path: patch.yaml\n";
    let (_, outcome) = build(rest, &[("patch.yaml", "- {op: set, path: /data}\n")]);
    assert!(!outcome.broken);
    assert_eq!(outcome.observations.len(), 1, "{:?}", outcome.observations);
}

#[test]
fn the_first_part_of_a_path_without_slash_is_dropped_and_said() {
    let (_, outcome) = build(TARGET, &[("patch.yaml", "- {op: add, path: spec/data/zone, value: b}\n")]);
    assert!(!outcome.broken);
    assert_eq!(data(&outcome), r#"{"zone":"b","list":[1,2]}"#);
    assert!(outcome.observations[0].message.contains("does not begin with `/`"), "{:?}", outcome.observations);
}

#[test]
fn merges_of_different_shapes_are_refused() {
    let merge = |data: &str, at: &str, words: &str| {
        let patch =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: apps}}\ndata: {data}\n");
        refused("patches: [{path: patch.yaml}]\n", &[("patch.yaml", &patch)], "patch-body-invalid", at, words);
    };
    merge("[a]", "[a]", "`data` is a list in the patch, but a map in the object");
    merge("{list: {a: b}}", "{a: b}", "`data.list` is a map in the patch, but a list in the object");
    merge("{zone: {a: b}}", "{a: b}", "a single value in the object");
    merge("{$patch: drop}", "drop", "`drop` is no patch directive");
}

#[test]
fn a_renamed_object_may_not_meet_another() {
    let rest = "\
patches:
  - target: {kind: ConfigMap}
    path: patch.yaml
    options: {allowNameChange: true}
configMapGenerator: [{name: other, namespace: apps, options: {disableNameSuffixHash: true}}]
";
    let patch = "kind: ConfigMap\nmetadata: {name: same}\n";
    let (_, outcome) = build(rest, &[("patch.yaml", patch)]);
    assert!(outcome.broken);
    let rules: Vec<&str> = outcome.observations.iter().map(|observation| observation.rule.as_ref()).collect();
    assert_eq!(rules, ["kustomize-resource-duplicate"]);
}

#[test]
fn a_replacement_of_the_whole_object_changes_nothing() {
    let patch = SETTINGS.replace("\ndata:", "\n$patch: replace\ndata:").replace("zone: a", "zone: b");
    let (_, outcome) = build("patches: [{path: patch.yaml}]\n", &[("patch.yaml", &patch)]);
    assert!(!outcome.broken);
    assert_eq!(data(&outcome), r#"{"zone":"a","list":[1,2]}"#);
    assert!(outcome.observations[0].message.contains("has no effect"), "{:?}", outcome.observations);
}

#[test]
fn old_fields_are_stricter_about_empty_patches_and_targets() {
    let empty = [("patch.yaml", "# nothing\n")];
    refused("patchesStrategicMerge: [patch.yaml]\n", &empty, "patch-body-invalid", "patch.yaml", "hold no object");
    let rest = "patchesJson6902: [{target: {kind: ConfigMap, name: settings}, path: patch.yaml}]\n";
    refused(rest, &empty, "patch-body-invalid", "patch.yaml", "no operation");
    let rest = "patchesJson6902: [{target: {kind: ConfigMap}, path: patch.yaml}]\n";
    let operations = [("patch.yaml", "- {op: remove, path: /data/zone}\n")];
    refused(rest, &operations, "patch-body-invalid", "{target", "a `target` with a `name`");
    // An entry of `patches` may be empty.
    let (_, outcome) = build(TARGET, &empty);
    assert!(!outcome.broken && outcome.observations.is_empty(), "{:?}", outcome.observations);
}

#[test]
fn the_schema_field_names_a_document_or_the_built_in_version() {
    refused("openapi: {version: v1.30.0}\n", &[], "build-failed", "v1.30.0", "not built into kustomize");
    refused("openapi: {path: gone.json}\n", &[], "kustomize-resource-missing", "gone.json", "does not exist");
    let files = [("schema.json", "{}")];
    refused("openapi: {version: v1.21.2, path: schema.json}\n", &files, "build-failed", "v1.21.2", "takes one of them");
    let (_, outcome) = build("openapi: {version: v1.21.2}\n", &[]);
    assert!(!outcome.broken);
}

#[test]
fn one_finding_tells_of_all_objects_a_patch_goes_wrong_in() {
    let release = |name: &str| {
        format!(
            "---\napiVersion: example.com/v1\nkind: Release\nmetadata: {{name: {name}}}\nspec: {{list: [{{name: a}}, {{name: {name}}}]}}\n"
        )
    };
    let releases: String = ["x", "y", "z"].map(release).concat();
    let patch = "kind: Release\nmetadata: {name: _}\nspec: {list: [{name: a}]}\n";
    let rest = "patches: [{target: {kind: Release}, path: patch.yaml}]\nconfigurations: []\n";
    let rest = rest.replace("configurations: []", "bases: [more.yaml]");
    let (_, outcome) = build(&rest, &[("patch.yaml", patch), ("more.yaml", &releases)]);
    let [observation] = outcome.observations.as_slice() else { panic!("{:?}", outcome.observations) };
    assert_eq!(observation.rule, "patch-list-replaced");
    assert_eq!(observation.related.len(), 3, "{observation:?}");
}

#[test]
fn the_transformers_of_patches_are_read_as_plugins_in_any_case() {
    let object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: apps}, data: {zone: b}}";
    for text in [
        format!("kind: PatchTransformer\nPatch: '{object}'\nTarget: {{Kind: ConfigMap}}\n"),
        format!("kind: PatchStrategicMergeTransformer\npaths: ['{object}']\n"),
        format!("kind: PatchStrategicMergeTransformer\npatches: '{object}'\n"),
        "kind: PatchJson6902Transformer\ntarget: {name: settings}\njsonop: '[{\"op\": \"add\", \"path\": \"/data/zone\",          \"value\": \"b\"}]'\n"
            .to_owned(),
    ] {
        let plugin = format!("apiVersion: builtin\nmetadata: {{name: plugin}}\n{text}");
        let (_, outcome) = build("transformers: [plugin.yaml]\n", &[("plugin.yaml", &plugin)]);
        assert!(!outcome.broken, "{text}{:?}", outcome.observations);
        assert_eq!(data(&outcome), r#"{"zone":"b","list":[1,2]}"#, "{text}");
    }
}
