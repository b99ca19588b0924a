//! Printing trees as `sigs.k8s.io/yaml` prints them, and reading them back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail in its helpers")]

use std::sync::Arc;

use flux_vet::source::{FileId, Memory, Sources, Span};
use flux_vet::yaml::emit::{Emitted, Place, Written, emit, emit_to_read};
use flux_vet::yaml::{self, Content, Entry, Map, Mode, Node, Origin, Step, Unknown, UnknownWhy, Value};
use serde_json::Value as Json;

/// Makes trees in which each key and value has a place of its own.
struct Maker {
    file: FileId,
    made: usize,
}

impl Maker {
    fn new() -> Self {
        Maker { file: Sources::new(Memory::default()).add("a.yaml", ""), made: 0 }
    }

    fn span(&mut self) -> Span {
        self.made += 1;
        Span::new(self.file, self.made..self.made + 1)
    }

    fn node(&mut self, json: &Json) -> Node {
        let span = self.span();
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(int), _) => Value::Int(int),
                (None, Some(uint)) => Value::Uint(uint),
                (None, None) => Value::Float(number.as_f64().unwrap()),
            },
            Json::String(text) => Value::Str(text.into()),
            Json::Array(items) => Value::Seq(Arc::new(items.iter().map(|item| self.node(item)).collect())),
            Json::Object(entries) => Value::Map(Arc::new(Map::from_entries(
                entries
                    .iter()
                    .map(|(key, value)| Entry { key: key.into(), key_span: self.span(), value: self.node(value) })
                    .collect(),
            ))),
        };
        Node::new(value, span)
    }
}

fn node(json: &Json) -> Node {
    Maker::new().node(json)
}

#[track_caller]
fn read(text: &str) -> Node {
    let sources = Sources::new(Memory::default());
    let id = sources.add("a.yaml", text);
    let tree = yaml::parse(text);
    assert!(tree.problems.is_empty(), "{text:?}: {:?}", tree.problems);
    assert_eq!(tree.documents.len(), 1, "{text:?}");
    let content = Content::whole(Span::new(id, 0..text.len()));
    let resolved = yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V2).unwrap();
    assert!(resolved.problems.is_empty(), "{text:?}: {:?}", resolved.problems);
    resolved.root
}

fn cases() -> Vec<(Json, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/yaml-emit/cases.json");
    let cases: Vec<Json> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    cases.iter().map(|case| (case["json"].clone(), case["yaml"].as_str().unwrap().to_owned())).collect()
}

/// Numbers without a seed from outside: the same trees in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn text(&mut self) -> String {
        const WORDS: &[&str] = &[
            "yes",
            "No",
            "on",
            "~",
            "null",
            "TRUE",
            "",
            "0",
            "-1",
            "0123",
            "0o14",
            "0x1F",
            "1_000",
            "1.10",
            ".5",
            "1e3",
            "12:30",
            "1:60",
            ".inf",
            "2001-01-01",
            "2024-04-01T10:00:00Z",
            "---",
            "...",
            "${A}",
            "{${A}}",
            "${A:=b}",
        ];
        const PIECES: &[&str] = &[
            " ", " ", " ", " ", "\n", "\n", "a", "b", "0", "1", "word", "words", "${VAR}", "é", "日本", "😀", ":", "#",
            "-", "?", ",", "[", "}", "'", "\"", "\\", "|", ">", "%", "@", "`", "&", "*", "!", "=", "\t", "\r", "\u{7}",
            "\u{a0}", "\u{2028}", "\u{2029}", "\u{feff}", ": ", " #", "- ", "  ", "\n\n", "\n  ", "/", ".", "_", "~",
        ];
        const PROSE: &[&str] = &[" ", " ", "a", "word", "more", "'", ",", "日", "${VAR}", "  "];
        match self.below(8) {
            0 => self.pick(WORDS).to_owned(),
            1 => format!("{}{}{}", self.pick(WORDS), self.pick(PIECES), self.pick(WORDS)),
            2 => (0..self.below(200)).map(|_| self.pick(PIECES)).collect(),
            3 | 4 => (0..self.below(150)).map(|_| self.pick(PROSE)).collect(),
            5 => (0..self.below(6)).map(|_| format!("{}{}\n", self.pick(&["", "  "]), self.pick(WORDS))).collect(),
            _ => (0..self.below(12)).map(|_| self.pick(PIECES)).collect(),
        }
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.below(10) {
            0 => Json::Null,
            1 => self.below(100_000).into(),
            2 | 3 if depth > 0 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            4..=6 if depth > 0 => (0..self.below(5)).map(|_| (self.text(), self.value(depth - 1))).collect(),
            _ => self.text().into(),
        }
    }

    fn values(count: usize) -> Vec<Json> {
        let mut random = Random(0x5eed_f10c);
        (0..count).map(|index| random.value(index % 6)).collect()
    }
}

/// What the reader cannot give back: U+0085 is folded on the way, and a plain `<<` as key is a merge.
fn reads_back(json: &Json) -> bool {
    match json {
        Json::String(text) => !text.contains('\u{85}'),
        Json::Array(items) => items.iter().all(reads_back),
        Json::Object(entries) => {
            entries.iter().all(|(key, value)| key != "<<" && reads_back(&key.clone().into()) && reads_back(value))
        }
        _ => true,
    }
}

#[test]
fn texts_equal_those_of_the_real_program() {
    let cases = cases();
    assert!(cases.len() >= 150);
    for (json, yaml) in cases {
        assert_eq!(emit(&node(&json)).text, yaml, "{json}");
    }
}

#[test]
fn printed_trees_read_back_as_the_same_value() {
    let recorded = cases().into_iter().map(|(json, _)| json);
    for json in recorded.chain(Random::values(3000)).filter(reads_back) {
        let node = node(&json);
        let text = emit_to_read(&node).text;
        let back = read(&text);
        assert!(back.same_value(&node), "{json}\n{text}\n{}", back.to_json());
    }
}

#[test]
fn each_key_and_value_has_one_place_that_holds_it() {
    let recorded = cases().into_iter().map(|(json, _)| json);
    for json in recorded.chain(Random::values(1500)).filter(reads_back) {
        let node = node(&json);
        let emitted = emit_to_read(&node);
        let mut expected = Vec::new();
        written(&node, &mut expected);
        assert_eq!(emitted.places.len(), expected.len(), "{json}");
        for (span, what, value) in expected {
            let [place] = &at_origin(&emitted, span)[..] else { panic!("no single place in {json}") };
            assert_eq!(place.what, what, "{json}");
            check_slice(&emitted.text[place.range.clone()], &value, place.what);
        }
    }
}

fn at_origin(emitted: &Emitted, span: Span) -> Vec<&Place> {
    emitted.places.iter().filter(|place| place.origin.span() == span).collect()
}

fn written(node: &Node, out: &mut Vec<(Span, Written, Node)>) {
    let what = match &node.value {
        Value::Map(_) | Value::Seq(_) => Written::Collection,
        _ => Written::Scalar,
    };
    out.push((node.span(), what, node.clone()));
    for entry in node.entries() {
        let key = Node::new(Value::Str(entry.key.clone()), entry.key_span);
        out.push((entry.key_span, Written::Key, key));
        written(&entry.value, out);
    }
    for item in node.items() {
        written(item, out);
    }
}

fn check_slice(slice: &str, value: &Node, what: Written) {
    match what {
        // The indentation of a collection stands before it.
        Written::Collection => assert!(!slice.is_empty() && !slice.starts_with([' ', '\n'])),
        // So does that of a block, which an indicator counts from.
        _ if slice.starts_with("|2") => {
            let text = value.as_str().unwrap();
            let lines: Vec<&str> = text.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect();
            let written: Vec<&str> =
                slice.lines().skip(1).map(str::trim_start).filter(|line| !line.is_empty()).collect();
            assert_eq!(written, lines);
            assert_eq!(slice.ends_with('\n'), text.ends_with('\n'));
        }
        _ => assert!(read(slice).same_value(value), "{slice:?} is not {}", value.to_json()),
    }
}

#[test]
fn places_are_sorted_and_lie_in_each_other() {
    for json in Random::values(1500) {
        let emitted = emit(&node(&json));
        let mut open: Vec<usize> = Vec::new();
        let mut last = 0;
        for place in &emitted.places {
            assert!(place.range.start >= last && !place.range.is_empty(), "{json}");
            last = place.range.start;
            while open.last().is_some_and(|end| *end <= last) {
                open.pop();
            }
            assert!(open.last().is_none_or(|end| place.range.end <= *end), "{json}\n{}", emitted.text);
            if place.what == Written::Collection {
                open.push(place.range.end);
            }
        }
    }
}

#[test]
fn the_reader_finds_every_scalar_at_its_place() {
    for json in Random::values(1500).into_iter().filter(reads_back) {
        let emitted = emit_to_read(&node(&json));
        let mut found = Vec::new();
        written(&read(&emitted.text), &mut found);
        found.retain(|(_, what, _)| *what != Written::Collection);
        found.sort_by_key(|(span, ..)| span.start);
        let places: Vec<&Place> = emitted.places.iter().filter(|place| place.what != Written::Collection).collect();
        assert_eq!(found.len(), places.len(), "{json}");
        for ((span, what, value), place) in found.iter().zip(places) {
            assert_eq!(*what, place.what, "{json}");
            // The reader starts a block at its first text, behind the header, and has no place for one without text.
            if value.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte == b'\n')) {
                continue;
            }
            let (start, end) = (span.start as usize, span.end as usize);
            let is_within = place.range.start <= start && end <= place.range.end;
            assert!(is_within, "{start}..{end} is not in {:?}\n{}", place.range, emitted.text);
        }
    }
}

#[test]
fn an_unknown_is_printed_as_its_template_with_its_origin() {
    let span = Maker::new().span();
    let unknown =
        |template: &str| Value::Unknown(Arc::new(Unknown { template: template.into(), why: UnknownWhy::Variable }));
    let origin = Origin::derived(Step::Patched, span, Some(Origin::Source(span)));
    for (template, text) in
        [("${A}", "${A}\n"), ("{${A}}", "'{${A}}'\n"), ("yes", "\"yes\"\n"), ("a\n${A}", "|-\n  a\n  ${A}\n")]
    {
        let emitted = emit(&Node { value: unknown(template), origin: origin.clone() });
        assert_eq!(emitted.text, text);
        let [place] = &emitted.places[..] else { panic!("{template}") };
        assert_eq!(place.what, Written::Scalar);
        assert!(matches!(&place.origin, Origin::Derived(derivation) if derivation.step == Step::Patched));
        assert_eq!(place.origin.chain().len(), 2);
        assert_eq!(place.unknown.as_ref().map(|unknown| unknown.template.as_str()), Some(template));
    }
}

#[test]
fn a_block_ends_after_its_own_line_break() {
    let json = serde_json::json!({ "a": "b\n", "c": [{ "d": "e\n\n" }, "f"] });
    let emitted = emit(&node(&json));
    let slices: Vec<_> = emitted.places.iter().map(|place| &emitted.text[place.range.clone()]).collect();
    assert_eq!(
        slices,
        [
            "a: |\n  b\nc:\n- d: |+\n    e\n\n- f",
            "a",
            "|\n  b\n",
            "c",
            "- d: |+\n    e\n\n- f",
            "d: |+\n    e\n\n",
            "d",
            "|+\n    e\n\n",
            "f",
        ]
    );
}

#[test]
fn long_texts_are_printed_in_one_pass() {
    let size = 1 << 21;
    for unit in ["a", "a ", "a\n", " a\n", "\ta ", "é ", "'a: ", "0", "1:0", ".0", "-", "\u{feff}"] {
        let text = unit.repeat(size / unit.len());
        let emitted = emit(&node(&text.clone().into()));
        assert!(emitted.text.len() >= text.len().min(size / 2), "{unit:?}");
    }
}
