//! Kustomizations: what they list, and what they do to names and namespaces.

mod namespace_overridden;
mod namespace_unset;
mod patch_collision;
mod patch_target_mismatch;

pub use namespace_overridden::NamespaceOverridden;
pub use namespace_unset::NamespaceUnset;
pub use patch_collision::PatchCollision;
pub use patch_target_mismatch::PatchTargetMismatch;
