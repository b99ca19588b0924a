//! Nodes to objects: what Flux would apply, each value with the chain behind it.

pub mod charts;
pub mod dates;
pub mod flux;
pub mod kustomize;
pub mod manifests;
pub mod namespaced;
pub mod object;
pub mod scope;
pub mod selector;
pub mod trail;
pub mod uses;

pub use flux::{BuildOptions, ClusterBuild, KustomizationBuild, State, Undefined, World, world};
pub use manifests::{Library, ReadSoFar};
pub use object::{Gvk, Id, Object};
