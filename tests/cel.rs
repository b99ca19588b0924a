//! What expressions give: the language, and the functions that Kubernetes adds to it.

#![expect(clippy::panic, reason = "a test that cannot go on fails")]

use flux_vet::rulebook::cel::{Machine, Nowhere, Scope, Stop, Value, compile};

fn run(text: &str) -> Result<Value<'static>, Stop> {
    let program = compile(&[(text, Scope::default())]).remove(0);
    let program = program.unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
    Machine::new(&[], &[], &Nowhere).run(&program)
}

#[test]
fn these_hold() {
    for text in [
        "1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 % 3 == -1 && 1 == 1.0",
        "'a' in ['a', 'b'] && 'k' in {'k': 1} && [1] + [2] == [1, 2]",
        "{'a': {'b': 1}}.?a.?b.orValue(0) == 1 && {'a': 1}.?b.orValue(2) == 2 && [1, 2][?5].hasValue() == false",
        "[1, 2, 3].exists(n, n > 2) && [1, 2].all(n, n > 0) && [1, 2].exists_one(n, n == 2)",
        "[1, 2, 3].filter(n, n > 1).map(n, n * 2) == [4, 6] && [3, 1, 2].sort() == [1, 2, 3]",
        "cel.bind(n, 2, n * n) == 4 && optional.of(2).optMap(n, n + 1).value() == 3",
        "'a-b'.split('-') == ['a', 'b'] && ['a', 'b'].join('-') == 'a-b' && 'abc'.substring(1, 2) == 'b'",
        "'v1.2'.matches('^v[0-9.]+$') && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'x'.find('[0-9]') == ''",
        "'%s has %d of %.1f, 100%%'.format(['web', 3, 2.5]) == 'web has 3 of 2.5, 100%'",
        "strings.quote('a\"b') == '\"a\\\\\"b\"' && 'ABC'.lowerAscii() == 'abc' && ' a '.trim() == 'a'",
        "quantity('1Gi').isGreaterThan(quantity('1000Mi')) && quantity('500m').add(quantity('1500m')) == quantity('2')",
        "[quantity('1Gi'), quantity('1Gi')].sum() == quantity('2Gi') && isQuantity('10k') && !isQuantity('10x')",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && ip('::1').family() == 6",
        "url('https://user@example.org:8443/a/b?x=1&x=2&y=').getHost() == 'example.org:8443'",
        "url('https://example.org:8443/a').getHostname() == 'example.org' && url('https://[::1]:80/').getHostname() == '::1'",
        "url('https://example.org/a?x=1&x=2').getQuery() == {'x': ['1', '2']} && url('/a/b').getEscapedPath() == '/a/b'",
        "isURL('s3://bucket/key') && !isURL('bucket/key') && !isURL('://x') && url('s3://b').getScheme() == 's3'",
        "semver('1.10.0').isGreaterThan(semver('1.9.9')) && semver('1.0.0-rc.2').isLessThan(semver('1.0.0-rc.10'))",
        "semver('2.3.4').minor() == 3 && !isSemver('v1.0.0') && !isSemver('1.0') && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1",
        "isURL('mailto:a@b') && isURL('/a b') && !isURL('https://a b/') && url('HTTPS://a').getScheme() == 'https'",
        "format.dns1123Label().validate('web') == optional.none() && format.dns1123Label().validate('Web').hasValue()",
        "format.dns1035LabelPrefix().validate('web-').hasValue() == false && format.uri().validate('/x').hasValue() == false",
        "format.named('uuid').hasValue() && !format.named('email').hasValue()",
        "format.named('date').value().validate('2024-02-30').value() == ['`2024-02-30` is no date']",
        "format.byte() == format.named('byte').value() && format.byte() != format.date()",
        "['a', 'b'].all(format, format.startsWith('a') || format == 'b')",
        "selects({'a': 'b'}, {'a': 'b', 'c': 'd'}) && selects({}, {}) && !selects({'matchLabels': {'a': 'c'}}, {'a': 'b'})",
        "selects({'matchExpressions': [{'key': 'a', 'operator': 'NotIn', 'values': ['c']}]}, {'a': 'b'})",
        "duration('90s') == duration('1m30s') && type(1) == int && sets.contains([1, 2], [2]) && [1, 3].isSorted()",
    ] {
        assert_eq!(run(text).map(|value| value.shown()), Ok("true".to_owned()), "{text}");
    }
}

#[test]
fn these_are_errors() {
    for (text, words) in [
        ("1 / 0 == 1", "divides by zero"),
        ("1 + 1.0 == 2.0", "do not go together"),
        ("{'a': 1}.b == 1", "there is no key `b`"),
        ("url('example').getHost() == ''", "`example` is no URL"),
        ("semver('1').major() == 1", "`1` is no version"),
        ("format.date().validate(1).hasValue()", "`validate` does not take a format and a int"),
        ("'%d'.format(['a']) == ''", "puts no string for `%d`"),
        ("'%s'.format([]) == ''", "too few values"),
    ] {
        let Err(Stop::Error { message, .. }) = run(text) else { panic!("{text} gives a value") };
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn an_expression_ends() {
    let list = format!("[{}]", vec!["1"; 120].join(","));
    assert_eq!(run(&format!("{list}.all(a, {list}.all(b, {list}.all(c, a + b + c > 0)))")).err(), Some(Stop::Limit));
}

/// The last of a chain of variables, each made of the one before.
fn chained(first: &str, times: usize, next: &str) -> Result<Value<'static>, Stop> {
    let names: Vec<String> = (0..=times).map(|at| format!("v{at}")).collect();
    let text = |at: usize| match at {
        0 => first.to_owned(),
        _ => next.replace('_', &format!("variables.v{}", at - 1)),
    };
    let texts: Vec<String> = (0..=times).map(text).collect();
    let scopes = texts.iter().enumerate().map(|(at, text)| {
        let lets = names.get(..at).unwrap_or_default();
        (text.as_str(), Scope { lets, ..Scope::default() })
    });
    let programs = compile(&scopes.collect::<Vec<_>>())
        .into_iter()
        .map(|program| program.unwrap_or_else(|refused| panic!("{refused:?}")));
    let programs: Vec<_> = programs.collect();
    let (last, lets) = programs.split_last().unwrap_or_else(|| panic!("no programs"));
    Machine::new(&[], lets, &Nowhere).run(last)
}

#[test]
fn what_an_expression_makes_stays_small() {
    for (first, times, next) in [
        ("[1]", 40, "_ + _"),
        ("'text'", 40, "_ + _"),
        ("'t'", 40, "_.replace('t', 'tttttttttt')"),
        ("['text']", 40, "[_.join('') + _.join('')]"),
        ("'t'", 40, "'%s%s'.format([_, _])"),
        ("[[1]]", 40, "[_.flatten(), _.flatten()].flatten()"),
        ("1", 10_000, "_ + 1"),
    ] {
        assert_eq!(chained(first, times, next).err(), Some(Stop::Limit), "{first} {next}");
    }
    // A list that holds itself many times takes no place, but nobody compares or prints the whole of it.
    assert!(chained("[1]", 40, "[_, _]").is_ok_and(|value| value.shown().len() < 4_000_000));
    assert_eq!(chained("1", 20, "_ + 1").map(|value| value.shown()), Ok("21".to_owned()));
}

#[test]
fn a_long_expression_runs_and_a_deep_one_is_refused() {
    let many = (0..300).map(|at| format!("'x' == 'x{at}'")).collect::<Vec<_>>().join(" || ");
    assert_eq!(run(&many).map(|value| value.shown()), Ok("false".to_owned()));
    let deep = vec!["1"; 300].join(" + ");
    let refused = compile(&[(deep.as_str(), Scope::default())]).remove(0).err().map(|refused| refused.message);
    assert!(refused.is_some_and(|message| message.contains("deeply")));
}
