//! Strategic merge of a patch into an object as kyaml does it, keeping for every value who set it and what it was before.
//!
//! Source: kyaml v0.21.1 `yaml/walk`, `yaml/merge2`, `yaml/fns.go`. What looks odd here is copied on purpose: Flux applies
//! what this code gives, and [`Note`] says where that is not what a reader of the patch expects.

mod comment;
mod elements;
mod list;
mod note;
mod scalar;
mod tuples;
mod walk;
mod words;

use super::schema::{At, Schema};
use crate::source::{Sources, Span};
use crate::yaml::Node;
use walk::{Walked, Walker};

pub use note::{Lost, LostElement, Note, directives_in};
pub use scalar::written_text;
pub use words::observe;

/// Where new elements of a merged list go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// Before the old ones: what a build does.
    #[default]
    Prepend,
    /// After the old ones.
    Append,
}

/// How to merge.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Which lists merge by which keys.
    pub schema: &'a Schema,
    /// The files behind the nodes: how a value is written can change its type.
    pub sources: &'a Sources,
    /// Where new elements of lists go.
    pub growth: Growth,
    /// Merges lists without schema by `name` where all their elements have one; a build never does.
    pub infer: bool,
}

impl<'a> Options<'a> {
    /// As a build merges.
    pub fn build(schema: &'a Schema, sources: &'a Sources) -> Self {
        Options { schema, sources, growth: Growth::Prepend, infer: false }
    }
}

/// What a merge gave.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The merged object; `None` when the patch takes it away.
    pub node: Option<Node>,
    /// Where the result is hardly what the patch means.
    pub notes: Vec<Note>,
}

/// Why kustomize refuses a merge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// One sentence.
    pub message: String,
    /// The place in the patch.
    pub patch: Span,
    /// The place in the object.
    pub target: Option<Span>,
    /// A limit of ours, not of kustomize.
    pub limit: bool,
}

/// Merges a patch into an object.
///
/// # Errors
/// [`Refused`] where kustomize fails.
pub fn merge(target: &Node, patch: &Node, options: Options<'_>) -> Result<Merged, Box<Refused>> {
    let mut walker = Walker::new(options, target, patch);
    let mut source = patch.clone();
    let node = match walker.walk(Some(target), Some(&mut source), At::Unknown)? {
        Walked::Gone => None,
        Walked::Kept => Some(target.clone()),
        Walked::Changed(node) => Some(node),
        Walked::Source => Some(source),
    };
    let mut notes = walker.notes;
    if let Some(node) = &node {
        note::literal_directives(patch, node, &mut notes);
    }
    Ok(Merged { node, notes })
}
