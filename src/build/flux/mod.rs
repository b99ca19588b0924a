//! What Flux does around kustomize: sources, generated files, decryption, substitution, nested Kustomizations.

mod address;
mod affected;
mod artifact;
mod artifacts;
mod cluster;
mod discover;
mod entry;
pub mod envsubst;
mod generator;
mod inventory;
mod kept;
mod kustomization;
mod output;
mod path;
mod reconcile;
mod release;
mod releases;
mod remarks;
mod rendered;
mod root;
mod set_line;
mod shared_values;
pub mod sops;
mod substitute;
mod values;
mod variables;
mod world;

pub use artifact::Artifact;
pub use discover::is_flux_kustomization;
pub use inventory::produced_secret;
pub use kept::Builds;
pub use kustomization::{FluxKustomization, SourceKey, SubstituteFrom};
pub use output::as_flux_prints;
pub use path::{folders, nearest_folder};
pub use reconcile::{Reconciled, Request, files_as_they_are, switch};
pub use release::ReleaseNames;
pub use releases::{Made, ReleaseBuild};
pub use remarks::is_switched_off;
pub use root::{Reading, spec as root_spec};
pub use values::{ReleaseValues, release_values};
pub use variables::{VariableValue, Variables};
pub use world::{
    BuildOptions, ClusterBuild, KustomizationBuild, NotBuilt, State, Undefined, UndefinedVariable, World, world,
};
