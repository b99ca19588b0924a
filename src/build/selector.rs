//! Kubernetes label selectors in their text form, as patch targets use them.
//!
//! Source: apimachinery `pkg/labels/selector.go`, which kyaml carries a copy of. kustomize reads annotation selectors
//! the same way, so a value that is no label value cannot be asked for there either.

use std::iter::Peekable;
use std::str::Chars;

use crate::yaml::Node;

/// A requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

/// A parsed selector such as `app=web,tier notin (a, b),!legacy`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSelector {
    requirements: Vec<Requirement>,
}

impl TextSelector {
    /// Parses the text; `None` when it is no selector.
    pub fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens { tokens: lex(text), at: 0 };
        let mut requirements = Vec::new();
        if tokens.peek().is_none() {
            return Some(TextSelector { requirements });
        }
        loop {
            requirements.push(requirement(&mut tokens)?);
            match tokens.next() {
                None => return Some(TextSelector { requirements }),
                Some(Token::Comma) => {}
                Some(_) => return None,
            }
        }
    }

    /// Whether a map of labels (or annotations) fulfils it.
    pub fn matches(&self, labels: Option<&Node>) -> bool {
        let value = |key: &str| {
            let found = labels.and_then(|labels| labels.get(key))?;
            Some(found.shown().unwrap_or_default())
        };
        self.requirements.iter().all(|requirement| {
            let found = value(&requirement.key);
            let number = || found.as_ref()?.parse::<i64>().ok();
            match &requirement.test {
                Test::In(values) => found.is_some_and(|found| values.iter().any(|value| *value == found)),
                Test::NotIn(values) => !found.is_some_and(|found| values.iter().any(|value| *value == found)),
                Test::Exists => found.is_some(),
                Test::Absent => found.is_none(),
                Test::Above(limit) => number().is_some_and(|number| number > *limit),
                Test::Below(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Comma,
    Open,
    Close,
    Not,
    Equal,
    NotEqual,
    Above,
    Below,
}

struct Tokens {
    tokens: Vec<Token>,
    at: usize,
}

impl Tokens {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn word(&mut self) -> Option<String> {
        match self.next()? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }
}

fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            ' ' | '\t' | '\r' | '\n' => continue,
            ',' => Token::Comma,
            '(' => Token::Open,
            ')' => Token::Close,
            '>' => Token::Above,
            '<' => Token::Below,
            '=' => {
                chars.next_if_eq(&'=');
                Token::Equal
            }
            '!' => match chars.next_if_eq(&'=') {
                Some(_) => Token::NotEqual,
                None => Token::Not,
            },
            // A word goes on to the next blank or sign.
            c => Token::Word(word(c, &mut chars)),
        });
    }
    tokens
}

fn word(first: char, chars: &mut Peekable<Chars<'_>>) -> String {
    let goes_on = |c: &char| !matches!(c, ' ' | '\t' | '\r' | '\n' | '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut word = String::from(first);
    while let Some(c) = chars.next_if(goes_on) {
        word.push(c);
    }
    word
}

fn requirement(tokens: &mut Tokens) -> Option<Requirement> {
    let absent = tokens.peek() == Some(&Token::Not);
    if absent {
        tokens.next();
    }
    let key = tokens.word().filter(|key| is_label_key(key))?;
    let ends = matches!(tokens.peek(), None | Some(Token::Comma));
    if absent || ends {
        // What follows `!key` is refused by the caller.
        return Some(Requirement { key, test: if absent { Test::Absent } else { Test::Exists } });
    }
    let test = match tokens.next()? {
        Token::Word(word) if word == "in" => Test::In(values(tokens)?),
        Token::Word(word) if word == "notin" => Test::NotIn(values(tokens)?),
        Token::Equal => Test::In(vec![value(tokens)?]),
        Token::NotEqual => Test::NotIn(vec![value(tokens)?]),
        Token::Above => Test::Above(value(tokens)?.parse().ok()?),
        Token::Below => Test::Below(value(tokens)?.parse().ok()?),
        _ => return None,
    };
    let valid = match &test {
        Test::In(values) | Test::NotIn(values) => values.iter().all(|value| is_label_value(value)),
        _ => true,
    };
    valid.then_some(Requirement { key, test })
}

/// One value; nothing at all is the empty one.
fn value(tokens: &mut Tokens) -> Option<String> {
    match tokens.peek() {
        None | Some(Token::Comma) => Some(String::new()),
        _ => tokens.word(),
    }
}

/// Values in parentheses; what is left out between commas is the empty one.
fn values(tokens: &mut Tokens) -> Option<Vec<String>> {
    if tokens.next()? != Token::Open {
        return None;
    }
    let mut values = Vec::new();
    loop {
        match tokens.peek()? {
            Token::Word(_) => values.push(tokens.word()?),
            Token::Comma | Token::Close => values.push(String::new()),
            _ => return None,
        }
        match tokens.next()? {
            Token::Comma => {}
            Token::Close => return Some(values),
            _ => return None,
        }
    }
}

/// Source: apimachinery `pkg/util/validation/validation.go` (`IsQualifiedName`).
fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let label = |part: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !part.is_empty() && !part.starts_with('-') && !part.ends_with('-') && part.bytes().all(inner)
    };
    let is_domain = |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(label);
    !name.is_empty() && is_label_value(name) && prefix.is_none_or(is_domain)
}

fn is_label_value(value: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    value.len() <= 63
        && (value.is_empty() || (value.starts_with(edge) && value.ends_with(edge)))
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span};
    use crate::yaml::{self, Content, Mode};

    fn labels(text: &str) -> Node {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a", text);
        let tree = yaml::parse(text);
        let content = Content::whole(Span::new(id, 0..text.len()));
        yaml::resolve(&tree, &tree.documents[0], text, &content, Mode::V3).unwrap().root
    }

    #[test]
    fn every_operator_of_the_grammar_is_understood() {
        let labels = labels("{app: web, tier: a, shard: '7', blank: ''}");
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app == web, tier in (a, b)", true),
            ("tier notin (a)", false),
            ("tier in(b,a)", true),
            ("absent notin (true)", true),
            ("absent!=true", true),
            ("app != web", false),
            ("!absent", true),
            ("! app", false),
            ("app", true),
            ("app,tier,!other", true),
            ("shard > 6,shard<8", true),
            ("shard>7", false),
            ("app>1", false),
            ("blank=", true),
            ("blank in ()", true),
            ("blank in (,x)", true),
            ("app in (,web)", true),
            ("in in (a)", false),
            ("app=", false),
            ("app in (web,)", true),
            ("app in (in, notin)", false),
            ("example.com/name!=x", true),
        ] {
            assert_eq!(TextSelector::parse(text).unwrap().matches(Some(&labels)), expected, "{text}");
        }
    }

    #[test]
    fn what_kubernetes_refuses_is_no_selector() {
        for text in [
            "a b",
            "app=web,",
            ",app",
            "app in a",
            "app in (a",
            "=web",
            "!app=web",
            "app===web",
            "app=a=b",
            "Example.com/name",
            "-app",
            "app=-web",
            "app=https://example.com",
            "app>x",
            "app notin",
        ] {
            assert_eq!(TextSelector::parse(text), None, "{text}");
        }
    }
}
