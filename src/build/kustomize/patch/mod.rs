//! Patches of a kustomization file: reading, finding what they are for, applying.

mod address;
mod body;
mod index;
mod patcher;
mod pattern;
mod plugin;
mod target;
mod words;

use super::file::PatchEntry;
use super::resource::Resource;
use super::schema::Schema;
use crate::build::manifests::Library;
use crate::finding::{Label, Observation};
use crate::source::Span;

pub use patcher::Patcher;
pub use pattern::Pattern;
pub use plugin::plugin_entries;
pub use target::select;
pub use words::nothing_to_merge;

/// Which transformer an entry is for; they differ in details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `patches`, PatchTransformer.
    Patch,
    /// `patchesStrategicMerge`, PatchStrategicMergeTransformer.
    StrategicMerge,
    /// `patchesJson6902`, PatchJson6902Transformer.
    Json6902,
}

/// What happened to one entry.
#[derive(Debug, Default)]
pub struct Applied {
    /// What is to be said about it.
    pub observations: Vec<Observation>,
    /// Kustomize would fail here.
    pub broken: bool,
    /// Something it might match was left out of the build.
    pub undecided: bool,
    /// It holds nothing: no object, no operation.
    pub empty: bool,
}

impl Applied {
    fn refuse(&mut self, rule: &'static str, message: impl Into<String>, span: Span, key: &str) {
        self.broken = true;
        self.observations.push(Observation::new(rule, message, Label::new(span, "")).keyed(key.to_owned()));
    }

    /// Adds an observation; one about the same place of the patch becomes a further place of the first.
    fn say(&mut self, observation: Observation) {
        let same =
            |other: &&mut Observation| other.rule == observation.rule && other.primary.span == observation.primary.span;
        match self.observations.iter_mut().find(same) {
            Some(first) => {
                for label in observation.related {
                    if first.related.len() < MAX_PLACES && !first.related.contains(&label) {
                        first.related.push(label);
                    }
                }
            }
            None => self.observations.push(observation),
        }
    }
}

/// Places shown for one patch that goes wrong in many objects.
const MAX_PLACES: usize = 4;

/// Applies one entry of `patches`. `open` says that the build lacks resources it could match.
pub fn apply(
    library: &Library<'_>,
    schema: &Schema,
    entry: &PatchEntry,
    resources: &mut Vec<Resource>,
    open: bool,
) -> Applied {
    Patcher::new(library, schema, resources).apply(entry, None, Form::Patch, open)
}
