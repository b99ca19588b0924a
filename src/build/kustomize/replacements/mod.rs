//! `replacements`: values copied from one object's field into fields of others.

mod apply;
mod given;
mod matcher;
mod path;
mod read;
mod scalar;
mod source;
mod structured;
mod target;
#[cfg(test)]
mod tests;

pub use apply::apply;
pub use path::{at, lookup, split};
pub use read::read;
pub use scalar::{Texts, text_of};
