//! Kustomizations: what they list, and what they do to names and namespaces.

mod namespace_overridden;
mod namespace_unset;

pub use namespace_overridden::NamespaceOverridden;
pub use namespace_unset::NamespaceUnset;
