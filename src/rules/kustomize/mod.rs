//! What kustomize makes of folders.

mod input_not_rendered;
mod kustomize_file_unlisted;
mod namespace_object_renamed;
mod namespace_overridden;
mod namespace_unset;
mod patch_collision;
mod patch_target_mismatch;
mod unreachable;

pub use input_not_rendered::InputNotRendered;
pub use kustomize_file_unlisted::KustomizeFileUnlisted;
pub use namespace_object_renamed::NamespaceObjectRenamed;
pub use namespace_overridden::NamespaceOverridden;
pub use namespace_unset::NamespaceUnset;
pub use patch_collision::PatchCollision;
pub use patch_target_mismatch::PatchTargetMismatch;
