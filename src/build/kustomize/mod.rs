//! A kustomization folder to resources, as kustomize api v0.21.1 builds it.

mod accumulate;
mod decode;
mod field_spec;
mod file;
mod generate;
mod go_json;
mod hash;
mod json_patch;
mod labels;
mod log;
mod merge;
mod merge_keys;
mod name_reference;
mod namespace;
mod patch;
mod replacements;
mod resource;
mod select;
mod vars;

pub use accumulate::{Brings, Builder, LeftOut, Outcome, two_files};
pub use file::{
    ImageEntry, LabelsEntry, NAMES, PatchEntry, Spec, Target, Text, find_file, image_entry, patch_entry, read_spec,
};
pub use patch::apply as apply_patch;
pub use resource::Resource;
