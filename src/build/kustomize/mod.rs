//! A kustomization folder to resources, as kustomize api v0.21.1 builds it.

mod accumulate;
mod file;
mod generate;
mod hash;
mod json_patch;
mod labels;
pub mod merge;
mod name_reference;
mod namespace;
mod patch;
mod resource;
pub mod schema;

pub use accumulate::{Brings, Builder, LeftOut, Outcome, two_files};
pub use file::{
    ImageEntry, LabelsEntry, NAMES, PatchEntry, Spec, Target, Text, find_file, image_entry, patch_entry, read_spec,
};
pub use patch::{Applied, Form, Patcher, Pattern, apply as apply_patch, nothing_to_merge, plugin_entries};
pub use resource::Resource;
pub use schema::Schema;
