//! Globs over one name, as Go's `path.Match` reads them: `*`, `?`, `[a-z]`, `[^a]`, `\`.

/// A pattern that Go refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadGlob;

/// A glob over one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Vec<Element>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Star,
    Any,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`BadGlob`] for an open class, an empty or reversed one, and a `\` at the end.
    pub fn new(pattern: &str) -> Result<Self, BadGlob> {
        let mut rest = pattern.chars();
        let mut elements = Vec::new();
        while let Some(c) = rest.next() {
            elements.push(match c {
                '*' => Element::Star,
                '?' => Element::Any,
                '[' => class(&mut rest)?,
                '\\' => Element::Char(rest.next().ok_or(BadGlob)?),
                c => Element::Char(c),
            });
        }
        Ok(Glob(elements))
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        // The commonest globs are plain names, and those that end in one.
        if let [Element::Star, rest @ ..] = self.0.as_slice()
            && rest.iter().all(|element| matches!(element, Element::Char(_)))
        {
            let mut end = name.chars().rev();
            return rest.iter().rev().all(|element| end.next().is_some_and(|c| element.takes(c)));
        }
        if let Some(Element::Char(first)) = self.0.first()
            && !name.starts_with(*first)
        {
            return false;
        }
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut from) = (0, 0);
        // Where to go on when the text after a star does not fit: the last star takes one character more.
        let mut last_star = None;
        while from < name.len() || at < self.0.len() {
            match (self.0.get(at), name.get(from)) {
                (Some(Element::Star), _) => {
                    last_star = Some((at, from));
                    at += 1;
                }
                (Some(element), Some(c)) if element.takes(*c) => {
                    at += 1;
                    from += 1;
                }
                _ => match last_star {
                    Some((star, taken)) if taken < name.len() => {
                        last_star = Some((star, taken + 1));
                        (at, from) = (star + 1, taken + 1);
                    }
                    _ => return false,
                },
            }
        }
        true
    }
}

impl Element {
    fn takes(&self, c: char) -> bool {
        match self {
            Element::Star => false,
            Element::Any => c != '/',
            Element::Char(own) => *own == c,
            Element::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

fn class(rest: &mut std::str::Chars<'_>) -> Result<Element, BadGlob> {
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if rest.as_str().starts_with(']') && !ranges.is_empty() {
            rest.next();
            return Ok(Element::Class { negated, ranges });
        }
        let low = member(rest)?;
        let mut high = low;
        if rest.as_str().starts_with('-') {
            rest.next();
            high = member(rest)?;
        }
        ranges.push((low, high));
    }
}

fn member(rest: &mut std::str::Chars<'_>) -> Result<char, BadGlob> {
    match rest.next().ok_or(BadGlob)? {
        '-' | ']' => Err(BadGlob),
        '\\' => rest.next().ok_or(BadGlob),
        c => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        let rows = [
            ("*.jpg", "a.jpg", true),
            ("*.jpg", "a.jpg.txt", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYd", false),
            ("?[a-c]", "xb", true),
            ("?[^a-c]", "xb", false),
            ("\\*", "*", true),
            ("**", "anything", true),
            ("", "", true),
            ("*", "", true),
        ];
        for (pattern, name, expected) in rows {
            assert_eq!(Glob::new(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn open_classes_and_a_last_backslash_are_refused() {
        for pattern in ["[a", "[]", "[-a]", "a\\", "[a-]"] {
            assert_eq!(Glob::new(pattern), Err(BadGlob), "{pattern}");
        }
    }
}
