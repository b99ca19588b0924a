//! Tests of the substitution: the vectors of the specification, upstream's own table, and laws over generated texts.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;

use super::{
    Hazard, Mode, NESTING_LIMIT, Operator, Outcome, SegmentKind, Substituted, SubstitutionError, UNKNOWN_MARK, Use,
    Variable, substitute,
};

/// The variables of the vectors; `U` and all others are unset.
const VALUES: [(&str, &str); 8] = [
    ("A", "hello/world"),
    ("E", ""),
    ("FILE", "a.b.c"),
    ("ABC", "abcABC123ABCabc"),
    ("ACCENT", "éa"),
    ("GREEK", "ᾳßŉ"),
    ("N", "-2"),
    ("BACK", r"a\b$c"),
];

fn lookup(name: &str) -> Variable<'static> {
    if name == "SECRET" || name == "LATER" {
        return Variable::Unknown;
    }
    VALUES.iter().find(|(key, _)| *key == name).map_or(Variable::Unset, |(_, value)| Variable::Known(value))
}

fn lax(input: &str) -> Result<String, String> {
    text(substitute(input, &lookup, Mode::Lax))
}

fn strict(input: &str) -> Result<String, String> {
    text(substitute(input, &lookup, Mode::Strict))
}

fn text(result: Result<Substituted, SubstitutionError>) -> Result<String, String> {
    result.map(|it| it.text).map_err(|it| it.to_string())
}

fn assert_lax(vectors: &[(&str, &str)]) {
    for (input, output) in vectors {
        assert_eq!(lax(input).as_deref(), Ok(*output), "{input}");
    }
}

fn assert_refused(message: &str, inputs: &[&str]) {
    for input in inputs {
        assert_eq!(lax(input), Err(message.to_owned()), "{input}");
        assert_eq!(strict(input), Err(message.to_owned()), "{input}");
    }
}

/// The error and the part of the input it points at.
fn fault(input: &str, mode: Mode) -> Option<(SubstitutionError, &str)> {
    let error = substitute(input, &lookup, mode).err()?;
    let part = input.get(error.range())?;
    Some((error, part))
}

#[test]
fn check_vectors_of_the_specification_hold() {
    assert_lax(&[
        ("$${A}", "${A}"),
        ("$$$${A}", "$${A}"),
        ("$$A", "$A"),
        ("${VAR:-$${X}}", "$"),
        ("${A:+d}", "hello/world"),
        ("${E=d}", "d"),
        ("${A:1:3}", "ell"),
        ("${A: -3}", "hello/world"),
        ("${FILE#*.}", "b.c"),
        ("${FILE##*.}", "c"),
        ("${FILE%.*}", "a.b"),
        ("${FILE%%.*}", "a"),
        (r"${A/\//-}", "hello-world"),
        ("${U:=${A}}", "hello/world"),
        ("${DS:text}", ""),
    ]);
    assert_refused("missing closing brace", &["${foo.bar}"]);
    assert_eq!(strict("${DS:text}"), Err(r#"variable not set (strict mode): "DS""#.to_owned()));
}

#[test]
fn only_braces_and_double_dollars_are_special() {
    assert_lax(&[
        ("", ""),
        ("$", "$"),
        ("$A $(A) {{ $A }} {A}", "$A $(A) {{ $A }} {A}"),
        ("echo $$; ^a$$|b$$", "echo $; ^a$|b$"),
        ("$$$", "$$"),
        ("$$$${A}$$$A", "$${A}$$A"),
        ("$$${A}", "$hello/world"),
        ("a $x ${A} $", "a $x hello/world $"),
        ("é${E}é", "éé"),
    ]);
}

#[test]
fn names_hold_letters_digits_and_underscores() {
    assert_lax(&[("${1}", ""), ("${__interval}", ""), ("${日本}${é٣}", "")]);
    assert_refused(
        "unable to parse variable name",
        &["${}", "${@}", "${!x}", "${ v }", "${", "${Ⅷ}", "${${A}}", "${:=d}"],
    );
    assert_refused(
        "missing closing brace",
        &["${नाम}", "${v-d}", "${v+d}", "${v?d}", "${v[0]}", "${my-var}", "${a.b}", "${v", "${v "],
    );
}

#[test]
fn defaults_replace_empty_and_unset() {
    assert_lax(&[
        ("${U}|${E}|${A}", "||hello/world"),
        ("${U:=d}${U:-d}${U=d}${U:+d}${U:?d}", "ddddd"),
        ("${E:=d}${E:-d}${E=d}${E:+d}${E:?d}", "ddddd"),
        ("${FILE:=d}${FILE:-d}${FILE=d}${FILE:+d}${FILE:?d}", "a.b.ca.b.ca.b.ca.b.ca.b.c"),
        ("${U:=}|${U=}", "|"),
        ("${U:=a ${FILE} b${U:=c ${E:-${FILE}}}}", "a a.b.c bc a.b.c"),
        (r"${U:=a\/b$$c:d{e}", r"a\/b$$c:d{e"),
        ("${U:=a\nb}", "a\nb"),
        ("${U==}${U:==}", "=="),
    ]);
    assert_refused("unable to parse substitution within function", &["${U:=", "${U:=a", "${U=a${A}", "${U:=${A}"]);
}

#[test]
fn length_and_case_work_on_bytes_and_simple_mappings() {
    assert_lax(&[
        ("${#A}${#E}${#U}", "1100"),
        ("${#ACCENT}", "3"),
        ("${A^}|${A^^}", "Hello/world|HELLO/WORLD"),
        ("${ABC,}|${ABC,,}", "abcABC123ABCabc|abcabc123abcabc"),
        ("${ACCENT^}${ACCENT^^}", "ÉaÉA"),
        ("${GREEK^^}", "ᾼßŉ"),
        ("${A,^}${A^,}", "hello/worldhello/world"),
        ("${U^}${E^^}${U,,}", ""),
    ]);
    assert_refused("bad substitution", &["${#}", "${#", "${##A}", "${#A:1}", "${#A ", "${A^^^}", "${A^", "${A,,x}"]);
}

#[test]
fn substrings_count_bytes() {
    assert_lax(&[
        ("${A:6}", "world"),
        ("${A:0:5}", "hello"),
        ("${A:-3}", "hello/world"),
        ("${A:99}|${A:11}|${A:99:1}|${A:5:0}", "|||"),
        ("${A:6:99}", "world"),
        ("${A:${N}}", "ld"),
        ("${A:${N}:1}", "l"),
        ("${FILE:${U:=-99}}", "a.b.c"),
        ("${A:x}${A:1:x}", "hello/worldhello/world"),
        ("${A:+1}", "hello/world"),
        ("${FILE:1::3}", ".b."),
        ("${FILE:9223372036854775808}", "a.b.c"),
        ("${ACCENT:2}", "a"),
        ("${U:1:2}", ""),
    ]);
    assert_refused("unable to parse substitution within function", &["${A:}", "${A:1:}", "${A::1}", "${A:1:"]);
    assert_refused(
        "bad substitution",
        &["${A:", "${A:é}", "${A:1", "${A:1${N}}", "${A:1:2${N}}", "${A:${N}1}", "${A:1:2"],
    );
}

#[test]
fn negative_length_counts_from_the_end_and_is_a_hazard() -> Result<(), SubstitutionError> {
    let result = substitute("${A:1:-1}|${A:9:-9}|${A:99:-1}", &lookup, Mode::Strict)?;
    assert_eq!(result.text, "ello/worl||");
    let hazards: Vec<_> = result.uses.iter().map(|it| it.hazard).collect();
    assert_eq!(hazards, [Some(Hazard::NegativeLength), Some(Hazard::NegativeLength), None]);
    Ok(())
}

#[test]
fn substring_that_crashes_upstream_is_an_error() {
    assert_eq!(
        fault("x ${A:9223372036854775807:1}", Mode::Lax),
        Some((SubstitutionError::SubstringPanics { name: "A".to_owned(), range: 2..28 }, "${A:9223372036854775807:1}"))
    );
}

#[test]
fn replacements_are_literal() {
    assert_lax(&[
        ("${ABC/abc/x}", "xABC123ABCabc"),
        ("${ABC//abc/x}", "xABC123ABCx"),
        ("${ABC/#abc/x}", "xABC123ABCabc"),
        ("${ABC/%abc/x}", "abcABC123ABCx"),
        ("${ABC/#ABC/x}${ABC/%ABC/x}", "abcABC123ABCabcabcABC123ABCabc"),
        ("${ABC/abc/}|${ABC//abc/}", "ABC123ABCabc|ABC123ABC"),
        ("${ABC/#abc/}", "abcABC123ABCabc"),
        ("${ABC/%abc/}", "abcABC123ABCabc"),
        ("${FILE//./}|${FILE//a*/x}", "abc|a.b.c"),
        (r"${BACK/\\/-}|${BACK/$$c/$$d}", r"a-b$c|a\b$d"),
        (r"${A/\//\\}", r"hello\world"),
        ("${FILE/.//x}", "axb.c"),
        ("${FILE/b///x}", "a.x.c"),
        ("${FILE//${U}/x}|${FILE/${U}/x}", "xax.xbx.xcx|xa.b.c"),
        ("${FILE/#${U}/x}${FILE/%${U}/x}", "xa.b.ca.b.cx"),
        ("${E//${U}/x}", "x"),
        ("${FILE/${FILE}/${A}}", "hello/world"),
        ("${FILE//}/x}${FILE/a} b/x}", "a.b.ca.b.c"),
    ]);
    assert_refused("unable to parse substitution within function", &["${A/#/x}", "${A///x}", "${A/", "${A/a/"]);
    assert_refused("bad substitution", &["${A/a}", "${A/a", "${A/a/b", "${A/a/b${E}}", "${A/${E}a/b}"]);
}

#[test]
fn trims_are_globs() {
    assert_lax(&[
        ("${A#*/}|${A%/*}", "world|hello"),
        ("${A##*}|${A%%*}|${A#h*}", "||ello/world"),
        ("${A#?}|${A%?}", "ello/world|hello/worl"),
        ("${A#[a-z]}|${A##[^x]*[o-z]}", "ello/world|ld"),
        (r"${FILE#a\.}|${FILE#a.*.}", "b.c|c"),
        ("${A#x}|${A%x}", "hello/world|hello/world"),
        ("${A#[}|${A#h[}|${A#[]}", "hello/world|hello/world|hello/world"),
        ("${A#${U}}|${A#${FILE}}", "hello/world|hello/world"),
        ("${U#a}${E%%*}", ""),
        // Turned round, a class falls apart.
        ("${A%[d]}", "hello/world"),
    ]);
    assert_refused("unable to parse substitution within function", &["${A#}", "${A##}", "${A%}", "${A%%", "${A#"]);
    assert_refused("bad substitution", &["${A#a", "${A#a${E}}", "${A#${E}a}"]);
}

#[test]
fn cut_characters_are_errors_unless_joined_again() {
    for input in ["${ACCENT:0:1}", "${ACCENT#?}", "${ACCENT/${ACCENT:0:1}/}"] {
        let error = fault(input, Mode::Lax);
        assert!(
            matches!(error, Some((SubstitutionError::SplitsCharacter { .. }, part)) if part == input),
            "{input}: {error:?}"
        );
    }
    assert_lax(&[
        ("${U:=${ACCENT:0:1}${ACCENT:1}}", "éa"),
        ("${ACCENT//${ACCENT:0:1}/${ACCENT:0:1}}", "éa"),
        // What is trimmed from the end is turned round twice, which leaves U+FFFD for a cut character.
        ("${U:=${GREEK%?}}", "ᾳß\u{FFFD}"),
    ]);
}

#[test]
fn a_cut_character_comes_after_an_unset_variable() {
    let error = strict("${ACCENT:0:1} ${U}");
    assert_eq!(error, Err(r#"variable not set (strict mode): "U""#.to_owned()));
}

#[test]
fn nul_ends_the_text() {
    assert_lax(&[("a\0b", "a"), ("${A}\0${", "hello/world"), ("$\0$", "$"), ("\0", "")]);
    assert_refused("unable to parse substitution within function", &["${U:=\0}", "${U:=a\0}", "${A:\0}", "${A/\0/a}"]);
    assert_refused("bad substitution", &["${A/a\0/b}", "${A#a\0}"]);
    assert_refused("missing closing brace", &["${A\0}"]);
}

#[test]
fn strict_mode_refuses_unset_variables_without_a_default() {
    let unset = |name: &str| Err(format!("variable not set (strict mode): \"{name}\""));
    for input in [
        "${U}",
        "${#U}",
        "${U^}",
        "${U,,}",
        "${U,^}",
        "${U:1}",
        "${U:1:2}",
        "${U/a/b}",
        "${U#a}",
        "${U%%a}",
        "x ${A:=${U}} y",
        "${A/${U}/x}",
        "${W:1:${U}}",
    ] {
        assert_eq!(strict(input), unset("U"), "{input}");
    }
    for input in ["${U:=d}", "${U:-d}", "${U=d}", "${U:+d}", "${U:?d}", "${U:=}", "${E}"] {
        assert!(strict(input).is_ok(), "{input}");
    }
    assert_eq!(strict("${A} ${W} ${U}"), unset("W"));
    assert_eq!(strict("${U} ${"), Err("unable to parse variable name".to_owned()));
}

#[test]
fn undefined_lists_every_refused_use() -> Result<(), SubstitutionError> {
    let input = "${A} ${U} ${A:=${X:=${Y}}${SECRET}} ${Z:1:${W}} ${V:+d}";
    let done = substitute(input, &lookup, Mode::Lax)?;
    let found: Vec<_> = done.undefined(lookup).map(|it| (it.name.clone(), it.nested_in, it.outcome)).collect();
    let expected = [("U", None), ("Y", Some(3)), ("Z", None), ("W", Some(6))];
    let expected = expected.map(|(name, nested)| (name.to_owned(), nested, Outcome::Blank));
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn unknown_variables_make_one_mark_for_each_expression() {
    let mark = UNKNOWN_MARK.to_string();
    for input in [
        "${SECRET}",
        "${SECRET:=d}",
        "${SECRET/a/b}",
        "${#SECRET}",
        "${SECRET^^}",
        "${SECRET:0:0}",
        "${SECRET#*}",
        "${A/${SECRET}/x}",
        "${A/x/${SECRET}}",
        "${A:${SECRET}}",
        "${A#${SECRET}}",
        "${U:=${SECRET}}",
        "${E:=a${SECRET}b${LATER}}",
        "${U:=a${E:-${LATER}}}",
        "${U#${SECRET}}",
    ] {
        assert_eq!(lax(input), Ok(mark.clone()), "{input}");
    }
    assert_eq!(lax("a-${SECRET}.${A}${LATER}"), Ok(format!("a-{mark}.hello/world{mark}")));
    assert_lax(&[("${A:=${SECRET}}", "hello/world"), ("${A:=${U:=${SECRET}}}", "hello/world")]);
    assert_eq!(strict("${SECRET}"), Ok(mark));
    assert!(strict("${SECRET:=${U}}").is_err());
}

#[test]
fn a_mark_that_is_already_there_is_an_error() {
    let marked = format!("é{UNKNOWN_MARK}");
    let lookup = |_: &str| Variable::Known(marked.as_str());
    let at = |input: &str| substitute(input, &lookup, Mode::Lax).err().map(|error| (error.to_string(), error.range()));
    let in_text = "the text holds the private-use character U+F3FE, which marks unknown values";
    let in_value =
        "the result of the expression on `V` holds the private-use character U+F3FE, which marks unknown values";
    assert_eq!(at(&format!("a{UNKNOWN_MARK}")), Some((in_text.to_owned(), 1..4)));
    assert_eq!(at(&format!("$$ ${{V:={UNKNOWN_MARK}}}")), Some((in_value.to_owned(), 3..12)));
    assert_eq!(at("a ${V}"), Some((in_value.to_owned(), 2..6)));
    assert_eq!(
        at("${U#é}"),
        Some((
            "the result of the expression on `U` holds the private-use character U+F3FE, which marks unknown values"
                .to_owned(),
            0..7
        ))
    );
    assert_eq!(at("${#V}${V:0:2}"), None);
}

#[test]
fn uses_say_what_happened() -> Result<(), SubstitutionError> {
    let input = "${A} ${U:-${E=x}${SECRET}} ${V:+${W}} ${#X}${A/l/${E:=y}}";
    let result = substitute(input, &lookup, Mode::Lax)?;
    let row = |it: &Use| (it.name.clone(), it.operator, it.outcome, it.nested_in);
    let found: Vec<_> = result.uses.iter().map(row).collect();
    let expected = [
        ("A", Operator::Plain, Outcome::Known, None),
        ("U", Operator::Default, Outcome::Unknown, None),
        ("E", Operator::Default, Outcome::Defaulted, Some(1)),
        ("SECRET", Operator::Plain, Outcome::Unknown, Some(1)),
        ("V", Operator::MisusedDefault, Outcome::Defaulted, None),
        ("W", Operator::Plain, Outcome::Blank, Some(4)),
        ("X", Operator::Length, Outcome::Blank, None),
        ("A", Operator::Replace, Outcome::Known, None),
        ("E", Operator::Default, Outcome::Defaulted, Some(7)),
    ];
    let expected = expected.map(|(name, operator, outcome, nested)| (name.to_owned(), operator, outcome, nested));
    assert_eq!(found, expected);
    let parts: Vec<_> = result.uses.iter().map(|it| input.get(it.expression.clone())).collect();
    let expected = [
        "${A}",
        "${U:-${E=x}${SECRET}}",
        "${E=x}",
        "${SECRET}",
        "${V:+${W}}",
        "${W}",
        "${#X}",
        "${A/l/${E:=y}}",
        "${E:=y}",
    ];
    assert_eq!(parts, expected.map(Some));
    Ok(())
}

#[test]
fn segments_point_at_the_input_in_every_position() -> Result<(), SubstitutionError> {
    for (before, after) in [("", ""), ("\u{FEFF}a: ", "\r\nb: c\r\n"), ("é: 日\n  ", ""), ("", "\n")] {
        let input = format!("{before}${{A}}$${{U}}{after}");
        let result = substitute(&input, &lookup, Mode::Lax)?;
        assert_eq!(result.text, format!("{before}hello/world$${{U}}{after}").replace("$$", "$"));
        let start = before.len();
        let expression = result.uses.first().map(|it| it.expression.clone());
        assert_eq!(expression, Some(start..start + 4));
        let segments: Vec<_> = result
            .segments
            .iter()
            .map(|it| (it.output.clone(), it.input.clone(), it.kind))
            .filter(|(_, _, kind)| *kind != SegmentKind::Copied)
            .collect();
        let expected = [
            (start..start + 11, start..start + 4, SegmentKind::Expanded { use_index: 0 }),
            (start + 11..start + 12, start + 4..start + 6, SegmentKind::Escaped),
        ];
        assert_eq!(segments, expected);
        assert_eq!(laws(&input, &result), Ok(()));
    }
    Ok(())
}

#[test]
fn errors_point_at_the_innermost_expression() {
    for (input, part) in [
        ("a\r\n ${ x }", "${ "),
        ("é ${a.b}", "${a."),
        ("é ${aé-b}", "${aé-"),
        ("\u{FEFF}${a:=b\n", "${a:=b\n"),
        ("${U:=x ${b", "${b"),
        ("${U:=x ${a/b", "${a/b"),
        ("${A:1:}", "${A:1:}"),
        ("${A:é}", "${A:"),
        ("${A^^^}", "${A^^^"),
    ] {
        let found = fault(input, Mode::Lax).map(|(_, part)| part);
        assert_eq!(found, Some(part), "{input}");
    }
    let unset = fault("é\n${A:=${U#x}}", Mode::Strict);
    let expected = SubstitutionError::UnsetVariable { name: "U".to_owned(), range: 8..14 };
    assert_eq!(unset, Some((expected, "${U#x}")));
}

#[test]
fn nesting_is_limited() {
    let nested = |levels: usize| "${U:=".repeat(levels) + "x" + &"}".repeat(levels);
    assert_eq!(lax(&nested(NESTING_LIMIT)), Ok("x".to_owned()));
    let deep = nested(NESTING_LIMIT + 1);
    let at = 5 * NESTING_LIMIT;
    let expected = SubstitutionError::TooDeep { range: at..at + 2 };
    assert_eq!(fault(&deep, Mode::Lax), Some((expected, "${")));
    assert!(lax(&"${U:=".repeat(1_000_000)).is_err());
}

#[test]
fn growth_is_limited() {
    let long = "a".repeat(1 << 20);
    let lookup = |name: &str| match name {
        "L" => Variable::Known(long.as_str()),
        _ => Variable::Unset,
    };
    let run = |input: &str| substitute(input, &lookup, Mode::Lax).err();
    for (input, range) in [
        ("${L//a/${L}}".to_owned(), 0..12),
        ("${L}".repeat(65), 256..260),
        (format!("${{U:={}}}", "${L}".repeat(65)), 0..266),
        // A default that is not needed counts as well.
        (format!("${{L:={}}}", "${L/a/${L}}".repeat(33)), 357..368),
    ] {
        assert_eq!(run(&input), Some(SubstitutionError::TooLong { range }));
    }
    assert_eq!(run(&"${L}".repeat(64)), None);
    let costly = SubstitutionError::TooCostly { range: 2..12 };
    assert_eq!(run("é${L##*a*b}"), Some(costly));
}

#[test]
fn upstream_table_holds() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance/envsubst/eval.json");
    let Ok(table) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: there is no {}", path.display());
        return Ok(());
    };
    let table: serde_json::Value = serde_json::from_str(&table)?;
    let cases = table.get("cases").and_then(|it| it.as_array()).ok_or("no cases")?;
    for case in cases {
        let input = case.get("input").and_then(|it| it.as_str()).ok_or("no input")?;
        let values = case.get("vars").and_then(|it| it.as_object()).ok_or("no vars")?;
        let strict = case.get("strict").and_then(|it| it.as_bool()).ok_or("no mode")?;
        let mode = if strict { Mode::Strict } else { Mode::Lax };
        let lookup = |name: &str| {
            let value = values.get(name).and_then(|it| it.as_str());
            value.map_or(Variable::Unset, Variable::Known)
        };
        let result = substitute(input, &lookup, mode);
        let output = case.get("output").and_then(|it| it.as_str());
        match case.get("error").and_then(|it| it.as_str()) {
            None => assert_eq!(result.ok().map(|it| it.text).as_deref(), output, "{input}"),
            Some("errVarNotSet") => {
                assert!(matches!(result, Err(SubstitutionError::UnsetVariable { .. })), "{input}: {result:?}")
            }
            Some(other) => return Err(format!("{input}: unexpected {other}").into()),
        }
    }
    assert_eq!(cases.len(), 57);
    Ok(())
}

/// What holds for every result.
fn laws(input: &str, result: &Substituted) -> Result<(), String> {
    let slice = |text: &str, range: &Range<usize>| text.get(range.clone()).map(str::to_owned);
    let (mut output, mut source) = (0, 0);
    for segment in &result.segments {
        let from = slice(input, &segment.input).ok_or("input out of bounds")?;
        let to = slice(&result.text, &segment.output).ok_or("output out of bounds")?;
        let sound = match segment.kind {
            SegmentKind::Copied => from == to && !from.is_empty(),
            SegmentKind::Escaped => from == "$$" && to == "$",
            SegmentKind::Expanded { use_index } => {
                let each = result.uses.get(use_index).ok_or("no such use")?;
                let unknown = each.outcome == Outcome::Unknown;
                each.expression == segment.input
                    && each.nested_in.is_none()
                    && unknown == to.contains(UNKNOWN_MARK)
                    && (!unknown || to == UNKNOWN_MARK.to_string())
            }
        };
        let contiguous = segment.output.start == output && segment.input.start == source;
        if !sound || !contiguous {
            return Err(format!("{segment:?}: {from:?} became {to:?}"));
        }
        (output, source) = (segment.output.end, segment.input.end);
    }
    for (index, each) in result.uses.iter().enumerate() {
        let text = slice(input, &each.expression).ok_or("use out of bounds")?;
        let named = text.starts_with("${") && text.ends_with('}') && text.contains(&each.name);
        let inside = each.nested_in.is_none_or(|parent| {
            parent < index
                && result.uses.get(parent).is_some_and(|outer| {
                    outer.expression.start < each.expression.start && each.expression.end < outer.expression.end
                })
        });
        if !named || !inside {
            return Err(format!("{each:?}"));
        }
    }
    if output != result.text.len() || source != input.find('\0').unwrap_or(input.len()) {
        return Err(format!("covered {output} and {source} bytes"));
    }
    Ok(())
}

/// A small deterministic source of texts (xorshift).
struct Generator(u64);

impl Generator {
    fn pick<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let index = usize::try_from(self.0 >> 33).unwrap_or_default() % choices.len();
        choices.get(index).copied().unwrap_or_default()
    }

    /// Tokens thrown together, and now and then a whole expression around them.
    fn text(&mut self, depth: usize) -> String {
        let mut text = String::new();
        for _ in self.pick(&["1", "22", "333", "4444", "55555"]).chars() {
            if depth < 4 && self.pick(&["y", "n", "n"]) == "y" {
                text += "${";
                text += self.pick(&["A", "ACCENT", "E", "FILE", "SECRET", "U", "N", "#A", "#U", ""]);
                text += self.pick(&[
                    "", ":=", ":-", "=", ":+", ":", "/", "//", "/#", "/%", "#", "##", "%", "%%", "^", ",,", "-",
                ]);
                if self.pick(&["y", "y", "n"]) == "y" {
                    text += &self.text(depth + 1);
                }
                text += self.pick(&["}", "}", "}", "/x}", ":1}", ":-1}"]);
            } else {
                text += self.pick(&[
                    "a", "b.", "/", "é", "日", " ", "\n", "$", "$$", "\\", "*", "?", "[", "]", "{", "}", ":", "1",
                    "-2", "l", "o", "\\/",
                ]);
            }
        }
        text
    }
}

#[test]
fn every_result_keeps_the_laws() {
    let mut generator = Generator(0x9E37_79B9_7F4A_7C15);
    let mut results = 0;
    for _ in 0..20_000 {
        let input = generator.text(0);
        for mode in [Mode::Lax, Mode::Strict] {
            match substitute(&input, &lookup, mode) {
                Ok(result) => {
                    results += 1;
                    assert_eq!(laws(&input, &result), Ok(()), "{input:?}");
                }
                Err(error) => assert!(input.get(error.range()).is_some(), "{input:?}: {error:?}"),
            }
        }
    }
    assert!(results > 10_000, "only {results} texts were accepted");
}

#[test]
fn text_without_a_dollar_is_unchanged() -> Result<(), SubstitutionError> {
    let mut generator = Generator(42);
    for _ in 0..2_000 {
        let input = generator.text(0).replace('$', "");
        let result = substitute(&input, &lookup, Mode::Strict)?;
        assert_eq!(result.text, input);
        assert_eq!(laws(&input, &result), Ok(()));
        assert_eq!(result.segments.len(), usize::from(!input.is_empty()));
    }
    Ok(())
}

#[test]
fn strict_mode_fails_exactly_where_uses_are_undefined() {
    let mut generator = Generator(7);
    for _ in 0..5_000 {
        let input = generator.text(0);
        let Ok(done) = substitute(&input, &lookup, Mode::Lax) else {
            continue;
        };
        let refused: Vec<&Use> = done.undefined(lookup).collect();
        match substitute(&input, &lookup, Mode::Strict) {
            Err(SubstitutionError::UnsetVariable { name, range }) => {
                assert!(refused.iter().any(|it| it.name == name && it.expression == range), "{input:?}")
            }
            _ => assert!(refused.is_empty(), "{input:?}"),
        }
    }
}

/// Whatever value an unknown variable has, all that is not marked stays the same.
#[test]
fn unknown_covers_every_value() {
    let mut generator = Generator(1234);
    for _ in 0..5_000 {
        let input = generator.text(0);
        let Ok(open) = substitute(&input, &lookup, Mode::Lax) else {
            continue;
        };
        for value in ["", "a", "1", "é/b.", "[", "hello"] {
            let closed = |name: &str| match lookup(name) {
                Variable::Unknown => Variable::Known(value),
                other => other,
            };
            let Ok(settled) = substitute(&input, &closed, Mode::Lax) else {
                continue;
            };
            assert_eq!(open.segments.len(), settled.segments.len());
            for (before, after) in open.segments.iter().zip(&settled.segments) {
                let text = open.text.get(before.output.clone());
                if text != Some(UNKNOWN_MARK.to_string().as_str()) {
                    assert_eq!(text, settled.text.get(after.output.clone()), "{input:?} {value}");
                }
            }
        }
    }
}
