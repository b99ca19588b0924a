//! Patterns of selectors: Go's regular expressions, anchored at both ends.
//!
//! Source: kustomize `api/types/selector.go` (`anchorRegex`), Go `regexp/syntax`.

use std::fmt::Write as _;

use std::sync::Arc;

use regex::Regex;

use crate::source::compiled;

/// A pattern that the whole text has to match.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// No special character in it.
    Literal(String),
    /// A regular expression.
    Regex(Arc<Regex>),
}

impl Pattern {
    /// Reads a pattern; `None` for one that Go refuses.
    pub fn new(text: &str) -> Option<Self> {
        let special = |c: char| matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '^' | '$');
        // A brace that is no repetition stands for itself, as a variable's does; `$` before it is an anchor.
        if !text.contains(special) && !text.contains('{') {
            return Some(Pattern::Literal(text.to_owned()));
        }
        compiled(&format!("^(?:{})$", from_go(text)?)).ok().map(Pattern::Regex)
    }

    /// Whether the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Pattern::Literal(own) => own == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Writes Go's syntax in that of the `regex` crate, where they differ.
fn from_go(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    // Where a class began, so that `]` right behind it stands for itself.
    let mut class: Option<usize> = None;
    let mut repeated = false;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..)?;
        let mut taken = c.len_utf8();
        let was_repeated = std::mem::take(&mut repeated);
        match (c, class) {
            ('\\', _) if tail.starts_with('Q') => {
                let quoted = rest.get(2..)?;
                let end = quoted.find("\\E");
                out.push_str(&regex::escape(quoted.get(..end.unwrap_or(quoted.len()))?));
                taken = end.map_or(rest.len(), |end| end + 4);
            }
            ('\\', _) => {
                taken += tail.chars().next()?.len_utf8();
                out.push_str(rest.get(..taken)?);
            }
            ('[', Some(_)) if rest.starts_with("[:") && rest.contains(":]") => {
                taken = rest.find(":]")? + 2;
                out.push_str(rest.get(..taken)?);
            }
            // Operators of classes that Go does not have.
            ('[' | '&' | '~', Some(_)) => write!(out, "\\{c}").ok()?,
            (']', Some(start)) if out.len() > start => {
                class = None;
                out.push(c);
            }
            (']', Some(_)) => out.push_str("\\]"),
            (_, Some(_)) => out.push(c),
            ('[', None) => {
                out.push(c);
                if tail.starts_with('^') {
                    out.push('^');
                    taken += 1;
                }
                class = Some(out.len());
            }
            ('*' | '+' | '?', None) => {
                if was_repeated {
                    return None;
                }
                out.push(c);
                repeated = true;
                if tail.starts_with('?') {
                    out.push('?');
                    taken += 1;
                }
            }
            ('{', None) => match repetition(rest) {
                Some(_) if was_repeated => return None,
                Some(length) => {
                    out.push_str(rest.get(..length)?);
                    repeated = true;
                    taken = length;
                    if rest.get(length..).is_some_and(|tail| tail.starts_with('?')) {
                        out.push('?');
                        taken += 1;
                    }
                }
                None => out.push_str("\\{"),
            },
            ('}', None) => out.push_str("\\}"),
            _ => out.push(c),
        }
        rest = rest.get(taken..)?;
    }
    Some(out)
}

/// The length of `{n}`, `{n,}` or `{n,m}` at the start of a text.
fn repetition(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let inner = text.get(1..end)?;
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    (!low.is_empty() && digits(low) && digits(high)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let pattern = Pattern::new(pattern).unwrap();
        for text in matching {
            assert!(pattern.is_match(text), "{pattern:?} and {text}");
        }
        for text in others {
            assert!(!pattern.is_match(text), "{pattern:?} and {text}");
        }
    }

    #[test]
    fn a_pattern_matches_whole_texts_only() {
        check("web", &["web"], &["web-1", "a-web"]);
        check("web|api", &["web", "api"], &["web-api", "webapi"]);
        check("web-.*", &["web-", "web-1"], &["web"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn braces_of_a_variable_stand_for_themselves_behind_an_end_of_text() {
        check("a{APP}", &["a{APP}"], &["a"]);
        check("${APP}-x", &[], &["${APP}-x", "web-x"]);
        check("a{2}", &["aa"], &["a{2}"]);
        check("a{2,3}?", &["aaa"], &["a"]);
    }

    #[test]
    fn classes_are_read_as_go_reads_them() {
        check("[[]x", &["[x"], &["x"]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[[:alpha:]]+", &["web"], &["web1"]);
        check("[a&&b]", &["&", "a"], &["ab"]);
        check("\\Qa.b\\E", &["a.b"], &["axb"]);
    }

    #[test]
    fn a_repetition_of_a_repetition_is_refused() {
        for text in ["web-**", "*", "a{2}{3}", "(", "a++"] {
            assert!(Pattern::new(text).is_none(), "{text}");
        }
        assert!(Pattern::new("a*?").is_some());
    }
}
