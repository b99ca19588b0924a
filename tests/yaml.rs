//! Reading YAML as Flux does: values, refusals, places.

use std::path::Path;

use flux_vet::source::{Memory, Sources, Span};
use flux_vet::yaml::{self, Content, Mode, Node, ProblemKind, Value};

struct Read {
    sources: Sources,
    documents: Vec<Node>,
    problems: Vec<yaml::Problem>,
}

fn read(text: &str, mode: Mode) -> Read {
    let sources = Sources::new(Memory::default());
    let id = sources.add("a.yaml", text);
    let tree = yaml::parse(text);
    let content = Content::whole(Span::new(id, 0..text.len()));
    let mut problems = tree.problems.clone();
    let mut documents = Vec::new();
    for document in tree.documents.iter().filter(|document| !document.ignored) {
        if let Some(resolved) = yaml::resolve(&tree, document, text, &content, mode) {
            problems.extend(resolved.problems);
            documents.push(resolved.root);
        }
    }
    Read { sources, documents, problems }
}

fn json(text: &str, mode: Mode) -> String {
    let read = read(text, mode);
    assert!(!read.problems.iter().any(|problem| problem.kind.is_fatal()), "{:?}", read.problems);
    read.documents.iter().map(|node| node.to_json().to_string()).collect::<Vec<_>>().join(" | ")
}

fn kinds(text: &str, mode: Mode) -> Vec<ProblemKind> {
    read(text, mode).problems.iter().map(|problem| problem.kind).collect()
}

/// Every scalar and key slices to its own text.
fn check_places(sources: &Sources, node: &Node, path: &str) {
    match &node.value {
        Value::Str(text) if node.origin.is_source() => {
            let raw = sources.text(node.span());
            if !raw.starts_with(['"', '\'', '!', '&']) && !raw.contains('\n') && !raw.is_empty() {
                let time = text.ends_with('Z') || text.contains("T");
                assert!(raw.trim_end() == text.trim_end() || time, "{path}: `{raw}` is not `{text}`");
            }
        }
        Value::Map(map) => {
            for entry in map.iter() {
                let raw = sources.text(entry.key_span);
                let bare = raw.trim_matches(['"', '\'']);
                assert!(
                    bare == entry.key || raw.starts_with(['*', '"', '\'', '&', '?']),
                    "{path}: key `{raw}` is not `{}`",
                    entry.key
                );
                check_places(sources, &entry.value, &format!("{path}.{}", entry.key));
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                check_places(sources, item, &format!("{path}[{index}]"));
            }
        }
        _ => {}
    }
}

#[test]
fn the_two_readers_differ_in_yaml_1_1_words_and_dates() {
    let text = "a: yes\nb: off\nc: 2024-04-01\nd: 0777\ne: '1'\nf: !!str 123\ng: !foo bar\nh: !!binary aGk=\n";
    assert_eq!(
        json(text, Mode::V3),
        r#"{"a":"yes","b":"off","c":"2024-04-01T00:00:00Z","d":511,"e":"1","f":"123","g":"bar","h":"hi"}"#
    );
    assert_eq!(
        json(text, Mode::V2),
        r#"{"a":true,"b":false,"c":"2024-04-01","d":511,"e":"1","f":"123","g":"bar","h":"hi"}"#
    );
}

#[test]
fn merge_keys_give_way_to_explicit_keys_wherever_they_stand() {
    let text = "base: &b {x: 1, y: 1}\nother: &o {y: 2, z: 2}\nuse:\n  x: 0\n  <<: [*b, *o]\n";
    assert_eq!(json(text, Mode::V3), r#"{"base":{"x":1,"y":1},"other":{"y":2,"z":2},"use":{"x":0,"y":1,"z":2}}"#);
    assert_eq!(json("\"<<\": 1", Mode::V3), r#"{"<<":1}"#);
    assert_eq!(kinds("a: &a [1]\nb: {<<: *a}", Mode::V3), [ProblemKind::Value]);
}

#[test]
fn anchors_may_be_redefined_and_belong_to_one_document() {
    assert_eq!(json("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", Mode::V3), r#"{"a":1,"b":1,"c":2,"d":2}"#);
    assert_eq!(kinds("a: &x 1\nb:\n  &x\n  c: 2\n---\na: &x 3\n", Mode::V3), [ProblemKind::RedefinedAnchor]);
    assert_eq!(kinds("a: &x 1\n---\nb: *x\n", Mode::V3), [ProblemKind::UndefinedAlias]);
    assert_eq!(kinds("a: &x [*x]\n", Mode::V3), [ProblemKind::Syntax]);
    assert_eq!(json("k: &app v\n*app : 1\n", Mode::V3), r#"{"k":"v","v":1}"#);
    assert_eq!(json("k: &app v\n*app: 1\n", Mode::V3), r#"{"k":"v","v":1}"#);
}

#[test]
fn a_key_twice_is_refused_by_the_build_and_the_last_wins_in_kustomization_files() {
    let twice = read("a: 1\n'a': 2\n", Mode::V3);
    assert_eq!(twice.problems.len(), 1);
    assert_eq!(&"a: 1\n'a': 2\n"[twice.problems[0].at.clone()], "'a'");
    assert_eq!(json("a: 1\na: 2\n", Mode::V2), r#"{"a":2}"#);
    assert_eq!(kinds("m: {1: x}\n", Mode::V3), [ProblemKind::Value]);
    assert_eq!(json("m: {1: x, n: y}\n", Mode::V2), r#"{"m":{"1":"x","false":true}}"#);
}

#[test]
fn documents_are_cut_where_kustomize_cuts_them() {
    assert_eq!(json("---\na: 1\n--- # note\nb: 2\n---\n# nothing\n", Mode::V3), r#"{"a":1} | {"b":2}"#);
    assert_eq!(kinds("a: 1\n...\n---\nb: 2\n", Mode::V3), []);
    assert_eq!(kinds("a: 1\n...\nb: 2\n", Mode::V3), [ProblemKind::IgnoredDocument]);
    assert_eq!(kinds("a: 1\n--- b\n", Mode::V3), [ProblemKind::Syntax]);
}

#[test]
fn what_go_yaml_refuses_is_refused() {
    assert_eq!(kinds("a: 1\n\t\nb: 2\n", Mode::V3), [ProblemKind::Syntax]);
    assert_eq!(kinds("a: \"x\\/y\"\n", Mode::V3), [ProblemKind::Syntax]);
    assert_eq!(kinds("a: x\u{85}y\n", Mode::V3), [ProblemKind::Syntax]);
    assert_eq!(kinds("a: .inf\n", Mode::V3), [ProblemKind::Value]);
    assert_eq!(kinds("a: !!bool yes\n", Mode::V3), [ProblemKind::Value]);
    assert_eq!(json("a: !!bool yes\n", Mode::V2), r#"{"a":true}"#);
    assert_eq!(json("a: [\n\t1]\n", Mode::V3), r#"{"a":[1]}"#);
}

#[test]
fn one_bad_document_leaves_the_others_whole() {
    let read = read("a: 1\n---\nb: [1\nc: {\n---\nd: 4\n", Mode::V3);
    let shown: Vec<String> = read.documents.iter().map(|node| node.to_json().to_string()).collect();
    assert_eq!(shown.first().map(String::as_str), Some(r#"{"a":1}"#));
    assert_eq!(shown.last().map(String::as_str), Some(r#"{"d":4}"#));
    assert!(read.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax));
}

#[test]
fn bombs_and_depth_end_in_a_limit() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..10 {
        let uses = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{uses}]\n"));
    }
    assert!(kinds(&bomb, Mode::V3).contains(&ProblemKind::Limit));
    assert!(kinds(&"[".repeat(100_000), Mode::V3).contains(&ProblemKind::Limit));
}

#[test]
fn places_survive_multibyte_text_windows_line_ends_and_a_byte_order_mark() {
    for text in ["ä: ö # ü\nb:\n  - \"ß\"\n  - |\n    x\n    y\n", "\u{feff}a: 1\r\nb:\r\n  c: d\r\n", "a: b"] {
        let read = read(text, Mode::V3);
        assert!(read.problems.is_empty());
        for node in &read.documents {
            check_places(&read.sources, node, "");
        }
    }
    assert_eq!(json("a: |\n  x", Mode::V3), r#"{"a":"x"}"#);
    assert_eq!(json("a: |\n  x\n", Mode::V3), r#"{"a":"x\n"}"#);
}

/// Runs only where the shared corpus is there.
#[test]
fn every_span_of_the_corpus_slices_to_its_own_text() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("skipped: no corpus beside the project");
        return;
    }
    let mut files = 0;
    let mut stack = vec![corpus];
    while let Some(directory) = stack.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                let read = read(&text, Mode::V3);
                for problem in &read.problems {
                    eprintln!("{}: {problem:?}", path.display());
                }
                for node in &read.documents {
                    check_places(&read.sources, node, &path.display().to_string());
                }
                files += 1;
            }
        }
    }
    assert!(files > 2000, "{files}");
}
