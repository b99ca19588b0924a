//! The storage rules over the examples of their cards, the migration plan, and every consumer and provisioner they read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

const RULES: &[&str] = &["bucket-not-provisioned", "s3-endpoint-host-missing", "s3-endpoint-port-wrong"];

fn run(files: &[(String, String)], options: &CheckOptions) -> Checked {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, text.clone());
    }
    let rules = options.rules.clone().or_else(|| Some(RULES.iter().map(ToString::to_string).collect()));
    check(tree, &CheckOptions { rules, ..options.clone() }).unwrap()
}

/// `rule path:line text-at-fault` of every finding.
fn found(checked: &Checked) -> Vec<String> {
    let line = |finding: &flux_vet::finding::Finding| {
        let place = checked.sources.location(finding.primary.span);
        format!("{} {}:{} {}", finding.rule, place.path, place.line, checked.sources.text(finding.primary.span))
    };
    checked.findings.iter().map(line).collect()
}

fn tree(name: &str) -> Vec<(String, String)> {
    fn walk(root: &Path, at: &Path, files: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees/migration-plan").join(name);
    let mut files = Vec::new();
    walk(&root, &root, &mut files);
    files
}

/// Replaces a text that stands in one file of a tree.
fn edit(files: &mut [(String, String)], path: &str, from: &str, to: &str) {
    let (_, text) = files.iter_mut().find(|(name, _)| name.ends_with(path)).unwrap();
    assert!(text.contains(from), "{path}: {from}");
    *text = text.replacen(from, to, 1);
}

#[test]
fn one_defect_in_the_correct_plan_gives_one_finding_at_its_line() {
    let job = "buckets/job-bucket-setup.yaml";
    let loki = "loki/app/helmrelease.yaml";
    let tempo = "loki/app/helmrelease-tempo.yaml";
    for (path, from, to, expected) in [
        (job, "minio/loki-ruler", "minio/loki-rules", "bucket-not-provisioned loki/app/helmrelease.yaml loki-ruler"),
        (
            job,
            "mc mb --ignore-existing minio/tempo\n",
            "\n",
            "bucket-not-provisioned loki/app/helmrelease-tempo.yaml tempo",
        ),
        (
            loki,
            "chunks: loki-chunks",
            "chunks: loki-admin",
            "bucket-not-provisioned loki/app/helmrelease.yaml loki-admin",
        ),
        (
            loki,
            "minio.storage.svc:80",
            "minoi.storage.svc:80",
            "s3-endpoint-host-missing loki/app/helmrelease.yaml minoi.storage.svc",
        ),
        (loki, "minio.storage.svc:80", "minio:80", "s3-endpoint-host-missing loki/app/helmrelease.yaml minio"),
        (
            tempo,
            "minio.storage.svc:80",
            "minio.storage.svc:9000",
            "s3-endpoint-port-wrong loki/app/helmrelease-tempo.yaml 9000",
        ),
        (
            tempo,
            "minio.storage.svc:80",
            "minio-hl.storage.svc:80",
            "s3-endpoint-port-wrong loki/app/helmrelease-tempo.yaml 80",
        ),
    ] {
        let mut files = tree("correct");
        edit(&mut files, path, from, to);
        let checked = run(&files, &CheckOptions::default());
        let short: Vec<String> = found(&checked)
            .iter()
            .map(|line| {
                let (head, tail) = line.split_once("kubernetes/apps/monitoring/").unwrap();
                let (file, text) = tail.split_once(':').unwrap();
                format!("{head}{file} {}", text.split_once(' ').unwrap().1)
            })
            .collect();
        assert_eq!(short, [expected], "{from} -> {to}");
        assert!(!checked.findings[0].related.is_empty(), "{from} -> {to}");
    }
}

#[test]
fn no_admin_bucket_and_no_bucket_of_a_disk_is_asked_for() {
    let mut files = tree("correct");
    edit(
        &mut files,
        "loki/app/helmrelease.yaml",
        "ruler: loki-ruler",
        "ruler: loki-ruler\n          admin: loki-admin",
    );
    assert_eq!(found(&run(&files, &CheckOptions::default())), Vec::<String>::new());
    let mut files = tree("correct");
    edit(&mut files, "loki/app/helmrelease.yaml", "chunks: loki-chunks", "chunks: nowhere");
    edit(&mut files, "loki/app/helmrelease.yaml", "type: s3", "type: filesystem");
    assert_eq!(found(&run(&files, &CheckOptions::default())), Vec::<String>::new());
}

const STORE: &str = "
apiVersion: minio.min.io/v2
kind: Tenant
metadata: {name: t, namespace: storage}
spec: {requestAutoCert: false, buckets: [{name: known}]}
";

fn release(chart: &str, values: &str) -> String {
    let values: String = values.trim_matches('\n').lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: client, namespace: apps}}\n\
         spec:\n  chart: {{spec: {{chart: {chart}}}}}\n  values:\n{values}"
    )
}

/// The buckets that are missed when `client` stands beside `STORE`.
fn missed(client: &str) -> Vec<String> {
    let files = [("store.yaml".to_owned(), STORE.to_owned()), ("client.yaml".to_owned(), client.to_owned())];
    let checked = run(
        &files,
        &CheckOptions { rules: Some(vec!["bucket-not-provisioned".to_owned()]), ..CheckOptions::default() },
    );
    checked.findings.iter().map(|finding| checked.sources.text(finding.primary.span)).collect()
}

#[test]
fn every_chart_that_names_a_bucket_is_read() {
    let h = "t-hl.storage.svc:9000";
    for (chart, values, expected) in [
        (
            "tempo",
            format!("tempo: {{storage: {{trace: {{backend: s3, s3: {{bucket: a-1, endpoint: \"{h}\"}}}}}}}}"),
            vec!["a-1"],
        ),
        ("tempo", format!("tempo: {{storage: {{trace: {{s3: {{bucket: a-1, endpoint: \"{h}\"}}}}}}}}"), vec![]),
        (
            "tempo-distributed",
            format!("storage: {{trace: {{backend: s3, s3: {{bucket: a-1, endpoint: \"{h}\"}}}}}}"),
            vec!["a-1"],
        ),
        (
            "mimir-distributed",
            format!(
                "mimir:\n  structuredConfig:\n    common: {{storage: {{backend: s3, s3: {{endpoint: \"{h}\"}}}}}}\n    \
                 blocks_storage: {{s3: {{bucket_name: blocks}}}}\n    ruler_storage: {{s3: {{bucket_name: known}}}}"
            ),
            vec!["blocks"],
        ),
        (
            "thanos",
            format!(
                "global:\n  objstore:\n    config: |\n      type: S3\n      config:\n        bucket: metrics\n        endpoint: {h}"
            ),
            vec!["metrics"],
        ),
        (
            "thanos",
            format!("objstoreConfig: {{type: S3, config: {{bucket: metrics, endpoint: \"{h}\"}}}}"),
            vec!["metrics"],
        ),
        (
            "velero",
            format!(
                "configuration:\n  backupStorageLocation:\n    - {{bucket: velero, config: {{s3Url: \"http://{h}\"}}}}"
            ),
            vec!["velero"],
        ),
        (
            "loki-simple-scalable",
            format!(
                "loki: {{structuredConfig: {{common: {{storage: {{s3: {{bucketnames: \"known,logs\", endpoint: \"{h}\"}}}}}}}}}}"
            ),
            vec!["logs"],
        ),
        (
            "loki",
            format!(
                "loki:\n  storage:\n    use_thanos_objstore: true\n    bucketNames: {{chunks: chunks-1}}\n    \
                 object_store: {{type: s3, s3: {{endpoint: \"{h}\"}}}}"
            ),
            vec!["chunks-1"],
        ),
        (
            "harbor",
            format!(
                "persistence: {{imageChartStorage: {{type: s3, s3: {{bucket: reg, regionendpoint: \"http://{h}\"}}}}}}"
            ),
            vec!["reg"],
        ),
        (
            "langfuse",
            format!("s3: {{endpoint: \"http://{h}\", bucket: known, mediaUpload: {{bucket: media}}}}"),
            vec!["media"],
        ),
        (
            "gitea",
            format!("gitea: {{config: {{storage: {{MINIO_ENDPOINT: \"{h}\", MINIO_BUCKET: git}}}}}}"),
            vec!["git"],
        ),
        (
            "etcd-backup",
            format!("env:\n  - {{name: BUCKET, value: etcd}}\n  - {{name: CUSTOM_S3_ENDPOINT, value: \"http://{h}\"}}"),
            vec!["etcd"],
        ),
        ("some", format!("uploads: {{enabled: false, bucket: off, endpoint: \"http://{h}\"}}"), vec![]),
        ("some", format!("uploads: {{bucket: \"{{{{ .x }}}}\", endpoint: \"http://{h}\"}}"), vec![]),
    ] {
        assert_eq!(missed(&release(chart, &values)), expected, "{chart}: {values}");
    }
}

#[test]
fn every_kind_that_names_a_bucket_is_read() {
    let url = "http://t-hl.storage.svc:9000";
    for (api, kind, spec, expected) in [
        (
            "postgresql.cnpg.io/v1",
            "Cluster",
            format!("{{backup: {{barmanObjectStore: {{destinationPath: \"s3://pg/x\", endpointURL: \"{url}\"}}}}}}"),
            "pg",
        ),
        (
            "barmancloud.cnpg.io/v1",
            "ObjectStore",
            format!("{{configuration: {{destinationPath: \"s3://pg/\", endpointURL: \"{url}\"}}}}"),
            "pg",
        ),
        (
            "postgres-operator.crunchydata.com/v1beta1",
            "PostgresCluster",
            format!(
                "{{backups: {{pgbackrest: {{repos: [{{name: repo1, s3: {{bucket: pgb, endpoint: \"{url}\"}}}}]}}}}}}"
            ),
            "pgb",
        ),
        (
            "dragonflydb.io/v1alpha1",
            "Dragonfly",
            "{snapshot: {dir: \"s3://cache\"}, args: [--s3_endpoint=t-hl.storage.svc:9000]}".to_owned(),
            "cache",
        ),
        (
            "source.toolkit.fluxcd.io/v1",
            "Bucket",
            "{bucketName: manifests, endpoint: \"t-hl.storage.svc:9000\"}".to_owned(),
            "manifests",
        ),
        (
            "velero.io/v1",
            "BackupStorageLocation",
            format!("{{objectStorage: {{bucket: vel}}, config: {{s3Url: \"{url}\"}}}}"),
            "vel",
        ),
        (
            "kopia.example.io/v1",
            "Repository",
            format!("{{backend: {{s3: {{bucket: kop, endpoint: \"{url}\"}}}}}}"),
            "kop",
        ),
    ] {
        let client = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: c, namespace: apps}}\nspec: {spec}\n");
        assert_eq!(missed(&client), [expected], "{kind}");
    }
    let longhorn = format!(
        "apiVersion: longhorn.io/v1beta2\nkind: BackupTarget\nmetadata: {{name: default, namespace: apps}}\n\
         spec: {{backupTargetURL: \"s3://volumes@us-east-1/\", credentialSecret: target}}\n---\n\
         apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: target, namespace: apps}}\n\
         spec: {{target: {{template: {{data: {{AWS_ENDPOINTS: \"{url}\"}}}}}}}}\n"
    );
    assert_eq!(missed(&longhorn), ["volumes"]);
}

#[test]
fn every_maker_of_buckets_is_read() {
    let client = "
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: c, namespace: apps}
spec: {configuration: {destinationPath: \"s3://wanted\", endpointURL: \"http://t-hl.storage.svc:9000\"}}
---
";
    let job = |container: &str| {
        format!(
            "{client}apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: j, namespace: storage}}\n\
             spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{container}]}}}}}}}}}}\n"
        )
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(missed(client), ["wanted"]);
    for container in [
        r#"{name: a, command: [sh, -c, "mc alias set m http://minio && mc mb m/wanted"]}"#,
        r#"{name: a, command: [/bin/bash], args: [-ec, "mc alias set m http://minio && mc mb m/wanted"]}"#,
        r#"{name: a, image: "minio/mc:x", env: [{name: MC_HOST_m, value: "http://k:s@minio"}], args: [mb, m/wanted]}"#,
        r#"{name: a, command: [aws, --endpoint-url, "http://minio", s3, mb, "s3://wanted"]}"#,
        r#"{name: a, env: [{name: URL, valueFrom: {secretKeyRef: {name: x, key: y}}}], command: [sh, -c, "mc alias set m $URL && mc mb m/wanted"]}"#,
    ] {
        assert_eq!(missed(&job(container)), none, "{container}");
    }
    let mounted = job(
        r#"{name: a, env: [{name: HOST, valueFrom: {configMapKeyRef: {name: s, key: HOST}}}], command: [sh, /scripts/make.sh]}"#,
    );
    let script = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, namespace: storage}\n\
                  data:\n  HOST: http://minio\n  make.sh: |\n    mc alias set m \"$HOST\" a b\n    for n in other NAME; do mc mb \"m/$n\"; done\n";
    assert_eq!(missed(&format!("{mounted}{}", script.replace("NAME", "wanted"))), none);
    assert_eq!(missed(&format!("{mounted}{}", script.replace("NAME", "wantd"))), ["wanted"]);
    let claim = "apiVersion: objectbucket.io/v1alpha1\nkind: ObjectBucketClaim\nmetadata: {name: o, namespace: apps}\n\
                 spec: {bucketName: wanted}\n";
    assert_eq!(missed(&format!("{client}{claim}")), none);
    let crossplane = "apiVersion: s3.example.crossplane.io/v1\nkind: Bucket\nmetadata: {name: wanted}\nspec: {}\n";
    assert_eq!(missed(&format!("{client}{crossplane}")), none);
}

#[test]
fn a_chart_of_minio_is_a_store_with_its_list() {
    let store = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: minio, namespace: storage}\n\
                 spec:\n  chart: {spec: {chart: minio}}\n  values:\n    buckets:\n      - name: known\n---\n";
    let client = |host: &str, bucket: &str| {
        format!(
            "apiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata: {{name: c, namespace: apps}}\n\
             spec:\n  configuration:\n    destinationPath: s3://{bucket}\n    endpointURL: http://{host}\n"
        )
    };
    for (host, bucket, expected) in [
        ("minio.storage.svc:9000", "known", vec![]),
        ("minio.storage.svc:9000", "knwon", vec!["bucket-not-provisioned a.yaml:15 knwon"]),
        ("minio.storage.svc", "known", vec!["s3-endpoint-port-wrong a.yaml:16 minio.storage.svc"]),
        ("minio.storage.svc:9001", "known", vec!["s3-endpoint-port-wrong a.yaml:16 9001"]),
    ] {
        let files = [("a.yaml".to_owned(), format!("{store}{}", client(host, bucket)))];
        assert_eq!(found(&run(&files, &CheckOptions::default())), expected, "{host} {bucket}");
    }
}

/// What every rule that is on by default finds, in a tree with one change.
fn changed(path: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = tree("correct");
    edit(&mut files, path, from, to);
    let mut memory = Memory::default();
    for (path, text) in &files {
        memory.insert(path, text.clone());
    }
    let checked = check(memory, &CheckOptions::default()).unwrap();
    let short = |line: &String| {
        let (head, tail) = line.split_once("kubernetes/apps/").unwrap();
        let (file, text) = tail.split_once(':').unwrap();
        let text = text.split_once(' ').unwrap().1.lines().next().unwrap_or_default();
        format!("{head}{} {text}", file.rsplit('/').next().unwrap())
    };
    found(&checked).iter().map(short).collect()
}

#[test]
fn each_mutation_of_the_correct_plan_gives_its_finding_and_no_other() {
    let (job, tenant) = ("buckets/job-bucket-setup.yaml", "minio/app/tenant.yaml");
    let (loki, tempo) = ("loki/app/helmrelease.yaml", "loki/app/helmrelease-tempo.yaml");
    let second = "      app.kubernetes.io/name: minio\n---\napiVersion: minio.min.io/v2\nkind: Tenant\nmetadata:\n  \
                  name: second\n  namespace: storage\nspec:\n  requestAutoCert: false\n  configuration:\n    \
                  name: minio-config\n  pools: []\n";
    let expanding = "    write:\n      replicas: 3\n      extraArgs:\n        - -config.expand-env=true\n";
    let resources = "\"arn:aws:s3:::loki-*\",\n                      \"arn:aws:s3:::loki-*/*\"";
    for (what, path, from, to, expected) in [
        ("nothing", tenant, "servers: 2", "servers: 2", ""),
        (
            "one bucket renamed",
            job,
            "minio/loki-ruler",
            "minio/loki-rules",
            "bucket-not-provisioned helmrelease.yaml loki-ruler",
        ),
        (
            "a bucket that no one makes",
            loki,
            "ruler: loki-ruler",
            "ruler: loki-admin",
            "bucket-not-provisioned helmrelease.yaml loki-admin",
        ),
        (
            "another host",
            tempo,
            "minio.storage.svc:80",
            "minoi.storage.svc:80",
            "s3-endpoint-host-missing helmrelease-tempo.yaml minoi.storage.svc",
        ),
        (
            "a wrong port",
            tempo,
            "minio.storage.svc:80",
            "minio.storage.svc:9000",
            "s3-endpoint-port-wrong helmrelease-tempo.yaml 9000",
        ),
        (
            "TLS in the scheme",
            loki,
            "http://minio.storage.svc:80",
            "https://minio.storage.svc:80",
            "s3-endpoint-scheme-wrong helmrelease.yaml https://",
        ),
        (
            "a scheme too many",
            tempo,
            "minio.storage.svc:80",
            "http://minio.storage.svc:80",
            "s3-endpoint-scheme-wrong helmrelease-tempo.yaml http://",
        ),
        (
            "TLS by the flag",
            tempo,
            "insecure: true",
            "insecure: false",
            "s3-endpoint-scheme-wrong helmrelease-tempo.yaml false",
        ),
        (
            "half a credential",
            loki,
            "          secretAccessKey: $${LOKI_S3_SECRET_KEY}\n",
            "",
            "s3-credentials-incomplete helmrelease.yaml $${LOKI_S3_ACCESS_KEY}",
        ),
        (
            "a policy for other buckets",
            job,
            resources,
            &resources.replace("loki", "logs"),
            "s3-policy-not-covering job-bucket-setup.yaml arn:aws:s3:::logs-*",
        ),
        (
            "three servers with one volume",
            tenant,
            "servers: 2\n      name: pool-0\n      volumesPerServer: 2",
            "servers: 3\n      name: pool-0\n      volumesPerServer: 1",
            "minio-pool-too-small tenant.yaml 1",
        ),
        (
            "a second Tenant",
            tenant,
            "      app.kubernetes.io/name: minio\n",
            second,
            "minio-tenant-collision tenant.yaml second",
        ),
        (
            "another key",
            "minio/app/secret.sops.yaml",
            "  config.env: ENC",
            "  config: ENC",
            "minio-config-invalid tenant.yaml minio-config",
        ),
        (
            "retention switched off",
            loki,
            "retention_enabled: true",
            "retention_enabled: false",
            "loki-retention-inert helmrelease.yaml \"7d\"",
        ),
        (
            "retention without a store",
            loki,
            "        delete_request_store: s3\n",
            "",
            "loki-retention-store-missing helmrelease.yaml true",
        ),
        (
            "two families of pods",
            loki,
            "    singleBinary:\n      replicas: 0",
            "    singleBinary:\n      replicas: 1",
            "loki-mode-conflict helmrelease.yaml 1",
        ),
        (
            "more copies than pods",
            loki,
            "replication_factor: 1",
            "replication_factor: 4",
            "loki-replication-high helmrelease.yaml 4",
        ),
        (
            "another store",
            loki,
            "object_store: s3",
            "object_store: filesystem",
            "loki-store-mismatch helmrelease.yaml filesystem",
        ),
        (
            "a target that does not expand",
            loki,
            expanding,
            "    write:\n      replicas: 3\n",
            "loki-expand-env-missing helmrelease.yaml $${LOKI_S3_ACCESS_KEY}",
        ),
        (
            "a hook",
            job,
            "    kustomize.toolkit.fluxcd.io/force: enabled",
            "    helm.sh/hook: post-install",
            "helm-hook-inert job-bucket-setup.yaml helm.sh/hook",
        ),
    ] {
        assert_eq!(changed(path, from, to).join("\n"), expected, "{what}");
    }
}
