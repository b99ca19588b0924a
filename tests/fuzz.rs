//! The fuzz targets over what they have found before, and over some fresh damage: the same each time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::allow_attributes, reason = "a test that cannot go on fails")]

#[path = "../fuzz/targets/mod.rs"]
mod targets;

#[path = "shared/seeds.rs"]
mod seeds;

use std::path::Path;

use seeds::Seeds;
use targets::TARGETS;

#[test]
fn what_was_found_before_stays_mended() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some((.., run)) = TARGETS.iter().find(|(target, ..)| name.starts_with(target)) else { continue };
        run(&std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn fresh_damage_does_no_harm() {
    let seeds = Seeds::read(false);
    for (name, is_tree, run) in TARGETS {
        for seed in 1..=if is_tree { 4 } else { 40 } {
            run(&seeds.text(name, is_tree, seed));
        }
    }
}
