//! The globs of the trim operators: upstream's variant of Go's `path.Match`, in which a star also matches slashes.
//!
//! Quirks that show: names are tried byte by byte, so `?` matches the first byte of a cut character; a malformed part
//! of a pattern is only noticed where matching gets there, and then nothing is trimmed.

use super::parse::Reach;

/// A pattern, ready to match.
pub(super) struct Pattern {
    runs: Vec<Run>,
}

/// Elements that must match one after the other, at a fixed place or, after a star, anywhere ahead.
struct Run {
    star: bool,
    elements: Vec<Element>,
}

enum Element {
    /// `?`
    Any,
    /// One byte of a literal character.
    Byte(u8),
    /// `[a-z]`, `[^a-z]`
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// Something no name can be matched against.
    Malformed,
}

/// Why a match ended without an answer.
enum Stop<E> {
    Malformed,
    Spent(E),
}

impl Pattern {
    /// Reads a pattern; every sequence of bytes is one, though parts of it may be malformed.
    pub(super) fn new(mut pattern: &[u8]) -> Self {
        let mut runs = Vec::new();
        while let Some(&first) = pattern.first() {
            let star = first == b'*';
            while let Some(rest) = pattern.strip_prefix(b"*") {
                pattern = rest;
            }
            let (run, rest) = pattern.split_at_checked(run_length(pattern)).unwrap_or((pattern, &[]));
            let elements = elements(run);
            runs.push(Run { star, elements });
            pattern = rest;
        }
        Self { runs }
    }

    /// How many bytes at the start of a value the pattern matches: 0 where there is nothing to trim. `step` is called
    /// for each element tried and stops the search by failing.
    pub(super) fn prefix<E>(
        &self,
        value: &[u8],
        reach: Reach,
        step: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut shortest = 0;
        // From the longest on in both cases: a malformed pattern may show at a long prefix only, and then voids all.
        for length in (1..=value.len()).rev() {
            match self.matches(value.get(..length).unwrap_or_default(), step) {
                Ok(false) => {}
                Ok(true) if reach == Reach::Longest => return Ok(length),
                Ok(true) => shortest = length,
                Err(Stop::Malformed) => return Ok(0),
                Err(Stop::Spent(error)) => return Err(error),
            }
        }
        Ok(shortest)
    }

    /// Whether the pattern matches all of the name.
    fn matches<E>(&self, mut name: &[u8], step: &mut dyn FnMut() -> Result<(), E>) -> Result<bool, Stop<E>> {
        let mut runs = self.runs.iter().peekable();
        while let Some(run) = runs.next() {
            if run.star && run.elements.is_empty() {
                return Ok(true);
            }
            let last = runs.peek().is_none();
            let mut ahead = name;
            name = loop {
                step().map_err(Stop::Spent)?;
                match run.at_start(ahead, step)? {
                    Some(rest) if rest.is_empty() || !last => break rest,
                    _ => {}
                }
                match ahead.split_first() {
                    Some((_, rest)) if run.star => ahead = rest,
                    _ => return Ok(false),
                }
            };
        }
        Ok(name.is_empty())
    }
}

impl Run {
    /// What is left of the name after the run matched at its start.
    fn at_start<'n, E>(
        &self,
        mut name: &'n [u8],
        step: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Option<&'n [u8]>, Stop<E>> {
        for element in &self.elements {
            let Some((&byte, after_byte)) = name.split_first() else {
                return Ok(None);
            };
            step().map_err(Stop::Spent)?;
            let (fits, rest) = match element {
                Element::Byte(wanted) => (*wanted == byte, after_byte),
                Element::Any => (true, first_char(name).1),
                Element::Class { negated, ranges } => {
                    let (c, rest) = first_char(name);
                    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                    let listed = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                    (listed != *negated, rest)
                }
                Element::Malformed => return Err(Stop::Malformed),
            };
            if !fits {
                return Ok(None);
            }
            name = rest;
        }
        Ok(Some(name))
    }
}

/// Turns a text round character by character; each byte that is no part of a character becomes U+FFFD.
pub(super) fn reversed(text: &[u8]) -> Vec<u8> {
    let mut characters = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        characters.extend(chunk.valid().chars());
        characters.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    characters.iter().rev().collect::<String>().into_bytes()
}

/// The length of a run: up to the next star outside brackets.
fn run_length(pattern: &[u8]) -> usize {
    let mut in_brackets = false;
    let mut escaped = false;
    for (at, byte) in pattern.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b'*' if !in_brackets => return at,
            _ => {}
        }
    }
    pattern.len()
}

fn elements(mut run: &[u8]) -> Vec<Element> {
    let mut elements = Vec::new();
    while let Some((&byte, rest)) = run.split_first() {
        let (element, rest) = match byte {
            b'?' => (Element::Any, rest),
            b'[' => match class(rest) {
                Some(found) => found,
                None => (Element::Malformed, [].as_slice()),
            },
            b'\\' => match rest.split_first() {
                Some((&literal, rest)) => (Element::Byte(literal), rest),
                None => (Element::Malformed, rest),
            },
            _ => (Element::Byte(byte), rest),
        };
        elements.push(element);
        run = rest;
    }
    elements
}

/// A class and what follows it, from after its opening bracket; `None` where it is malformed.
fn class(text: &[u8]) -> Option<(Element, &[u8])> {
    let (negated, mut text) = match text.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut ranges = Vec::new();
    loop {
        if let Some(rest) = text.strip_prefix(b"]").filter(|_| !ranges.is_empty()) {
            return Some((Element::Class { negated, ranges }, rest));
        }
        let (low, rest) = member(text)?;
        let (high, rest) = match rest.strip_prefix(b"-") {
            Some(rest) => member(rest)?,
            None => (low, rest),
        };
        ranges.push((low, high));
        text = rest;
    }
}

/// A character of a class and what follows it, which is never nothing.
fn member(text: &[u8]) -> Option<(char, &[u8])> {
    let text = match text.first()? {
        b'-' | b']' => return None,
        b'\\' => text.get(1..)?,
        _ => text,
    };
    let (c, rest) = first_char(text);
    c.filter(|_| !rest.is_empty()).map(|c| (c, rest))
}

/// The first character of a text, or `None` for a byte that is no part of one, and what follows it.
fn first_char(text: &[u8]) -> (Option<char>, &[u8]) {
    let head = text.get(..4).unwrap_or(text);
    let c = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let width = c.map_or(1, char::len_utf8);
    (c, text.get(width..).unwrap_or_default())
}
