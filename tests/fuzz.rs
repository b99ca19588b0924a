//! The fuzz targets over what they have found before, and over some fresh damage: the same each time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::allow_attributes, reason = "a test that cannot go on fails")]

#[path = "../fuzz/targets/mod.rs"]
mod targets;

#[path = "shared/seeds.rs"]
mod seeds;

use std::path::Path;
use std::time::{Duration, Instant};

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

/// What is written many times takes its time by the number, not by its square: minutes instead of seconds for each.
#[test]
fn a_text_of_many_small_things_takes_seconds() {
    let many =
        |unit: &str, times: usize| -> String { (0..times).map(|at| unit.replace('#', &at.to_string())).collect() };
    let rows = [
        ("yaml", many("\t\n", 30_000) + "a: 1\n"),
        ("yaml", format!("a: &a\n{}b:\n{}", many("  k#: v\n", 3000), many("  - <<: *a\n", 100))),
        ("values", many("k#: v\n", 2000)),
        ("values", format!("{{{}}}\n", many("k#: v, ", 2000))),
        ("script", format!("set -- {}\n{}", many("a ", 15_000), many("shift\n", 9000))),
        (
            "kustomize",
            format!(
                "=== kustomization.yaml\ncommonLabels: {{{}}}\nresources: [a.yaml]\n=== a.yaml\n{}",
                many("l#: v, ", 1000),
                many("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c#}\n", 100),
            ),
        ),
    ];
    for (name, text) in rows {
        let (.., run) = TARGETS.iter().find(|(target, ..)| *target == name).unwrap();
        let began = Instant::now();
        run(&text);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(60), "{name} took {took:?} for {} bytes", text.len());
    }
}
