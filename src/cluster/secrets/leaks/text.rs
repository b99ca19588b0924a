//! Credentials in a text of any kind: known forms, URLs, assignments, options of commands, headers.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::super::classify::is_placeholder;
use super::credential::credential;
use super::dummies::is_dummy;
use super::formats::formats;
use super::{Leak, Look};

/// Longest line that is looked at for assignments: a longer one is packed data.
const MAX_LINE: usize = 16 * 1024;

/// Everything in a text that looks like a credential, in order and without overlap.
pub fn in_text(text: &str) -> Vec<Leak> {
    let mut found: Vec<Leak> =
        formats(text).map(|(what, value)| Leak { look: Look::Format(what), name: None, value }).collect();
    found.extend(urls(text));
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        // What a comment assigns is mostly an example.
        let is_comment = body.starts_with('#') || body.starts_with("//") || body.starts_with(';');
        if !is_comment && line.len() <= MAX_LINE && may_hold(line) {
            found.extend(on_line(line, at));
        }
        at += line.len();
    }
    found.sort_by_key(|leak| (leak.value.start, std::cmp::Reverse(leak.value.end)));
    let mut kept: Vec<Leak> = Vec::new();
    for leak in found {
        match kept.last_mut().filter(|last| leak.value.start < last.value.end) {
            // A form says more than a name; the name beside it still says where.
            Some(last) => {
                last.name = last.name.take().or(leak.name);
                last.value.end = last.value.end.max(leak.value.end);
                if matches!((last.look, leak.look), (Look::Named, Look::Format(_))) {
                    last.look = leak.look;
                }
            }
            None => kept.push(leak),
        }
    }
    kept
}

/// `scheme://user:password@host`, and a token in place of the user.
fn urls(text: &str) -> Vec<Leak> {
    static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\b[a-z][a-z0-9+.\-]*://(?<user>[^ \t-\r:/@"'<>]*):(?<password>[^ \t-\r/@"'<>]+)@[A-Za-z0-9\[$]"#)
            .ok()
    });
    let near = URL.iter().filter(|_| text.contains("://") && text.contains('@'));
    let found = near.flat_map(|url| url.captures_iter(text));
    found
        .filter_map(|found| {
            let (user, password) = (found.name("user")?, found.name("password")?);
            let value = password.as_str();
            let is_filled_in = value.contains(['$', '{', '%', '*']) && !value.chars().any(|c| c.is_ascii_digit())
                || value.starts_with(['$', '{'])
                || value.contains("${")
                || value.contains("{{");
            let is_same = value == user.as_str();
            let is_real = value.len() >= 4 && !is_filled_in && !is_same && !is_placeholder(value);
            (is_real && !is_dummy(user.as_str(), value)).then(|| Leak {
                look: Look::Url,
                name: None,
                value: password.range(),
            })
        })
        .collect()
}

/// Whether a text has a word without which nothing below finds a credential.
pub(super) fn may_hold(text: &str) -> bool {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            "(?i-u:pass|pwd|token|key|cred|secret|auth|bearer|hmac|psk|pat|salt|jwt|curl|redis|mysql|maria|login)",
        )
        .ok()
    });
    WORD.as_ref().is_some_and(|word| word.is_match(text))
}

/// Names with values on one line.
fn on_line(line: &str, at: usize) -> Vec<Leak> {
    // A value ends at a quote, or at white space and the signs of lists and of shells.
    const VALUE: &str =
        r#"(?:"(?<double>[^"\n]*)"|'(?<single>[^'\n]*)'|\\"(?<escaped>[^"\\\n]*)\\"|(?<bare>[^ \t-\r"',;|&<>}\]]+))"#;
    static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(r#"(?<name>[A-Za-z_][A-Za-z0-9_.\-]*)\\?["']?[ \t]*(?<sign>=>|:=|=|:)[ \t]*{VALUE}"#)).ok()
    });
    static OPTION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!(r#"--(?<name>[A-Za-z][A-Za-z0-9_.\-]*)["']?,?[ \t]+{VALUE}"#)).ok());
    static ELEMENT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"<(?<name>[A-Za-z_][A-Za-z0-9_.\-]*)>(?<bare>[^<>\n]+)</").ok());
    static KNOWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(&format!(
            r#"(?:(?i:authorization)["']?[ \t]*[:=,][ \t]*["']?(?:Bearer|Basic|Token|token|bearer)[ \t]+|\bcurl\b.*?[ \t](?:-u|--user)[ \t=]*["']?[A-Za-z0-9_.@\-]+:|\bsshpass[ \t]+-p[ \t]*|\bredis-cli\b.*?[ \t]-a[ \t]+|\b(?:mysql|mysqldump|mariadb|mysqladmin)\b.*?[ \t]-p|\b(?:docker|podman|helm registry|oras)[ \t]+login\b.*?[ \t]-p[ \t]+){VALUE}"#
        ))
        .ok()
    });
    let mut found = Vec::new();
    for captures in ASSIGNED.iter().flat_map(|pattern| pattern.captures_iter(line)) {
        let (Some(name), Some(value)) = (captures.name("name"), value(&captures)) else { continue };
        // `password: whatever the user likes` is a sentence; `key: value` ends the line.
        let is_bare = captures.name("bare").is_some();
        let rest = line.get(value.end..).unwrap_or_default().trim_start();
        let is_sentence = captures.name("sign").is_some_and(|sign| sign.as_str() == ":")
            && is_bare
            && !(rest.is_empty() || rest.starts_with(['#', ',', '}', ']', '"', '\'']));
        let text = line.get(value.clone()).unwrap_or_default();
        let is_code = is_bare && text.contains(['(', '[', '{', '$', '`']);
        if !is_sentence && !is_code && credential(name.as_str(), text) {
            found.push(named(at, Some(name.range()), value));
        }
    }
    for captures in OPTION.iter().chain(ELEMENT.iter()).flat_map(|pattern| pattern.captures_iter(line)) {
        let (Some(name), Some(value)) = (captures.name("name"), value(&captures)) else { continue };
        if credential(name.as_str(), line.get(value.clone()).unwrap_or_default()) {
            found.push(named(at, Some(name.range()), value));
        }
    }
    for captures in KNOWN.iter().flat_map(|pattern| pattern.captures_iter(line)) {
        let Some(value) = value(&captures) else { continue };
        let text = line.get(value.clone()).unwrap_or_default();
        if credential("password", text) {
            found.push(named(at, None, value));
        }
    }
    found
}

fn value(captures: &Captures<'_>) -> Option<Range<usize>> {
    ["double", "single", "escaped", "bare"].iter().find_map(|name| captures.name(name)).map(|found| found.range())
}

fn named(at: usize, name: Option<Range<usize>>, value: Range<usize>) -> Leak {
    let moved = |range: Range<usize>| range.start + at..range.end + at;
    Leak { look: Look::Named, name: name.map(moved), value: moved(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        in_text(text).iter().map(|leak| &text[leak.value.clone()]).collect()
    }

    #[test]
    fn assignments_options_headers_and_elements() {
        for text in [
            "export DB_PASSWORD=hunter2-4711",
            "DB_PASSWORD='hunter2-4711' ./run",
            "password = hunter2-4711",
            "{\"adminPassword\": \"hunter2-4711\", \"a\": 1}",
            "  adminPassword: hunter2-4711 # why",
            "app --password=hunter2-4711 --verbose",
            "app --db-password hunter2-4711",
            "curl -s -u app:hunter2-4711 https://a.home.arpa",
            "curl -H \"Authorization: Bearer hunter2-4711\" https://a.home.arpa",
            "sshpass -p hunter2-4711 ssh a",
            "mysql -uroot -phunter2-4711 app",
            "<ApiKey>x</ApiKey><Password>hunter2-4711</Password>",
            "redis://:hunter2-4711@redis:6379/0",
        ] {
            assert_eq!(values(text), ["hunter2-4711"], "{text}");
        }
    }

    #[test]
    fn sentences_code_comments_and_references() {
        for text in [
            "# password: hunter2-4711",
            "password: the one that you were given in 2019",
            "password = os.environ['DB_PASSWORD']",
            "password=$(cat /run/secrets/password)",
            "PASSWORD=\"${DB_PASSWORD}\"",
            "curl -u \"$USER:$PASSWORD\" https://a.home.arpa",
            "Authorization: Bearer ${TOKEN}",
            "postgres://app:$(DB_PASSWORD)@db/app",
            "https://user:pass@example.com",
            "redis://redis:6379/0",
            "http://a.home.arpa:8080/@me",
        ] {
            assert!(values(text).is_empty(), "{text}: {:?}", values(text));
        }
    }
}
