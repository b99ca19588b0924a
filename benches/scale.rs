//! One table for one run: what each stage costs from a hundred objects to a hundred thousand, as ratios to parsing alone, to
//! the size before, and to the tools that do a part of the work, where they are here. `just bench` prints it.
//!
//! Times are the least of several runs. `SCALE_SIZES=100,1000` chooses sizes, `SCALE_TOOLS=0` leaves the tools out.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "a bench that cannot go on fails"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flux_vet::build::kustomize::{Builder, Options, read_folder};
use flux_vet::build::{BuildOptions, Library, world};
use flux_vet::cluster::{Cluster, FileDocument, Repository};
use flux_vet::config::{Choice, Config};
use flux_vet::report::{Format, Style, write};
use flux_vet::rulebook::Sink;
use flux_vet::rulebook::card::Default as ByDefault;
use flux_vet::source::{Disk, Sources};
use flux_vet::yaml::Mode;
use flux_vet::yaml::emit::emit;
use flux_vet::{CheckOptions, check};
use flux_vet_trees::{lay, real};
use rayon::prelude::*;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let sizes = std::env::var("SCALE_SIZES").unwrap_or_else(|_| "100,1000,10000,100000".to_owned());
    let sizes: Vec<usize> = sizes.split(',').filter_map(|size| size.trim().parse().ok()).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut before = None;
    for size in &sizes {
        let root = folder.path().join(format!("fleet-{size}"));
        let made = flux_vet_trees::fleet(*size, 1);
        lay(&root, &made.files).unwrap();
        println!("\n## A fleet of {} objects in {} files, {} KB", made.objects, made.files.len(), made.bytes() / 1024);
        before = Some(tree(&root, made.bytes(), *size, before));
    }
    for real in real(env!("CARGO_MANIFEST_DIR")) {
        let bytes: u64 =
            yaml_files(&real).iter().filter_map(|path| real.join(path).metadata().ok()).map(|meta| meta.len()).sum();
        println!("\n## {}, {} KB", real.file_name().unwrap_or_default().display(), bytes / 1024);
        tree(&real, usize::try_from(bytes).unwrap_or(1), 1_000, None);
    }
    if std::env::var("SCALE_TOOLS").as_deref() != Ok("0") {
        tools(folder.path());
    }
}

/// The least time of some runs.
fn least<T>(runs: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let start = Instant::now();
    let mut made = run();
    let mut best = start.elapsed();
    for _ in 1..runs {
        let start = Instant::now();
        made = run();
        best = best.min(start.elapsed());
    }
    (best, made)
}

fn yaml_files(root: &Path) -> Vec<String> {
    let sources = Sources::new(Disk::new(root).unwrap());
    let mut files = sources.system().walk();
    files.retain(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
    files
}

fn row(name: &str, time: Duration, parse: Duration, before: Option<Duration>) {
    let ratio = time.as_secs_f64() / parse.as_secs_f64();
    let growth = before.map_or_else(String::new, |before| format!("x{:.1}", time.as_secs_f64() / before.as_secs_f64()));
    println!("| {name:<26} | {:>10.2} ms | {ratio:>6.2} | {growth:>7} |", time.as_secs_f64() * 1e3);
}

/// The times of a tree by stage.
type Stages = BTreeMap<String, Duration>;

fn tree(root: &Path, bytes: usize, size: usize, before: Option<Stages>) -> Stages {
    let runs = if size >= 100_000 { 2 } else { 5 };
    let before = before.unwrap_or_default();
    let mut stages = Stages::new();
    let (read, files) = least(runs, || {
        let sources = Sources::new(Disk::new(root).unwrap());
        let mut files = sources.system().walk();
        files.retain(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
        files.par_iter().for_each(|path| drop(sources.load(path)));
        files
    });
    let (parse, ()) = least(runs, || {
        let sources = Sources::new(Disk::new(root).unwrap());
        let library = Library::new(&sources);
        let _ = sources.system().walk();
        files.par_iter().for_each(|path| drop(library.load(path, Mode::V3)));
    });
    println!("| stage                      | least time    | /parse | growth  |\n|---|---|---|---|");
    let mut say = |name: &str, time: Duration| {
        row(name, time, parse, before.get(name).copied());
        stages.insert(name.to_owned(), time);
    };
    say("read", read);
    say("read and parse", parse);
    let last = CheckOptions { is_last: true, ..CheckOptions::default() };
    let (whole, checked) = least(runs, || check(Disk::new(root).unwrap(), &last).unwrap());
    say("whole run", whole);
    // The stages once more, one by one.
    let sources = Sources::new(Disk::new(root).unwrap());
    let library = Library::new(&sources);
    let config = Config::choose(&sources, &Choice::Isolated).unwrap();
    let documents = |library: &Library<'_>| -> Vec<FileDocument> {
        let of = |path: &String| {
            let loaded = library.load(path, Mode::V3).ok();
            let nodes = loaded.map(|manifests| manifests.documents.clone()).unwrap_or_default();
            nodes.into_iter().map(|node| FileDocument { path: path.as_str().into(), node }).collect::<Vec<_>>()
        };
        files.par_iter().flat_map_iter(of).collect()
    };
    let documents = documents(&library);
    let (build, world) = least(1, || world(&library, &BuildOptions::default()));
    say("build", build);
    let (index, repository) = least(1, || Repository::new(&library, &config, documents.clone(), &world));
    say("index of documents", index);
    let (index, clusters) =
        least(1, || world.clusters.iter().map(|build| Cluster::new(&repository, build)).collect::<Vec<_>>());
    say("index of objects", index);
    let (judge, ()) = least(1, || clusters.iter().for_each(Cluster::judge));
    say("schemas", judge);
    let catalogue = flux_vet::catalogue(&sources, &config, None).unwrap();
    let mut groups: BTreeMap<&str, Duration> = BTreeMap::new();
    for entry in catalogue.iter().filter(|entry| entry.card.default == ByDefault::On) {
        let Some(Ok(rule)) = entry.predicate(serde_json::json!({})) else { continue };
        let start = Instant::now();
        for cluster in &clusters {
            let mut sink = Sink::default();
            rule.prepare(cluster);
            rule.check(cluster, &mut sink);
            rule.check_beside(&repository, cluster, &mut sink);
        }
        rule.check_repository(&repository, &mut Sink::default());
        *groups.entry(&entry.card.group).or_default() += start.elapsed();
    }
    // On one thread, and with the indexes that the first rule of its kind asks for.
    for (group, time) in groups {
        say(&format!("rules: {group}"), time);
    }
    let run = checked.as_run();
    for format in Format::all() {
        let (time, _) = least(runs, || {
            let mut out = Vec::new();
            write(&run, *format, &Style::default(), &mut out).unwrap();
            out
        });
        say(&format!("report: {format}"), time);
    }
    if let Some(kilobytes) = peak(root) {
        println!(
            "memory: {} MB at most, {:.1} bytes a source byte",
            kilobytes / 1024,
            (kilobytes * 1024) as f64 / bytes as f64
        );
    }
    stages
}

/// The most memory that the binary holds, where the system's `time` can say.
fn peak(root: &Path) -> Option<usize> {
    let ran = Command::new("/usr/bin/time")
        .args(["-f", "%M", env!("CARGO_BIN_EXE_flux-vet"), "check", "--root"])
        .arg(root)
        .stdout(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(ran.stderr).ok()?.lines().last()?.trim().parse().ok()
}

fn is_here(tool: &str, argument: &str) -> bool {
    Command::new(tool).arg(argument).output().is_ok_and(|ran| ran.status.success())
}

/// What others take for a part of it.
fn tools(folder: &Path) {
    println!("\n## Beside other tools");
    if is_here("kubeconform", "-v") {
        let root = folder.join("plain");
        lay(&root, &flux_vet_trees::plain(10_000).files).unwrap();
        let schemas = folder.join("schemas");
        lay_schemas(&schemas);
        let location = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", schemas.display());
        let threads = std::thread::available_parallelism().map_or(1, Into::into).to_string();
        let arguments = ["-ignore-missing-schemas", "-n", &threads, "-schema-location", &location];
        let (theirs, ran) =
            least(5, || Command::new("kubeconform").args(arguments).arg("-summary").arg(&root).output().unwrap());
        let (ours, _) = least(5, || ours(&root));
        println!("{}", String::from_utf8_lossy(&ran.stdout).trim());
        versus("10,000 plain objects, kubeconform (schemas alone)", theirs, ours);
    }
    if is_here("kustomize", "version") {
        let root = folder.join("fleet-1000");
        lay(&root, &flux_vet_trees::fleet(1_000, 1).files).unwrap();
        let folders: Vec<String> = yaml_files(&root)
            .into_iter()
            .filter_map(|path| path.strip_suffix("/kustomization.yaml").map(ToOwned::to_owned))
            .filter(|path| path.starts_with("teams/") && !path.contains("/base"))
            .collect();
        let (theirs, ()) = least(3, || {
            for path in &folders {
                drop(Command::new("kustomize").arg("build").arg(root.join(path)).output().unwrap());
            }
        });
        let (ours, _) = least(3, || {
            let sources = Sources::new(Disk::new(&root).unwrap());
            let library = Library::new(&sources);
            let texts = folders.par_iter().map(|path| {
                let spec = read_folder(&library, path).unwrap().unwrap();
                let built = Builder::new(&library, Options::default()).build(&spec);
                built.resources.iter().map(|resource| emit(&resource.node).text.len()).sum::<usize>()
            });
            texts.sum::<usize>()
        });
        versus(&format!("{} overlays, kustomize build", folders.len()), theirs, ours);
    }
}

fn ours(root: &Path) -> bool {
    Command::new(env!("CARGO_BIN_EXE_flux-vet"))
        .args(["check", "--root"])
        .arg(root)
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn versus(what: &str, theirs: Duration, ours: Duration) {
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("{what}: {theirs:.2?}; flux-vet, all of it: {ours:.2?}; {ratio:.1} times faster");
}

/// Our schemas, one file a kind, as kubeconform looks for them.
fn lay_schemas(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, schema) in flux_vet::cluster::schemas::built_in() {
        std::fs::write(folder.join(name), schema.to_string()).unwrap();
    }
}
