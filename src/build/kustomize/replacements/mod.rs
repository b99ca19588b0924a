//! `replacements`: values copied from one object's field into fields of others.

mod apply;
mod path;
mod read;
mod scalar;
mod structured;

pub use apply::apply;
pub use path::{at, lookup, split};
pub use read::read;
pub use scalar::{Texts, text_of};
