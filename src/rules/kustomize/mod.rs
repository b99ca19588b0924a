//! What kustomize makes of folders.

mod input_not_rendered;
mod kustomize_file_unlisted;
mod namespace_object_renamed;

pub use input_not_rendered::InputNotRendered;
pub use kustomize_file_unlisted::KustomizeFileUnlisted;
pub use namespace_object_renamed::NamespaceObjectRenamed;
