//! Patterns of SOPS: Go RE2 syntax, which Rust's `regex` shares but for a few escapes.

use std::sync::Arc;

use regex::Regex;

use crate::source::compiled;

/// A pattern as SOPS would compile it.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// It compiles.
    Valid(Arc<Regex>),
    /// SOPS refuses it; why.
    Invalid(&'static str),
    /// It does not compile here, though Go may accept it.
    Undecided,
}

/// What Go refuses as well, by a part of the message of Rust's parser.
const REFUSED: [(&str, &str); 8] = [
    ("look-around", "look-around is not supported"),
    ("backreferences", "backreferences are not supported"),
    ("unclosed group", "a group is not closed"),
    ("unopened group", "a closing parenthesis has no opening one"),
    ("unclosed character class", "a character class is not closed"),
    ("missing expression", "a repetition has nothing to repeat"),
    ("invalid character class range", "a character range runs backwards"),
    ("incomplete escape sequence", "it ends in a lone backslash"),
];

impl Pattern {
    /// Compiles a pattern.
    pub fn new(text: &str) -> Self {
        match compiled(text) {
            Ok(regex) => Pattern::Valid(regex),
            Err(error) => {
                let message = error.to_string();
                REFUSED
                    .iter()
                    .find(|(part, _)| message.contains(part))
                    .map_or(Pattern::Undecided, |(_, why)| Pattern::Invalid(why))
            }
        }
    }

    /// Whether it occurs in a text; `None` when it cannot be told.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        match self {
            Pattern::Valid(regex) => Some(regex.is_match(text)),
            Pattern::Invalid(_) | Pattern::Undecided => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_unanchored_and_faults_are_named() {
        assert_eq!(Pattern::new("data").is_match("stringdata"), Some(true));
        assert_eq!(Pattern::new("^(data|stringData)$").is_match("metadata"), Some(false));
        assert_eq!(Pattern::new(r"talos\/.*").is_match("talos/x"), Some(true));
        assert!(matches!(Pattern::new("(?!x)"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("(data"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new("*.yaml"), Pattern::Invalid(_)));
        assert!(matches!(Pattern::new(r"\Qa.b\E"), Pattern::Undecided));
    }
}
