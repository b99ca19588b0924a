//! Targets for the files of our own and of others that have a reader to themselves: the text is one file of a small tree.

use std::path::PathBuf;

use flux_vet::cluster::schemas::lock::LockFile;
use flux_vet::config::Date;
use flux_vet::finding::Finding;
use flux_vet::rulebook::user::CardText;
use flux_vet::source::{Memory, Sources};
use flux_vet::verdict::baseline::{self, Baseline};
use flux_vet::yaml::parse;
use flux_vet::{CheckOptions, Checked};

use super::{checked, lines, over, placed};

const OBJECTS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: apps, labels: {app: web}}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: web, image: 'example.com/web:1', env: [{name: A, value: b}], ports: [{containerPort: 80}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: apps}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\ndata: {a: '1', b: 2Gi, c: '2024-01-01T00:00:00Z'}\n";

/// A tree with an entry point, an application, a release of a chart and something that is wrong.
const TREE: &[(&str, &str)] = &[
    (
        "clusters/home/apps.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  interval: 1h\n  path: ./apps\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n  dependsOn: [{name: store}]\n  postBuild: {substitute: {TIER: front}}\n",
    ),
    ("apps/kustomization.yaml", "resources: [objects.yaml, release.yaml, namespace.yaml]\n"),
    ("apps/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: apps, labels: {tier: \"${TIER}\"}}\n"),
    ("apps/objects.yaml", OBJECTS),
    (
        "apps/release.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: own, namespace: apps}\nspec: {interval: 1h, url: 'https://charts.min.io/'}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: store, namespace: apps}\nspec:\n  interval: 1h\n  chart: {spec: {chart: minio, version: 5.4.0, sourceRef: {kind: HelmRepository, name: own}}}\n  values: {mode: standalone, buckets: [{name: loki}], persistence: {size: 5Gi}}\n",
    ),
];

fn tree_with(path: &str, text: &str) -> Memory {
    let mut memory = over(TREE, "");
    memory.insert(path, text);
    memory
}

fn today() -> CheckOptions {
    CheckOptions { today: Date::new(2026, 11, 1), ..CheckOptions::default() }
}

fn twice(files: &Memory, options: &CheckOptions) -> Option<Checked> {
    let one = checked(files.clone(), options);
    let other = checked(files.clone(), options).as_ref().map(lines);
    assert_eq!(one.as_ref().map(lines), other, "two runs differ");
    one
}

/// A card of a user, run over a few objects.
pub fn card(text: &str) {
    let mut memory = Memory::default();
    memory.insert("apps/a.yaml", OBJECTS);
    let cards = vec![CardText { path: ".flux-vet/rules/own/own.md".to_owned(), text: text.to_owned() }];
    checked(memory, &CheckOptions { cards: Some(cards), ..CheckOptions::default() });
}

/// An admission policy, run over a few objects.
pub fn admission(text: &str) {
    let mut memory = Memory::default();
    memory.insert("apps/a.yaml", OBJECTS);
    memory.insert("apps/policy.yaml", text);
    checked(memory, &CheckOptions::default());
}

/// A configuration.
pub fn config(text: &str) {
    twice(&tree_with(".flux-vet.yaml", text), &today());
}

/// A profile of a chart.
pub fn profile(text: &str) {
    checked(tree_with(".flux-vet/charts/own.yaml", text), &today());
}

/// Comments that ask not to report change what counts, and nothing else.
pub fn suppressions(text: &str) {
    let Some(one) = twice(&tree_with("clusters/home/own.yaml", text), &today()) else { return };
    // Where the words stand outside of comments they may be a name.
    let comments = parse(text).comments;
    let is_comment = |at: usize| comments.iter().any(|comment| comment.range.contains(&at));
    if !text.match_indices("flux-vet").all(|(at, _)| is_comment(at)) {
        return;
    }
    let other = checked(tree_with("clusters/home/own.yaml", &text.replace("flux-vet", "flux-xxx")), &today());
    let found = |checked: &Checked| -> Vec<String> {
        let is_own = |finding: &&Finding| finding.rule.starts_with("suppression-");
        let mut found: Vec<String> =
            checked.findings.iter().filter(|finding| !is_own(finding)).map(|finding| finding.message.clone()).collect();
        found.sort();
        found
    };
    assert_eq!(Some(found(&one)), other.as_ref().map(found), "a comment changed what is found");
}

/// A baseline is read as it was written, and what it lists is what is known.
pub fn baseline(text: &str) {
    if let Ok(read) = Baseline::parse("own.json", text) {
        assert_eq!(Baseline::parse("own.json", &read.text()).ok().as_ref(), Some(&read), "{text:?}");
        assert_eq!(read.common(&read).lines(), read.lines());
        assert!(read.without(&read).is_empty());
    }
    let options = CheckOptions { baseline: baseline::Choice::At("own.json".to_owned()), ..today() };
    checked(tree_with("own.json", text), &options);
}

/// Values of releases of charts that are known.
pub fn values(text: &str) {
    const CHARTS: [(&str, &str, &str); 10] = [
        ("app-template", "4.1.1", "https://bjw-s-labs.github.io/helm-charts"),
        ("loki", "6.30.0", "https://grafana.github.io/helm-charts"),
        ("mimir-distributed", "5.7.0", "https://grafana.github.io/helm-charts"),
        ("tempo-distributed", "1.40.0", "https://grafana.github.io/helm-charts"),
        ("minio", "5.4.0", "https://charts.min.io/"),
        ("tenant", "7.1.1", "https://operator.min.io/"),
        ("kube-prometheus-stack", "72.0.0", "https://prometheus-community.github.io/helm-charts"),
        ("grafana", "9.0.0", "https://grafana.github.io/helm-charts"),
        ("cilium", "1.17.0", "https://helm.cilium.io/"),
        ("rook-ceph-cluster", "v1.17.0", "https://charts.rook.io/release"),
    ];
    let mut releases = String::new();
    for (chart, version, url) in CHARTS {
        releases.push_str(&format!(
            "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: {chart}, namespace: apps}}\nspec: {{interval: 1h, url: '{url}'}}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {chart}, namespace: apps}}\nspec:\n  interval: 1h\n  chart: {{spec: {{chart: {chart}, version: {version}, sourceRef: {{kind: HelmRepository, name: {chart}}}}}}}\n  valuesFrom: [{{kind: ConfigMap, name: values}}]\n",
        ));
    }
    let mut memory = over(TREE, "");
    memory.insert(
        "apps/kustomization.yaml",
        "resources: [releases.yaml, namespace.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator: [{name: values, namespace: apps, files: [values.yaml]}]\n",
    );
    memory.insert("apps/releases.yaml", releases);
    memory.insert("apps/values.yaml", text);
    checked(memory, &today());
}

/// Schemas of the user, definitions of kinds, and the lock file of what was pulled, beside objects of such a kind.
pub fn schemas(text: &str) {
    const SCHEMAS: &[(&str, &str)] = &[
        (
            ".flux-vet.yaml",
            "schema-locations: ['schemas/{{.ResourceKind}}.json', 'https://example.org/{{.ResourceKind}}.json']\n",
        ),
        (
            "apps/till.yaml",
            "apiVersion: shop.example.org/v1\nkind: Till\nmetadata: {name: one, namespace: shop}\nspec: {size: 3, name: front, list: [1, two, {a: b}], when: 2024-01-01, open: true}\n",
        ),
        ("apps/objects.yaml", OBJECTS),
    ];
    let files = over(SCHEMAS, text);
    match LockFile::read(&Sources::new(files.clone())) {
        Ok(Some(read)) => {
            let mut again = Memory::default();
            again.insert(flux_vet::cluster::schemas::lock::FILE_NAME, read.lock.text());
            let again = LockFile::read(&Sources::new(again)).ok().flatten();
            assert_eq!(again.map(|again| again.lock), Some(read.lock));
        }
        Ok(None) => {}
        Err(fault) => placed(fault),
    }
    let cache = Some(PathBuf::from("/nonexistent/flux-vet-fuzz"));
    checked(files, &CheckOptions { schema_cache: cache, ..today() });
}

/// Rules of SOPS and encrypted files.
pub fn sops(text: &str) {
    const SOPS: &[(&str, &str)] = &[
        (
            "clusters/home/apps.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  interval: 1h\n  path: ./apps\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n  decryption: {provider: sops, secretRef: {name: age}}\n",
        ),
        ("apps/kustomization.yaml", "resources: [secret.sops.yaml, plain.yaml]\n"),
        (
            "apps/plain.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: apps}\nstringData: {password: hunter2hunter2}\n",
        ),
        (".sops.yaml", "creation_rules:\n  - path_regex: \\.sops\\.yaml$\n    encrypted_regex: ^(data|stringData)$\n"),
    ];
    checked(over(SOPS, text), &today());
}
