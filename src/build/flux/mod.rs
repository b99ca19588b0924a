//! What Flux does around kustomize: sources, generated files, decryption, substitution, nested Kustomizations.

mod discover;
pub mod envsubst;
mod kustomization;
mod root;
pub mod sops;
mod substitute;
mod values;
mod variables;
mod world;

pub use kustomization::FluxKustomization;
pub use values::{ReleaseValues, release_values};
pub use variables::{VariableValue, Variables};
pub use world::{
    BuildOptions, ClusterBuild, KustomizationBuild, NotBuilt, State, Undefined, UndefinedVariable, World, world,
};
