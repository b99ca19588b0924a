//! Text to literal parts and expressions, with the quirks of the upstream scanner.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{NESTING_LIMIT, Operator, Outcome, SubstitutionError, Use};

/// A text that was parsed to its end, or to its first NUL.
pub(super) struct Parsed<'a> {
    /// The parts of the text, without gaps.
    pub(super) parts: Vec<Part<'a>>,
    /// All expressions; their outcome is `Blank` until they are evaluated.
    pub(super) uses: Vec<Use>,
}

/// A part of the text at top level, with its place in the input.
pub(super) enum Part<'a> {
    Copied(Range<usize>),
    Escaped(Range<usize>),
    Expression(Box<Expression<'a>>),
}

/// `${…}`
pub(super) struct Expression<'a> {
    pub(super) use_index: usize,
    pub(super) name: &'a str,
    pub(super) range: Range<usize>,
    pub(super) function: Function,
    /// As many as the function takes; for a default its text in pieces.
    pub(super) arguments: Vec<Argument<'a>>,
}

/// An argument, or a piece of a default.
pub(super) enum Argument<'a> {
    /// Literal text, escapes removed.
    Text(Cow<'a, str>),
    Nested(Expression<'a>),
}

/// What is done with the value of the variable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Plain,
    Default,
    Length,
    UpperFirst,
    UpperAll,
    LowerFirst,
    LowerAll,
    /// `${v,^}` and `${v^,}` parse, and do nothing.
    Unchanged,
    Substring,
    Replace(Place),
    Trim(Side, Reach),
}

/// What a replacement replaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    First,
    All,
    Prefix,
    Suffix,
}

/// The end that is trimmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Prefix,
    Suffix,
}

/// How much is trimmed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Shortest,
    Longest,
}

/// Whether an argument knows `$$`, `\/` and `\\`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Kept,
    Removed,
}

/// Parses the whole text.
pub(super) fn parse(input: &str) -> Result<Parsed<'_>, SubstitutionError> {
    Parser { input, end: input.find('\0').unwrap_or(input.len()), position: 0, uses: Vec::new() }.text()
}

struct Parser<'a> {
    input: &'a str,
    /// The first NUL, which nothing goes beyond.
    end: usize,
    position: usize,
    uses: Vec<Use>,
}

/// The expression being parsed.
struct Open<'a> {
    start: usize,
    use_index: usize,
    name: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn text(mut self) -> Result<Parsed<'a>, SubstitutionError> {
        let mut parts = Vec::new();
        while self.position < self.end {
            let start = self.position;
            parts.push(match (self.peek(), self.peek_after()) {
                (Some(b'$'), Some(b'{')) => Part::Expression(Box::new(self.expression(None, 1)?)),
                (Some(b'$'), Some(b'$')) => {
                    self.position += 2;
                    Part::Escaped(start..self.position)
                }
                _ => {
                    self.skip_literal();
                    Part::Copied(start..self.position)
                }
            });
        }
        Ok(Parsed { parts, uses: self.uses })
    }

    /// Goes to the next `${` or `$$`, or to the end.
    fn skip_literal(&mut self) {
        loop {
            let rest = self.input.get(self.position..self.end);
            let Some(offset) = rest.and_then(|rest| rest.find('$')) else {
                self.position = self.end;
                return;
            };
            self.position += offset;
            if matches!(self.peek_after(), Some(b'{' | b'$')) {
                return;
            }
            self.position += 1;
        }
    }

    /// Parses an expression; `${` is ahead.
    fn expression(&mut self, nested_in: Option<usize>, depth: usize) -> Result<Expression<'a>, SubstitutionError> {
        let start = self.position;
        self.position += 2;
        if depth > NESTING_LIMIT {
            let range = start..self.position;
            return Err(SubstitutionError::TooDeep { range });
        }
        let counts = self.take(b'#');
        let name = self.name();
        if name.is_empty() {
            let range = self.faulty(start);
            return Err(if counts {
                SubstitutionError::BadSubstitution { range }
            } else {
                SubstitutionError::UnparsableName { range }
            });
        }
        let open = Open { start, use_index: self.uses.len(), name, depth };
        self.uses.push(Use {
            name: name.to_owned(),
            expression: start..start,
            operator: Operator::Plain,
            outcome: Outcome::Blank,
            nested_in,
            hazard: None,
        });
        if counts {
            return self.closed(&open, Operator::Length, Function::Length, Vec::new());
        }
        match self.peek() {
            Some(b':') => match self.peek_after() {
                Some(b'=' | b'-') => self.default(&open, 2, Operator::Default),
                Some(b'+' | b'?') => self.default(&open, 2, Operator::MisusedDefault),
                // NOTE: upstream loses its place here at the end of the text and before a character of several bytes.
                None | Some(0x80..) => Err(self.bad(&open)),
                Some(_) => self.substring(&open),
            },
            Some(b'=') => self.default(&open, 1, Operator::Default),
            Some(b',' | b'^') => self.case(&open),
            Some(b'/') => self.replace(&open),
            Some(b'#') => self.trim(&open, b'#', Side::Prefix),
            Some(b'%') => self.trim(&open, b'%', Side::Suffix),
            Some(b'}') => self.closed(&open, Operator::Plain, Function::Plain, Vec::new()),
            _ => {
                let range = self.faulty(start);
                Err(SubstitutionError::MissingClosingBrace { range })
            }
        }
    }

    /// Takes the letters, digits and underscores ahead.
    fn name(&mut self) -> &'a str {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let length = rest.find(|c| !belongs_to_name(c)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// `=d`, `:=d` and the like; `d` may mix text and expressions.
    fn default(
        &mut self,
        open: &Open<'a>,
        width: usize,
        operator: Operator,
    ) -> Result<Expression<'a>, SubstitutionError> {
        self.position += width;
        let mut arguments = Vec::new();
        while self.peek() != Some(b'}') {
            arguments.push(self.argument(open, Escapes::Kept, |byte| byte == b'}')?);
        }
        self.closed(open, operator, Function::Default, arguments)
    }

    /// `:n` and `:n:len`
    fn substring(&mut self, open: &Open<'a>) -> Result<Expression<'a>, SubstitutionError> {
        self.position += 1;
        let mut arguments = vec![self.argument(open, Escapes::Kept, |byte| matches!(byte, b':' | b'}'))?];
        if self.take_all(b':') {
            arguments.push(self.argument(open, Escapes::Kept, |byte| byte == b'}')?);
        }
        self.closed(open, Operator::Substring, Function::Substring, arguments)
    }

    /// `#p`, `##p`, `%p` and `%%p`
    fn trim(&mut self, open: &Open<'a>, sign: u8, side: Side) -> Result<Expression<'a>, SubstitutionError> {
        self.position += 1;
        let reach = if self.take(sign) { Reach::Longest } else { Reach::Shortest };
        let pattern = self.argument(open, Escapes::Kept, |byte| byte == b'}')?;
        self.closed(open, Operator::Trim, Function::Trim(side, reach), vec![pattern])
    }

    /// `/a/b`, `//a/b`, `/#a/b` and `/%a/b`
    fn replace(&mut self, open: &Open<'a>) -> Result<Expression<'a>, SubstitutionError> {
        self.position += 1;
        let place = match self.peek() {
            Some(b'/') => Place::All,
            Some(b'#') => Place::Prefix,
            Some(b'%') => Place::Suffix,
            _ => Place::First,
        };
        if place != Place::First {
            self.position += 1;
        }
        // NOTE: a brace does not end the pattern: `${v/a}` runs on to the next slash.
        let mut arguments = vec![self.argument(open, Escapes::Removed, |byte| byte == b'/')?];
        if !self.take_all(b'/') {
            return Err(self.bad(open));
        }
        if self.peek() != Some(b'}') {
            arguments.push(self.argument(open, Escapes::Removed, |byte| byte == b'}')?);
        }
        self.closed(open, Operator::Replace, Function::Replace(place), arguments)
    }

    /// `^`, `^^`, `,` and `,,`
    fn case(&mut self, open: &Open<'a>) -> Result<Expression<'a>, SubstitutionError> {
        let first = self.peek();
        let second = self.peek_after().filter(|byte| matches!(byte, b',' | b'^'));
        self.position += if second.is_some() { 2 } else { 1 };
        let function = match (first, second) {
            (Some(b'^'), None) => Function::UpperFirst,
            (Some(b'^'), Some(b'^')) => Function::UpperAll,
            (Some(b','), None) => Function::LowerFirst,
            (Some(b','), Some(b',')) => Function::LowerAll,
            _ => Function::Unchanged,
        };
        self.closed(open, Operator::Case, function, Vec::new())
    }

    /// Takes an expression, or text up to a byte that ends it, the next expression, a NUL or the end; text is not
    /// empty.
    fn argument(
        &mut self,
        open: &Open<'a>,
        escapes: Escapes,
        ends: impl Fn(u8) -> bool,
    ) -> Result<Argument<'a>, SubstitutionError> {
        if self.expression_ahead() {
            return self.expression(Some(open.use_index), open.depth + 1).map(Argument::Nested);
        }
        let start = self.position;
        let mut run = start;
        let mut text = Cow::Borrowed("");
        while let Some(byte) = self.peek().filter(|_| self.position < self.end) {
            if self.expression_ahead() {
                break;
            }
            if escapes == Escapes::Removed && self.escape_ahead() {
                text += self.input.get(run..self.position).unwrap_or_default();
                run = self.position + 1;
                self.position += 2;
            } else if ends(byte) {
                break;
            } else {
                self.position += 1;
            }
        }
        if self.position == start {
            let range = self.faulty(open.start);
            return Err(SubstitutionError::UnparsableArgument { range });
        }
        text += self.input.get(run..self.position).unwrap_or_default();
        Ok(Argument::Text(text))
    }

    /// Takes the closing brace.
    fn closed(
        &mut self,
        open: &Open<'a>,
        operator: Operator,
        function: Function,
        arguments: Vec<Argument<'a>>,
    ) -> Result<Expression<'a>, SubstitutionError> {
        if !self.take(b'}') {
            return Err(self.bad(open));
        }
        let range = open.start..self.position;
        if let Some(entry) = self.uses.get_mut(open.use_index) {
            entry.operator = operator;
            entry.expression = range.clone();
        }
        Ok(Expression { use_index: open.use_index, name: open.name, range, function, arguments })
    }

    fn peek(&self) -> Option<u8> {
        self.input.as_bytes().get(self.position).copied()
    }

    /// The byte after the next one.
    fn peek_after(&self) -> Option<u8> {
        self.input.as_bytes().get(self.position + 1).copied()
    }

    fn expression_ahead(&self) -> bool {
        self.peek() == Some(b'$') && self.peek_after() == Some(b'{')
    }

    fn escape_ahead(&self) -> bool {
        matches!((self.peek(), self.peek_after()), (Some(b'$'), Some(b'$')) | (Some(b'\\'), Some(b'/' | b'\\')))
    }

    /// Takes one such byte, if it is next.
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    /// Takes all such bytes; upstream accepts `${v/a///b}` as a single delimiter.
    fn take_all(&mut self, wanted: u8) -> bool {
        let found = self.take(wanted);
        while self.take(wanted) {}
        found
    }

    fn bad(&self, open: &Open<'_>) -> SubstitutionError {
        let range = self.faulty(open.start);
        SubstitutionError::BadSubstitution { range }
    }

    /// From the start of an expression over the character that does not fit.
    fn faulty(&self, start: usize) -> Range<usize> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let width = rest.chars().next().map_or(0, char::len_utf8);
        start..self.position + width
    }
}

/// The letters and decimal digits of Unicode beyond ASCII. The standard library's notion is wider: it adds numbers such
/// as `Ⅷ` and the vowel signs of many scripts, at which upstream ends a name.
static LETTER_OR_DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]$").ok());

fn belongs_to_name(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    match LETTER_OR_DIGIT.as_ref() {
        Some(pattern) => pattern.is_match(c.encode_utf8(&mut [0; 4])),
        None => c.is_alphanumeric(),
    }
}
