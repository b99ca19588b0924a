//! `flux-vet budget` on the migration plan: the plan's own tables, recomputed, and every form of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn budget(stage: &str, arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan").join(stage);
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-vet"));
    let output = command.arg("budget").arg(&root).args(arguments).env_remove("FLUX_VET_CONFIG").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(stage: &str, by: &str) -> Value {
    let whole: Value = serde_json::from_str(&budget(stage, &["--by", by, "--format", "json"])).unwrap();
    whole["clusters"][0].clone()
}

/// Pods, cpu, memory, limit of memory, volumes and claims of a line.
fn line<'a>(table: &'a Value, name: &str) -> [&'a str; 6] {
    let rows = table["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or(&table["total"]);
    assert_eq!(row["name"], name);
    let keys = ["pods", "requests.cpu", "requests.memory", "limits.memory", "storage", "claims"];
    keys.map(|key| row["amounts"][key]["least"].as_str().unwrap())
}

#[test]
fn the_tables_of_the_plan_are_recomputed() {
    let table = json("as-written", "workload");
    assert_eq!(line(&table, "storage/minio-operator (operator)"), ["1", "50m", "128Mi", "256Mi", "0", "0"]);
    assert_eq!(line(&table, "storage/minio Tenant (pool-0)"), ["2", "200m", "1Gi", "2Gi", "100Gi", "2"]);
    assert_eq!(line(&table, "monitoring/loki (read)"), ["2", "100m", "256Mi", "512Mi", "0", "0"]);
    assert_eq!(line(&table, "monitoring/loki (write)"), ["3", "150m", "384Mi", "768Mi", "30Gi", "3"]);
    assert_eq!(line(&table, "monitoring/loki (backend)"), ["2", "100m", "256Mi", "512Mi", "20Gi", "2"]);

    let namespaces = json("as-written", "namespace");
    // Operator and servers; the Job states nothing.
    assert_eq!(line(&namespaces, "storage"), ["4", "250m", "1152Mi", "2304Mi", "100Gi", "2"]);
    assert_eq!(namespaces["total"], table["total"], "every table has the same total");
}

#[test]
fn a_repaired_tenant_costs_what_it_costs() {
    // 2 servers with 2 volumes each.
    assert_eq!(line(&json("correct", "workload"), "storage/minio Tenant (pool-0)")[4..], ["200Gi", "4"]);
}

#[test]
fn what_the_plan_does_not_count_is_listed() {
    let table = json("as-written", "cluster");
    let named: Vec<&str> =
        table["uncounted"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    for what in [
        "HelmRelease `monitoring/loki` (backend)",
        "HelmRelease `monitoring/loki` (lokiCanary)",
        "Job `storage/minio-bucket-setup`",
        "Tenant `storage/minio` (pool-0)",
    ] {
        assert!(named.contains(&what), "{what} of {named:#?}");
    }
    assert_eq!(table["rows"], Value::Array(Vec::new()), "the cluster has a total and no lines");
}

#[test]
fn every_form_says_the_same() {
    for form in ["human", "markdown", "json", "svg"] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(form, budget("as-written", &["--format", form]));
        });
    }
}

#[test]
fn a_cluster_that_is_not_there_is_a_fault_with_advice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan/correct");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-vet"));
    let output = command.arg("budget").arg(&root).args(["--cluster", "kubernetes/flux/clusters"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `kubernetes/flux/cluster`?"));
}
