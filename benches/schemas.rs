//! What schemas cost: compiling those that are asked for, judging ten thousand objects, and the share of a whole run.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a bench that cannot go on fails")]

use divan::{Bencher, black_box};
use flux_vet::build::{BuildOptions, Library, World, world};
use flux_vet::cluster::schemas::{Judged, built_in};
use flux_vet::cluster::{Cluster, Repository};
use flux_vet::config::Config;
use flux_vet::source::{Memory, Sources};
use flux_vet::{CheckOptions, check};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Files of the made cluster, each with five objects.
const FILES: [usize; 3] = [2, 200, 2000];

/// Deployments, Services, ConfigMaps, ServiceAccounts and NetworkPolicies, applied by one Kustomization.
fn made(files: usize) -> Memory {
    let mut memory = Memory::default();
    memory.insert(
        "clusters/home/apps.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n\
         spec: {interval: 1h, path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}\n",
    );
    let mut list = String::from("namespace: apps\nresources:\n");
    for at in 0..files {
        list.push_str(&format!("  - app-{at}.yaml\n"));
        memory.insert(
            &format!("apps/app-{at}.yaml"),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{at}\n  labels: {{app: app-{at}}}\nspec:\n  \
                 replicas: 2\n  selector:\n    matchLabels: {{app: app-{at}}}\n  template:\n    metadata:\n      labels: {{app: \
                 app-{at}}}\n    spec:\n      serviceAccountName: app-{at}\n      containers:\n        - name: web\n          \
                 image: registry.example/app-{at}:1.0.0\n          ports: [{{name: http, containerPort: 8080}}]\n          \
                 envFrom:\n            - configMapRef: {{name: app-{at}}}\n          resources:\n            requests: {{cpu: \
                 10m, memory: 64Mi}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: app-{at}}}\nspec:\n  selector: \
                 {{app: app-{at}}}\n  ports: [{{name: http, port: 80, targetPort: http}}]\n---\napiVersion: v1\nkind: \
                 ConfigMap\nmetadata: {{name: app-{at}}}\ndata: {{MODE: fast}}\n---\napiVersion: v1\nkind: \
                 ServiceAccount\nmetadata: {{name: app-{at}}}\n---\napiVersion: networking.k8s.io/v1\nkind: \
                 NetworkPolicy\nmetadata: {{name: app-{at}}}\nspec:\n  podSelector: {{matchLabels: {{app: app-{at}}}}}\n  \
                 policyTypes: [Ingress]\n  ingress:\n    - ports: [{{port: http}}]\n"
            ),
        );
    }
    memory.insert("apps/kustomization.yaml", list);
    memory
}

/// Judges the objects of a cluster that is built; with two files of them that is the time of compiling.
#[divan::bench(args = FILES, max_time = 10)]
fn judge(bencher: Bencher<'_, '_>, files: usize) {
    let sources = Sources::new(made(files));
    let library = Library::new(&sources);
    let config = Config::default();
    let world: World = world(&library, &BuildOptions::default());
    let repository = Repository::new(&library, &config, Vec::new(), &world);
    let cluster = || Cluster::new(&repository, world.clusters.first().unwrap());
    bencher.with_inputs(cluster).bench_refs(|cluster| black_box(Judged::of(cluster)).violations.len());
}

#[divan::bench(args = FILES, max_time = 10)]
fn whole_run(bencher: Bencher<'_, '_>, files: usize) {
    bencher
        .with_inputs(|| made(files))
        .bench_values(|tree| check(tree, &CheckOptions::default()).unwrap().findings.len());
}

/// The same without the rules that ask schemas.
#[divan::bench(args = FILES, max_time = 10)]
fn run_without_schemas(bencher: Bencher<'_, '_>, files: usize) {
    let all = flux_vet::rules::catalogue().unwrap();
    let on = all.iter().filter(|entry| entry.card.default == flux_vet::rulebook::card::Default::On);
    let kept: Vec<String> = on.map(|entry| entry.card.id.clone()).filter(|id| !id.starts_with("schema-")).collect();
    let options = CheckOptions { rules: Some(kept), ..CheckOptions::default() };
    bencher.with_inputs(|| made(files)).bench_values(|tree| check(tree, &options).unwrap().findings.len());
}

/// Cutting out and hardening every schema that is built in, which no run does.
#[divan::bench]
fn all_schemas() -> usize {
    built_in().count()
}
