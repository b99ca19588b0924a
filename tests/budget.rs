//! The arithmetic of budgets, on the migration plan and on small trees.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use flux_vet::finding::{Confidence, Finding};
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

fn run(system: Memory, rule: &str) -> Checked {
    check(system, &CheckOptions { rules: Some(vec![rule.to_owned()]), ..CheckOptions::default() }).unwrap()
}

fn place(checked: &Checked, finding: &Finding) -> (String, usize) {
    let location = checked.sources.location(finding.primary.span);
    let file = checked.sources.file(finding.primary.span.file);
    (location.path.to_string(), file.line_index(finding.primary.span.start as usize) + 1)
}

fn tree(name: &str) -> Memory {
    fn add(system: &mut Memory, root: &Path, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(system, root, &path);
            } else {
                system.insert(path.strip_prefix(root).unwrap().to_str().unwrap(), std::fs::read(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan").join(name);
    let mut system = Memory::default();
    add(&mut system, &root, &root);
    system
}

const TENANT: &str = "kubernetes/apps/storage/minio/app/tenant.yaml";

/// MinIO and Loki of the plan, without Tempo and the monitoring stack, and a budget.
fn plan(budget: &str, changes: &[(&str, &str, &str)]) -> Memory {
    let mut system = tree("as-written");
    let mut replace = |path: &str, old: &str, new: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan/as-written").join(path);
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(old), "{path}");
        system.insert(path, text.replacen(old, new, 1));
    };
    replace("kubernetes/apps/monitoring/loki/app/kustomization.yaml", "  - ./helmrelease-tempo.yaml\n", "");
    replace("kubernetes/apps/monitoring/kustomization.yaml", "  - ./kube-prometheus-stack/ks.yaml\n", "");
    for (path, old, new) in changes {
        replace(path, old, new);
    }
    system.insert(".flux-vet.yaml", format!("nodes: 3\nbudget:\n{budget}"));
    system
}

fn messages(budget: &str, changes: &[(&str, &str, &str)]) -> Vec<String> {
    let checked = run(plan(budget, changes), "budget-exceeded");
    checked.findings.iter().map(|finding| finding.message.clone()).collect()
}

fn cluster(requests: &str, limits: &str, storage: &str, more: &str) -> String {
    format!(
        "  - cluster: true\n    requests: {{ cpu: 600m, memory: {requests} }}\n    limits: {{ memory: {limits} }}\n    storage: {storage}\n    claims: 7\n{more}"
    )
}

#[test]
fn the_plan_fits_its_own_totals_exactly() {
    assert_eq!(messages(&cluster("2Gi", "4Gi", "150Gi", ""), &[]), [""; 0]);
}

#[test]
fn what_the_plan_leaves_open_is_listed() {
    let checked = run(plan(&cluster("2Gi", "4Gi", "150Gi", ""), &[]), "budget-exceeded");
    let listed: Vec<String> =
        checked.coverage.unknown.iter().map(|one| format!("{}: {}", one.what, one.reason)).collect();
    for expected in [
        "HelmRelease `monitoring/loki` (lokiCanary): container `loki-canary` states no memory request",
        "Job `storage/minio-bucket-setup`: container `mc` states no memory request",
        "Tenant `storage/minio` (pool-0): container `sidecar` states no memory limit",
        "the memory requests of the cluster: at least `2Gi` of `2Gi`",
        "the memory limits of the cluster: at least `4Gi` of `4Gi`",
    ] {
        assert!(listed.iter().any(|line| line.starts_with(expected)), "{expected}\n{listed:#?}");
    }
    // Nothing about the claims is open.
    assert!(!listed.iter().any(|line| line.contains("volume")), "{listed:#?}");
}

#[test]
fn a_lower_limit_budget_is_exceeded_by_the_difference() {
    assert_eq!(
        messages(&cluster("2Gi", "3.5Gi", "150Gi", ""), &[]),
        ["the memory limits of the cluster add up to at least `4Gi`, `512Mi` more than the budget of `3584Mi`"]
    );
}

#[test]
fn a_lower_storage_budget_is_exceeded_by_the_difference() {
    let checked = run(plan(&cluster("2Gi", "4Gi", "120Gi", ""), &[]), "budget-exceeded");
    let [finding] = checked.findings.as_slice() else { panic!("{:?}", checked.findings) };
    assert_eq!(
        finding.message,
        "the volume sizes of the cluster add up to `150Gi`, `30Gi` more than the budget of `120Gi`"
    );
    assert_eq!(place(&checked, finding), (".flux-vet.yaml".to_owned(), 6));
    assert_eq!(checked.sources.text(finding.primary.span), "120Gi");
    assert_eq!(finding.confidence, Confidence::Medium);
    let related: Vec<(String, &str)> =
        finding.related.iter().map(|label| (checked.sources.text(label.span), label.message.as_str())).collect();
    assert_eq!(
        related,
        [
            ("\"50Gi\"".to_owned(), "100Gi in all copies"),
            ("10Gi".to_owned(), "30Gi in all copies"),
            ("10Gi".to_owned(), "20Gi in all copies")
        ]
    );
}

#[test]
fn headroom_turns_an_exact_fit_into_findings() {
    assert_eq!(
        messages(
            &cluster("2Gi", "8Gi", "500Gi", "    headroom: 10%\n")
                .replace("cpu: 600m", "cpu: 800m")
                .replace("claims: 7", "claims: 9"),
            &[]
        ),
        [
            "the memory requests of the cluster add up to at least `2Gi`, `204.8Mi` more than the budget of `2Gi` allows with 10% kept free"
        ]
    );
}

#[test]
fn the_tables_of_the_plan_add_up_by_namespace_and_kustomization() {
    let budget = "  - namespace: storage\n    requests: { cpu: 249m, memory: 1151Mi }\n    limits: { memory: 2303Mi }\n    storage: 99Gi\n\
                  \x20 - kustomization: monitoring/loki\n    requests: { cpu: 349m, memory: 895Mi }\n    limits: { memory: 1791Mi }\n    storage: 49Gi\n    claims: 4\n";
    let said = messages(budget, &[]);
    for (what, amount) in [
        ("cpu requests of namespace `storage`", "`250m`"),
        ("memory requests of namespace `storage`", "`1152Mi`"),
        ("memory limits of namespace `storage`", "`2304Mi`"),
        ("volume sizes of namespace `storage`", "`100Gi`"),
        ("cpu requests of Kustomization `monitoring/loki`", "`350m`"),
        ("memory requests of Kustomization `monitoring/loki`", "`896Mi`"),
        ("memory limits of Kustomization `monitoring/loki`", "`1792Mi`"),
        ("volume sizes of Kustomization `monitoring/loki`", "`50Gi`"),
        ("volume claims of Kustomization `monitoring/loki`", "`5`"),
    ] {
        assert!(said.iter().any(|line| line.contains(what) && line.contains(amount)), "{what} {amount}\n{said:#?}");
    }
    assert_eq!(said.len(), 9, "{said:#?}");
}

#[test]
fn repairs_of_the_pool_cost_what_they_cost() {
    let two_volumes = [(TENANT, "volumesPerServer: 1", "volumesPerServer: 2")];
    assert_eq!(
        messages(&cluster("2Gi", "4Gi", "150Gi", ""), &two_volumes),
        [
            "the volume sizes of the cluster add up to `250Gi`, `100Gi` more than the budget of `150Gi`",
            "the volume claims of the cluster add up to `9`, `2` more than the budget of `7`",
        ]
    );
    let four_servers = [(TENANT, "servers: 2", "servers: 4")];
    assert_eq!(
        messages(
            &cluster("3Gi", "6Gi", "250Gi", "").replace("cpu: 600m", "cpu: 800m").replace("claims: 7", "claims: 9"),
            &four_servers
        ),
        [""; 0]
    );
    let said = messages(&cluster("2Gi", "4Gi", "250Gi", "").replace("claims: 7", "claims: 9"), &four_servers);
    for amount in ["`800m`", "`3Gi`", "`6Gi`"] {
        assert!(said.iter().any(|line| line.contains(amount)), "{amount} {said:#?}");
    }
}

#[test]
fn the_caches_of_loki_count_by_default() {
    let release = "kubernetes/apps/monitoring/loki/app/helmrelease.yaml";
    let checked = run(
        plan(
            &cluster("2Gi", "64Gi", "150Gi", "").replace("600m", "8"),
            &[(release, "    chunksCache:\n      enabled: false\n", "")],
        ),
        "budget-exceeded",
    );
    let [finding] = checked.findings.as_slice() else { panic!("{:?}", checked.findings) };
    // 2048Mi + 9830Mi
    assert!(finding.message.contains("`11878Mi`, `9830Mi` more"), "{}", finding.message);
    assert_eq!(finding.related.first().map(|label| label.message.as_str()), Some("9830Mi by default"));
}

#[test]
fn the_budgets_of_the_fixtures_hold() {
    for name in ["as-written", "first-repair", "correct"] {
        let checked = run(tree(name), "budget-exceeded");
        let said: Vec<&String> = checked.findings.iter().map(|one| &one.message).collect();
        assert!(said.is_empty(), "{name} {said:#?}");
        for rule in ["limit-below-request", "quota-exceeded"] {
            assert_eq!(run(tree(name), rule).findings.len(), 0, "{name} {rule}");
        }
    }
}

/// A small tree of plain manifests with a budget.
fn small(config: &str, manifests: &str) -> Checked {
    let mut system = Memory::default();
    system.insert(".flux-vet.yaml", config);
    system.insert("all.yaml", manifests);
    run(system, "budget-exceeded")
}

fn said(checked: &Checked) -> Vec<&str> {
    checked.findings.iter().map(|one| one.message.as_str()).collect()
}

#[test]
fn a_pod_asks_for_the_larger_of_its_phases() {
    let config = "budget: [{ cluster: true, requests: { memory: 1, cpu: 1m } }]\n";
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: a, namespace: b }}\nspec:\n{spec}");
    let cases = [
        (
            "  containers: [{ name: a, resources: { requests: { memory: 100Mi, cpu: 1m } } }]\n  initContainers: [{ name: i, resources: { requests: { memory: 300Mi } } }]\n",
            "`300Mi`",
        ),
        (
            "  containers: [{ name: a, resources: { requests: { memory: 100Mi, cpu: 1m } } }, { name: b, resources: { limits: { memory: 50Mi, cpu: 0 } } }]\n",
            "`150Mi`",
        ),
        (
            "  containers: [{ name: a, resources: { requests: { memory: 100Mi, cpu: 1m } } }]\n  initContainers: [{ name: s, restartPolicy: Always, resources: { requests: { memory: 40Mi, cpu: 0 } } }, { name: i, resources: { requests: { memory: 110Mi } } }]\n",
            "`150Mi`",
        ),
        (
            "  overhead: { memory: 10Mi }\n  containers: [{ name: a, resources: { requests: { memory: 100Mi, cpu: 1m } } }]\n",
            "`110Mi`",
        ),
        (
            "  resources: { requests: { memory: 70Mi } }\n  containers: [{ name: a, resources: { requests: { memory: 30Mi, cpu: 1m } } }, { name: b }]\n",
            "`70Mi`",
        ),
    ];
    for (spec, amount) in cases {
        let checked = small(config, &pod(spec));
        assert!(
            said(&checked).iter().any(|line| line.contains("memory") && line.contains(amount)),
            "{amount} {:?}",
            said(&checked)
        );
    }
}

#[test]
fn copies_follow_the_kind_of_workload() {
    let object = |kind: &str, spec: &str| {
        let api = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{ name: a, namespace: b }}\nspec: {spec}\n")
    };
    let template = "template: { spec: { containers: [{ name: a }] } }";
    let cases = [
        (object("Deployment", &format!("{{ {template} }}")), 1),
        (object("Deployment", &format!("{{ replicas: null, {template} }}")), 1),
        (object("Deployment", &format!("{{ replicas: 4, {template} }}")), 4),
        (object("DaemonSet", &format!("{{ {template} }}")), 5),
        (object("Job", &format!("{{ parallelism: 3, completions: 2, {template} }}")), 2),
        (object("CronJob", &format!("{{ jobTemplate: {{ spec: {{ parallelism: 2, {template} }} }} }}")), 2),
    ];
    for (text, pods) in cases {
        let checked = small("nodes: 5\nbudget: [{ cluster: true, pods: 0 }]\n", &text);
        let expected = format!("the pods of the cluster add up to `{pods}`");
        assert!(said(&checked).iter().any(|line| line.starts_with(&expected)), "{expected} {:?}", said(&checked));
    }
    let none = small("budget: [{ cluster: true, pods: 0 }]\n", &object("DaemonSet", &format!("{{ {template} }}")));
    assert_eq!(said(&none), [""; 0]);
    assert!(
        none.coverage.unknown.iter().any(|one| one.reason.contains("`nodes` is not configured")),
        "{:?}",
        none.coverage.unknown
    );
}

#[test]
fn limits_leave_room_for_the_autoscaler() {
    let manifests = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a, namespace: b }\nspec: { template: { spec: { containers: [{ name: a, resources: { limits: { memory: 1Gi } } }] } } }\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: a, namespace: b }\nspec: { scaleTargetRef: { kind: Deployment, name: a }, minReplicas: 2, maxReplicas: 6 }\n";
    let checked = small("budget: [{ cluster: true, requests: { memory: 3Gi }, limits: { memory: 5Gi } }]\n", manifests);
    assert_eq!(
        said(&checked),
        ["the memory limits of the cluster add up to `6Gi`, `1Gi` more than the budget of `5Gi`"]
    );
    assert!(
        checked.coverage.unknown.iter().any(|one| one.reason.contains("`6Gi` of `3Gi` with every autoscaler")),
        "{:?}",
        checked.coverage.unknown
    );
}

#[test]
fn what_is_not_known_is_listed_and_not_nothing() {
    let manifests = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: a, namespace: b }\nspec: { chart: { spec: { chart: something, sourceRef: { kind: HelmRepository, name: x } } } }\n---\napiVersion: dragonflydb.io/v1alpha1\nkind: Dragonfly\nmetadata: { name: d, namespace: b }\nspec: { replicas: 2 }\n";
    let checked = small("budget: [{ namespace: b, pods: 10 }, { namespace: c, pods: 1 }]\n", manifests);
    let listed: Vec<String> =
        checked.coverage.unknown.iter().map(|one| format!("{}: {}", one.what, one.reason)).collect();
    for expected in [
        "HelmRelease `b/a`: what the chart `something` runs is not known",
        "Dragonfly `b/d`: what its operator runs for this Dragonfly is not known",
        "the pods of namespace `b`: at least `0` of `10`; 2 parts are not counted",
        "the budget of namespace `c`: nothing in the tree belongs to it",
    ] {
        assert!(listed.iter().any(|line| line == expected), "{expected}\n{listed:#?}");
    }
}

#[test]
fn database_clusters_and_app_templates_count() {
    let manifests = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: { name: p, namespace: b }\nspec: { instances: 3, storage: { size: 20Gi }, walStorage: { size: 5Gi }, resources: { requests: { memory: 1Gi } } }\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: a, namespace: b }\nspec:\n  chart: { spec: { chart: app-template, version: 4.1.1, sourceRef: { kind: HelmRepository, name: x } } }\n  values:\n    controllers:\n      a: { type: statefulset, replicas: 2, defaultContainerOptions: { resources: { requests: { memory: 100Mi } } }, containers: { x: {}, y: { resources: { requests: { memory: 200Mi } } }, z: { enabled: false } }, statefulset: { volumeClaimTemplates: [{ name: v, size: 1Gi }] } }\n    persistence: { config: { size: 3Gi }, other: { existingClaim: z }, tmp: { type: emptyDir } }\n";
    let checked =
        small("budget: [{ cluster: true, requests: { memory: 1Mi }, storage: 1Gi, pods: 1, claims: 1 }]\n", manifests);
    let expected =
        [("memory requests", "`3672Mi`"), ("volume sizes", "`80Gi`"), ("pods", "`5`"), ("volume claims", "`9`")];
    for (what, amount) in expected {
        let start = format!("the {what} of the cluster add up to {amount}");
        assert!(said(&checked).iter().any(|line| line.starts_with(&start)), "{start} {:#?}", said(&checked));
    }
}
