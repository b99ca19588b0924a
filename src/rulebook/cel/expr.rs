//! An expression made ready: names are slots, functions are known, patterns are compiled.

use std::ops::Range;

use std::sync::Arc;

use regex::Regex;
use smol_str::SmolStr;

use super::functions::Function;
use super::value::Value;

/// An expression and where it stands in its text.
#[derive(Debug)]
pub struct Expr {
    /// First byte.
    pub at: usize,
    /// What it does.
    pub op: Op,
}

/// What an expression does.
#[derive(Debug)]
pub enum Op {
    /// A literal.
    Const(Value<'static>),
    /// A variable that the rule is given, by its position in [`Scope::names`].
    Given(usize),
    /// A variable that a macro binds, by its depth.
    Local(usize),
    /// An expression of `let`, by its position.
    Let(usize),
    /// `a.b`
    Select(Box<Expr>, Field),
    /// `has(a.b)`
    Has(Box<Expr>, Field),
    /// `a.?b`
    OptSelect(Box<Expr>, Field),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a[?b]`
    OptIndex(Box<Expr>, Box<Expr>),
    /// `[a, ?b]`: with whether each is an optional that may leave itself out.
    List(Vec<(Expr, bool)>),
    /// `{a: b, ?c: d}`
    Map(Vec<(Expr, Expr, bool)>),
    /// `a && b`
    And(Box<Expr>, Box<Expr>),
    /// `a || b`
    Or(Box<Expr>, Box<Expr>),
    /// `!a`
    Not(Box<Expr>),
    /// `-a`
    Negative(Box<Expr>),
    /// `a ? b : c`
    Choice(Box<[Expr; 3]>),
    /// Two operands.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// A function; the receiver comes first.
    Call(Function, Vec<Expr>),
    /// `a.matches('…')` with a pattern that is known.
    Matches(Box<Expr>, Arc<Regex>),
    /// A macro over a list or map.
    Fold(Box<Fold>),
    /// `cel.bind(x, a, b)`
    Bind(Box<Expr>, Box<Expr>),
    /// `a.optMap(x, b)`, `a.optFlatMap(x, b)`: the flag says that `b` is an optional itself.
    OptMap(Box<Expr>, Box<Expr>, bool),
}

/// A field as it is written, and what that stands for where Kubernetes escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As written.
    pub name: SmolStr,
    /// `__namespace__` is `namespace`, `a__dash__b` is `a-b`. Source: kubernetes apiserver `pkg/cel/escaping.go`.
    pub unescaped: Option<SmolStr>,
}

impl Field {
    /// A field of a name.
    pub fn new(name: &str) -> Self {
        let unescaped = name.contains("__").then(|| {
            let keyword = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
            match keyword.filter(|word| !word.is_empty() && !word.contains("__")) {
                Some(word) => SmolStr::from(word),
                None => name
                    .replace("__underscores__", "\0")
                    .replace("__dot__", ".")
                    .replace("__dash__", "-")
                    .replace("__slash__", "/")
                    .replace('\0', "__")
                    .into(),
            }
        });
        Field { name: name.into(), unescaped: unescaped.filter(|plain| plain != name) }
    }
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
}

/// What a macro over a list or map makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// Whether all fulfil it.
    All,
    /// Whether one does.
    Exists,
    /// Whether exactly one does.
    ExistsOne,
    /// The list of what it makes of each.
    Map,
    /// Those that fulfil it.
    Filter,
    /// A map of what it makes of each value.
    TransformMap,
}

/// A macro over a list or map.
#[derive(Debug)]
pub struct Fold {
    /// What it makes.
    pub kind: FoldKind,
    /// What it runs over.
    pub range: Expr,
    /// Whether it binds position (or key) and value.
    pub has_two: bool,
    /// Those that do not fulfil it are left out.
    pub filter: Option<Expr>,
    /// What is asked or made of each.
    pub body: Expr,
}

/// The names that an expression may use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'s> {
    /// Variables; their order is that of the values.
    pub names: &'s [&'s str],
    /// What `variables.` holds, in order.
    pub lets: &'s [String],
    /// What `params.` holds; `None` where anything may be there.
    pub params: Option<&'s [String]>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What is wrong, without a subject.
    pub message: String,
    /// A few words at the place.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

/// An expression of a card: its text and what it does.
#[derive(Debug)]
pub struct Program {
    /// As written.
    pub text: String,
    /// Ready.
    pub expr: Expr,
    /// Whether it uses the item, its position or its key, by itself or through `let`.
    pub uses_item: bool,
    /// Positions of `let` that it uses itself.
    pub lets: Vec<usize>,
    /// Options that it uses.
    pub params: Vec<String>,
}
