//! Sentences with expressions in braces: `container {item.name} has no limit`. Two braces stand for one.

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// The position of an expression among those of the check.
    Value(usize),
}

/// A part of a sentence that was not made ready yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Words.
    Words(String),
    /// An expression, and the byte of the sentence at which it begins.
    Expression(&'t str, usize),
}

/// The parts of a sentence.
///
/// # Errors
/// The byte of a brace that is not closed.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, usize> {
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("{{") || rest.starts_with("}}") {
            words.push(c);
            at += 2;
        } else if c == '{' {
            let end = closing(rest).ok_or(at)?;
            if !words.is_empty() {
                parts.push(Part::Words(std::mem::take(&mut words)));
            }
            parts.push(Part::Expression(rest.get(1..end).unwrap_or_default(), at + 1));
            at += end + 1;
        } else {
            words.push(c);
            at += c.len_utf8();
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    Ok(parts)
}

/// Where the brace at the beginning is closed: quotes and inner braces are stepped over.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('{', None) => depth += 1,
            ('}', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_hold_expressions_and_two_stand_for_one() {
        let found = parts("a {x['}']} {{b}} {y}").unwrap();
        assert_eq!(
            found,
            [
                Part::Words("a ".into()),
                Part::Expression("x['}']", 3),
                Part::Words(" {b} ".into()),
                Part::Expression("y", 18)
            ]
        );
        assert_eq!(parts("a {x"), Err(2));
    }
}
