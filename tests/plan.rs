//! The migration plan, defect by defect: each is told by its rule at its place, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flux_vet::config::Choice;
use flux_vet::source::{Disk, Memory, Span};
use flux_vet::{CheckOptions, Checked, check};

/// A defect: its number in the plan's list, the rule, the file, a part of the line, and parts of other lines that the
/// finding has labels on.
type Defect = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const JOB: &str = "job-bucket-setup.yaml";
const LOKI: &str = "loki/app/helmrelease.yaml";
const TEMPO: &str = "helmrelease-tempo.yaml";
const TABLES: &str = "plan-tables.md";

/// Told of the plan as it was written, by rules that are on.
const AS_WRITTEN: &[Defect] = &[
    ("D01", "minio-pool-too-small", "tenant.yaml", "volumesPerServer: 1", &["servers: 2"]),
    ("D02", "s3-endpoint-port-wrong", JOB, "mc alias set minio", &["requestAutoCert: false"]),
    ("D02", "s3-endpoint-port-wrong", LOKI, "endpoint: http://minio.storage.svc:9000", &["requestAutoCert: false"]),
    ("D02", "s3-endpoint-port-wrong", TEMPO, "endpoint: minio.storage.svc:9000", &["requestAutoCert: false"]),
    ("D03", "network-policy-selects-nothing", "networkpolicy.yaml", "app: minio", &["name: minio"]),
    ("D05", "monitor-selects-nothing", "servicemonitor.yaml", "app: minio", &["name: minio"]),
    ("D05", "monitor-port-missing", "servicemonitor.yaml", "- port: http", &["name: minio"]),
    ("D07", "env-key-invalid", JOB, "name: minio-config", &["config.env: |"]),
    ("D08", "secret-missing", JOB, "name: minio-service-credentials", &["name: minio-service-credentials"]),
    ("D09", "helm-hook-inert", JOB, "helm.sh/hook: post-install", &[]),
    ("D11", "crd-and-cr-together", "tenant.yaml", "kind: Tenant", &["name: minio-operator"]),
    (
        "D13",
        "substitution-swallows-app-variable",
        LOKI,
        "${LOKI_S3_ACCESS_KEY}",
        &["${LOKI_S3_SECRET_KEY}", "LOKI_S3_ACCESS_KEY:"],
    ),
    ("D13", "substitution-swallows-app-variable", TEMPO, "${TEMPO_S3_ACCESS_KEY}", &["${TEMPO_S3_SECRET_KEY}"]),
    ("D15", "chart-value-unknown", LOKI, "    extraEnvFrom:", &[]),
    ("D16", "loki-retention-inert", LOKI, "retention_period:", &[]),
    ("D17", "grafana-datasource-missing", "kube-prometheus-stack/app/helmrelease.yaml", "url: http://loki:3100", &[]),
    // Of `write` and of `backend`.
    ("D20", "chart-value-unknown", LOKI, "        enabled: true", &[]),
    ("D21", "chart-value-unknown", "helmrelease-operator.yaml", "console:", &[]),
    ("D23", "minio-prometheus-namespace", "tenant.yaml", "prometheusOperator: true", &[]),
    ("D30", "chart-value-unknown", TEMPO, "    storage:", &[]),
    ("D36", "secret-not-encrypted", "minio/app/secret.sops.yaml", "config.env: |", &[]),
    ("D36", "secret-not-encrypted", "loki/app/secret.sops.yaml", "LOKI_S3_ACCESS_KEY:", &["LOKI_S3_SECRET_KEY:"]),
];

/// Told besides with the rules that have to be asked for.
const ON_REQUEST: &[Defect] = &[
    ("D07", "env-variable-missing", JOB, "mc alias set minio", &["config.env: |"]),
    ("D10", "job-force-missing", JOB, "name: minio-bucket-setup", &[]),
    ("D12", "depends-on-not-covering", LOKI, "- name: minio-operator", &[]),
    ("D18", "loki-mode-deprecated", LOKI, "deploymentMode:", &[]),
    ("D18", "chart-moved", "loki/app/ocirepository.yaml", "url:", &[]),
    ("D22", "service-exposed", "tenant.yaml", "minio: true", &[]),
    ("D25", "image-source-abandoned", "tenant.yaml", "image:", &[]),
    ("D26", "image-tag-mutable", JOB, "image: minio/mc:latest", &[]),
    ("D26", "pod-security-violation", JOB, "- name: mc", &["pod-security.kubernetes.io/enforce: restricted"]),
    ("D27", "script-error-swallowed", JOB, "mc admin user add", &["mc admin policy"]),
    ("D28", "bucket-unused", JOB, "mc mb", &[]),
    ("D29", "s3-credential-split", "loki/app/secret.sops.yaml", "LOKI_S3_SECRET_KEY:", &["key: loki-password"]),
    ("D31", "budget-document-mismatch", TABLES, "| **Total** | 250m", &["flux-vet: budget"]),
    ("D32", "budget-document-mismatch", TABLES, "| Memory Limits | 512Mi | 3292Mi", &["flux-vet: budget"]),
    ("D33", "budget-document-mismatch", TABLES, "| PVC Count | 1 (50Gi) | 7 (100Gi+20Gi)", &["flux-vet: budget"]),
    ("D34", "budget-document-mismatch", TABLES, "| Pod Count | 1 (Loki) | 10", &["flux-vet: budget"]),
    ("D34", "budget-uncounted", JOB, "- name: mc", &[]),
    ("D34", "budget-uncounted", LOKI, "name: loki", &[]),
    ("D34", "budget-uncounted", "tenant.yaml", "name: minio", &[]),
];

/// What repairs to the letter bring about.
const FIRST_REPAIR: &[Defect] = &[
    ("D04", "network-policy-blocks-consumer", "networkpolicy.yaml", "fromEndpoints:", &["name: minio-bucket-setup"]),
    ("D04", "network-policy-blocks-peer", "networkpolicy.yaml", "fromEndpoints:", &["name: minio"]),
    ("D14", "loki-expand-env-missing", LOKI, "$${LOKI_S3_ACCESS_KEY}", &[]),
];

fn stage(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan").join(name)
}

fn line(checked: &Checked, span: Span) -> (String, String) {
    let place = checked.sources.location(span);
    let text = checked.sources.file(span.file).text.clone();
    (place.path.to_string(), text.lines().nth(place.line - 1).unwrap_or_default().to_owned())
}

/// Defects that no finding tells.
fn missed(checked: &Checked, defects: &[Defect]) -> Vec<String> {
    let is_told = |(_, rule, file, part, others): &Defect| {
        checked.findings.iter().filter(|finding| *finding.rule == **rule).any(|finding| {
            let (path, text) = line(checked, finding.primary.span);
            let labels: Vec<String> = finding.related.iter().map(|label| line(checked, label.span).1).collect();
            path.ends_with(file)
                && text.contains(part)
                && others.iter().all(|other| labels.iter().any(|label| label.contains(other)))
        })
    };
    defects.iter().filter(|defect| !is_told(defect)).map(|defect| format!("{defect:?}")).collect()
}

/// Findings that belong to no defect.
fn beside(checked: &Checked, defects: &[Defect]) -> Vec<String> {
    let is_known = |rule: &str, span: Span| {
        let (path, text) = line(checked, span);
        defects.iter().any(|(_, known, file, part, _)| *known == rule && path.ends_with(file) && text.contains(part))
    };
    let others = checked.findings.iter().filter(|finding| !is_known(&finding.rule, finding.primary.span));
    others.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
}

fn run(name: &str, config: Choice) -> Checked {
    check(Disk::new(&stage(name)).unwrap(), &CheckOptions { config, ..CheckOptions::default() }).unwrap()
}

#[test]
fn the_plan_as_it_was_written() {
    let checked = run("as-written", Choice::Found);
    assert_eq!(missed(&checked, AS_WRITTEN), [""; 0]);
    assert_eq!(beside(&checked, AS_WRITTEN), [""; 0]);
}

#[test]
fn the_plan_as_it_was_written_with_every_rule_that_has_something_to_say() {
    let checked = run("as-written", Choice::At(".flux-vet-strict.yaml".to_owned()));
    assert_eq!(missed(&checked, AS_WRITTEN), [""; 0]);
    assert_eq!(missed(&checked, ON_REQUEST), [""; 0]);
}

#[test]
fn the_plan_after_repairs_to_the_letter() {
    let checked = run("first-repair", Choice::Found);
    assert_eq!(missed(&checked, FIRST_REPAIR), [""; 0]);
    assert_eq!(beside(&checked, FIRST_REPAIR), [""; 0]);
}

#[test]
fn the_plan_as_it_works() {
    assert_eq!(beside(&run("correct", Choice::Found), &[]), [""; 0]);
}

/// A stage in memory, some of its files changed.
fn variant(name: &str, change: impl Fn(&str, String) -> Option<String>) -> BTreeSet<(String, String)> {
    fn add(memory: &mut Memory, root: &Path, folder: &Path, change: &dyn Fn(&str, String) -> Option<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if path.is_dir() {
                add(memory, root, &path, change);
            } else if let Some(text) = change(&name, std::fs::read_to_string(&path).unwrap()) {
                memory.insert(&name, text);
            }
        }
    }
    let mut memory = Memory::default();
    add(&mut memory, &stage(name), &stage(name), &change);
    let checked = check(memory, &CheckOptions::default()).unwrap();
    checked.findings.iter().map(|finding| (finding.rule.to_string(), line(&checked, finding.primary.span).1)).collect()
}

#[test]
fn sources_that_the_plan_forgot() {
    let found = variant("as-written", |path, text| {
        if path.ends_with("ocirepository.yaml") && !path.contains("kube-prometheus-stack") {
            return None;
        }
        let listed = path.ends_with("app/kustomization.yaml") && !path.contains("kube-prometheus-stack");
        Some(if listed { text.replace("  - ./ocirepository.yaml\n", "") } else { text })
    });
    let missing = found.iter().filter(|(rule, _)| rule == "source-missing").count();
    assert_eq!(missing, 2, "{found:#?}");
}

#[test]
fn one_value_of_an_encrypted_secret_in_plain_text() {
    let found = variant("correct", |path, text| {
        if !path.ends_with("kube-prometheus-stack/app/secret.sops.yaml") {
            return Some(text);
        }
        let at = text.find("ENC[").unwrap();
        let end = at + text[at..].find(']').unwrap() + 1;
        Some(format!("{}correct-horse-battery{}", &text[..at], &text[end..]))
    });
    let rules: BTreeSet<&str> = found.iter().map(|(rule, _)| rule.as_str()).collect();
    assert!(rules.contains("secret-partly-encrypted") || rules.contains("secret-not-encrypted"), "{found:#?}");
    assert!(found.iter().all(|(_, line)| line.contains("correct-horse-battery")), "{found:#?}");
}
