//! Parts and values to the result, with the place of each part.

use std::borrow::Cow;
use std::ops::Range;

use super::glob::{self, Pattern};
use super::parse::{Argument, Expression, Function, Parsed, Part, Place, Reach, Side};
use super::{
    EXPANSION_LIMIT, Hazard, Mode, Outcome, STEP_LIMIT, Segment, SegmentKind, Substituted, SubstitutionError,
    UNKNOWN_MARK, Use, Variable,
};

/// What an expression or argument comes to; `None` where it depends on an unknown variable. Bytes, because upstream
/// cuts characters.
type Value<'r> = Option<Cow<'r, [u8]>>;

/// Evaluates all parts of a text.
pub(super) fn evaluate<'v>(
    input: &str,
    parsed: Parsed<'_>,
    lookup: &dyn Fn(&str) -> Variable<'v>,
    mode: Mode,
) -> Result<Substituted, SubstitutionError> {
    let mut evaluation =
        Evaluation { lookup, mode, uses: parsed.uses, budget: Budget { bytes: EXPANSION_LIMIT, steps: STEP_LIMIT } };
    let mut text = String::with_capacity(input.len());
    let mut segments = Vec::with_capacity(parsed.parts.len());
    // What is wrong with the result only counts once nothing went wrong on the way, as upstream.
    let mut flaw = None;
    for part in &parsed.parts {
        let start = text.len();
        let (range, kind) = match part {
            Part::Copied(range) => {
                text.push_str(input.get(range.clone()).unwrap_or_default());
                (range, SegmentKind::Copied)
            }
            Part::Escaped(range) => {
                text.push('$');
                (range, SegmentKind::Escaped)
            }
            Part::Expression(expression) => {
                match evaluation.value(expression)? {
                    None => text.push(UNKNOWN_MARK),
                    Some(bytes) => {
                        evaluation.budget.produce(bytes.len(), &expression.range)?;
                        match result(expression, &bytes) {
                            Ok(result) => text.push_str(result),
                            Err(error) => flaw = flaw.or(Some(error)),
                        }
                    }
                }
                let use_index = expression.use_index;
                (&expression.range, SegmentKind::Expanded { use_index })
            }
        };
        segments.push(Segment { output: start..text.len(), input: range.clone(), kind });
    }
    match flaw.or_else(|| mark_in(input)) {
        Some(error) => Err(error),
        None => Ok(Substituted { text, segments, uses: evaluation.uses }),
    }
}

/// A known result as text, if it can be told from an unknown one.
fn result<'b>(expression: &Expression<'_>, bytes: &'b [u8]) -> Result<&'b str, SubstitutionError> {
    let name = || expression.name.to_owned();
    let range = || expression.range.clone();
    match str::from_utf8(bytes) {
        Ok(text) if text.contains(UNKNOWN_MARK) => Err(SubstitutionError::MarkInValue { name: name(), range: range() }),
        Ok(text) => Ok(text),
        Err(_) => Err(SubstitutionError::SplitsCharacter { name: name(), range: range() }),
    }
}

fn mark_in(input: &str) -> Option<SubstitutionError> {
    let start = input.find(UNKNOWN_MARK)?;
    let range = start..start + UNKNOWN_MARK.len_utf8();
    Some(SubstitutionError::MarkInInput { range })
}

struct Evaluation<'l, 'v> {
    lookup: &'l dyn Fn(&str) -> Variable<'v>,
    mode: Mode,
    uses: Vec<Use>,
    budget: Budget,
}

/// What the expressions of a text may still spend.
struct Budget {
    bytes: usize,
    steps: usize,
}

impl Budget {
    fn produce(&mut self, bytes: usize, range: &Range<usize>) -> Result<(), SubstitutionError> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(SubstitutionError::TooLong { range: range.clone() }),
        }
    }

    fn step(&mut self, steps: usize, range: &Range<usize>) -> Result<(), SubstitutionError> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(SubstitutionError::TooCostly { range: range.clone() }),
        }
    }
}

impl<'v> Evaluation<'_, 'v> {
    /// Evaluates an expression and notes the outcome.
    fn value<'r>(&mut self, expression: &'r Expression<'_>) -> Result<Value<'r>, SubstitutionError>
    where
        'v: 'r,
    {
        let arguments =
            expression.arguments.iter().map(|argument| self.argument(argument)).collect::<Result<Vec<_>, _>>()?;
        let arguments: Option<Vec<_>> = arguments.into_iter().collect();
        let variable = (self.lookup)(expression.name);
        let (value, outcome) = if expression.function == Function::Default {
            self.or_default(expression, variable, arguments)?
        } else {
            self.transformed(expression, variable, arguments)?
        };
        if let Some(entry) = self.uses.get_mut(expression.use_index) {
            entry.outcome = outcome;
        }
        Ok(value)
    }

    fn argument<'r>(&mut self, argument: &'r Argument<'_>) -> Result<Value<'r>, SubstitutionError>
    where
        'v: 'r,
    {
        match argument {
            Argument::Text(text) => Ok(Some(Cow::Borrowed(text.as_bytes()))),
            Argument::Nested(expression) => self.value(expression),
        }
    }

    /// The value, or the default where it is empty; `pieces` is `None` where the default is unknown.
    fn or_default<'r>(
        &mut self,
        expression: &Expression<'_>,
        variable: Variable<'v>,
        pieces: Option<Vec<Cow<'r, [u8]>>>,
    ) -> Result<(Value<'r>, Outcome), SubstitutionError>
    where
        'v: 'r,
    {
        match variable {
            Variable::Unknown => return Ok((None, Outcome::Unknown)),
            Variable::Known(value) if !value.is_empty() => {
                return Ok((Some(Cow::Borrowed(value.as_bytes())), Outcome::Known));
            }
            Variable::Known(_) | Variable::Unset => {}
        }
        let Some(mut pieces) = pieces else {
            return Ok((None, Outcome::Unknown));
        };
        let joined = if pieces.len() > 1 {
            let size = pieces.iter().fold(0_usize, |sum, piece| sum.saturating_add(piece.len()));
            self.budget.produce(size, &expression.range)?;
            Cow::Owned(pieces.concat())
        } else {
            pieces.pop().unwrap_or_default()
        };
        Ok((Some(joined), Outcome::Defaulted))
    }

    /// The value after an operator without a default; `arguments` is `None` where one of them is unknown.
    fn transformed<'r>(
        &mut self,
        expression: &Expression<'_>,
        variable: Variable<'v>,
        arguments: Option<Vec<Cow<'r, [u8]>>>,
    ) -> Result<(Value<'r>, Outcome), SubstitutionError>
    where
        'v: 'r,
    {
        let (value, outcome) = match variable {
            Variable::Known(value) => (value, Outcome::Known),
            Variable::Unknown => return Ok((None, Outcome::Unknown)),
            Variable::Unset if self.mode == Mode::Lax => ("", Outcome::Blank),
            Variable::Unset => {
                return Err(SubstitutionError::UnsetVariable {
                    name: expression.name.to_owned(),
                    range: expression.range.clone(),
                });
            }
        };
        let Some(arguments) = arguments else {
            return Ok((None, Outcome::Unknown));
        };
        let value = self.apply(expression, value, &arguments)?;
        if let Cow::Owned(bytes) = &value {
            self.budget.produce(bytes.len(), &expression.range)?;
        }
        Ok((Some(value), outcome))
    }

    fn apply<'r>(
        &mut self,
        expression: &Expression<'_>,
        value: &'r str,
        arguments: &[Cow<'_, [u8]>],
    ) -> Result<Cow<'r, [u8]>, SubstitutionError> {
        let unchanged = Cow::Borrowed(value.as_bytes());
        match (expression.function, arguments) {
            (Function::Length, _) => return Ok(Cow::Owned(value.len().to_string().into_bytes())),
            (Function::Plain | Function::Unchanged, _) => return Ok(unchanged),
            (Function::Substring, [offset]) => {
                return self.substring(expression, value, offset, None);
            }
            (Function::Substring, [offset, length]) => {
                return self.substring(expression, value, offset, Some(length));
            }
            _ => {}
        }
        // The rest reads the whole value.
        self.budget.step(value.len(), &expression.range)?;
        match (expression.function, arguments) {
            (Function::UpperFirst, _) => Ok(first_mapped(value, upper)),
            (Function::LowerFirst, _) => Ok(first_mapped(value, lower)),
            (Function::UpperAll, _) => Ok(mapped(value, upper)),
            (Function::LowerAll, _) => Ok(mapped(value, lower)),
            (Function::Replace(place), [pattern]) => self.replaced(expression, place, value, pattern, None),
            (Function::Replace(place), [pattern, with]) => self.replaced(expression, place, value, pattern, Some(with)),
            (Function::Trim(side, reach), [pattern]) => self.trimmed(expression, side, reach, value, pattern),
            _ => Ok(unchanged),
        }
    }

    /// A slice of the value; an argument that is no integer leaves the value as it is.
    fn substring<'r>(
        &mut self,
        expression: &Expression<'_>,
        value: &'r str,
        offset: &[u8],
        length: Option<&Cow<'_, [u8]>>,
    ) -> Result<Cow<'r, [u8]>, SubstitutionError> {
        let whole = value.as_bytes();
        let Some(offset) = integer(offset) else {
            return Ok(Cow::Borrowed(whole));
        };
        let size = i64::try_from(whole.len()).unwrap_or(i64::MAX);
        let start = if offset < 0 { (size + offset).max(0) } else { offset };
        let end = match length.map(|length| integer(length.as_ref())) {
            None => size,
            Some(None) => return Ok(Cow::Borrowed(whole)),
            Some(Some(length)) if length < 0 => {
                if start + length < size {
                    self.note(expression, Hazard::NegativeLength);
                }
                size + length
            }
            Some(Some(length)) => start
                .checked_add(length)
                .ok_or_else(|| SubstitutionError::SubstringPanics {
                    name: expression.name.to_owned(),
                    range: expression.range.clone(),
                })?
                .min(size),
        };
        let slice = match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) => whole.get(start..end).unwrap_or_default(),
            _ => &[],
        };
        Ok(Cow::Borrowed(slice))
    }

    /// The value with a literal replaced, by nothing if there is no replacement.
    fn replaced<'r>(
        &mut self,
        expression: &Expression<'_>,
        place: Place,
        value: &'r str,
        pattern: &[u8],
        with: Option<&Cow<'_, [u8]>>,
    ) -> Result<Cow<'r, [u8]>, SubstitutionError> {
        let whole = value.as_bytes();
        let found = match (place, with) {
            // NOTE: `${v/#a/}` and `${v/%a/}` remove nothing upstream.
            (Place::Prefix | Place::Suffix, None) => Vec::new(),
            (Place::Prefix, Some(_)) => Vec::from_iter(whole.starts_with(pattern).then_some(0)),
            (Place::Suffix, Some(_)) => Vec::from_iter(whole.strip_suffix(pattern).map(<[u8]>::len)),
            (Place::First, _) => self.occurrences(expression, value, pattern, 1)?,
            (Place::All, _) => self.occurrences(expression, value, pattern, usize::MAX)?,
        };
        if found.is_empty() {
            return Ok(Cow::Borrowed(whole));
        }
        let with = with.map(AsRef::as_ref).unwrap_or_default();
        let grown = found.len().saturating_mul(with.len());
        if grown > self.budget.bytes {
            let range = expression.range.clone();
            return Err(SubstitutionError::TooLong { range });
        }
        let mut output = Vec::with_capacity(whole.len().saturating_add(grown));
        let mut done = 0;
        for at in found {
            output.extend_from_slice(whole.get(done..at).unwrap_or_default());
            output.extend_from_slice(with);
            done = at + pattern.len();
        }
        output.extend_from_slice(whole.get(done..).unwrap_or_default());
        Ok(Cow::Owned(output))
    }

    /// Where a literal occurs, without overlap; an empty one before each character and at the end.
    fn occurrences(
        &mut self,
        expression: &Expression<'_>,
        value: &str,
        pattern: &[u8],
        limit: usize,
    ) -> Result<Vec<usize>, SubstitutionError> {
        if let Ok(pattern) = str::from_utf8(pattern) {
            let starts = value.match_indices(pattern).map(|(at, _)| at);
            return Ok(starts.take(limit).collect());
        }
        let value = value.as_bytes();
        let cost = value.len().saturating_mul(pattern.len());
        self.budget.step(cost, &expression.range)?;
        let mut found = Vec::new();
        let mut from = 0;
        while found.len() < limit {
            let mut windows = value.get(from..).unwrap_or_default().windows(pattern.len().max(1));
            let Some(at) = windows.position(|window| window == pattern) else {
                break;
            };
            found.push(from + at);
            from += at + pattern.len();
        }
        Ok(found)
    }

    /// The value without what the pattern matches. The end is trimmed by turning value and pattern round, character by
    /// character, which also turns classes and escapes of the pattern round.
    fn trimmed<'r>(
        &mut self,
        expression: &Expression<'_>,
        side: Side,
        reach: Reach,
        value: &'r str,
        pattern: &[u8],
    ) -> Result<Cow<'r, [u8]>, SubstitutionError> {
        let (value, pattern) = match side {
            Side::Prefix => (Cow::Borrowed(value.as_bytes()), Pattern::new(pattern)),
            Side::Suffix => (Cow::Owned(glob::reversed(value.as_bytes())), Pattern::new(&glob::reversed(pattern))),
        };
        let range = &expression.range;
        let length = pattern.prefix(&value, reach, &mut || self.budget.step(1, range))?;
        Ok(match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.get(length..).unwrap_or_default()),
            Cow::Owned(value) => Cow::Owned(glob::reversed(value.get(length..).unwrap_or_default())),
        })
    }

    fn note(&mut self, expression: &Expression<'_>, hazard: Hazard) {
        if let Some(entry) = self.uses.get_mut(expression.use_index) {
            entry.hazard = Some(hazard);
        }
    }
}

/// A decimal integer as Go's `Atoi` reads it on 64-bit systems.
fn integer(text: &[u8]) -> Option<i64> {
    str::from_utf8(text).ok()?.parse().ok()
}

fn mapped(value: &str, map: fn(char) -> char) -> Cow<'_, [u8]> {
    Cow::Owned(value.chars().map(map).collect::<String>().into_bytes())
}

fn first_mapped(value: &str, map: fn(char) -> char) -> Cow<'_, [u8]> {
    let mut rest = value.chars();
    let Some(first) = rest.next() else {
        return Cow::Borrowed(&[]);
    };
    let mut output = String::with_capacity(value.len());
    output.push(map(first));
    output.push_str(rest.as_str());
    Cow::Owned(output.into_bytes())
}

/// The simple upper case of Unicode: one character for one. The standard library has the full one, which differs where
/// it gives several characters.
fn upper(c: char) -> char {
    let mut full = c.to_uppercase();
    let (Some(only), None) = (full.next(), full.next()) else {
        let step = match c {
            '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
            '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
            _ => 0,
        };
        return char::from_u32(u32::from(c) + step).unwrap_or(c);
    };
    only
}

/// The simple lower case of Unicode; see [`upper`].
fn lower(c: char) -> char {
    let mut full = c.to_lowercase();
    match (full.next(), full.next()) {
        (Some(only), None) => only,
        _ if c == 'İ' => 'i',
        _ => c,
    }
}
