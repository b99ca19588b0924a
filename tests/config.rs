//! The configuration file: what is accepted, where a complaint points, and the published schema.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::path::Path;

use flux_vet::config::{Config, Date, Level, Rendered, Scope, Version, schema};
use flux_vet::fault::Fault;
use flux_vet::finding::ObjectRef;
use flux_vet::source::{Memory, Sources};

/// Every key, as in the design, with other names.
const EXAMPLE: &str = r#"# yaml-language-server: $schema=https://example.invalid/flux-vet.schema.json
---
flux: "2.9"                       # a comment
kubernetes: 1.35
strict-substitution: true
presets: [recommended, hygiene]
clusters:
  - entry: ./clusters/attic/
  - entry: clusters/cellar
    flux: v2.8.1
    kubernetes: "1.34"
    monitoring: { namespaces: [watch] }
    budget: [{ namespace: kiosk, pods: 5 }]
    nodes: 1
    externals:
      - { object: Node/shelf-*, reason: bare metal }
sources:
  GitRepository/flux-system/common: ../common
charts:
  rendered:
    kiosk/till: rendered/till
externals:
  - object: Secret/flux-system/bootstrap-*
    reason: made at bootstrap
monitoring:
  namespaces: [watchtower]
  pod-labels:
    app.kubernetes.io/name: prometheus
budget:
  - cluster: true
    requests: { cpu: 8, memory: 24Gi, nvidia.com/gpu: "2" }
    limits: { memory: 32Gi }
    storage: 500Gi
    pods: 110
    claims: 60
    headroom: 10%
  - namespace: watchtower
    requests: { memory: 6Gi, ephemeral-storage: 1Gi }
  - kustomization: flux-system/kiosk
    limits: { cpu: 500m }
nodes: 3
rules:
  budget: off
  image-tag-mutable: warning
  bucket-not-provisioned: { severity: error, external: [till-admin], depth: 2 }
paths:
  - match: "clusters/cellar/**"
    rules: { secret-not-encrypted: warning }
rule-paths: [.flux-vet/rules]
policy-paths: [policies]
schema-locations: ["schemas/{{.ResourceKind}}.json"]
require-reason: true
ignore:
  - rule: bucket-unused
    object: Job/kiosk/till-setup
    path: clusters/attic/**
    reason: waits for the till
    until: 2027-01-31
  - rule: kustomize
    path: clusters/attic/old
    reason: leaves soon
"#;

fn sources(text: &str) -> Sources {
    let mut files = Memory::default();
    files.insert(".flux-vet.yaml", text);
    Sources::new(files)
}

#[track_caller]
fn accepted(text: &str) -> (Sources, Config) {
    let sources = sources(text);
    let config = Config::load(&sources, None).unwrap_or_else(|fault| panic!("{fault:?}\n{text}"));
    (sources, config)
}

/// `line:column "text at the place" message | help`.
fn shown(sources: &Sources, fault: &Fault) -> String {
    let Fault::Place { message, at, help, .. } = fault else { panic!("{fault:?}") };
    let file = sources.file(sources.load(".flux-vet.yaml").unwrap());
    let (line, column) = file.line_column(at.offset());
    let text = &file.text[at.offset()..at.offset() + at.len()];
    let help = help.as_ref().map_or_else(String::new, |help| format!(" | {help}"));
    format!("{line}:{column} {text:?} {message}{help}")
}

#[track_caller]
fn refused(text: &str) -> String {
    let sources = sources(text);
    match Config::load(&sources, None) {
        Ok(_) => panic!("accepted: {text}"),
        Err(fault) => shown(&sources, &fault),
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

fn is_valid(text: &str) -> bool {
    jsonschema::validator_for(&schema()).unwrap().is_valid(&json(text))
}

#[test]
fn every_key_of_the_example_is_read() {
    let (_, config) = accepted(EXAMPLE);
    let version = |major, minor| Some(Version { major, minor });
    assert_eq!((config.flux, config.kubernetes), (version(2, 9), version(1, 35)));
    assert_eq!(config.strict_substitution, Some(true));
    assert_eq!(config.presets(), ["recommended", "hygiene"]);
    let (name, path) = config.sources.first_key_value().unwrap();
    assert_eq!((name.to_string().as_str(), path.as_str()), ("GitRepository/flux-system/common", "../common"));
    let Rendered::Each(rendered) = &config.charts.rendered else { panic!("{:?}", config.charts) };
    let (name, folder) = rendered.first_key_value().unwrap();
    assert_eq!((name.to_string().as_str(), folder.as_str()), ("kiosk/till", "rendered/till"));
    assert!(config.externals[0].object.matches(&ObjectRef {
        api_version: "v1".into(),
        kind: "Secret".into(),
        namespace: Some("flux-system".into()),
        name: "bootstrap-age".into(),
    }));
    assert_eq!(config.monitoring.as_ref().unwrap().pod_labels["app.kubernetes.io/name"], "prometheus");
    let budget = &config.budget;
    assert_eq!((budget[0].scope(), budget[1].scope()), (Scope::Cluster, Scope::Namespace("watchtower")));
    assert!(matches!(budget[2].scope(), Scope::Kustomization(name) if name.to_string() == "flux-system/kiosk"));
    let requests: Vec<String> = budget[0].requests.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
    assert_eq!(requests, ["cpu=8", "memory=24Gi", "nvidia.com/gpu=2"]);
    assert_eq!(budget[0].storage.as_ref().unwrap().as_str(), "500Gi");
    assert_eq!((budget[0].pods, budget[0].claims, budget[0].headroom.unwrap().0), (Some(110), Some(60), 10));
    assert_eq!(config.rules["budget"].level, Some(Level::Off));
    let setting = &config.rules["bucket-not-provisioned"];
    assert_eq!(setting.level, Some(Level::Error));
    assert_eq!(serde_json::to_string(&setting.options).unwrap(), r#"{"external":["till-admin"],"depth":2}"#);
    assert!(config.paths[0].pattern.matches("clusters/cellar/apps/ks.yaml"));
    assert_eq!(config.rule_paths.as_deref(), Some(&[".flux-vet/rules".to_owned()][..]));
    assert_eq!(config.schema_locations, ["schemas/{{.ResourceKind}}.json"]);
    assert_eq!(config.ignore[0].reason.as_deref(), Some("waits for the till"));
    assert!(config.ignore[1].path.as_ref().unwrap().matches("clusters/attic/old/ks.yaml"));
}

#[test]
fn numbers_are_taken_as_they_are_written() {
    let (_, config) = accepted("flux: 2.10\nbudget: [{ cluster: true, requests: { cpu: 1.50 }, storage: 007 }]\n");
    assert_eq!(config.flux.unwrap().to_string(), "2.10");
    assert_eq!(config.budget[0].requests.values().next().unwrap().as_str(), "1.50");
    assert_eq!(config.budget[0].storage.as_ref().unwrap().as_str(), "007");
}

#[test]
fn what_a_cluster_declares_stands_before_the_common_keys() {
    let (_, config) = accepted(EXAMPLE);
    let cellar = config.declared("clusters/cellar");
    assert_eq!(cellar.flux, Some(Version { major: 2, minor: 8 }));
    assert_eq!(cellar.nodes, Some(1));
    assert_eq!(cellar.monitoring.unwrap().namespaces, ["watch"]);
    let budgets: Vec<&str> = cellar.budget.iter().map(|budget| budget.at.as_str()).collect();
    assert_eq!(budgets, ["clusters.1.budget.0"]);
    let externals: Vec<&str> = cellar.externals.iter().map(|external| external.at.as_str()).collect();
    assert_eq!(externals, ["externals.0", "clusters.1.externals.0"]);
    for entry in ["clusters/attic", "clusters/unknown"] {
        let attic = config.declared(entry);
        assert_eq!((attic.flux, attic.nodes, attic.budget.len()), (config.flux, Some(3), 3));
    }
}

#[test]
fn the_last_day_still_counts() {
    let (_, config) = accepted(EXAMPLE);
    let expired = |month, day| config.ignore[0].expired(Date::new(2027, month, day).unwrap());
    assert!(!expired(1, 31));
    assert!(expired(2, 1));
    assert!(!config.ignore[1].expired(Date::new(9999, 12, 31).unwrap()));
}

#[test]
fn every_value_and_key_has_a_place() {
    for text in [EXAMPLE.to_owned(), EXAMPLE.replace('\n', "\r\n"), format!("\u{feff}{EXAMPLE}")] {
        let (sources, config) = accepted(&text);
        let at = |path: &str| config.place(path).map(|span| (sources.location(span).line, sources.text(span)));
        let expected = |line, text: &str| Some((line, text.to_owned()));
        assert_eq!(at("flux"), expected(3, "\"2.9\""));
        assert_eq!(at("budget.0.requests.memory"), expected(31, "24Gi"));
        assert_eq!(at("key:budget.0.requests"), expected(31, "requests"));
        assert_eq!(at("budget.0.requests.nvidia.com/gpu"), expected(31, "\"2\""));
        assert_eq!(at("budget.1.namespace"), expected(37, "watchtower"));
        assert_eq!(at("monitoring.pod-labels.app.kubernetes.io/name"), expected(28, "prometheus"));
        assert_eq!(at("key:sources.GitRepository/flux-system/common").unwrap().0, 18);
        assert_eq!(at("rules.bucket-not-provisioned.external.0"), expected(45, "till-admin"));
        assert_eq!(at("clusters.1.budget.0.pods"), expected(13, "5"));
        for absent in ["key:budget.0", "budget.3", "budget.0.nodes", "budget.x", "budget.0.pods.x", "key:"] {
            assert_eq!(at(absent), None, "{absent}");
        }
    }
}

#[test]
fn no_file_and_no_content_give_the_defaults() {
    let empty = Sources::new(Memory::default());
    let config = Config::load(&empty, None).unwrap();
    assert!(config.clusters.is_empty() && config.flux.is_none() && config.place("flux").is_none());
    assert_eq!(config.presets(), ["recommended"]);
    assert!(config.reason_required());
    for text in
        ["", "\n\n", "# nothing yet\n", "\u{feff}", "\u{feff}# x", "---\n", "# a\n---\n# b\n", "~\n", "{}\n", "\r\n"]
    {
        let (_, config) = accepted(text);
        assert!(config.rules.is_empty() && config.reason_required(), "{text:?}");
    }
}

#[test]
fn a_key_with_all_entries_commented_out_is_empty() {
    let text =
        "presets:\n#  - x\nclusters:\nsources:\ncharts:\nexternals:\nbudget:\nrules:\npaths:\nrule-paths:\nignore:\n";
    let (_, config) = accepted(text);
    assert_eq!(config.presets(), ["recommended"]);
    assert!(config.budget.is_empty() && config.rules.is_empty());
    assert!(matches!(&config.charts.rendered, Rendered::Each(folders) if folders.is_empty()));
    assert!(is_valid(text));
}

#[test]
fn the_file_is_the_given_one_or_stands_at_the_root() {
    let mut files = Memory::default();
    files.insert(".flux-vet.yml", "nodes: 2\n");
    files.insert("ci/vet.yaml", "nodes: 5\n");
    files.insert("ci/.flux-vet.yaml", "nodes: 7\n");
    let nodes = |files: &Memory, path| Config::load(&Sources::new(files.clone()), path).unwrap().declared("").nodes;
    assert_eq!(nodes(&files, None), Some(2));
    assert_eq!(nodes(&files, Some("ci/vet.yaml")), Some(5));
    files.insert(".flux-vet.yaml", "nodes: 1\n");
    assert_eq!(nodes(&files, None), Some(1));
    let missing = Config::load(&Sources::new(files), Some("ci/none.yaml")).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read `ci/none.yaml`: no such file or directory");
}

#[test]
fn a_folder_or_bytes_in_place_of_the_file_are_faults() {
    let load = |path: &str, content: &[u8]| {
        let mut files = Memory::default();
        files.insert(path, content);
        let sources = Sources::new(files);
        let fault = Config::load(&sources, None).unwrap_err();
        (sources, fault)
    };
    let (_, folder) = load(".flux-vet.yaml/x", b"");
    assert_eq!(folder.to_string(), "cannot read `.flux-vet.yaml`: it is a directory");
    let (_, binary) = load(".flux-vet.yaml", b"nodes: \0");
    assert!(matches!(&binary, Fault::Read { reason, .. } if reason.contains("binary")), "{binary:?}");
    let (sources, latin) = load(".flux-vet.yaml", b"# comment\n# caf\xe9\n");
    assert_eq!(
        shown(&sources, &latin),
        "2:6 \"\u{fffd}\" the configuration is not valid UTF-8 | save the file as UTF-8"
    );
}

#[test]
fn an_unknown_key_is_named_with_the_one_that_was_meant() {
    for (text, expected) in [
        ("nodez: 3\n", r#"1:1 "nodez" unknown key `nodez` | did you mean `nodes`?"#),
        (
            "requireReason: true\n",
            r#"1:1 "requireReason" unknown key `requireReason` | did you mean `require-reason`?"#,
        ),
        (
            "nodes: 3\nstrict_substitution: true",
            r#"2:1 "strict_substitution" unknown key `strict_substitution` | did you mean `strict-substitution`?"#,
        ),
        (
            "monitoring:\n  namespace: [x]\n",
            r#"2:3 "namespace" unknown key `namespace` in `monitoring` | did you mean `namespaces`?"#,
        ),
        (
            "monitoring: {xyz: 1}\n",
            r#"1:14 "xyz" unknown key `xyz` in `monitoring` | the keys here are `namespaces`, `pod-labels`"#,
        ),
        (
            "charts: { \"rendred\": {} }\n",
            r#"1:11 "\"rendred\"" unknown key `rendred` in `charts` | did you mean `rendered`?"#,
        ),
        (
            "budget:\n  - cluster: true\n    request: {}\n",
            r#"3:5 "request" unknown key `request` in `budget[0]` | did you mean `requests`?"#,
        ),
        (
            "budget:\n  - cluster: true\n    requests: { cpu: 1, memry: 1Gi }\n",
            r#"3:25 "memry" unknown key `memry` in `budget[0].requests` | did you mean `memory`?"#,
        ),
        (
            "x: 1\n",
            r#"1:1 "x" unknown key `x` | the keys here are `flux`, `kubernetes`, `strict-substitution`, `presets`, `clusters` and 13 more"#,
        ),
        (
            "a: &a {nodes: 1}\n",
            r#"1:1 "a" unknown key `a` | the keys here are `flux`, `kubernetes`, `strict-substitution`, `presets`, `clusters` and 13 more"#,
        ),
        ("<<: {nodes: 1}\n", r#"1:1 "<<" unknown key `<<` | write the keys out: merge keys are not read here"#),
    ] {
        assert_eq!(refused(text), expected);
    }
}

#[test]
fn complaints_point_at_the_same_text_whatever_stands_before() {
    let lines =
        "# ünïcödé — 漢字 🦀\nrules: {}\nignore:\n  - { rule: é, object: 'Job/ä/b', reason: ö, untill: 2027-01-31 }";
    let expected = r#"4:46 "untill" unknown key `untill` in `ignore[0]` | did you mean `until`?"#;
    for text in [
        lines.to_owned(),
        format!("{lines}\n"),
        lines.replace('\n', "\r\n"),
        format!("\u{feff}{lines}"),
        format!("\u{feff}{}", lines.replace('\n', "\r\n")),
    ] {
        assert_eq!(refused(&text), expected, "{text:?}");
    }
}

#[test]
fn a_wrong_type_is_told_at_the_value_or_at_the_key_of_a_collection() {
    for (text, expected) in [
        ("presets: recommended\n", r#"1:10 "recommended" `presets`: expected a list, found string "recommended""#),
        ("nodes: many\n", r#"1:8 "many" `nodes`: expected a whole number above 0, found string "many""#),
        ("nodes: 0\n", r#"1:8 "0" `nodes`: expected a whole number above 0, found integer `0`"#),
        (
            "strict-substitution: yes\n",
            r#"1:22 "yes" `strict-substitution`: expected true or false, found string "yes""#,
        ),
        ("flux: [2, 9]\n", r#"1:1 "flux" `flux`: expected a version, found list"#),
        ("flux:\n  major: 2\n", r#"1:1 "flux" `flux`: expected a version, found map"#),
        ("ignore:\n  rule: x\n  reason: y\n", r#"1:1 "ignore" `ignore`: expected a list, found map"#),
        (
            "ignore:\n  - bucket-unused\n",
            r#"2:5 "bucket-unused" `ignore[0]`: expected a map, found string "bucket-unused""#,
        ),
        ("budget:\n  - pods: -1\n", r#"2:11 "-1" `budget[0].pods`: expected a whole number, found integer `-1`"#),
        (
            "rules:\n  x: [error]\n",
            r#"2:3 "x" `rules.x`: expected `off`, `on`, `info`, `warning`, `error` or a map, found list"#,
        ),
        (
            "rules:\n  x: false\n",
            r#"2:6 "false" `rules.x`: expected `off`, `on`, `info`, `warning`, `error` or a map, found boolean `false`"#,
        ),
        ("- a\n- b\n", r#"1:3 "a" expected a map, found list"#),
        ("text\n", r#"1:1 "text" expected a map, found string "text""#),
        ("externals:\n  - reason: x\n", r#"2:5 "reason" `externals[0]` has no `object`"#),
        ("paths: [{ match: a }]\n", r#"1:11 "match" `paths[0]` has no `rules`"#),
        ("ignore:\n  - {}\n", r#"2:5 "{}" `ignore[0]` has no `rule`"#),
    ] {
        assert_eq!(refused(text), expected);
    }
}

#[test]
fn a_text_of_the_wrong_shape_is_told_at_the_text() {
    for (text, expected) in [
        ("flux: latest\n", r#"1:7 "latest" `latest` is no version, expected one like "2.9""#),
        ("flux: &v 2\n", r#"1:10 "2" `2` is no version, expected one like "2.9""#),
        ("clusters:\n  - entry: a\n    flux: '2'\n", r#"3:11 "'2'" `2` is no version, expected one like "2.9""#),
        ("rules: { x: warn }\n", r#"1:13 "warn" `rules.x`: unknown word `warn` | did you mean `warning`?"#),
        (
            "rules: { x: { severity: fatal } }\n",
            r#"1:25 "fatal" `rules.x.severity`: unknown word `fatal` | the words here are `off`, `on`, `info`, `warning`, `error`"#,
        ),
        ("sources: { shared: ../x }\n", r#"1:12 "shared" `shared` names no source, expected Kind/namespace/name"#),
        ("charts: { rendered: { loki: x } }\n", r#"1:23 "loki" `loki` names no object here, expected namespace/name"#),
        (
            "externals:\n  - { object: Secret, reason: x }\n",
            r#"2:15 "Secret" `Secret` names no object, expected Kind/namespace/name or Kind/name"#,
        ),
        (
            "paths:\n  - match: 'a/**b'\n    rules: {}\n",
            r#"2:12 "'a/**b'" the pattern `a/**b` is invalid, recursive wildcards must form a single path component"#,
        ),
        ("budget: [{ cluster: true, headroom: 10 }]\n", r#"1:37 "10" `10` is no share, expected one like 10%"#),
        (
            "ignore:\n  - { rule: x, object: A/b, reason: c, until: 2027-02-29 }\n",
            r#"2:47 "2027-02-29" the day `2027-02-29` does not exist"#,
        ),
        (
            "ignore:\n  - { rule: x, object: A/b, reason: c, until: soon }\n",
            r#"2:47 "soon" `soon` is no date, expected one like 2027-01-31"#,
        ),
    ] {
        assert_eq!(refused(text), expected);
    }
}

#[test]
fn a_budget_entry_has_exactly_one_scope() {
    let help = " | give each entry one of `cluster: true`, `namespace`, `kustomization`";
    for (text, expected) in [
        (
            "budget:\n  - namespace: a\n    pods: 1\n    cluster: true\n",
            r#"4:5 "cluster" a budget entry has two scopes, `namespace` and `cluster`"#,
        ),
        (
            "budget:\n  - { kustomization: a/b, namespace: a }\n",
            r#"2:27 "namespace" a budget entry has two scopes, `kustomization` and `namespace`"#,
        ),
        ("budget:\n  - pods: 1\n", r#"2:5 "pods" a budget entry has no scope"#),
        (
            "clusters:\n  - entry: a\n    budget:\n      - storage: 1Gi\n",
            r#"4:9 "storage" a budget entry has no scope"#,
        ),
        ("budget:\n  - cluster: false\n", r#"2:14 "false" `cluster` can only be true"#),
    ] {
        assert_eq!(refused(text), format!("{expected}{help}"));
        assert!(!is_valid(text), "{text}");
    }
}

#[test]
fn an_ignore_says_what_and_why() {
    let ignore = |rest: &str, more: &str| format!("ignore:\n  - rule: x\n{rest}{more}");
    let reason = "the ignore of `x` has no reason | add `reason:`, or set `require-reason: false`";
    assert_eq!(refused(&ignore("    path: a\n", "")), format!("2:5 \"rule\" {reason}"));
    assert_eq!(refused(&ignore("    path: a\n    reason: ' '\n", "")), format!("4:13 \"' '\" {reason}"));
    assert_eq!(refused(&ignore("    path: a\n    reason:\n", "")), format!("4:5 \"reason\" {reason}"));
    accepted(&ignore("    path: a\n", "require-reason: false\n"));
    accepted(&ignore("    path: a\n", "presets: []\n"));
    assert!(refused(&ignore("    reason: b\n", "")).starts_with("2:5 \"rule\" the ignore of `x` covers everything"));
    assert!(refused("externals: [{ object: A/b, reason: '' }]\n").starts_with("1:36 \"''\" an external object has no"));
}

#[test]
fn a_cluster_is_declared_once() {
    let text = "clusters:\n  - entry: a/b\n  - entry: ./a/b/\n";
    assert_eq!(refused(text), r#"3:12 "./a/b/" the cluster `a/b` is declared twice"#);
}

#[test]
fn a_key_that_stands_twice_names_both_lines() {
    let text = "nodes: 1\nrules:\n  a: off\n  b: off\n  a: error\n";
    assert_eq!(refused(text), r#"5:3 "a" the key `a` stands twice, on lines 3 and 5"#);
    assert_eq!(refused("nodes: 1\nnodes: 1\n"), r#"2:1 "nodes" the key `nodes` stands twice, on lines 1 and 2"#);
}

#[test]
fn text_that_is_no_sound_yaml_is_a_fault_at_its_place() {
    for (text, expected) in [
        ("nodes: 1\nrules: [a\nflux: 2.9\n", "3:"),
        ("nodes: 1\n\tflux: x\n", "1:"),
        ("rules: *none\n", "1:8 \"*none\""),
        ("nodes: 1\n---\nflux: \"2.9\"\n", "3:1 \"flux\" the configuration is more than one document | keep one"),
        ("nodes: 1\n...\nflux: \"2.9\"\n", "3:1 \"flux\" the configuration is more than one document | keep one"),
        ("rules: { a: { x: .inf } }\n", "1:18 \".inf\""),
        ("rules: { a: { [x]: 1 } }\n", "1:15 \"[x]\""),
    ] {
        let shown = refused(text);
        assert!(shown.starts_with(expected), "{text:?}: {shown}");
    }
}

#[test]
fn deep_and_swelling_texts_are_refused() {
    let deep_list = format!("rules: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    let deep_map = format!("rules: {}x{}\n", "{a: ".repeat(5_000), "}".repeat(5_000));
    let deep_block = format!("ignore:\n{}x\n", "- ".repeat(5_000));
    // Our own reader goes further down than serde_yaml.
    let deep_options = format!("rules: {{ a: {{ x: {}{} }} }}\n", "[".repeat(200), "]".repeat(200));
    for text in [deep_list, deep_map, deep_block, deep_options] {
        let shown = refused(&text);
        assert!(["limit", "too deeply"].iter().any(|word| shown.contains(word)), "{shown}");
    }
    let mut bomb = "rules:\n  a:\n    x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let uses = format!("*x{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("    x{level}: &x{level} [{uses}]\n"));
    }
    let small_bomb: String = bomb.lines().take(6).map(|line| format!("{line}\n")).collect();
    for text in [bomb, small_bomb] {
        assert!(refused(&text).contains("aliases expand to an excessive size"));
    }
}

#[test]
fn damaged_texts_are_accepted_or_told_at_a_place() {
    let text = EXAMPLE.replace("a comment", "ä cömment 漢").replace("prometheus", "&p prömetheus");
    let check = |text: &str| {
        let sources = sources(text);
        if let Err(fault) = Config::load(&sources, None) {
            assert!(!shown(&sources, &fault).is_empty());
        }
    };
    for (at, found) in text.char_indices() {
        if at.is_multiple_of(4) {
            check(&text[..at]);
        }
        for damage in ["", "\n", "\t", ": ", "*p", "[", "\u{85}", "\u{2028}é"] {
            // Every 17th place, another one for each damage: enough to meet all constructs.
            if (at + damage.len()).is_multiple_of(17) {
                check(&format!("{}{damage}{}", &text[..at], &text[at + found.len_utf8()..]));
            }
        }
    }
}

#[test]
fn aliases_are_read_and_point_at_their_anchor() {
    let (sources, config) = accepted("rules:\n  a: &low { severity: info }\n  b: *low\n");
    assert_eq!(config.rules["b"].level, Some(Level::Info));
    assert_eq!(sources.text(config.place("rules.b").unwrap()), "*low");
    assert_eq!(
        refused("presets: &v [x]\nnodes: 1\nflux: *v\n"),
        r#"1:1 "presets" `flux`: expected a version, found list"#
    );
}

#[test]
fn unknown_rule_names_are_told_in_the_order_of_the_file() {
    let all = ["bucket-unused", "secret-not-encrypted", "network"];
    let check = |text: &str| {
        let (sources, config) = accepted(text);
        config.check_names(&|name| all.contains(&name), &all).map_err(|fault| shown(&sources, &fault))
    };
    assert_eq!(check("rules: { network: off, bucket-unused: info }\n"), Ok(()));
    assert_eq!(
        check("ignore:\n  - { rule: bucket-unusd, path: a, reason: b }\nrules: { nope: off }\n").unwrap_err(),
        r#"2:13 "bucket-unusd" there is no rule or group `bucket-unusd` | did you mean `bucket-unused`?"#
    );
    assert_eq!(
        check("paths:\n  - match: a\n    rules:\n      networks: off\n").unwrap_err(),
        r#"4:7 "networks" there is no rule or group `networks` | did you mean `network`?"#
    );
    assert_eq!(
        check("rules: { zzz: off, yyy: off }\n").unwrap_err(),
        r#"1:10 "zzz" there is no rule or group `zzz` | `flux-vet rules` lists all rules and groups"#
    );
    assert_eq!(
        check("rules:\n  <<: { network: off }\n").unwrap_err(),
        r#"1:1 "rules" there is no rule or group `<<` | `flux-vet rules` lists all rules and groups"#
    );
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&json(EXAMPLE)).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(jsonschema::meta::is_valid(&schema));
    for unknown in [
        "nodez: 3\n",
        "monitoring: { namespace: [x] }\n",
        "charts: { rendred: {} }\n",
        "clusters: [{ entry: a, rules: {} }]\n",
        "budget: [{ cluster: true, requests: { memry: 1Gi } }]\n",
        "ignore: [{ rule: x, object: A/b, reason: c, untill: 2027-01-31 }]\n",
        "flux: latest\n",
        "nodes: 0\n",
        "rules: { x: warn }\n",
        "rules: { x: { severity: fatal } }\n",
        "sources: { shared: ../x }\n",
        "ignore: [{ rule: x, reason: c }]\n",
        "externals: [{ object: Secret, reason: x }]\n",
    ] {
        assert!(!is_valid(unknown), "{unknown}");
        refused(unknown);
    }
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn check(name: &str, schema: &serde_json::Value, bare: &mut Vec<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["description"].is_null() && name != "RuleSetting" {
                bare.push(format!("{name}.{key}"));
            }
        }
    }
    let schema = schema();
    let mut bare = Vec::new();
    check("Config", &schema, &mut bare);
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        check(name, definition, &mut bare);
    }
    assert_eq!(bare, [""; 0]);
    assert_eq!(schema["title"], "flux-vet configuration");
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/flux-vet.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var("FLUX_VET_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "schemas/flux-vet.schema.json is out of date; renew it with: FLUX_VET_UPDATE=1 cargo test --test config"
    );
}
