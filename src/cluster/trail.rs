//! The chain behind a value: made where the build is, used by the rules.

pub use crate::build::trail::trail;
