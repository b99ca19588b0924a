//! Trees that no repository should hold: each gives a clear finding or fault, and what stands beside is still checked.

#![expect(clippy::panic, reason = "a test that cannot go on fails")]

mod binary;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use binary::{Tree, run};

/// The folders of `fixtures/hostile` and what is found in them besides the canary's own mistake.
const CASES: &[(&str, &[&str])] = &[
    ("alias-bomb", &["limit-exceeded bad.yaml:8"]),
    ("alias-in-itself", &["yaml-syntax-invalid bad.yaml:5"]),
    ("alias-undefined", &["yaml-alias-undefined bad.yaml:4"]),
    ("applies-itself", &[]),
    ("apply-anew", &["object-owned-twice apps/ks/ks.yaml:4"]),
    ("apply-each-other", &[]),
    (
        "apply-ever-new",
        &[
            "limit-exceeded apps/ks.yaml:5",
            "limit-exceeded apps/ks.yaml:15",
            "object-owned-twice apps/ks.yaml:5",
            "object-owned-twice apps/ks.yaml:15",
        ],
    ),
    ("binary", &["file-unreadable bad.yaml:1"]),
    ("bom", &["depends-on-cycle bad.yaml:6", "schema-value-invalid bad.yaml:3"]),
    ("bom-in-the-middle", &["yaml-syntax-invalid bad.yaml:5"]),
    ("circle", &["build-failed b/kustomization.yaml:1"]),
    ("complex-keys", &["yaml-syntax-invalid bad.yaml:5", "yaml-syntax-invalid bad.yaml:7"]),
    ("component-circle", &["build-failed b/kustomization.yaml:3"]),
    ("crlf", &["depends-on-cycle bad.yaml:6", "schema-value-invalid bad.yaml:3"]),
    ("empty-files", &[]),
    ("empty-kustomization", &["build-failed base/kustomization.yaml:1"]),
    ("escapes", &["schema-value-invalid bad.yaml:6", "yaml-key-duplicate bad.yaml:6"]),
    ("folder-named-yaml", &["kustomize-resource-missing kustomization.yaml:1"]),
    ("invalid-utf8", &["file-unreadable bad.yaml:5"]),
    ("itself", &["build-failed kustomization.yaml:1"]),
    ("kustomization-list", &["build-failed base/kustomization.yaml:1"]),
    ("kustomization-named-folder", &[]),
    ("merge-bomb", &["limit-exceeded bad.yaml:8"]),
    ("nested-variables", &["substitution-syntax-invalid apps/settings.yaml:6"]),
    ("nul", &["file-unreadable bad.yaml:1"]),
    ("strange-names", &["depends-on-cycle weird name: #1 ${X}.yaml:6"]),
    ("tab-in-blank-line", &["yaml-syntax-invalid bad.yaml:6"]),
    ("tabs", &["yaml-syntax-invalid bad.yaml:5"]),
    ("utf16", &["file-unreadable bad.yaml:1"]),
    ("wrong-types", &["kustomize-directory-undecodable bad.yaml:1"]),
    (
        "wrong-types-kustomization",
        &[
            "build-failed kustomization.yaml:1",
            "kustomize-resource-missing kustomization.yaml:1",
            "build-failed kustomization.yaml:2",
            "build-failed kustomization.yaml:3",
            "build-failed kustomization.yaml:4",
            "build-failed kustomization.yaml:5",
            "build-failed kustomization.yaml:6",
            "build-failed kustomization.yaml:7",
            "build-failed kustomization.yaml:8",
        ],
    ),
];

const CANARY: &str = "# A good file beside a bad one.\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: canary, namespace: apps}\nspec:\n  dependsOn: [{name: canary}]\n  interval: 1h\n  chartRef: {kind: OCIRepository, name: canary}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: canary, namespace: apps}\nspec: {interval: 1h, url: \"oci://example.org/canary\"}\n";

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\n";

/// Takes the canary's finding out: the rest of the tree was checked.
fn beside_the_canary(mut findings: Vec<String>, what: &str) -> Vec<String> {
    let canary = findings
        .iter()
        .position(|finding| finding.starts_with("depends-on-cycle") && finding.ends_with("canary.yaml:6"));
    findings.remove(canary.unwrap_or_else(|| panic!("{what}: the canary was not checked: {findings:#?}")));
    findings
}

/// Checks a tree that was made for the test; a `resources` list of the root names what is bad.
fn beside(tree: &Tree, what: &str) -> Vec<String> {
    tree.write("canary.yaml", CANARY.as_bytes());
    let ran = tree.check();
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{what}");
    beside_the_canary(ran.findings(), what)
}

#[test]
fn every_hostile_tree_gives_what_it_should_and_the_rest_is_checked() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    let mut folders: Vec<String> = fs::read_dir(&base)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, CASES.iter().map(|(case, _)| (*case).to_owned()).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (case, expected) in CASES {
        let ran = run(&base.join(case), &["check", "--root", ".", "--output", "json"]);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{case}: {ran:?}");
        let mut found = beside_the_canary(ran.findings(), case);
        let mut expected: Vec<String> = expected.iter().map(|finding| (*finding).to_owned()).collect();
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!("{case}: expected {expected:#?}, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_format_bears_every_hostile_tree() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    for (case, _) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let names = ["human", "concise", "sarif", "github"];
        let files: Vec<String> =
            names.iter().map(|name| format!("{name}={}", folder.path().join(name).display())).collect();
        let mut arguments = vec!["check", "--root", "."];
        for file in &files {
            arguments.extend(["--output", file]);
        }
        let ran = run(&base.join(case), &arguments);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{case}");
        for name in names {
            let text = fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(!text.is_empty(), "{case} as {name}");
            let raw =
                text.chars().find(|c| (c.is_control() && *c != '\n' && *c != '\t' && *c != '\r') || *c == '\u{202e}');
            assert_eq!(raw, None, "{case} as {name} holds a control character");
        }
    }
}

#[test]
fn a_single_bad_file_is_not_nothing() {
    for (text, rule) in
        [(&b"a: [\n"[..], "yaml-syntax-invalid"), (b"a: \xff\n", "file-unreadable"), (b"\0\0\0", "file-unreadable")]
    {
        let tree = Tree::new(&[]);
        tree.write("bad.yaml", text);
        let ran = tree.check();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(ran.findings(), [format!("{rule} bad.yaml:1")]);
    }
}

#[test]
fn an_empty_tree_and_empty_files_are_nothing_to_check() {
    assert_eq!(Tree::new(&[]).check().code, 3);
    let tree = Tree::new(&[("a.yaml", ""), ("b.yml", "# nothing\n"), ("c.yaml", "---\n---\n")]);
    assert_eq!(tree.check().code, 3);
}

#[test]
fn ten_megabytes_are_read() {
    let tree = Tree::new(&[]);
    let mut text = format!("{CONFIG_MAP}data:\n");
    let line = format!("{}\n", "0123456789abcdef".repeat(64));
    for number in 0..10_500 {
        text.push_str(&format!("  key-{number}: {line}"));
    }
    text.push_str("  key-1: again\n");
    assert!(text.len() > 10 * 1024 * 1024);
    tree.write("bad.yaml", text.as_bytes());
    assert_eq!(beside(&tree, "10 MB"), ["yaml-key-duplicate bad.yaml:10505"]);
}

#[test]
fn a_file_over_the_limit_is_refused_with_its_size() {
    let tree = Tree::new(&[]);
    File::create(tree.at("bad.yaml")).unwrap().set_len(65 * 1024 * 1024).unwrap();
    tree.write("canary.yaml", CANARY.as_bytes());
    let ran = tree.check();
    assert_eq!(beside_the_canary(ran.findings(), "65 MB"), ["file-unreadable bad.yaml:1"]);
    assert!(ran.out.contains("68157440 bytes"), "{}", ran.out);
}

#[test]
fn deep_nesting_ends_in_a_finding() {
    let cases = [
        ("[".repeat(100_000), "flow lists"),
        ("{a: ".repeat(100_000), "flow maps"),
        (format!("{}a", "- ".repeat(100_000)), "lists"),
        ((0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(), "maps"),
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "closed flow lists"),
    ];
    for (text, what) in cases {
        let tree = Tree::new(&[]);
        tree.write("bad.yaml", format!("{CONFIG_MAP}---\n{text}\n").as_bytes());
        let found = beside(&tree, what);
        assert!(!found.is_empty(), "{what}: nothing was said");
        for finding in found {
            assert!(
                finding.starts_with("limit-exceeded bad.yaml:") || finding.starts_with("yaml-syntax-invalid bad.yaml:"),
                "{what}: {finding}"
            );
        }
    }
}

#[test]
fn three_hundred_levels_of_bases_end_in_a_finding() {
    let tree = Tree::new(&[("kustomization.yaml", "resources: [canary.yaml, level-0]\n")]);
    for level in 0..300 {
        tree.write(
            &format!("level-{level}/kustomization.yaml"),
            format!("resources: [../level-{}]\n", level + 1).as_bytes(),
        );
    }
    tree.write("level-300/kustomization.yaml", b"resources: [settings.yaml]\n");
    tree.write("level-300/settings.yaml", CONFIG_MAP.as_bytes());
    let found = beside(&tree, "300 levels");
    assert!(matches!(found.as_slice(), [only] if only.starts_with("limit-exceeded level-")), "{found:?}");
}

#[test]
fn three_hundred_levels_of_kustomizations_end_in_a_finding() {
    let tree = Tree::new(&[]);
    for level in 0..300 {
        let next = level + 1;
        let text = format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: level-{next}, namespace: flux-system}}\nspec: {{path: ./level-{next}, interval: 1h, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
        );
        tree.write(&format!("level-{level}/ks.yaml"), text.as_bytes());
    }
    tree.write("level-300/settings.yaml", CONFIG_MAP.as_bytes());
    tree.write("level-0/canary.yaml", CANARY.as_bytes());
    let ran = tree.check();
    let found = beside_the_canary(ran.findings(), "300 Kustomizations");
    assert!(matches!(found.as_slice(), [only] if only.starts_with("limit-exceeded level-")), "{found:?}");
}

/// A folder that two folders list, and they by two: 2^40 ways down.
#[test]
fn a_ladder_of_bases_does_not_hang() {
    let tree = Tree::new(&[("kustomization.yaml", "resources: [canary.yaml, step-0]\n")]);
    for step in 0..40 {
        let next = step + 1;
        tree.write(
            &format!("step-{step}/kustomization.yaml"),
            format!("resources: [../step-{next}, ../also-{next}]\n").as_bytes(),
        );
        tree.write(
            &format!("also-{step}/kustomization.yaml"),
            format!("resources: [../step-{next}, ../also-{next}]\n").as_bytes(),
        );
    }
    for end in ["step-40", "also-40"] {
        tree.write(&format!("{end}/kustomization.yaml"), b"resources: []\n");
    }
    beside(&tree, "a ladder");
}

/// Checks a tree of many rules over many objects: it ends soon, in findings that all bear one of these names.
fn ends(tree: &Tree, what: &str, expected: &[&str]) {
    let start = Instant::now();
    let found = beside(tree, what);
    for rule in expected {
        assert!(found.iter().any(|finding| finding.starts_with(rule)), "{what}: no {rule} in {:?}", found.first());
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{what} took {:?}", start.elapsed());
}

fn config_maps(count: usize) -> String {
    (0..count).map(|at| format!("---\n{}", CONFIG_MAP.replace("settings", &format!("settings-{at}")))).collect()
}

#[test]
fn many_entries_over_many_objects_end_in_a_finding() {
    let lists = [
        ("images", (0..3_000).map(|at| format!("  - {{name: x{at}, newTag: '2'}}\n")).collect::<String>()),
        (
            "replacements",
            (0..800)
                .map(|at| {
                    format!(
                        "  - source: {{kind: ConfigMap, name: settings-{at}, fieldPath: metadata.name}}\n    targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [data.a]}}]\n"
                    )
                })
                .collect(),
        ),
        (
            "patches",
            (0..3_000)
                .map(|at| {
                    format!(
                        "  - target: {{kind: ConfigMap, name: 's.*{at}'}}\n    patch: '[{{op: add, path: /a, value: b}}]'\n"
                    )
                })
                .collect(),
        ),
    ];
    for (field, list) in lists {
        let tree = Tree::new(&[]);
        tree.write("kustomization.yaml", format!("resources: [canary.yaml, all.yaml]\n{field}:\n{list}").as_bytes());
        tree.write("all.yaml", config_maps(1_500).as_bytes());
        ends(&tree, field, &["limit-exceeded kustomization.yaml"]);
    }
}

#[test]
fn many_variables_many_keys_and_many_generators_are_built() {
    let tree = Tree::new(&[]);
    let variables: String = (0..3_000).map(|at| format!("      V{at}: x\n")).collect();
    tree.write(
        "clusters/a.yaml",
        format!("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: a, namespace: flux-system}}\nspec:\n  interval: 1h\n  prune: true\n  path: ./apps\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n  postBuild:\n    substitute:\n{variables}").as_bytes(),
    );
    let keys: String = (0..3_000).map(|at| format!("  k{at}: ${{V{at}}}${{V0}}\n")).collect();
    tree.write("apps/keys.yaml", format!("{CONFIG_MAP}data:\n{keys}").as_bytes());
    let generators: String = (0..1_000).map(|at| format!("  - {{name: g{at}, literals: [a=b]}}\n")).collect();
    tree.write(
        "apps/kustomization.yaml",
        format!("resources: [keys.yaml]\nconfigMapGenerator:\n{generators}").as_bytes(),
    );
    let start = Instant::now();
    assert!(tree.check().findings().iter().all(|finding| finding.starts_with("namespace-unset")));
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
}

#[test]
fn patterns_that_grow_without_bound_are_refused() {
    let bomb = "(\\w{100}){100}";
    let tree = Tree::new(&[("all.yaml", CONFIG_MAP)]);
    let patches: String = (0..50)
        .map(|at| format!("  - target: {{name: '{bomb}{at}'}}\n    patch: '[{{op: add, path: /a, value: b}}]'\n"))
        .collect();
    tree.write("kustomization.yaml", format!("resources: [canary.yaml, all.yaml]\npatches:\n{patches}").as_bytes());
    ends(&tree, "targets of patches", &["patch-body-invalid"]);
    let tree = Tree::new(&[]);
    let rules: String = (0..2_000).map(|at| format!("  - {{path_regex: '{bomb}|x{at}', age: age1x}}\n")).collect();
    tree.write(".sops.yaml", format!("creation_rules:\n{rules}").as_bytes());
    tree.write("a.sops.yaml", b"apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: apps}\n");
    ends(&tree, "rules of SOPS", &[]);
    assert!(tree.check().out.contains("behind the first 100 of `.sops.yaml`"), "what was not looked at is told");
}

#[test]
fn expressions_of_policies_end_at_a_limit() {
    let tree = Tree::new(&[(
        "policy.yaml",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: heavy}\nspec:\n  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: [configmaps]}]}\n  validations:\n    - expression: \"object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, a + b + c + d != 'x'))))\"\n    - expression: \"object.metadata.name.matches('((a+)+)+$')\"\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: heavy}\nspec: {policyName: heavy, validationActions: [Deny]}\n",
    )]);
    let data: String = (0..100).map(|at| format!("  k{at}: v\n")).collect();
    tree.write("all.yaml", format!("{CONFIG_MAP}data:\n{data}").as_bytes());
    ends(&tree, "an admission policy", &[]);
}

#[test]
fn schemas_that_lead_on_and_on_are_told_and_not_used() {
    let tree = Tree::new(&[
        (".flux-vet.yaml", "schema-locations: ['schemas/{{ .ResourceKind }}.json']\n"),
        (
            "clusters/home/apps.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: flux-system}\n",
        ),
        (
            "apps/web.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: web}\nspec:\n  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n  values: {replicas: many}\n",
        ),
        ("apps/thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: web}\nspec: {}\n"),
    ]);
    let links: Vec<String> =
        (0..50_000).map(|at| format!("\"a{at}\":{{\"$ref\":\"#/definitions/a{}\"}}", at + 1)).collect();
    let chain = format!("{{\"$ref\":\"#/definitions/a0\",\"definitions\":{{{}}}}}", links.join(","));
    let deep = format!("{}{{}}{}", "{\"items\":".repeat(100_000), "}".repeat(100_000));
    for (path, text) in [("schemas/thing.json", &chain), ("charts/web/values.schema.json", &chain)] {
        tree.write(path, text.as_bytes());
    }
    let told = tree.check().out;
    for part in ["the values of HelmRelease `web/web`", "its chart is none", "kind example.com/v1 Thing", "to itself"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    tree.write("charts/web/values.schema.json", deep.as_bytes());
    assert!(tree.check().out.contains("its chart is none"), "a schema that is too deep to read");
}

#[test]
fn scripts_that_double_their_variables_end() {
    let tree = Tree::new(&[]);
    let double = "              A=\"$A$A\"\n".repeat(60);
    let nested = format!("{}mc mb s/b{}", "if true; then ".repeat(2_000), "; fi".repeat(2_000));
    let loops = format!("{}mc mb s/$a{}", "for a in 1 2 3 4 5 6 7 8 9; do ".repeat(12), "; done".repeat(12));
    tree.write(
        "job.yaml",
        format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a, namespace: apps}}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - name: a\n          image: minio/mc:1\n          command: [sh, -c]\n          args:\n            - |\n              A=x\n{double}              mc mb store/$A\n              {loops}\n              {nested}\n").as_bytes(),
    );
    ends(&tree, "a script", &[]);
}

#[test]
fn twenty_thousand_tiny_files_are_read() {
    let tree = Tree::new(&[]);
    for at in 0..20_000 {
        tree.write(&format!("apps/{}/a{at}.yaml", at % 100), b"a: b\n");
    }
    tree.write("apps/kustomization.yaml", b"resources: []\n");
    ends(&tree, "tiny files", &[]);
}

#[test]
fn names_are_text_in_every_format() {
    let hostile = "a\\e[31m\\n::error::x %0A <script> | ` ]]> \\u202e";
    let tree = Tree::new(&[]);
    tree.write(
        "apps/::warning::%0Ax.yaml",
        format!("apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: \"{hostile}\", namespace: \"{hostile}\"}}\nspec:\n  interval: 1h\n  dependsOn: [{{name: \"{hostile}\"}}]\n").as_bytes(),
    );
    tree.write("canary.yaml", CANARY.as_bytes());
    for format in ["human", "concise", "json", "sarif", "github"] {
        let ran = run(tree.path(), &["check", "--root", ".", "--output", format]);
        assert_eq!(ran.code, 1, "{format}: {ran:?}");
        let is_wild = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(ran.out.chars().find(is_wild), None, "{format}");
        let commands = ran.out.lines().filter(|line| line.starts_with("::")).count();
        assert!(format == "github" || commands == 0, "{format}: {}", ran.out);
        assert!(!ran.out.lines().any(|line| line.starts_with("::error::x")), "{format}: {}", ran.out);
    }
}

#[cfg(unix)]
mod unix {
    //! What only Unix has: links, pipes, permissions.

    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    use super::*;

    fn listed(name: &str) -> Tree {
        Tree::new(&[("kustomization.yaml", &format!("resources:\n  - canary.yaml\n  - {name}\n"))])
    }

    #[test]
    fn links_in_a_circle_are_unreadable() {
        let tree = listed("a.yaml");
        symlink("b.yaml", tree.at("a.yaml")).unwrap();
        symlink("a.yaml", tree.at("b.yaml")).unwrap();
        assert_eq!(beside(&tree, "links"), ["file-unreadable kustomization.yaml:3"]);
    }

    #[test]
    fn a_folder_that_links_to_one_above_is_a_circle() {
        let tree = listed("apps");
        tree.write("apps/kustomization.yaml", b"resources: [below]\n");
        symlink("..", tree.at("apps/below")).unwrap();
        let found = beside(&tree, "a folder link");
        assert!(!found.is_empty(), "nothing was said");
        let tree = Tree::new(&[("settings.yaml", CONFIG_MAP)]);
        symlink(".", tree.at("again")).unwrap();
        tree.write("canary.yaml", CANARY.as_bytes());
        let ran = tree.check();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(beside_the_canary(ran.findings(), "a link to itself"), [""; 0]);
    }

    #[test]
    fn a_link_out_of_the_tree_is_refused() {
        let outside = Tree::new(&[("settings.yaml", CONFIG_MAP)]);
        let tree = listed("settings.yaml");
        symlink(outside.path().join("settings.yaml"), tree.at("settings.yaml")).unwrap();
        assert_eq!(beside(&tree, "a file link"), ["kustomize-resource-missing kustomization.yaml:3"]);
        let tree = listed("apps");
        symlink(outside.path(), tree.at("apps")).unwrap();
        assert_eq!(beside(&tree, "a folder link"), ["kustomize-resource-missing kustomization.yaml:3"]);
    }

    #[test]
    fn a_link_to_nothing_is_missing() {
        let tree = listed("settings.yaml");
        symlink("none.yaml", tree.at("settings.yaml")).unwrap();
        assert_eq!(beside(&tree, "a dangling link"), ["kustomize-resource-missing kustomization.yaml:3"]);
    }

    #[test]
    fn a_link_inside_the_tree_is_followed() {
        let tree = listed("linked.yaml");
        tree.write("real/twice.yaml", format!("{CONFIG_MAP}kind: Secret\n").as_bytes());
        symlink("real/twice.yaml", tree.at("linked.yaml")).unwrap();
        assert_eq!(beside(&tree, "a link").len(), 1);
    }

    #[test]
    fn a_pipe_is_never_opened() {
        let tree = listed("pipe.yaml");
        assert!(Command::new("mkfifo").arg(tree.at("pipe.yaml")).status().unwrap().success());
        assert_eq!(beside(&tree, "a pipe"), ["file-unreadable kustomization.yaml:3"]);
        let tree = Tree::new(&[]);
        assert!(Command::new("mkfifo").arg(tree.at("pipe.yaml")).status().unwrap().success());
        assert!(Command::new("mkfifo").arg(tree.at("kustomization.yaml")).status().unwrap().success());
        assert_eq!(beside(&tree, "pipes in a plain folder"), [""; 0]);
        let tree = listed("settings.yaml");
        tree.write("settings.yaml", CONFIG_MAP.as_bytes());
        assert!(Command::new("mkfifo").arg(tree.at(".flux-vet.yaml")).status().unwrap().success());
        assert_eq!(tree.check().code, 2, "a configuration that is a pipe is a fault");
    }

    #[test]
    fn a_file_without_permission_is_unreadable() {
        let tree = listed("settings.yaml");
        tree.write("settings.yaml", CONFIG_MAP.as_bytes());
        let path = tree.at("settings.yaml");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read(&path).is_ok() {
            // The superuser may read everything.
            return;
        }
        assert_eq!(beside(&tree, "no permission"), ["file-unreadable kustomization.yaml:3"]);
    }
}
