//! `vars`: `$(NAME)` in some fields stands for a field of another object.

mod expand;
mod fields;
mod read;
#[cfg(test)]
mod tests;

pub use expand::expand;
pub use fields::built_in_fields;
pub use read::{Var, absorb, merge, read};
