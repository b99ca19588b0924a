//! Times of rules by the object: checks that cards hold, from one field to a join, beside a compiled one. A rule whose
//! time for each object grows with their number is not fit.

#![allow(clippy::unwrap_used, clippy::allow_attributes, reason = "a bench that cannot go on fails")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flux_vet::build::{BuildOptions, Library, world};
use flux_vet::cluster::{Cluster, Repository};
use flux_vet::config::{Choice, Config};
use flux_vet::rulebook::Sink;
use flux_vet::rulebook::user::CardText;
use flux_vet::source::{Memory, Sources};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// Deployments of the made cluster, twenty to a namespace; each has a ConfigMap and a PodDisruptionBudget beside it.
const SIZES: [usize; 2] = [1_000, 10_000];

/// What is measured: a field, variables with fallbacks, patterns, a list of other objects, a join, and compiled Rust.
const RULES: [&str; 6] = [
    "container-privileged",
    "container-runs-as-root",
    "env-secret-literal",
    "pdb-missing",
    "settings-missing",
    "resources-missing",
];

/// Every Deployment reads a ConfigMap.
const JOIN: &str = "\
---
summary: A ConfigMap is missing
severity: error
confidence: high
group: bench
since: 0.1.0
status: stable
default: on
fix: none
check:
  match: {kinds: [apps/Deployment]}
  references:
    each: pod.containers.envFrom[*].configMapRef.name
    key: \"[object.metadata.namespace, item]\"
    to:
      - {kinds: [core/ConfigMap], key: \"[object.metadata.namespace, object.metadata.name]\"}
  message: \"{object} reads `{item}`, which is missing\"
---
## What it does
A.
## Why it matters
B.
## What to do
C.
## Example: fires
```yaml
a: 1 # error
```
## Example: silent
```yaml
a: 1
```
";

fn made(objects: usize) -> Memory {
    let mut memory = Memory::default();
    for at in 0..objects {
        let namespace = format!("team-{}", at / 20);
        memory.insert(
            &format!("apps/app-{at}.yaml"),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{at}, namespace: {namespace}}}\nspec:\n  replicas: 2\n  \
                 template:\n    metadata: {{labels: {{app: app-{at}}}}}\n    spec:\n      containers:\n        - name: app\n          \
                 image: example.org/app:1\n          securityContext: {{runAsNonRoot: true}}\n          env:\n            \
                 - {{name: MODE, value: fast}}\n            - {{name: API_TOKEN, value: /run/token}}\n          envFrom:\n            \
                 - configMapRef: {{name: settings-{at}}}\n          resources: {{requests: {{cpu: 10m, memory: 64Mi}}}}\n---\n\
                 apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings-{at}, namespace: {namespace}}}\ndata: {{a: b}}\n---\n\
                 apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: app-{at}, namespace: {namespace}}}\n\
                 spec: {{minAvailable: 1, selector: {{matchLabels: {{app: app-{at}}}}}}}\n"
            ),
        );
    }
    memory
}

/// Every rule over every size; the cluster is built once.
#[divan::bench(args = RULES, consts = SIZES)]
fn by_object<const SIZE: usize>(bencher: Bencher<'_, '_>, rule: &str) {
    let sources = Sources::new(made(SIZE));
    let library = Library::new(&sources);
    let config = Config::choose(&sources, &Choice::Isolated).unwrap();
    let world = world(&library, &BuildOptions::default());
    let repository = Repository::new(&library, &config, Vec::new(), &world);
    let cluster = Cluster::new(&repository, world.clusters.first().unwrap());
    let cards = [CardText { path: "bench/settings-missing.md".to_owned(), text: JOIN.to_owned() }];
    let catalogue = flux_vet::catalogue(&sources, &config, Some(&cards)).unwrap();
    let predicate = catalogue.get(rule).unwrap().predicate(serde_json::json!({})).unwrap().unwrap();
    bencher.counter(ItemsCount::new(SIZE)).bench(|| {
        let mut sink = Sink::default();
        predicate.check(black_box(&cluster), &mut sink);
        predicate.check_beside(&repository, black_box(&cluster), &mut sink);
        sink
    });
}

/// What a card costs before anything runs: reading it and its expressions.
#[divan::bench(args = RULES)]
fn made_ready(bencher: Bencher<'_, '_>, rule: &str) {
    let sources = Sources::new(made(1));
    let config = Config::choose(&sources, &Choice::Isolated).unwrap();
    let cards = [CardText { path: "bench/settings-missing.md".to_owned(), text: JOIN.to_owned() }];
    let catalogue = flux_vet::catalogue(&sources, &config, Some(&cards)).unwrap();
    bencher.bench(|| catalogue.get(rule).map(|entry| entry.predicate(serde_json::json!({})).is_some()));
}
