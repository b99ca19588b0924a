//! CEL behind an interface of ours: the crate `cel` parses, the rest is done here, over our own nodes with their places
//! and with a third truth value, which its evaluator does not have.

mod access;
mod call;
mod compare;
mod eval;
mod expr;
mod fold;
mod format;
mod functions;
mod lower;
mod net;
mod operators;
mod parse;
mod semver;
mod text;
mod url;
mod value;

pub use call::selects;
pub use eval::{MAX_ALL_STEPS, MAX_STEPS, Machine, Notes, Nowhere, World, boolean};
pub use expr::{Program, Refused, Scope};
pub use functions::Function;
pub use parse::{Cel, Language, Parsed, compile};
pub use value::{Outcome, Stop, Value};
