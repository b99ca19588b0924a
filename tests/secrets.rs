//! The secrets group: planted defects, and no secret text in any report.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flux_vet::finding::Finding;
use flux_vet::report::{self, Format, Style};
use flux_vet::source::{Memory, Span};
use flux_vet::{CheckOptions, Checked, check};

const GROUP: &str = "secrets";

fn run(files: &[(&str, &str)], only: Option<&str>) -> Checked {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.insert(path, *text);
    }
    check(memory, &CheckOptions { rules: only.map(|rule| vec![rule.to_owned()]), ..CheckOptions::default() }).unwrap()
}

fn line(checked: &Checked, span: Span) -> (String, usize) {
    let place = checked.sources.location(span);
    (place.path.to_string(), place.line)
}

/// `path:line` of every finding, with those of its related places.
fn places(checked: &Checked) -> Vec<(String, Vec<String>)> {
    let shown = |span: Span| {
        let (path, line) = line(checked, span);
        format!("{path}:{line}")
    };
    checked
        .findings
        .iter()
        .map(|finding| (shown(finding.primary.span), finding.related.iter().map(|label| shown(label.span)).collect()))
        .collect()
}

/// Every invented secret of the tree below has this in it, as it is or encoded.
const NEEDLES: [&str; 4] = ["canary", "Y2FuYXJ5", "5jYW5hcn", "jYW5hcnk"];

const SOPS: &str = "sops:\n  age:\n    - recipient: age1invented\n      enc: x\n  encrypted_regex: ^(data|stringData)$\n  lastmodified: \"2026-01-01T00:00:00Z\"\n  mac: ENC[AES256_GCM,data:aW52,iv:aW52,tag:dGFn,type:str]\n  version: 3.11.0\n";

/// A tree with an invented secret wherever one can stand.
fn leaking() -> Vec<(&'static str, String)> {
    let cipher = "ENC[AES256_GCM,data:aW52,iv:aW52,tag:dGFn,type:str]";
    vec![
        (
            "kustomization.yaml",
            "resources: [plain.yaml, flow.yaml, json.yaml, half.sops.yaml, list.yaml, patched.yaml, generated]\npatches:\n  - target: {kind: Secret, name: patched}\n    patch: |\n      apiVersion: v1\n      kind: Secret\n      metadata: {name: patched}\n      stringData:\n        token: canary-in-a-patch\n  - target: {kind: Secret, name: patched}\n    patch: |\n      - op: add\n        path: /stringData/second-token\n        value: canary-in-a-json-patch\n".to_owned(),
        ),
        (
            "plain.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: plain, namespace: a}\nstringData:\n  \"password\": \"canary-quoted\"\n  user: canary-name\n  block: |\n    PASSWORD=canary-in-a-block\n    url: https://user:canary-in-a-url@host/\n  folded: >-\n    canary\n    folded\n  token: ${TOKEN:=canary-default}\ndata:\n  key: Y2FuYXJ5LWVuY29kZWQ=\n".to_owned(),
        ),
        ("flow.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: flow, namespace: a}, stringData: {password: canary-flow, token: canary-two}}\n".to_owned()),
        ("json.yaml", "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"json\", \"namespace\": \"a\"}, \"stringData\": {\"password\": \"canary-json\"}}\n".to_owned()),
        ("half.sops.yaml", format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: half, namespace: a}}\nstringData:\n  a: {cipher}\n  password: canary-half\n  broken: ENC[AES256_GCM,data:aW52\n{SOPS}")),
        ("list.yaml", "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: item, namespace: a}\n    stringData:\n      password: canary-item\n".to_owned()),
        ("patched.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: patched, namespace: a}\nstringData: {}\n".to_owned()),
        (
            "generated/kustomization.yaml",
            "namespace: a\nsecretGenerator:\n  - name: literals\n    literals:\n      - password=canary-literal\n      - 'token=canary-quoted-literal'\n  - name: env\n    envs: [app.env]\n  - name: file\n    files: [key=key.txt, config.yaml]\n".to_owned(),
        ),
        ("generated/app.env", "PASSWORD=canary-env\nexport TOKEN=canary-export\n# PASSWORD=canary-comment\n".to_owned()),
        ("generated/key.txt", "canary-whole-file\n".to_owned()),
        ("generated/config.yaml", "password: canary-config\n".to_owned()),
        ("values.sops.yaml", "app:\n  password: canary-values\n  list: [canary-one, canary-two]\n".to_owned()),
        ("plain.sops.env", "PASSWORD=canary-dotenv\n".to_owned()),
        ("half.sops.env", format!("PASSWORD=canary-half-dotenv\nTOKEN={cipher}\nsops_mac={cipher}\nsops_version=3.11.0\n")),
        ("half.sops.json", format!("{{\"password\": \"canary-half-json\", \"token\": \"{cipher}\", \"sops\": {{\"mac\": \"{cipher}\", \"lastmodified\": \"x\", \"version\": \"3\", \"age\": [{{\"recipient\": \"age1\"}}]}}}}\n")),
        ("unused.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: unused, namespace: a}\nstringData:\n  password: canary-unused\n".to_owned()),
        ("narrow.sops.yaml", format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: narrow, namespace: a}}\nstringData:\n  password: canary-narrow\n{}", SOPS.replace("^(data|stringData)$", "^other$"))),
        (".sops.yaml", "creation_rules:\n  - path_regex: ^nothing$\n    age: age1invented\n".to_owned()),
    ]
}

#[test]
fn no_report_holds_a_secret_text() {
    let owned = leaking();
    let files: Vec<(&str, &str)> = owned.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let checked = run(&files, None);
    let hit: BTreeSet<String> = checked.findings.iter().map(|finding| line(&checked, finding.primary.span).0).collect();
    for (path, _) in &files {
        let is_input = matches!(*path, "generated/key.txt" | "generated/config.yaml" | ".sops.yaml" | "patched.yaml");
        assert!(is_input || hit.contains(*path), "nothing found in {path}; found in {hit:?}");
    }
    let run = checked.as_run();
    for format in Format::all() {
        for style in [Style::default(), Style { color: true, hyperlinks: true, ..Style::default() }] {
            let mut out = Vec::new();
            report::write(&run, *format, &style, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            for needle in NEEDLES {
                let at =
                    text.find(needle).map(|at| text[at.saturating_sub(300)..].chars().take(400).collect::<String>());
                assert_eq!(at, None, "{format} prints a secret");
            }
        }
    }
    for finding in &checked.findings {
        let spoken = format!("{} {} {} {} {:?}", finding.message, finding.why, finding.help, finding.path, finding.fix);
        let labels: String = finding
            .related
            .iter()
            .chain(&finding.trail)
            .chain([&finding.primary])
            .map(|label| label.message.as_str())
            .collect();
        for needle in NEEDLES {
            assert!(!spoken.contains(needle) && !labels.contains(needle), "{spoken} {labels}");
        }
    }
}

#[test]
fn a_primary_place_of_this_group_is_never_a_value() {
    let owned = leaking();
    let files: Vec<(&str, &str)> = owned.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let checked = run(&files, None);
    for finding in checked.findings.iter().filter(|finding| *finding.group == *GROUP) {
        for label in finding.related.iter().chain([&finding.primary]) {
            let text = checked.sources.text(label.span);
            assert!(!text.contains("canary"), "{} points at a value: {}", finding.rule, finding.message);
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn of_group(checked: &Checked) -> Vec<&Finding> {
    checked.findings.iter().filter(|finding| *finding.group == *GROUP).collect()
}

/// A copy of a stage of the migration plan, to plant one defect in.
fn plan(stage: &str) -> Vec<(String, String)> {
    let root = fixtures().join("trees/migration-plan").join(stage);
    let mut files = Vec::new();
    let mut stack = vec![root.clone()];
    while let Some(directory) = stack.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push((relative, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// The findings of this group over the correct plan with one file changed.
fn seeded(path: &str, change: impl Fn(&str) -> String) -> Vec<(String, String, String)> {
    let files = plan("correct");
    let mut memory = Memory::default();
    for (name, text) in &files {
        let changed = if name == path { change(text) } else { text.clone() };
        assert!(name != path || changed != *text, "nothing changed in {path}");
        memory.insert(name, changed);
    }
    let checked = check(memory, &CheckOptions::default()).unwrap();
    of_group(&checked)
        .into_iter()
        .map(|finding| {
            let (path, at) = line(&checked, finding.primary.span);
            (finding.rule.to_string(), format!("{path}:{at}"), finding.message.clone())
        })
        .collect()
}

const GRAFANA: &str = "kubernetes/apps/monitoring/kube-prometheus-stack/app/secret.sops.yaml";

#[test]
fn one_plain_value_in_an_encrypted_secret_is_one_finding() {
    let found = seeded(GRAFANA, |text| {
        let lines =
            text.lines().map(|line| if line.contains("admin-password") { "  admin-password: invented" } else { line });
        lines.collect::<Vec<_>>().join("\n")
    });
    let line = format!("{GRAFANA}:8");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0.as_str(), &found[0].1), ("secret-partly-encrypted", &line));
}

#[test]
fn decryption_taken_out_of_the_parent_is_one_finding() {
    let found = seeded("kubernetes/flux/cluster/ks.yaml", |text| {
        text.replace("          decryption:\n            provider: sops\n", "")
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "sops-decryption-missing");
    assert!(found[0].1.starts_with("kubernetes/flux/cluster/ks.yaml:"), "{found:?}");
}

#[test]
fn a_sops_block_cut_off_is_damage_and_a_plain_value_beside_it_a_leak() {
    let found = seeded(GRAFANA, |text| {
        let text = text.split("sops:\n").next().unwrap();
        text.replace("admin-password: ENC", "admin-password: invented-ENC")
    });
    let rules: Vec<&str> = found.iter().map(|(rule, ..)| rule.as_str()).collect();
    assert_eq!(rules, ["sops-metadata-invalid", "secret-not-encrypted"], "{found:?}");
}

#[test]
fn a_component_used_often_is_reported_once() {
    let files = [
        ("kustomization.yaml", "resources: [a, b]\n"),
        ("a/kustomization.yaml", "namespace: a\ncomponents: [../component]\n"),
        ("b/kustomization.yaml", "namespace: b\ncomponents: [../component]\n"),
        (
            "component/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [secret.yaml]\n",
        ),
        (
            "component/secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData:\n  password: invented\n",
        ),
    ];
    let checked = run(&files, Some("secret-not-encrypted"));
    assert_eq!(places(&checked), [("component/secret.yaml:5".to_owned(), vec![])]);
    assert!(checked.findings[0].message.contains("1 more come"), "{}", checked.findings[0].message);
}

/// `good` with the files of one folder of `broken` over it, all rules of this group, those off by default included.
fn sops(case: Option<&str>) -> BTreeSet<(String, String)> {
    let root = fixtures().join("sops");
    let mut memory = Memory::default();
    for folder in std::iter::once(root.join("good")).chain(case.map(|case| root.join("broken").join(case))) {
        let mut stack = vec![folder.clone()];
        while let Some(directory) = stack.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    stack.push(path);
                } else {
                    memory.insert(path.strip_prefix(&folder).unwrap().to_str().unwrap(), std::fs::read(&path).unwrap());
                }
            }
        }
    }
    let rules = flux_vet::rules::catalogue().unwrap();
    // What a file should be called is a matter of convention.
    let of_group =
        |entry: &&flux_vet::rulebook::RuleEntry| entry.card.group == GROUP && entry.card.id != "sops-file-name";
    let rules = rules.iter().filter(of_group).map(|entry| entry.card.id.clone()).collect();
    let checked = check(memory, &CheckOptions { rules: Some(rules), ..CheckOptions::default() }).unwrap();
    let shown = |finding: &Finding| (finding.rule.to_string(), line(&checked, finding.primary.span).0);
    checked.findings.iter().map(shown).collect()
}

#[test]
fn every_form_that_sops_writes_is_silent() {
    assert_eq!(sops(None), BTreeSet::new());
}

#[test]
fn every_broken_form_is_found() {
    const FORMS: &str = "apps/forms/by-regex.sops.yaml";
    const NESTED: &str = "apps/nested/secret.sops.yaml";
    const CHILDREN: &str = "clusters/home/apps.yaml";
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("leaf-by-regex", &[("secret-partly-encrypted", FORMS)]),
        ("leaf-by-unencrypted-regex", &[("secret-partly-encrypted", "apps/forms/by-unencrypted-regex.sops.yaml")]),
        ("leaf-by-suffix", &[("secret-partly-encrypted", "apps/forms/by-suffix.sops.yaml")]),
        ("leaf-by-comment", &[("secret-partly-encrypted", "apps/forms/by-comment.sops.yaml")]),
        ("leaf-but-comment", &[("secret-partly-encrypted", "apps/forms/but-comment.sops.yaml")]),
        ("leaf-of-whole-file", &[("secret-partly-encrypted", "apps/files/values.sops.yaml")]),
        ("leaf-of-custom-resource", &[("secret-partly-encrypted", "apps/forms/custom.sops.yaml")]),
        ("leaf-of-configmap", &[("secret-partly-encrypted", "apps/forms/configmap.sops.yaml")]),
        ("leaf-of-json", &[("secret-partly-encrypted", "apps/files/app.sops.json")]),
        ("leaf-of-dotenv", &[("secret-partly-encrypted", "apps/files/app.sops.env")]),
        ("leaf-of-ini", &[("secret-partly-encrypted", "apps/files/app.sops.ini")]),
        ("second-document", &[("secret-partly-encrypted", "apps/forms/many.sops.yaml")]),
        ("narrow-rule", &[("secret-partly-encrypted", FORMS), ("sops-rule-mismatch", FORMS)]),
        ("moved-key", &[("sops-metadata-invalid", FORMS)]),
        ("block-cut-off", &[("sops-metadata-invalid", FORMS)]),
        ("no-recipient", &[("sops-metadata-invalid", FORMS)]),
        ("two-selectors", &[("sops-metadata-invalid", FORMS)]),
        ("damaged-value", &[("sops-metadata-invalid", FORMS)]),
        ("no-mac", &[("sops-metadata-invalid", FORMS)]),
        ("missing-recipient", &[("sops-rule-mismatch", "apps/forms/two-recipients.sops.yaml")]),
        ("type-encrypted", &[("sops-type-encrypted", NESTED)]),
        ("nearest-rule-missing", &[("sops-rule-missing", NESTED)]),
        ("earlier-rule-wins", &[("sops-rule-mismatch", "apps/forms/by-unencrypted-regex.sops.yaml")]),
        ("pattern-refused", &[("sops-rule-missing", "apps/nested/.sops.yaml")]),
        ("no-decryption", &[("sops-decryption-missing", CHILDREN)]),
        ("patch-misses-a-child", &[("sops-decryption-missing", CHILDREN)]),
        ("plain-file", &[("secret-not-encrypted", NESTED)]),
        ("plain-dotenv", &[("secret-not-encrypted", "apps/files/app.sops.env")]),
    ];
    let folders = std::fs::read_dir(fixtures().join("sops/broken")).unwrap();
    let folders: BTreeSet<String> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, cases.iter().map(|(case, _)| (*case).to_owned()).collect());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(case, expected)| {
            let expected: BTreeSet<_> =
                expected.iter().map(|(rule, path)| ((*rule).to_owned(), (*path).to_owned())).collect();
            let found = sops(Some(case));
            (found != expected).then(|| format!("{case}: {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
