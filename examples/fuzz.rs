//! Runs the fuzz targets without a nightly compiler: `fuzz TARGET|all SECONDS [SEED [FOLDER]]`. Texts and trees of the
//! fixtures (and of the trees beside the project) are damaged by seed; what fails is written to FOLDER.
//!
//! `fuzz corpus FOLDER` writes them undamaged, a folder for each target: what libFuzzer begins with.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::allow_attributes, reason = "a tool for developers")]

#[path = "../fuzz/targets/mod.rs"]
mod targets;

#[path = "../tests/shared/seeds.rs"]
mod seeds;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use seeds::Seeds;
use targets::{TARGETS, Target};

/// A text that takes longer is a finding too.
const TOO_LONG: Duration = Duration::from_secs(if cfg!(debug_assertions) { 180 } else { 20 });

/// What runs now.
type Current = Arc<Mutex<Option<(Instant, String, String)>>>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize, or: &str| arguments.get(at).cloned().unwrap_or_else(|| or.to_owned());
    if word(0, "") == "corpus" {
        return corpus(Path::new(&word(1, "fuzz/corpus")));
    }
    let (wanted, seconds, seed) = (word(0, "all"), word(1, "10"), word(2, "1"));
    let folder = PathBuf::from(word(3, "fuzz/artifacts"));
    let seconds: u64 = seconds.parse().unwrap_or(10);
    let first: u64 = seed.parse().unwrap_or(1);
    let current: Current = Arc::default();
    watch(current.clone(), folder.clone());
    let seeds = Seeds::read(true);
    for target in TARGETS.iter().filter(|(name, ..)| wanted == "all" || wanted == *name) {
        fuzz(target, Duration::from_secs(seconds), first, &seeds, &current, &folder);
    }
}

/// Larger texts slow libFuzzer down more than they teach it.
const LARGEST: usize = 16 * 1024;

fn corpus(folder: &Path) {
    let seeds = Seeds::read(true);
    for (name, is_tree, _) in TARGETS {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let texts = seeds.whole(name, is_tree).into_iter().filter(|text| text.len() <= LARGEST);
        for (at, text) in texts.enumerate() {
            std::fs::write(folder.join(format!("seed-{at}")), text).unwrap();
        }
    }
}

fn fuzz((name, is_tree, run): &Target, time: Duration, first: u64, seeds: &Seeds, current: &Current, folder: &Path) {
    let start = Instant::now();
    let (mut seed, mut failed, mut slowest) = (first, 0, Duration::ZERO);
    while start.elapsed() < time && failed < 20 {
        let text = seeds.text(name, *is_tree, seed);
        let began = Instant::now();
        *current.lock().unwrap() = Some((began, format!("{name}-{seed}"), text.clone()));
        if catch_unwind(|| run(&text)).is_err() {
            failed += 1;
            save(folder, &format!("{name}-{seed}"), &text);
        }
        *current.lock().unwrap() = None;
        if began.elapsed() > slowest {
            slowest = began.elapsed();
            if slowest > TOO_LONG / 4 {
                save(folder, &format!("slow-{name}-{seed}"), &text);
            }
        }
        seed += 1;
    }
    println!("{name}: {} runs in {} s, {failed} failed, slowest {slowest:?}", seed - first, start.elapsed().as_secs());
}

fn watch(current: Current, folder: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let stuck = current.lock().unwrap().clone().filter(|(began, ..)| began.elapsed() > TOO_LONG);
            if let Some((_, name, text)) = stuck {
                save(&folder, &format!("hang-{name}"), &text);
                std::process::exit(1);
            }
        }
    });
}

fn save(folder: &Path, name: &str, text: &str) {
    let _ = std::fs::create_dir_all(folder);
    let _ = std::fs::write(folder.join(name), text);
    println!("{}", folder.join(name).display());
}
