//! The values of Secrets in a file as text. A reading by indentation that rather takes too much.

use std::ops::Range;

/// Keys whose values say what an object is, or how it is encrypted, and hold nothing to hide.
const PLAIN_KEYS: [&str; 19] = [
    "apiVersion",
    "kind",
    "name",
    "namespace",
    "type",
    "path",
    "behavior",
    "optional",
    "immutable",
    "provider",
    "path_regex",
    "encrypted_regex",
    "encrypted_suffix",
    "version",
    "age",
    "pgp",
    "recipient",
    "mac",
    "lastmodified",
];

/// The byte ranges of the data of Secrets in a text, in order.
pub fn secret_data(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    if !may_hold_secrets(text) {
        return hidden;
    }
    let lines: Vec<Line<'_>> = Line::all(text).collect();
    for document in lines.split(Line::is_separator) {
        data_of_document(document, &mut hidden);
    }
    hidden
}

/// The value on a line that is about plain text, as a byte range in the line; `None` where nothing is to be hidden.
pub fn value_on_line(line: &str) -> Option<Range<usize>> {
    let line = Line { start: 0, text: line };
    match line.entry() {
        Some(entry) if PLAIN_KEYS.contains(&entry.key) => None,
        Some(entry) => entry.secret_value(),
        None => line.content(),
    }
}

/// Whether a text has a word without which nothing below takes anything: most files name other kinds at most.
fn may_hold_secrets(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    let is_kind = |at: usize| {
        let is_in_a_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let line = || text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        !is_in_a_word(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_in_a_word(bytes.get(at + "Secret".len()))
            || line().contains('{')
    };
    has("stringData") || has("secretGenerator") || memchr::memmem::find_iter(bytes, "Secret").any(is_kind)
}

fn data_of_document(lines: &[Line<'_>], hidden: &mut Vec<Range<usize>>) {
    let secrets: Vec<usize> = lines.iter().filter_map(Line::secret_indent).collect();
    // The block whose content is being hidden: its indentation, and whether it is a list of `key=value` literals.
    let mut block: Option<(usize, Block)> = None;
    // In `files: [key=path]` of a generator nothing is secret.
    let mut names_files = false;
    for line in lines {
        let Some(content) = line.content() else { continue };
        if let Some((indent, kind)) = block {
            if line.is_inside(indent, kind) {
                names_files = line.names_files().unwrap_or(names_files);
                if matches!(kind, Block::Data) || !names_files {
                    hidden.extend(line.hidden_as(kind));
                }
                continue;
            }
            names_files = false;
            block = None;
        }
        if line.is_flow_secret() {
            hidden.push(content);
            continue;
        }
        let Some(entry) = line.entry() else { continue };
        let kind = match entry.key {
            "stringData" => Block::Data,
            "data" if secrets.contains(&entry.indent) => Block::Data,
            "secretGenerator" => Block::Generator,
            _ => continue,
        };
        // A flow mapping on the same line.
        hidden.extend(entry.secret_value());
        block = Some((entry.indent, kind));
    }
}

#[derive(Clone, Copy)]
enum Block {
    Data,
    Generator,
}

/// A line and where it begins in the text.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
}

struct Entry<'a> {
    indent: usize,
    key: &'a str,
    value: Range<usize>,
    value_text: &'a str,
}

impl<'a> Line<'a> {
    fn all(text: &'a str) -> impl Iterator<Item = Line<'a>> {
        text.split_inclusive('\n').scan(0, |at, text| {
            let start = *at;
            *at += text.len();
            Some(Line { start, text })
        })
    }

    fn is_separator(&self) -> bool {
        self.text.strip_prefix("---").is_some_and(|rest| rest.trim_start().len() < rest.len() || rest.is_empty())
    }

    /// The range of what is neither indentation nor line break; `None` for a blank line.
    fn content(&self) -> Option<Range<usize>> {
        let text = self.text.trim_end();
        let indent = text.len() - text.trim_start().len();
        (indent < text.len()).then(|| self.start + indent..self.start + text.len())
    }

    /// `key: value`, after the dashes of list items.
    fn entry(&self) -> Option<Entry<'a>> {
        let text = self.text.trim_end();
        let mut body = text.trim_start_matches(['\u{feff}', ' ', '\t']);
        while let Some(rest) = body.strip_prefix("- ") {
            body = rest.trim_start();
        }
        let indent = text.len() - body.len();
        let colon = key_end(body)?;
        let key = body.get(..colon)?.trim().trim_matches(['"', '\'']);
        let after = body.get(colon + 1..)?;
        let value_text = after.trim_start();
        let from = self.start + text.len() - value_text.len();
        Some(Entry { indent, key, value: from..self.start + text.len(), value_text })
    }

    /// The indentation of `kind: Secret`.
    fn secret_indent(&self) -> Option<usize> {
        let entry = self.entry()?;
        let kind = without_comment(entry.value_text).trim_matches(['"', '\'']);
        (entry.key == "kind" && kind == "Secret").then_some(entry.indent)
    }

    /// A whole Secret on one line, as JSON or a flow mapping.
    fn is_flow_secret(&self) -> bool {
        let text = self.text;
        text.contains('{')
            && text.contains("Secret")
            && text.contains("kind")
            && text.to_ascii_lowercase().contains("data")
    }

    fn is_inside(&self, indent: usize, kind: Block) -> bool {
        let own = self.text.len() - self.text.trim_start().len();
        // A list may stand at the indentation of its key.
        own > indent || (matches!(kind, Block::Generator) && own == indent && self.text.trim_start().starts_with('-'))
    }

    /// Whether files are named from a key of a generator on; `None` where the line has no such key.
    fn names_files(&self) -> Option<bool> {
        let body = self.text.trim_start().trim_start_matches("- ");
        let (key, rest) = body.split_once(':')?;
        let is_key = key.chars().all(|c| c.is_ascii_alphabetic()) && rest.starts_with(|c: char| c.is_whitespace());
        is_key.then_some(matches!(key, "files" | "envs" | "env"))
    }

    fn hidden_as(&self, kind: Block) -> Option<Range<usize>> {
        match kind {
            Block::Data => match self.entry() {
                Some(entry) => entry.secret_value(),
                None => self.content().filter(|_| !self.text.trim_start().starts_with('#')),
            },
            Block::Generator => {
                let at = self.text.find('=')?;
                let content = self.content()?;
                (self.start + at + 1 < content.end).then_some(self.start + at + 1..content.end)
            }
        }
    }
}

impl Entry<'_> {
    /// The value, unless nothing in it is readable: ciphertext, a reference, the head of a block scalar.
    fn secret_value(&self) -> Option<Range<usize>> {
        let text = without_comment(self.value_text).trim_matches(['"', '\'']);
        let reference = text.starts_with("${") && text.ends_with('}') && !text.contains(':');
        let block = text.starts_with(['|', '>']) && text.chars().count() <= 3;
        let harmless = text.is_empty() || text.starts_with("ENC[") || reference || block;
        (!harmless).then(|| self.value.clone())
    }
}

/// The colon that ends a key; for `KEY=value` files the equals sign.
fn key_end(body: &str) -> Option<usize> {
    let quoted = body.strip_prefix('"').and_then(|rest| rest.find('"')).map_or(0, |at| at + 2);
    let from = body.get(quoted..)?;
    let colon = from.match_indices(':').map(|(at, _)| at).find(|at| {
        let next = from.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_none_or(char::is_whitespace) || quoted > 0
    });
    let equals = from.find('=').filter(|at| from.get(..*at).is_some_and(|key| !key.contains(char::is_whitespace)));
    colon.into_iter().chain(equals).min().map(|at| at + quoted)
}

fn without_comment(value: &str) -> &str {
    value.split_once(" #").map_or(value, |(value, _)| value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: &str = "<redacted>";

    /// The text as a report would show it.
    fn shown(text: &str) -> String {
        let mut out = String::new();
        let mut from = 0;
        for range in secret_data(text) {
            out.push_str(&text[from..range.start]);
            out.push_str(HIDDEN);
            from = range.end;
        }
        out + &text[from..]
    }

    #[test]
    fn the_data_of_a_secret_is_hidden_and_nothing_else_of_the_file() {
        let text = "kind: ConfigMap\ndata:\n  url: http://loki\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: loki\nstringData:\n  # comment\n  password: hunter2\n  \"token\": \"abc\" # why\n  ca: |\n    -----BEGIN\n    x: y\n  empty: \"\"\ntype: Opaque\n";
        assert_eq!(
            shown(text),
            "kind: ConfigMap\ndata:\n  url: http://loki\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: loki\nstringData:\n  # comment\n  password: <redacted>\n  \"token\": <redacted>\n  ca: |\n    <redacted>\n    x: <redacted>\n  empty: \"\"\ntype: Opaque\n"
        );
    }

    #[test]
    fn data_before_the_kind_and_windows_line_ends_are_hidden_too() {
        assert_eq!(
            shown("data:\r\n  a: aHVudGVyMg==\r\nkind: \"Secret\"\r\n"),
            "data:\r\n  a: <redacted>\r\nkind: \"Secret\"\r\n"
        );
    }

    #[test]
    fn ciphertext_and_references_stay_readable() {
        let text = "kind: Secret\nstringData:\n  a: ENC[AES256_GCM,data:x]\n  b: ${TOKEN}\n  c: ${TOKEN:=hunter2}\n";
        assert_eq!(
            shown(text),
            "kind: Secret\nstringData:\n  a: ENC[AES256_GCM,data:x]\n  b: ${TOKEN}\n  c: <redacted>\n"
        );
    }

    #[test]
    fn secrets_in_lists_in_flow_style_and_in_generators_are_hidden() {
        assert_eq!(
            shown("items:\n- kind: Secret\n  data:\n    a: Zm9v\n- kind: ConfigMap\n"),
            "items:\n- kind: Secret\n  data:\n    a: <redacted>\n- kind: ConfigMap\n"
        );
        assert_eq!(shown("{\"kind\":\"Secret\",\"data\":{\"a\":\"Zm9v\"}}\n"), "<redacted>\n");
        assert_eq!(shown("kind: Secret\ndata: {a: Zm9v}\n"), "kind: Secret\ndata: <redacted>\n");
        assert_eq!(
            shown("secretGenerator:\n- name: x\n  literals:\n  - password=hunter2\nresources: []\n"),
            "secretGenerator:\n- name: x\n  literals:\n  - password=<redacted>\nresources: []\n"
        );
        let files = "secretGenerator:\n- name: x\n  files:\n  - a=values/a.yaml\n";
        assert_eq!(shown(files), files);
        assert_eq!(
            shown(&format!("{files}  literals: [b=c]\n- files: [d=e]\n  name: y\n  literals:\n  - f=g\n")),
            format!("{files}  literals: [b=<redacted>\n- files: [d=e]\n  name: y\n  literals:\n  - f=<redacted>\n")
        );
    }

    #[test]
    fn references_to_secrets_hide_nothing() {
        let text = "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: a\n    remoteRef:\n      key: loki\n";
        assert_eq!(shown(text), text);
    }

    #[test]
    fn a_line_about_plain_text_keeps_its_key() {
        let shown = |line: &str| value_on_line(line).map(|range| format!("{}{HIDDEN}", &line[..range.start]));
        assert_eq!(shown("  adminPassword: hunter2"), Some("  adminPassword: <redacted>".into()));
        assert_eq!(shown("TOKEN=hunter2"), Some("TOKEN=<redacted>".into()));
        assert_eq!(shown("- hunter2"), Some("<redacted>".into()));
        assert_eq!(shown("  url: postgres://u:p@host/db"), Some("  url: <redacted>".into()));
        assert_eq!(shown("  name: loki"), None);
        assert_eq!(shown(""), None);
    }
}
