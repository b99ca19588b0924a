//! Variable substitution as `fluxcd/pkg/envsubst` does it, with the place of every part of the result.
//!
//! A text goes through three steps: it is parsed as a whole (an error anywhere in it wins over every later step), its
//! expressions are evaluated from left to right, arguments before the variable they belong to, and the parts are
//! joined. The behaviour was compared with the Go module at v1.9.0. Two things changed between its releases v1.4.0 and
//! v1.7.1:
//!
//! - a negative length (`${v:1:-1}`) crashed; now it counts from the end. See [`Hazard::NegativeLength`].
//! - strict mode refused the plain `${v}` only; now it refuses every operator without a default.
//!
//! Go works on bytes, so an operator can cut a character in two (`${v:0:1}` with `é`). Inside nested expressions this
//! is carried on byte for byte; where the result of an expression at top level is not UTF-8, it is
//! [`SubstitutionError::SplitsCharacter`], because Flux then fails to read the text as YAML.
//!
//! A NUL character ends the text, as it does upstream: what follows is dropped. YAML that was emitted never holds one.

mod eval;
mod glob;
mod parse;
#[cfg(test)]
mod tests;

use std::ops::Range;

/// Stands in the output where the value of an expression is not known, once for each such expression at top level.
///
/// It is a private-use character of the basic plane: YAML may hold it, and the go-yaml v2 emitter prints it as it is,
/// never as an escape sequence. Where it already stands in the input or in the result of a known expression,
/// [`substitute`] fails with [`SubstitutionError::MarkInInput`] or [`SubstitutionError::MarkInValue`], so that one
/// found in the output is always an unknown value. An escape sequence for it in the input is plain text here; who feeds
/// in text that no emitter wrote tells by [`Substituted::segments`] what a decoded mark came from.
pub const UNKNOWN_MARK: char = '\u{F3FE}';

/// How deep expressions may stand inside each other; upstream has no such limit.
pub const NESTING_LIMIT: usize = 100;

/// How many bytes the expressions of one text may produce together, intermediate results included.
pub const EXPANSION_LIMIT: usize = 64 << 20;

/// How many elementary steps the operators of one text may take together (a byte read, a pattern element tried).
pub const STEP_LIMIT: usize = 64 << 20;

/// What is known about a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'v> {
    /// It is set to this value.
    Known(&'v str),
    /// It is set, but its value cannot be read (encrypted, made at run time).
    Unknown,
    /// It is not set.
    Unset,
}

/// What an unset variable means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An error, unless the operator brings a default.
    Strict,
    /// The empty string.
    Lax,
}

/// The text after substitution, with the origin of each part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substituted {
    /// The result.
    pub text: String,
    /// The parts of `text`, in order; together they cover it exactly.
    pub segments: Vec<Segment>,
    /// Every expression of the input, in the order of their starts; an expression stands before those nested in it.
    pub uses: Vec<Use>,
}

impl Substituted {
    /// Every use that strict mode would refuse, in order: a variable that is unset, with an operator that brings no
    /// default. This includes uses nested in a default that is not needed, since arguments are evaluated first.
    pub fn undefined<'v>(&self, lookup: impl Fn(&str) -> Variable<'v>) -> impl Iterator<Item = &Use> {
        let is_unset = move |name: &str| lookup(name) == Variable::Unset;
        self.uses.iter().filter(move |found| !found.operator.tolerates_unset() && is_unset(&found.name))
    }
}

/// A part of the output and where it came from; an expression with an empty result is a segment with an empty output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Bytes of the result.
    pub output: Range<usize>,
    /// Bytes of the input.
    pub input: Range<usize>,
    /// How the one became the other.
    pub kind: SegmentKind,
}

/// How a part of the input became a part of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentKind {
    /// Copied byte for byte: input and output have the same length.
    Copied,
    /// `$$` became `$`; one segment for each pair.
    Escaped,
    /// The result of the expression `${…}` that is the whole input of the segment. It is the value, or, where
    /// the outcome of the use is [`Outcome::Unknown`], exactly one [`UNKNOWN_MARK`].
    Expanded {
        /// Index in [`Substituted::uses`].
        use_index: usize,
    },
}

/// One expression `${…}`, at top level or in an argument of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// Bytes of the input from `${` to `}`.
    pub expression: Range<usize>,
    /// What the expression does with the variable.
    pub operator: Operator,
    /// What it came to.
    pub outcome: Outcome,
    /// The expression whose argument this one stands in, as index in [`Substituted::uses`].
    pub nested_in: Option<usize>,
    /// What goes wrong here in other releases of Flux although this one accepts it.
    pub hazard: Option<Hazard>,
}

/// What an expression does with its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `${v}`
    Plain,
    /// `${v:=d}`, `${v:-d}`, `${v=d}`: the default where the variable is empty or unset.
    Default,
    /// `${v:+d}`, `${v:?d}`: not what a shell does with them, but a default as well.
    MisusedDefault,
    /// `${#v}`: the number of bytes.
    Length,
    /// `${v^}`, `${v^^}`, `${v,}`, `${v,,}`; a mix of both characters changes nothing.
    Case,
    /// `${v:n}`, `${v:n:len}`: a slice in bytes.
    Substring,
    /// `${v/a/b}`, `${v//a/b}`, `${v/#a/b}`, `${v/%a/b}`: literal replacement. With an empty `b` the latter two change
    /// nothing, as upstream.
    Replace,
    /// `${v#p}`, `${v##p}`, `${v%p}`, `${v%%p}`: without the prefix or suffix that a glob matches.
    Trim,
}

impl Operator {
    /// Whether strict mode accepts the operator on an unset variable.
    pub fn tolerates_unset(self) -> bool {
        matches!(self, Self::Default | Self::MisusedDefault)
    }
}

/// What an expression came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The variable is known, and so is the result.
    Known,
    /// The result depends on an unknown variable: its own, or one nested in the argument that was needed.
    Unknown,
    /// The variable is empty or unset and the default took its place, be it an empty one.
    Defaulted,
    /// The variable is unset and was taken as empty, which only lax mode does. The result is mostly, but not always,
    /// empty: `${#v}` is `0`.
    Blank,
}

/// An expression that is fine here, but not in every release of Flux in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hazard {
    /// A negative length of a substring: controllers with `fluxcd/pkg/envsubst` before v1.7.1 (August 2026) panic.
    NegativeLength,
}

/// Why a text cannot be substituted. The first five speak with upstream's words and make Flux fail the build.
///
/// The range of a syntax error reaches from the `${` of the innermost open expression to the character that does not
/// fit (inclusive); where a brace is missing it may span many lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    /// After the name stands neither `}` nor an operator: `${a.b}`, `${v-d}`.
    #[error("missing closing brace")]
    MissingClosingBrace {
        /// Bytes of the input.
        range: Range<usize>,
    },
    /// After `${` stands no name: `${}`, `${ v }`, `${@}`.
    #[error("unable to parse variable name")]
    UnparsableName {
        /// Bytes of the input.
        range: Range<usize>,
    },
    /// An operator is followed by something that cannot belong to it.
    #[error("bad substitution")]
    BadSubstitution {
        /// Bytes of the input.
        range: Range<usize>,
    },
    /// An operator lacks its argument, or the text ends in a default.
    #[error("unable to parse substitution within function")]
    UnparsableArgument {
        /// Bytes of the input.
        range: Range<usize>,
    },
    /// A variable is not set, in strict mode.
    #[error("variable not set (strict mode): \"{name}\"")]
    UnsetVariable {
        /// The variable.
        name: String,
        /// Bytes of the input: the whole expression.
        range: Range<usize>,
    },
    /// Offset and length of a substring exceed the integers of Go together; the controller panics.
    #[error("slice bounds out of range: the substring of `{name}` makes the controller panic")]
    SubstringPanics {
        /// The variable.
        name: String,
        /// Bytes of the input: the whole expression.
        range: Range<usize>,
    },
    /// The result of an expression at top level is not UTF-8. (Flux would accept it if the neighbouring expression
    /// happened to supply the missing bytes; this is an error here all the same.)
    #[error("the result of the expression on `{name}` is not UTF-8: a character is cut in two")]
    SplitsCharacter {
        /// The variable.
        name: String,
        /// Bytes of the input: the whole expression.
        range: Range<usize>,
    },
    /// The input holds [`UNKNOWN_MARK`]; a limit of ours, not of Flux.
    #[error("the text holds the private-use character U+{:04X}, which marks unknown values", u32::from(UNKNOWN_MARK))]
    MarkInInput {
        /// Bytes of the input: the first such character.
        range: Range<usize>,
    },
    /// The result of a known expression holds [`UNKNOWN_MARK`]; a limit of ours, not of Flux.
    #[error(
        "the result of the expression on `{name}` holds the private-use character U+{:04X}, which marks unknown values",
        u32::from(UNKNOWN_MARK)
    )]
    MarkInValue {
        /// The variable.
        name: String,
        /// Bytes of the input: the whole expression.
        range: Range<usize>,
    },
    /// Expressions stand inside each other deeper than [`NESTING_LIMIT`]; a limit of ours, not of Flux.
    #[error("expressions are nested more than {NESTING_LIMIT} levels deep")]
    TooDeep {
        /// Bytes of the input: the `${` that is one too many.
        range: Range<usize>,
    },
    /// The expressions produce more than [`EXPANSION_LIMIT`]; a limit of ours, not of Flux.
    #[error("the expressions expand to more than {EXPANSION_LIMIT} bytes")]
    TooLong {
        /// Bytes of the input: the expression that went beyond the limit.
        range: Range<usize>,
    },
    /// The operators take more steps than [`STEP_LIMIT`]; a limit of ours, not of Flux.
    #[error("the expressions take more than {STEP_LIMIT} steps to evaluate")]
    TooCostly {
        /// Bytes of the input: the expression that went beyond the limit.
        range: Range<usize>,
    },
}

impl SubstitutionError {
    /// The bytes of the input at fault.
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::MissingClosingBrace { range }
            | Self::UnparsableName { range }
            | Self::BadSubstitution { range }
            | Self::UnparsableArgument { range }
            | Self::UnsetVariable { range, .. }
            | Self::SubstringPanics { range, .. }
            | Self::SplitsCharacter { range, .. }
            | Self::MarkInInput { range }
            | Self::MarkInValue { range, .. }
            | Self::TooDeep { range }
            | Self::TooLong { range }
            | Self::TooCostly { range } => range.clone(),
        }
    }
}

/// Substitutes over the whole text exactly as `fluxcd/pkg/envsubst` does.
///
/// An expression whose result depends on a variable that is [`Variable::Unknown`] becomes one [`UNKNOWN_MARK`]. A
/// default that is not needed does not count, so `${A:=${U}}` is the value of `A` where that is known and not empty.
///
/// # Errors
///
/// What makes Flux fail comes first, in its order: syntax anywhere in the text, then an unset variable (strict mode) or
/// a crash, whichever is evaluated first. Only then a cut character and a mark that was already there. See
/// [`Substituted::undefined`] for all unset variables at once.
pub fn substitute<'v>(
    input: &str,
    lookup: &dyn Fn(&str) -> Variable<'v>,
    mode: Mode,
) -> Result<Substituted, SubstitutionError> {
    let parsed = parse::parse(input)?;
    eval::evaluate(input, parsed, lookup, mode)
}
