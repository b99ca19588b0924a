//! Credentials in a file of YAML as text, for those who show its lines: a name and its value may stand on two of them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::may_hold;
use super::{in_text, leaks};

/// The bytes of everything in a file that looks like a credential.
pub fn in_file(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = in_text(text).into_iter().map(|leak| leak.value).collect();
    if may_hold(text) {
        ranges.extend(on_two_lines(text));
        ranges.extend(in_blocks(text));
    }
    ranges
}

/// `name: DB_PASSWORD` with `value: …`, and `--password` with the item behind it.
fn on_two_lines(text: &str) -> Vec<Range<usize>> {
    const SCALAR: &str = r#"["']?(?<value>[^\n"',}\]]+)"#;
    static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let patterns = [
            format!(
                r#"\b(?:name|key)["']?:[ \t]*["']?(?<name>[A-Za-z0-9_.\-]+)["']?,?[ \t-\r]+(?:- )?["']?value["']?:[ \t]*{SCALAR}"#
            ),
            format!(
                r#"\bvalue["']?:[ \t]*{SCALAR}["']?,?[ \t-\r]+["']?(?:name|key)["']?:[ \t]*["']?(?<name>[A-Za-z0-9_.\-]+)"#
            ),
            format!(r#"--(?<name>[A-Za-z][A-Za-z0-9_.\-]*)["']?[ \t]*\n[ \t]*-[ \t]+{SCALAR}"#),
        ];
        patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
    });
    let found = PATTERNS.iter().flat_map(|pattern| pattern.captures_iter(text));
    found
        .filter_map(|found| {
            let (name, value) = (found.name("name")?, found.name("value")?);
            is_credential(name.as_str(), value.as_str()).then(|| value.range())
        })
        .collect()
}

/// A value that stands below its key: a block scalar of one line, or a plain one that was wrapped.
fn in_blocks(text: &str) -> Vec<Range<usize>> {
    static BLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?<name>[A-Za-z_][A-Za-z0-9_.\-]*)["']?:[ \t]*(?:[|>][+\-0-9]*)?[ \t]*\n[ \t]+(?<value>[^ \t-\r#\-][^\n]*)"#)
            .ok()
    });
    let found = BLOCK.iter().flat_map(|pattern| pattern.captures_iter(text));
    found
        .filter_map(|found| {
            let (name, value) = (found.name("name")?, found.name("value")?);
            is_credential(name.as_str(), value.as_str()).then(|| value.range())
        })
        .collect()
}

/// Whether a text as a whole is the credential that its name promises.
fn is_credential(name: &str, text: &str) -> bool {
    leaks(name, text).iter().any(|leak| leak.value == (0..text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut values: Vec<&str> = in_file(text).into_iter().map(|range| &text[range]).collect();
        values.dedup();
        values.iter().fold(text.to_owned(), |text, value| text.replace(value, "…"))
    }

    #[test]
    fn credentials_outside_of_secrets_are_hidden_and_nothing_else() {
        for (text, expected) in [
            (
                "kind: ConfigMap\ndata:\n  password: hunter2-4711\n  host: db\n",
                "kind: ConfigMap\ndata:\n  password: …\n  host: db\n",
            ),
            ("url: postgres://app:hunter2-4711@db/app\n", "url: postgres://app:…@db/app\n"),
            ("- name: DB_PASSWORD\n  value: hunter2-4711\n", "- name: DB_PASSWORD\n  value: …\n"),
            ("- value: hunter2-4711\n  name: DB_PASSWORD\n", "- value: …\n  name: DB_PASSWORD\n"),
            ("- {name: DB_PASSWORD, value: hunter2-4711}\n", "- {name: DB_PASSWORD, value: …}\n"),
            ("args:\n  - --password\n  - hunter2-4711\n", "args:\n  - --password\n  - …\n"),
            ("password: >-\n  hunter2-4711\n", "password: >-\n  …\n"),
            ("password: ${PASSWORD}\nexistingSecret: app-4711\n", "password: ${PASSWORD}\nexistingSecret: app-4711\n"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
