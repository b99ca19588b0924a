//! Times of reading and of building, and of the whole check, over a made cluster of growing size and over real trees
//! where they stand beside the project. Ratios within one run are what counts.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a bench that cannot go on fails")]

use std::path::{Path, PathBuf};

use divan::{Bencher, black_box};
use flux_vet::build::{BuildOptions, Library, world};
use flux_vet::source::{Disk, FileSystem, Memory, Sources};
use flux_vet::yaml::Mode;
use flux_vet::{CheckOptions, check};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Applications of the made cluster; each has five objects in six files.
const SIZES: [usize; 3] = [20, 200, 2000];

/// A cluster of the common shape: one parent, and for each application a Kustomization, an overlay, and its objects.
fn made(applications: usize) -> Memory {
    let mut memory = Memory::default();
    let kustomization = |name: &str, path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: \
             flux-system}}\nspec:\n  interval: 1h\n  path: {path}\n  prune: true\n  sourceRef: {{kind: GitRepository, name: \
             flux-system}}\n  postBuild: {{substitute: {{DOMAIN: example.com}}}}\n"
        )
    };
    memory.insert("clusters/home/apps.yaml", kustomization("apps", "./apps"));
    let mut list = String::from("resources:\n");
    for at in 0..applications {
        let name = format!("app-{at}");
        list.push_str(&format!("  - {name}.yaml\n"));
        memory.insert(&format!("apps/{name}.yaml"), kustomization(&name, &format!("./manifests/{name}/overlay")));
        let folder = format!("manifests/{name}");
        memory.insert(
            &format!("{folder}/overlay/kustomization.yaml"),
            "namespace: apps\nresources: [../base]\npatches:\n  - path: replicas.yaml\nconfigMapGenerator:\n  - name: \
             settings\n    literals: [mode=fast]\nlabels:\n  - pairs: {team: red}\n",
        );
        memory.insert(
            &format!("{folder}/overlay/replicas.yaml"),
            format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 3}}\n"),
        );
        memory.insert(&format!("{folder}/base/kustomization.yaml"), "resources: [deployment.yaml, service.yaml]\n");
        memory.insert(
            &format!("{folder}/base/deployment.yaml"),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  \
                 replicas: 1\n  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: \
                 {name}}}\n    spec:\n      containers:\n        - name: web\n          image: registry.example/{name}:1.0.0\n          \
                 env:\n            - name: HOST\n              value: {name}.${{DOMAIN}}\n          envFrom:\n            - \
                 configMapRef: {{name: settings}}\n          resources:\n            requests: {{cpu: 10m, memory: 64Mi}}\n"
            ),
        );
        memory.insert(
            &format!("{folder}/base/service.yaml"),
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  selector: {{app: {name}}}\n  ports: \
                 [{{port: 80}}]\n"
            ),
        );
    }
    memory.insert("apps/kustomization.yaml", list);
    memory
}

fn read(system: impl FileSystem + 'static) {
    let sources = Sources::new(system);
    let library = Library::new(&sources);
    let files = sources.system().walk();
    for path in files.iter().filter(|path| path.ends_with(".yaml") || path.ends_with(".yml")) {
        let _ = black_box(library.load(path, Mode::V3));
    }
}

fn build(system: impl FileSystem + 'static) {
    let sources = Sources::new(system);
    let library = Library::new(&sources);
    black_box(world(&library, &BuildOptions::default()));
}

#[divan::bench(args = SIZES)]
fn made_read(bencher: Bencher<'_, '_>, applications: usize) {
    let tree = made(applications);
    bencher.with_inputs(|| tree.clone()).bench_values(read);
}

#[divan::bench(args = SIZES)]
fn made_build(bencher: Bencher<'_, '_>, applications: usize) {
    let tree = made(applications);
    bencher.with_inputs(|| tree.clone()).bench_values(build);
}

#[divan::bench(args = SIZES)]
fn made_check(bencher: Bencher<'_, '_>, applications: usize) {
    let tree = made(applications);
    bencher.with_inputs(|| tree.clone()).bench_values(|tree| {
        let _ = black_box(check(tree, &CheckOptions::default()).map(|checked| checked.findings.len()));
    });
}

/// The real trees beside the project; none where they are not there.
fn trees() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = std::fs::read_dir(corpus) else { return Vec::new() };
    let mut trees: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    trees.sort();
    trees.into_iter().map(|path| path.display().to_string()).collect()
}

#[divan::bench(args = trees())]
fn real_read(bencher: Bencher<'_, '_>, tree: &str) {
    bencher.with_inputs(|| Disk::new(Path::new(tree)).unwrap()).bench_values(read);
}

#[divan::bench(args = trees())]
fn real_build(bencher: Bencher<'_, '_>, tree: &str) {
    bencher.with_inputs(|| Disk::new(Path::new(tree)).unwrap()).bench_values(build);
}
