//! No input makes it panic, and no amount of threads changes what is built: trees damaged in many ways, the same ways
//! each time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use flux_vet::build::kustomize::{Builder, Options, read_folder};
use flux_vet::build::{BuildOptions, Library, world};
use flux_vet::source::{Entry, FileSystem, Memory, ReadError, Sources};
use flux_vet::yaml::emit::emit;
use flux_vet::{CheckOptions, check};
use flux_vet_trees::{Random, mutated};

/// Damaged copies of each tree.
const COPIES: u64 = 12;

fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn trees(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut trees: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    trees.sort();
    trees
}

/// The same tree with a few damages, by seed.
fn damaged(files: &[(String, Vec<u8>)], seed: u64) -> Memory {
    let mut random = Random::new(seed);
    let mut memory = Memory::default();
    let chosen: Vec<usize> = (0..3).map(|_| random.below(files.len())).collect();
    for (at, (path, bytes)) in files.iter().enumerate() {
        match std::str::from_utf8(bytes) {
            Ok(text) if chosen.contains(&at) => memory.insert(path, mutated(text, &mut random)),
            _ => memory.insert(path, bytes.clone()),
        }
    }
    memory
}

#[test]
fn damaged_trees_are_checked_without_a_panic() {
    for tree in trees("fixtures/trees").iter().chain(&trees("fixtures/build")) {
        let files = files(tree);
        for seed in 1..=COPIES {
            let checked = check(damaged(&files, seed), &CheckOptions::default());
            // A damaged configuration is a fault, which is an answer too.
            let Ok(checked) = checked else { continue };
            let defect = checked.findings.iter().find(|finding| &*finding.rule == "internal-error");
            assert!(defect.is_none(), "{} with seed {seed}: {defect:?}", tree.display());
        }
    }
}

#[test]
fn damaged_folders_are_built_and_printed_without_a_panic() {
    for case in trees("fixtures/build") {
        let files = files(&case.join("in"));
        for seed in 1..=COPIES * 4 {
            let sources = Sources::new(damaged(&files, seed));
            let library = Library::new(&sources);
            let Ok(Some(spec)) = read_folder(&library, "") else { continue };
            let outcome = Builder::new(&library, Options::default()).build(&spec);
            for resource in &outcome.resources {
                assert!(!emit(&resource.node).text.is_empty(), "{} with seed {seed}", case.display());
            }
        }
    }
}

#[test]
fn one_thread_builds_what_many_build() {
    let printed = |tree: &Path, threads: usize| -> Vec<String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut memory = Memory::default();
            files(tree).iter().for_each(|(path, bytes)| memory.insert(path, bytes.clone()));
            let sources = Sources::new(memory);
            let world = world(&Library::new(&sources), &BuildOptions::default());
            let objects = world.clusters.iter().flat_map(|cluster| &cluster.objects);
            objects.map(|object| emit(&object.node).text).collect()
        })
    };
    for tree in trees("fixtures/trees") {
        assert_eq!(printed(&tree, 1), printed(&tree, 8), "{}", tree.display());
    }
}

/// A file system that lists its files in another order each time.
struct Shuffled {
    below: Memory,
    turn: std::sync::atomic::AtomicU64,
}

impl Shuffled {
    fn shuffle<T>(&self, mut list: Vec<T>) -> Vec<T> {
        let mut random = Random::new(self.turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 7);
        for at in (1..list.len()).rev() {
            list.swap(at, random.below(at + 1));
        }
        list
    }
}

impl FileSystem for Shuffled {
    fn entry(&self, path: &str) -> Result<Entry, ReadError> {
        self.below.entry(path)
    }

    fn size(&self, path: &str) -> Result<u64, ReadError> {
        self.below.size(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.below.read(path)
    }

    fn list(&self, path: &str) -> Vec<(String, Entry)> {
        self.shuffle(self.below.list(path))
    }

    fn walk(&self) -> Vec<String> {
        self.shuffle(self.below.walk())
    }
}

#[test]
fn the_order_of_files_changes_no_finding() {
    let told = |system: Shuffled, threads: usize| -> Vec<String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let checked = pool.install(|| check(system, &CheckOptions::default())).unwrap();
        let shown = |finding: &flux_vet::finding::Finding| {
            let place = checked.sources.location(finding.primary.span);
            let others: Vec<String> = finding
                .related
                .iter()
                .map(|label| format!("{} {}", checked.sources.location(label.span).path, label.message))
                .collect();
            format!("{}:{} {} {} {others:?}", place.path, place.line, finding.rule, finding.message)
        };
        checked.findings.iter().map(shown).collect()
    };
    for tree in trees("fixtures/trees/migration-plan").iter().chain(&trees("fixtures/trees")) {
        let mut below = Memory::default();
        files(tree).iter().for_each(|(path, bytes)| below.insert(path, bytes.clone()));
        let turned =
            |turn: u64| Shuffled { below: below.clone(), turn: std::sync::atomic::AtomicU64::new(turn * 1_000) };
        let first = told(turned(0), 1);
        for turn in 1..4 {
            assert_eq!(told(turned(turn), 1 + turn as usize), first, "{}", tree.display());
        }
    }
}
