//! Predicates as data: the `check` block of a card, with CEL and with `references`.

pub mod block;
mod failure;
mod finding;
mod join;
mod kinds;
mod load;
mod message;
pub mod options;
mod path;
mod rule;
mod run;
mod world;

pub use load::{Check, Wrong};
pub use path::Place;
pub use rule::{CardFile, DataRule, Ready};
pub use world::{Asked, namespace};
