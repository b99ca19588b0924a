//! Text to nodes: parsed with a place for everything, resolved as go-yaml does, comments kept.

pub mod arena;
mod each_path;
pub mod emit;
mod event;
mod field_path;
pub mod node;
mod place;
mod read;
mod refold;
mod resolve;
pub mod scalar;
mod stream;

pub use arena::{Comment, Document, Problem, ProblemKind, Tree};
pub use each_path::EachPath;
pub use field_path::{FieldPath, NotFound};
pub use node::{Derivation, Entry, Map, Node, Origin, Step, Unknown, UnknownWhy, Value};
pub use place::Content;
pub use read::parse;
pub use resolve::{Resolved, resolve};

/// Which go-yaml reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// go-yaml v3, as kustomize reads resources: `yes` is a string, a plain date becomes a time.
    V3,
    /// go-yaml v2 through `sigs.k8s.io/yaml`: kustomization files, JSON 6902 patches, text after substitution.
    V2,
}
