//! What a user sets and where it comes from: presets, levels, lists of paths, the first configuration file.

mod binary;

use std::fs;

use binary::{Ran, Tree, command, finish, run, run_with};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\n";

/// A pod whose container keeps its capabilities, which `hygiene` and `kube-linter` report, below two folders.
fn tree() -> Tree {
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: apps}}\nspec:\n  containers:\n    - {{name: a, image: 'x:1'}}\n"
        )
    };
    Tree::new(&[
        ("kustomization.yaml", "resources: [main/pod.yaml, test/pod.yaml, cm.yaml]\n"),
        ("main/pod.yaml", &pod("a")),
        ("test/pod.yaml", &pod("b")),
        ("cm.yaml", CONFIG_MAP),
    ])
}

fn check(tree: &Tree, arguments: &[&str]) -> Ran {
    run(tree.path(), &[&["check", "--root", "."], arguments].concat())
}

/// The severities and paths of one rule.
fn of_rule(tree: &Tree, config: &str, rule: &str) -> Vec<String> {
    tree.write(".flux-vet.yaml", config.as_bytes());
    let ran = check(tree, &["--output", "concise"]);
    let line = |line: &str| {
        let (place, rest) = line.split_once(": ")?;
        let (severity, rest) = rest.split_once('[')?;
        rest.starts_with(&format!("{rule}]"))
            .then(|| format!("{severity} {}", place.split(':').next().unwrap_or_default()))
    };
    ran.out.lines().filter_map(line).collect()
}

#[test]
fn presets_are_what_a_configuration_begins_with() {
    let tree = tree();
    let rule = "capabilities-not-dropped";
    let both = ["info main/pod.yaml", "info test/pod.yaml"];
    assert!(of_rule(&tree, "flux: '2.9'\n", rule).is_empty());
    for preset in ["hygiene", "kube-linter", "polaris", "strict"] {
        assert_eq!(of_rule(&tree, &format!("presets: [recommended, {preset}]\n"), rule), both, "{preset}");
    }
    assert_eq!(of_rule(&tree, "presets: [hygiene]\nrules: {capabilities-not-dropped: error}\n", rule).len(), 2);
    assert!(of_rule(&tree, "presets: [strict]\nrules: {hygiene: off}\n", rule).is_empty());

    tree.write(".flux-vet.yaml", b"presets: [recommended, kubelinter]\n");
    let ran = check(&tree, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no preset `kubelinter`") && ran.err.contains("`kube-linter`?"), "{}", ran.err);
}

#[test]
fn a_set_without_the_recommended_one_still_tells_of_a_run_that_failed() {
    let tree = Tree::new(&[("kustomization.yaml", "resources: [cm.yaml]\nresource: []\n"), ("cm.yaml", CONFIG_MAP)]);
    let found = |config: &[u8]| {
        tree.write(".flux-vet.yaml", config);
        tree.check().findings()
    };
    assert_eq!(found(b"presets: [recommended]\n").len(), 1);
    assert_eq!(found(b"presets: []\n"), Vec::<String>::new());
    let ran = run(tree.path(), &["rules", "--preset", "hygiene"]);
    assert!(ran.out.contains("internal-error") && ran.out.contains("capabilities-not-dropped"), "{}", ran.out);
}

#[test]
fn on_is_the_severity_of_the_card_also_for_a_folder_or_a_group() {
    let tree = tree();
    let rule = "capabilities-not-dropped";
    assert_eq!(of_rule(&tree, "rules: {capabilities-not-dropped: on}\n", rule).len(), 2);
    assert_eq!(of_rule(&tree, "rules: {hygiene: on}\n", rule), ["info main/pod.yaml", "info test/pod.yaml"]);
    for (name, level, severity) in [(rule, "on", "info"), ("hygiene", "warning", "warning")] {
        let config = format!("paths:\n  - match: test/**\n    rules: {{{name}: {level}}}\n");
        assert_eq!(of_rule(&tree, &config, rule), [format!("{severity} test/pod.yaml")]);
    }
}

#[test]
fn config_show_says_where_each_value_comes_from() {
    let tree = tree();
    tree.write(".flux-vet.yaml", b"flux: '2.8'\npresets: [recommended, hygiene]\nrules:\n  pdb-blocking: error\n");
    let shown = |arguments: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["config", "show", "--root", "."], arguments].concat();
        let mut command = command(tree.path(), &arguments);
        command.envs(variables.iter().copied());
        let ran = finish(command.spawn().expect("the binary runs"), &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let row = |line: &str| {
            line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ")
        };
        ran.out.lines().map(row).collect::<Vec<_>>()
    };
    let rows = shown(&[], &[("GITHUB_ACTIONS", "true"), ("FORCE_COLOR", "1")]);
    for row in [
        "configuration | .flux-vet.yaml | found at the root",
        "output | human, github | environment GITHUB_ACTIONS",
        "color | always | environment FORCE_COLOR",
        "flux | 2.8 | .flux-vet.yaml:1",
        "kubernetes | as the tree says | default",
        "presets.1 | hygiene | .flux-vet.yaml:2",
        "pdb-blocking | error | .flux-vet.yaml:4",
        "capabilities-not-dropped | info | presets: recommended, hygiene",
    ] {
        assert!(rows.iter().any(|known| known == row), "{row} is not in {rows:#?}");
    }
    let rows = shown(&["--isolated"], &[]);
    assert!(rows.contains(&"configuration | none | --isolated".to_owned()));
    let rows = shown(&[], &[("FLUX_VET_CONFIG", ".flux-vet.yaml")]);
    assert!(rows.contains(&"configuration | .flux-vet.yaml | environment FLUX_VET_CONFIG".to_owned()), "{rows:#?}");
}

#[test]
fn init_writes_a_file_once_and_the_file_is_good() {
    let tree = Tree::new(&[
        (
            "clusters/main/ks.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  interval: 1h\n  prune: true\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild:\n    substituteFrom:\n      - {kind: Secret, name: cluster-secrets}\n",
        ),
        ("apps/cm.yaml", CONFIG_MAP),
    ]);
    let printed = run(tree.path(), &["init", "--root", ".", "--print"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(!tree.at(".flux-vet.yaml").exists());
    assert!(
        printed.out.contains("#   - object: Secret/flux-system/cluster-secrets # clusters/main/ks.yaml:11"),
        "{}",
        printed.out
    );

    let written = run(tree.path(), &["init", "--root", "."]);
    assert_eq!((written.code, &written.out), (0, &printed.out));
    assert_eq!(fs::read_to_string(tree.at(".flux-vet.yaml")).expect("it is written"), printed.out);
    assert_eq!(check(&tree, &[]).code, 0);

    let again = run(tree.path(), &["init", "--root", "."]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is there already"), "{}", again.err);
    assert_eq!(run(Tree::new(&[]).path(), &["init", "--root", "."]).code, 3);
}

#[test]
fn paths_may_stand_in_a_file() {
    let tree = tree();
    let arguments = ["--output", "concise", "-q", "--fail-on", "info"];
    tree.write(".flux-vet.yaml", b"presets: [hygiene]\n");
    let all = check(&tree, &arguments).out;
    assert!(all.contains("main/pod.yaml") && all.contains("test/pod.yaml") && !all.contains("checked"), "{all}");
    for list in ["main/pod.yaml\n", "main\r\ngone.yaml\n", "main/pod.yaml\0gone\n.yaml\0"] {
        tree.write("list", list.as_bytes());
        for given in [&["--file-list", "list"][..], &["@list"]] {
            let ran = check(&tree, &[&arguments[..], given].concat());
            assert!(ran.code == 1 && !ran.out.contains("test/pod.yaml"), "{list:?}: {ran:?}");
        }
    }
    tree.write("list", b"\n");
    let ran = check(&tree, &[&arguments[..], &["@list"]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let standard = [&["check", "--root", ".", "--file-list", "-"], &arguments[..]].concat();
    assert!(!run_with(tree.path(), &standard, b"main\n").out.contains("test/pod.yaml"));
    assert_eq!(check(&tree, &["@none"]).code, 2);
}

#[test]
fn reports_can_be_told_from_another_folder() {
    let tree = tree();
    let paths = |base: &str| {
        let ran = check(&tree, &["--path-base", base, "--output", "concise", "-q"]);
        ran.out.split(':').next().unwrap_or_default().to_owned()
    };
    tree.write(".flux-vet.yaml", b"presets: [hygiene]\n");
    let name = tree.path().file_name().and_then(|name| name.to_str()).expect("it has a name").to_owned();
    assert_eq!(paths(".."), format!("{name}/main/pod.yaml"));
    assert_eq!(paths("test"), "../main/pod.yaml");
    let human = check(&tree, &["--path-base", "test"]).out;
    assert!(human.contains("┌─ ../main/pod.yaml:"), "{human}");
    assert_eq!(check(&tree, &["--path-base", "nowhere"]).code, 2);
}

#[test]
fn links_and_silence_are_as_asked() {
    let tree = tree();
    tree.write(".flux-vet.yaml", b"presets: [hygiene]\n");
    assert!(check(&tree, &["--hyperlinks", "always"]).out.contains("\u{1b}]8;;https://"));
    assert!(!check(&tree, &["--color", "always"]).out.contains("\u{1b}]8;;"));
    let ran = check(&tree, &["-s", "--output", "human", "--output", "json=report.json", "--fail-on", "info"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(tree.at("report.json").exists());
}

#[test]
fn annotations_come_with_the_summary_of_the_job() {
    let tree = tree();
    let summary = tree.at("out/summary.md");
    fs::write(&summary, "before\n").expect("it can be written");
    let with = |arguments: &[&str]| {
        let mut command = command(tree.path(), arguments);
        command.env("GITHUB_STEP_SUMMARY", &summary);
        finish(command.spawn().expect("the binary runs"), &[]).code
    };
    assert_eq!(with(&["check", "--root", ".", "--output", "human"]), 0);
    assert_eq!(fs::read_to_string(&summary).expect("it is there"), "before\n");
    assert_eq!(with(&["check", "--root", ".", "--output", "github"]), 0);
    let text = fs::read_to_string(&summary).expect("it is there");
    assert!(text.starts_with("before\n## flux-vet\n"), "{text}");
}

#[test]
fn packages_get_completions_and_manual_pages() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(tree.path(), &["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("flux-vet") && ran.out.contains("file-list"), "{shell}");
    }
    let ran = run(tree.path(), &["man"]);
    assert!(ran.code == 0 && ran.out.contains(".TH flux-vet 1"), "{ran:?}");
    assert_eq!(run(tree.path(), &["man", "--out", "."]).code, 0);
    assert!(tree.at("flux-vet-check.1").exists());
}
