//! What a rule is: its card, the trait of its predicate, and the catalogue of all.

pub mod card;
mod catalogue;
pub mod cel;
mod harness;
mod preset;
mod rule;

pub use card::{Card, CardError, Example};
pub use catalogue::{Catalogue, RuleEntry};
pub use harness::{Mismatch, run_example};
pub use preset::Preset;
pub use rule::{Rule, Sink};
