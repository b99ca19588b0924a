//! What the tree keeps secret, and what it should: SOPS metadata, creation rules, plain values by their look.

mod classify;
mod creation;
mod documents;
mod flat;
mod inputs;
mod leaks;
mod lines;
mod metadata;
mod pattern;
mod plain;

pub use classify::{Class, classify, classify_encoded, is_sensitive_name};
pub use creation::{CreationRule, MOST_RULES, Matching, SopsConfig, SopsConfigs};
pub use documents::{SopsDocument, flat_files, named_as_encrypted, reference, sops_documents};
pub use flat::{FlatEntry, read_flat};
pub use inputs::{Inputs, is_named_as_encrypted, is_test_data, readable_extension};
pub use leaks::{Leak, Look, Place, in_file, leaks, places};
pub use lines::{secret_data, value_on_line};
pub use metadata::{Leaf, LeafValue, Selector, SopsMetadata, encrypted_leaf, leaves};
pub use pattern::Pattern;
pub use plain::{PlainKey, key_place, needs_no_encryption, plain_keys, takes_from_elsewhere};
