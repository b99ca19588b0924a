//! Flux objects and their graph.

mod depends_on;
mod depends_on_cycle;
mod depends_on_missing;
mod object_owned_twice;

pub use depends_on_cycle::DependsOnCycle;
pub use depends_on_missing::DependsOnMissing;
pub use object_owned_twice::ObjectOwnedTwice;
