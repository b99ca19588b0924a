//! One scalar: which style go-yaml chooses for a text, and how it writes it.

use std::borrow::Cow;

use super::super::Mode;
use super::super::scalar::{self as plain, Scalar, float_text};

/// A line longer than this is broken at its next single blank.
const WIDTH: usize = 80;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether long lines are broken, and how far the rest is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    Never,
    At(usize),
}

/// Where the writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In a line.
    Inline,
    /// After the line break of a block scalar.
    NewLine,
}

/// What becomes of the characters that end a line in YAML 1.1 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// They end a line.
    AsGoYaml,
    /// They are escaped.
    Escaped,
}

/// What decides about the style of a text.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Read plain, it would be no string.
    retyped: bool,
    /// Holds a `\n`.
    multi_line: bool,
    /// Holds a line break of any kind.
    has_break: bool,
    /// May stand without quotes, as far as its characters go.
    plain: bool,
    /// May stand in single quotes.
    single: bool,
    /// May stand in a block.
    literal: bool,
}

impl Look {
    /// Whether it holds no line break of any kind.
    pub fn is_one_line(self) -> bool {
        !self.has_break
    }

    /// The style of a value.
    pub fn style(self) -> Style {
        if self.multi_line && self.literal { Style::Literal } else { self.inline_style() }
    }

    /// The style where a block scalar cannot stand.
    pub fn inline_style(self) -> Style {
        match self {
            Look { multi_line: true, .. } | Look { retyped: true, .. } => Style::Double,
            Look { plain: true, .. } => Style::Plain,
            Look { single: true, .. } => Style::Single,
            _ => Style::Double,
        }
    }
}

/// Looks at a text.
pub fn look(text: &str, breaks: Breaks) -> Look {
    let mut has_break = false;
    let mut special = false;
    let mut break_then_blank = false;
    let mut blank_then_break = false;
    let mut indicator = text.starts_with("---") || text.starts_with("...");
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        special |= !is_printable(c) || (breaks == Breaks::Escaped && matches!(c, '\u{2028}' | '\u{2029}'));
        if is_break(c) {
            has_break = true;
            blank_then_break |= before == Some(' ');
        } else if c == ' ' {
            break_then_blank |= before.is_some_and(is_break);
        }
        indicator |= match c {
            ':' => is_end_of_word(chars.peek()),
            '#' => before.is_none_or(|c| matches!(c, ' ' | '\t') || is_break(c)),
            '?' | '-' if before.is_none() => is_end_of_word(chars.peek()),
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                before.is_none()
            }
            _ => false,
        };
        before = Some(c);
    }
    let ends_in_blank = before == Some(' ');
    Look {
        retyped: is_retyped(text),
        multi_line: text.contains('\n'),
        has_break,
        plain: !(has_break || special || indicator || ends_in_blank || text.starts_with(' ')),
        single: !(break_then_blank || blank_then_break || special),
        literal: !(blank_then_break || ends_in_blank || special),
    }
}

/// `:`, `?` and `-` mean something before a blank or at the end.
fn is_end_of_word(next: Option<&char>) -> bool {
    matches!(next, None | Some(' ' | '\t'))
}

/// Whether go-yaml v2 does not write a text plain because a reader could take it for something else than a string.
fn is_retyped(text: &str) -> bool {
    match plain::resolve(text, Mode::V2) {
        // v2 quotes times although it reads them as strings; only v3 tells them apart.
        Scalar::Text => is_sexagesimal(text) || matches!(plain::resolve(text, Mode::V3), Scalar::Time(_)),
        Scalar::Merge => false,
        _ => true,
    }
}

/// A number to the base 60, which YAML 1.1 knows and go-yaml does not, but quotes.
fn is_sexagesimal(text: &str) -> bool {
    let Some((head, rest)) = text.strip_prefix(['-', '+']).unwrap_or(text).split_once(':') else { return false };
    let (places, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let is_digit_or_gap = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    head.starts_with(|c: char| c.is_ascii_digit())
        && head.bytes().all(is_digit_or_gap)
        && fraction.bytes().all(is_digit_or_gap)
        && places.split(':').all(|place| match place.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        })
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character may stand unescaped. Nothing beyond the basic plane may.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}

/// A number as it is printed behind Go's JSON: whole ones of 64 bits in full, others with an exponent from a million on.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    let text = float_text(value);
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return text;
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return text };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => text,
    }
}

/// The text as it arrives behind the JSON that lies between the value and the printer.
///
/// JSON prints U+0085 as it is, YAML reads it there as a line break and folds it.
pub fn through_json(text: &str) -> Cow<'_, str> {
    const NEXT_LINE: char = '\u{85}';
    if !text.contains(NEXT_LINE) {
        return Cow::Borrowed(text);
    }
    let mut lines = text.split(NEXT_LINE).peekable();
    let mut folded = String::with_capacity(text.len());
    let mut empty_lines = 0;
    let mut is_first = true;
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let line = if is_first { line } else { line.trim_start_matches(' ') };
        let line = if is_last { line } else { line.trim_end_matches(' ') };
        if is_first {
            folded.push_str(line);
        } else if line.is_empty() && !is_last {
            empty_lines += 1;
        } else {
            match std::mem::take(&mut empty_lines) {
                0 => folded.push(' '),
                count => folded.extend(std::iter::repeat_n('\n', count)),
            }
            folded.push_str(line);
        }
        is_first = false;
    }
    Cow::Owned(folded)
}

/// Writes a text behind what stands in its line up to `column`.
pub fn write(out: &mut String, text: &str, style: Style, wrap: Wrap, column: usize) -> End {
    let mut line = Line { out, column, wrap };
    match style {
        Style::Plain => line.flow(text, None),
        Style::Single => {
            line.put('\'');
            line.flow(text, Some('\''));
            line.put('\'');
        }
        Style::Double => line.double(text),
        Style::Literal => return line.literal(text),
    }
    End::Inline
}

struct Line<'o> {
    out: &'o mut String,
    column: usize,
    wrap: Wrap,
}

impl Line<'_> {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    /// The blanks before a continuation line.
    fn indent(&mut self) {
        let Wrap::At(indent) = self.wrap else { return };
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// Breaks a line that is long enough instead of writing a blank between two characters; says whether it did.
    fn fold(&mut self, before: Option<char>) -> bool {
        let breaks = self.wrap != Wrap::Never && self.column > WIDTH && before.is_some_and(|c| c != ' ');
        if breaks {
            self.out.push('\n');
            self.indent();
        }
        breaks
    }

    /// A plain text, or the inside of a quoted one, where each `quote` is doubled.
    fn flow(&mut self, text: &str, quote: Option<char>) {
        let mut before = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if before.is_some_and(is_break) && !is_break(c) {
                self.indent();
            }
            let folds = c == ' ' && chars.peek().is_some_and(|next| *next != ' ') && self.fold(before);
            if !folds {
                self.put(c);
            }
            if quote == Some(c) {
                self.put(c);
            }
            if is_break(c) {
                self.column = 0;
            }
            before = Some(c);
        }
    }

    /// A text in double quotes. One that starts with a byte order mark is escaped throughout.
    fn double(&mut self, text: &str) {
        let escape_all = text.starts_with('\u{feff}');
        let mut before = None;
        let mut chars = text.chars().peekable();
        self.put('"');
        while let Some(c) = chars.next() {
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
            } else if let (' ', Some(next)) = (c, chars.peek())
                && self.fold(before)
            {
                // A blank at the start of a continuation line would be lost.
                if *next == ' ' {
                    self.put('\\');
                }
            } else {
                self.put(c);
            }
            before = Some(c);
        }
        self.put('"');
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => return self.escape_code(u32::from(c)),
        };
        self.put('\\');
        self.put(short);
    }

    fn escape_code(&mut self, code: u32) {
        let text = match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.out.push_str(&text);
        self.column += text.len();
    }

    /// A block that keeps each line as it is.
    fn literal(&mut self, text: &str) -> End {
        self.out.push('|');
        // Without it the reader would take the blanks for indentation.
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.out.push('2');
        }
        let mut last = text.chars().rev().map(is_break);
        match (last.next(), last.next()) {
            (Some(true), Some(false)) => {}
            (Some(true), _) => self.out.push('+'),
            _ => self.out.push('-'),
        }
        self.out.push('\n');
        for line in text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.indent();
            }
            self.out.push_str(line);
        }
        if text.ends_with(is_break) { End::NewLine } else { End::Inline }
    }
}
