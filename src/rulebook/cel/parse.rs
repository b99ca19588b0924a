//! CEL texts behind an interface of ours: whether they parse, and which names they use. The parser is young and eats
//! much stack, so that it runs on a thread of its own with limits.

use std::collections::BTreeSet;
use std::thread;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::parser::Parser;

use super::expr::{Program, Refused, Scope};
use super::lower::lower;

/// Longest text that is parsed (bytes).
const MAX_BYTES: usize = 8 * 1024;

/// Deepest nesting of brackets that is parsed.
const MAX_NESTING: usize = 32;

/// Stack of the parser's thread: an unoptimised build takes some 130 KiB a bracket.
const STACK: usize = 64 * 1024 * 1024;

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// An expression.
    Expression {
        /// Names that stand for variables, those bound by macros left out.
        variables: BTreeSet<String>,
        /// The type of its value, where that is obvious.
        literal: Option<&'static str>,
    },
    /// It does not parse.
    Invalid {
        /// Byte at which it goes wrong.
        at: usize,
        /// What is there.
        found: String,
    },
    /// It is too long or too deep to be parsed here.
    TooLarge,
}

/// Something that reads expressions.
pub trait Language {
    /// Reads texts, in order.
    fn parse(&self, texts: &[&str]) -> Vec<Parsed>;
}

/// The Common Expression Language as the crate `cel` reads it.
#[derive(Debug, Default)]
pub struct Cel;

impl Language for Cel {
    fn parse(&self, texts: &[&str]) -> Vec<Parsed> {
        if texts.is_empty() {
            return Vec::new();
        }
        thread::scope(|scope| {
            let parser = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, || texts.iter().map(|text| parse(text)).collect::<Vec<_>>());
            let parsed = parser.ok().and_then(|thread| thread.join().ok());
            parsed.unwrap_or_else(|| vec![Parsed::TooLarge; texts.len()])
        })
    }
}

/// Makes texts ready, in order, each with the names it may use.
pub fn compile(texts: &[(&str, Scope<'_>)]) -> Vec<Result<Program, Refused>> {
    if texts.is_empty() {
        return Vec::new();
    }
    thread::scope(|scope| {
        let parser = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || texts.iter().map(|(text, scope)| compiled(text, scope)).collect::<Vec<_>>());
        let compiled = parser.ok().and_then(|thread| thread.join().ok());
        compiled.unwrap_or_else(|| texts.iter().map(|(text, _)| Err(too_large(text))).collect())
    })
}

fn too_large(text: &str) -> Refused {
    Refused {
        at: 0..text.len(),
        message: "is too long or too deeply nested".into(),
        label: "too large".into(),
        help: None,
    }
}

fn compiled(text: &str, scope: &Scope<'_>) -> Result<Program, Refused> {
    let complaint = match parse(text) {
        Parsed::TooLarge => return Err(too_large(text)),
        Parsed::Invalid { at, found } => Some((at, found)),
        Parsed::Expression { .. } => None,
    };
    if let Some((at, found)) = complaint {
        let end = text.trim_end().len();
        return Err(if found.is_empty() {
            let at = text.floor_char_boundary(end.saturating_sub(1))..end;
            Refused { at, message: "ends too early".into(), label: "ends here".into(), help: None }
        } else {
            let help = match found.as_str() {
                "=" => Some("`==` compares".to_owned()),
                "and" => Some("write `&&`".to_owned()),
                "or" => Some("write `||`".to_owned()),
                "not" => Some("write `!`".to_owned()),
                _ => None,
            };
            let message = format!("does not parse: `{found}` is not expected there");
            Refused { at: at..at + found.len(), message, label: "not expected here".into(), help }
        });
    }
    match Parser::new().enable_optional_syntax(true).enable_ident_escape_syntax(true).parse_with_source_info(text) {
        Ok((parsed, info)) => lower(text, &parsed, &info, scope),
        Err(_) => Err(too_large(text)),
    }
}

fn parse(text: &str) -> Parsed {
    if text.len() > MAX_BYTES || nesting(text) > MAX_NESTING {
        return Parsed::TooLarge;
    }
    match Parser::new().enable_optional_syntax(true).parse(text) {
        Ok(expression) => {
            let mut variables = BTreeSet::new();
            free(&expression, &mut Vec::new(), &mut variables);
            Parsed::Expression { variables, literal: literal(&expression.expr) }
        }
        Err(errors) => {
            // Errors that follow from others have other words.
            let first = errors.errors.iter().find(|error| error.msg.starts_with("Syntax error"));
            let (line, column) = first.or(errors.errors.first()).map_or((1, 1), |error| error.pos);
            let at = offset(text, line, column);
            Parsed::Invalid { at, found: token(text.get(at..).unwrap_or_default()) }
        }
    }
}

/// How deep brackets are nested, quotes not minded: too deep is only said of what nobody writes.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The byte of a line and column, both from 1, the column in characters.
fn offset(text: &str, line: isize, column: isize) -> usize {
    let (line, column) = (usize::try_from(line).unwrap_or(1).max(1), usize::try_from(column).unwrap_or(1).max(1));
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}

/// The word or sign at the beginning of a text.
pub fn token(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match text.chars().next() {
        Some(first) if is_word(first) => text.chars().take_while(|c| is_word(*c)).collect(),
        Some(first) => first.to_string(),
        None => String::new(),
    }
}

fn literal(expression: &Expr) -> Option<&'static str> {
    match expression {
        Expr::Literal(LiteralValue::String(_)) => Some("a text"),
        Expr::Literal(LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_)) => Some("a number"),
        Expr::Literal(LiteralValue::Null) => Some("null"),
        Expr::List(_) => Some("a list"),
        Expr::Map(_) => Some("a map"),
        _ => None,
    }
}

/// The names of an expression that no macro binds.
fn free<'e>(expression: &'e IdedExpr, bound: &mut Vec<&'e str>, names: &mut BTreeSet<String>) {
    match &expression.expr {
        Expr::Ident(name) => {
            if !name.starts_with('@') && !bound.contains(&name.as_str()) {
                names.insert(name.trim_start_matches('.').to_owned());
            }
        }
        Expr::Call(call) => {
            for part in call.target.as_deref().into_iter().chain(&call.args) {
                free(part, bound, names);
            }
        }
        Expr::Comprehension(all) => {
            free(&all.iter_range, bound, names);
            free(&all.accu_init, bound, names);
            let before = bound.len();
            bound.extend([all.iter_var.as_str(), all.accu_var.as_str()]);
            bound.extend(all.iter_var2.as_deref());
            for part in [&all.loop_cond, &all.loop_step, &all.result] {
                free(part, bound, names);
            }
            bound.truncate(before);
        }
        Expr::List(list) => list.elements.iter().for_each(|item| free(item, bound, names)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| entries(&entry.expr, bound, names)),
        Expr::Struct(fields) => fields.entries.iter().for_each(|entry| entries(&entry.expr, bound, names)),
        Expr::Select(select) => free(&select.operand, bound, names),
        Expr::Unspecified | Expr::Literal(_) => {}
    }
}

fn entries<'e>(entry: &'e EntryExpr, bound: &mut Vec<&'e str>, names: &mut BTreeSet<String>) {
    match entry {
        EntryExpr::StructField(field) => free(&field.value, bound, names),
        EntryExpr::MapEntry(entry) => {
            free(&entry.key, bound, names);
            free(&entry.value, bound, names);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Parsed {
        Cel.parse(&[text]).remove(0)
    }

    #[test]
    fn macros_bind_their_names_and_optional_syntax_is_taken() {
        let names = |text: &str| match one(text) {
            Parsed::Expression { variables, .. } => variables.into_iter().collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(names("status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')"), "status");
        assert_eq!(names("dep.metadata.labels['v'] == self.metadata.?labels['v'].orValue('')"), "dep self");
        assert_eq!(names("has(status.a) ? [1].exists(i, i > n) : false"), "n status");
    }

    #[test]
    fn what_does_not_parse_says_where() {
        assert_eq!(one("status.phase = 'x'"), Parsed::Invalid { at: 13, found: "=".into() });
        assert_eq!(one("a and b"), Parsed::Invalid { at: 2, found: "and".into() });
        assert_eq!(one("a.all(e, e"), Parsed::Invalid { at: 10, found: String::new() });
        assert_eq!(one("s == 'ä' && )"), Parsed::Invalid { at: 13, found: ")".into() });
        assert_eq!(one("a\n&& *"), Parsed::Invalid { at: 5, found: "*".into() });
    }

    #[test]
    fn what_ends_too_early_ends_with_a_whole_character() {
        let text = "a == 'é";
        let refused = compile(&[(text, Scope::default())]).remove(0).unwrap_err();
        assert!(text.get(refused.at).is_some());
    }

    #[test]
    fn a_text_or_a_number_is_no_condition() {
        assert!(matches!(one("'abc'"), Parsed::Expression { literal: Some("a text"), .. }));
        assert!(matches!(one("true"), Parsed::Expression { literal: None, .. }));
    }

    #[test]
    fn what_nobody_writes_is_not_parsed() {
        assert_eq!(one(&"(".repeat(5000)), Parsed::TooLarge);
        assert_eq!(one(&format!("{}true{}", "(".repeat(33), ")".repeat(33))), Parsed::TooLarge);
        assert!(matches!(one(&format!("{}true{}", "(".repeat(32), ")".repeat(32))), Parsed::Expression { .. }));
        for long in ["!", "-", "a.", "a+", "a==", "a?b:", "[0]"] {
            one(&long.repeat(MAX_BYTES / long.len()));
        }
    }
}
