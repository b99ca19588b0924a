//! Targets that run one piece of the program by itself.

use std::collections::HashMap;

use flux_vet::build::flux::envsubst::{self, SegmentKind, Variable};
use flux_vet::cluster::script;
use flux_vet::rulebook::cel::{Machine, Nowhere, Scope, compile};
use flux_vet::source::{FileId, Glob, Memory, Pattern, Sources, Span, deciding};
use flux_vet::yaml::emit::emit_to_read;
use flux_vet::yaml::{Content, Mode, Node, Value, parse, resolve};

/// The reader, both ways of reading values, and the printer, whose text is read again and has the same values.
pub fn yaml(text: &str) {
    let read = parse(text);
    let sources = Sources::new(Memory::default());
    let file: FileId = sources.add("a.yaml", text);
    let content = Content::whole(Span::new(file, 0..text.len()));
    for problem in &read.problems {
        let places = std::iter::once(&problem.at).chain(problem.other.as_ref().map(|(at, _)| at));
        for at in places {
            assert!(text.get(at.clone()).is_some(), "{at:?} is no place of {text:?}: {problem:?}");
        }
    }
    for comment in &read.comments {
        let comment = text.get(comment.range.clone()).expect("a comment is a part of the text");
        assert!(comment.starts_with('#'), "{comment:?} is no comment of {text:?}");
    }
    for document in &read.documents {
        for mode in [Mode::V2, Mode::V3] {
            let Some(resolved) = resolve(&read, document, text, &content, mode) else { continue };
            stands(&resolved.root, text, 0..text.len());
            for problem in &resolved.problems {
                assert!(text.get(problem.at.clone()).is_some(), "{problem:?} stands nowhere in {text:?}");
            }
            let printed = emit_to_read(&resolved.root).text;
            let again = parse(&printed);
            assert!(!again.is_broken(), "what was printed cannot be read: {printed:?}");
            let content = Content::whole(Span::new(file, 0..printed.len()));
            let Some(again) = resolve(&again, &again.documents[0], &printed, &content, Mode::V2) else { continue };
            same(&resolved.root, &again.root, &printed);
        }
    }
}

/// Every value and every key stands inside of what holds it.
fn stands(node: &Node, text: &str, inside: std::ops::Range<usize>) {
    let at = node.span().range();
    assert!(text.get(at.clone()).is_some(), "{at:?} is no place of {text:?}: {:?}", node.value);
    // An alias points at itself, and what it holds stands elsewhere.
    let is_inside = |part: &std::ops::Range<usize>| inside.start <= part.start && part.end <= inside.end;
    if !node.origin.is_source() {
        return;
    }
    assert!(is_inside(&at), "{at:?} stands outside of {inside:?} in {text:?}");
    for item in node.items() {
        stands(item, text, at.clone());
    }
    for entry in node.entries() {
        let key = entry.key_span.range();
        assert!(text.get(key.clone()).is_some(), "{key:?} is no place of {text:?}: {}", entry.key);
        stands(&entry.value, text, 0..text.len());
    }
}

/// Folded before it is printed, as in the JSON that lies between.
const FOLDED: char = '\u{85}';

fn same(one: &Node, other: &Node, printed: &str) {
    let is_same = match (&one.value, &other.value) {
        (Value::Seq(one), Value::Seq(other)) => {
            one.iter().zip(&**other).for_each(|(one, other)| same(one, other, printed));
            one.len() == other.len()
        }
        (Value::Map(one), Value::Map(other)) => {
            let known: HashMap<&str, &Node> = other.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
            for entry in one.iter().filter(|entry| !entry.key.contains(FOLDED)) {
                let Some(value) = known.get(entry.key.as_str()) else {
                    panic!("{:?} is lost in {printed:?}", entry.key)
                };
                same(&entry.value, value, printed);
            }
            one.len() == other.len()
        }
        (Value::Null, Value::Null) | (Value::Unknown(_), _) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Str(one), Value::Str(other)) => one == other || one.contains(FOLDED),
        (one, other) => number(one).is_some_and(|number_| Some(number_) == number(other)),
    };
    assert!(is_same, "{:?} became {:?} in {printed:?}", one.value, other.value);
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Variables in a text.
pub fn substitution(text: &str) {
    let lookup = |name: &str| match name.as_bytes().first().map(|byte| byte % 4) {
        Some(0) => Variable::Known("value"),
        Some(1) => Variable::Known(""),
        Some(2) => Variable::Unknown,
        _ => Variable::Unset,
    };
    for mode in [envsubst::Mode::Strict, envsubst::Mode::Lax] {
        match envsubst::substitute(text, &lookup, mode) {
            Ok(done) => {
                covers(text, &done);
                for used in done.undefined(lookup) {
                    let written = text.get(used.expression.clone());
                    assert!(written.is_some_and(|written| written.starts_with("${")), "{used:?}");
                }
            }
            Err(error) => {
                let at = error.range();
                assert!(text.get(at.clone()).is_some(), "{at:?} is no place of {text:?}: {error}");
            }
        }
    }
}

/// The parts of the result follow each other, and each comes from the text behind that of the one before it.
fn covers(text: &str, done: &envsubst::Substituted) {
    let (mut input, mut output) = (0, 0);
    for segment in &done.segments {
        assert_eq!(segment.output.start, output, "segments cover the result of {text:?}");
        assert!(segment.input.start >= input, "segments stand in order: {text:?}");
        let (from, to) = (text.get(segment.input.clone()), done.text.get(segment.output.clone()));
        let (Some(from), Some(to)) = (from, to) else { panic!("{segment:?} cuts a character of {text:?}") };
        match segment.kind {
            SegmentKind::Copied => assert_eq!(from, to),
            SegmentKind::Escaped => assert_eq!((from, to), ("$$", "$")),
            SegmentKind::Expanded { use_index } => assert_eq!(done.uses[use_index].expression, segment.input),
        }
        (input, output) = (segment.input.end, segment.output.end);
    }
    assert_eq!(output, done.text.len(), "segments cover the result of {text:?}");
    for used in &done.uses {
        let written = text.get(used.expression.clone()).unwrap_or_default();
        assert!(written.starts_with("${") && written.ends_with('}'), "{used:?} in {text:?}");
    }
}

/// A shell script.
pub fn shell(text: &str) {
    let variable = |name: &str| match name.len() % 3 {
        0 => script::Variable::Known("value".to_owned()),
        1 => script::Variable::Unknown,
        _ => script::Variable::Unset,
    };
    let text = format!("mc mb store/bucket\n{text}");
    let facts = script::facts(&text, &variable);
    let buckets = facts.buckets.iter().flat_map(|made| [&made.at, &made.command]);
    for at in buckets.chain(facts.open.iter().map(|open| &open.command)) {
        assert!(text.get(at.clone()).is_some(), "{at:?} is no place of {text:?}");
    }
    if let Some(problem) = &facts.problem {
        assert!(text.is_char_boundary(problem.at), "{problem:?} in {text:?}");
        assert!(facts.buckets.is_empty());
    }
    assert_eq!(facts, script::facts(&text, &variable), "{text:?}");
    let _ = script::swallowed(&text);
    let _ = script::Variables::of(&text);
}

/// An expression: it gives the same each time, and its faults stand in it.
pub fn expression(text: &str) {
    let program = compile(&[(text, Scope::default())]).remove(0);
    match program {
        Ok(program) => {
            let run = || Machine::new(&[], &[], &Nowhere).run(&program).map(|value| value.shown());
            assert_eq!(run(), run(), "{text:?}");
        }
        Err(refused) => {
            assert!(text.get(refused.at.clone()).is_some(), "{refused:?} is no place of {text:?}");
        }
    }
}

/// A name on the last line, and patterns before it: `.sourceignore`, and globs, which are compared with the simplest way
/// to match one.
pub fn pattern(text: &str) {
    let (patterns, name) = text.rsplit_once('\n').unwrap_or((text, ""));
    let read: Vec<Pattern> = patterns.lines().filter_map(|line| Pattern::line(line, "apps", None)).collect();
    let _ = (deciding(&read, name, false), deciding(&read, &format!("apps/{name}"), true));
    for glob in patterns.lines().filter(|line| line.len() < 24 && !line.contains(['[', '\\'])) {
        let Ok(read) = Glob::new(glob) else { continue };
        let name: String = name.chars().take(40).collect();
        assert_eq!(read.matches(&name), matches(glob, &name), "{glob:?} {name:?}");
    }
    for glob in patterns.lines() {
        let _ = Glob::new(glob).map(|glob| glob.matches(name));
    }
}

fn matches(glob: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Whether the glob so far matches so many characters.
    let mut so_far = vec![false; name.len() + 1];
    so_far[0] = true;
    for c in glob.chars() {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match c {
                '*' => so_far[at] || at > 0 && next[at - 1],
                '?' => at > 0 && so_far[at - 1] && name[at - 1] != '/',
                c => at > 0 && so_far[at - 1] && name[at - 1] == c,
            };
        }
        so_far = next;
    }
    so_far[name.len()]
}
