//! A kustomization folder to resources, as kustomize api v0.21.1 builds it.

mod accumulate;
mod brings;
mod build_metadata;
mod crds;
mod decode;
mod field_spec;
mod file;
mod finish;
mod generate;
mod go_json;
mod hash;
mod images;
mod json_patch;
mod listing;
mod log;
pub mod merge;
mod metadata;
mod name_reference;
mod namespace;
mod order;
mod patch;
mod plugin;
mod rename;
mod replacements;
mod replicas;
mod resource;
pub mod schema;
mod select;
mod shared;
mod transformer_config;
mod value_add;
mod vars;

pub use accumulate::{Builder, Options, Outcome};
pub use brings::{Brings, LeftOut};
pub use file::{
    ImageEntry, LabelsEntry, NAMES, PatchEntry, Spec, Target, Text, find_file, image_entry, patch_entry, read_folder,
    read_spec,
};
pub use listing::two_files;
pub use order::{Order, sort};
pub use patch::{Pattern, apply as apply_patch};
pub use resource::Resource;
pub use schema::Schema;
pub use shared::Folders;
