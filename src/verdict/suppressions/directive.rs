//! A comment that asks not to report: `# flux-vet: ignore[rule, rule] until=2027-01-31 reason`.

use std::ops::Range;

use crate::config::Date;

/// What every directive begins with, after the `#`.
pub const MARK: &str = "flux-vet:";

/// A comment that asks not to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// It speaks for its whole file.
    pub is_file: bool,
    /// The rules, with where each stands in the comment.
    pub rules: Vec<(String, Range<usize>)>,
    /// The last day on which it counts.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
}

/// Why a comment that begins like a directive is none.
pub type Complaint = String;

impl Directive {
    /// Reads a comment, its `#` included; `None` for one that does not speak of ignoring.
    ///
    /// # Errors
    /// What is wrong, as half a sentence about the comment.
    pub fn read(comment: &str) -> Option<Result<Self, Complaint>> {
        let text = comment.trim_start_matches('#').trim_start().strip_prefix(MARK)?.trim_start();
        let (is_file, rest) = match text.strip_prefix("ignore-file") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("ignore")?),
        };
        Some(Self::list(comment, is_file, rest.trim_start()))
    }

    fn list(comment: &str, is_file: bool, rest: &str) -> Result<Self, Complaint> {
        let Some((names, rest)) = rest.strip_prefix('[').and_then(|list| list.split_once(']')) else {
            return Err("names no rule in brackets".to_owned());
        };
        let mut at = comment.len() - rest.len() - 1 - names.len();
        let mut rules = Vec::new();
        for name in names.split(',') {
            let start = at + (name.len() - name.trim_start().len());
            let trimmed = name.trim();
            if !trimmed.is_empty() {
                rules.push((trimmed.to_owned(), start..start + trimmed.len()));
            }
            at += name.len() + 1;
        }
        if rules.is_empty() {
            return Err("names no rule in brackets".to_owned());
        }
        let mut until = None;
        let mut words = Vec::new();
        for word in rest.split_whitespace() {
            match word.strip_prefix("until=") {
                Some(day) => until = Some(day.parse()?),
                None => words.push(word),
            }
        }
        let reason = words.join(" ");
        let reason = reason.trim_start_matches([':', '-', '–', '—']).trim();
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        Ok(Directive { is_file, rules, until, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Directive {
        Directive::read(text).unwrap().unwrap()
    }

    #[test]
    fn a_directive_has_rules_a_day_and_a_reason() {
        let text = "# flux-vet: ignore[rule-a, rule-b] until=2027-01-31 the bucket comes with the next release";
        let directive = read(text);
        let names: Vec<&str> = directive.rules.iter().map(|(_, range)| &text[range.clone()]).collect();
        assert_eq!(names, ["rule-a", "rule-b"]);
        assert_eq!(directive.until, Date::new(2027, 1, 31));
        assert_eq!(directive.reason.as_deref(), Some("the bucket comes with the next release"));
        assert!(!directive.is_file);
    }

    #[test]
    fn a_directive_may_speak_for_its_file_or_give_no_reason() {
        assert_eq!(
            read("#flux-vet: ignore-file[a]"),
            Directive { is_file: true, rules: vec![("a".to_owned(), 23..24)], until: None, reason: None }
        );
    }

    #[test]
    fn there_is_no_blanket_form() {
        for text in ["# flux-vet: ignore", "# flux-vet: ignore []", "# flux-vet: ignore-file all of it"] {
            assert!(Directive::read(text).unwrap().unwrap_err().contains("names no rule"), "{text}");
        }
        assert!(Directive::read("# flux-vet: ignore[a] until=soon x").unwrap().is_err());
    }

    #[test]
    fn other_comments_are_none() {
        for text in ["# ignore[a]", "# flux-vet is good", "# flux-vet: budget", "#"] {
            assert_eq!(Directive::read(text), None, "{text}");
        }
    }
}
