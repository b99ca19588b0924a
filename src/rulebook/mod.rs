//! What a rule is: its card, the trait of its predicate, and the catalogue of all.

mod admission;
pub mod card;
mod catalogue;
pub mod cel;
pub mod check;
mod harness;
mod preset;
mod rule;
pub mod user;

pub use admission::AdmissionPolicy;
pub use card::{Card, CardError, Example};
pub use catalogue::{Catalogue, RuleEntry};
pub use harness::{Difference, Mismatch, run_example, run_example_of};
pub use preset::Preset;
pub use rule::{Rule, Sink};
