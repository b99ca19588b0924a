//! The command line: exit codes, arguments, streams.

mod binary;

use std::fs;
use std::path::Path;

use binary::{Tree, command, finish, run, run_with};

/// What `spec` of a Kustomization needs besides.
const SPEC: &str = "  interval: 1h\n  prune: true\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n";

/// One error at `ks.yaml:6`, one warning at `kustomization.yaml:2`.
fn two_findings() -> Tree {
    Tree::new(&[
        ("kustomization.yaml", "resources: [ks.yaml]\nresource: []\n"),
        (
            "ks.yaml",
            &format!(
                "{KUSTOMIZATION}metadata: {{name: a, namespace: flux-system}}\nspec:\n  dependsOn:\n    - name: a\n{SPEC}"
            ),
        ),
    ])
}

fn warning_only() -> Tree {
    Tree::new(&[("kustomization.yaml", "resources: [cm.yaml]\nresource: []\n"), ("cm.yaml", CONFIG_MAP)])
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\n";

fn check(tree: &Tree, arguments: &[&str]) -> binary::Ran {
    run(tree.path(), &[&["check", "--root", "."], arguments].concat())
}

#[test]
fn zero_is_clean_one_has_findings_three_has_nothing() {
    assert_eq!(check(&Tree::new(&[("cm.yaml", CONFIG_MAP)]), &[]).code, 0);
    assert_eq!(check(&two_findings(), &[]).code, 1);
    assert_eq!(check(&Tree::new(&[]), &[]).code, 3);
    assert_eq!(check(&Tree::new(&[("README.md", "# nothing\n"), ("values.yaml", "replicas: 2\n")]), &[]).code, 3);
}

#[test]
fn a_broken_run_is_two_and_speaks_on_standard_error() {
    let tree = two_findings();
    for arguments in [
        &["--output", "jsn"] as &[&str],
        &["--config", "none.yaml"],
        &["--fail-on", "panic"],
        &["--no-such-flag"],
        &["--output", "json=no/such/folder/report.json"],
        &["--output", "json", "--output", "sarif"],
        &["../elsewhere"],
    ] {
        let ran = check(&tree, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    let ran = run(tree.path(), &["check", "--root", "no-such-folder"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("no-such-folder"), "{}", ran.err);
    let ran = run(tree.path(), &["check", "--root", "ks.yaml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn fail_on_sets_the_lowest_level_that_counts() {
    let tree = two_findings();
    for (level, code) in [("error", 1), ("warning", 1), ("info", 1), ("never", 0)] {
        assert_eq!(check(&tree, &["--fail-on", level]).code, code, "{level}");
    }
    let tree = warning_only();
    for (level, code) in [("error", 0), ("warning", 1), ("info", 1), ("never", 0)] {
        assert_eq!(check(&tree, &["--fail-on", level]).code, code, "{level}");
    }
}

#[test]
fn exit_zero_turns_one_into_zero_and_nothing_else() {
    let ran = check(&two_findings(), &["--exit-zero", "--output", "concise"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("depends-on-cycle"), "{ran:?}");
    assert_eq!(check(&Tree::new(&[]), &["--exit-zero"]).code, 3);
    assert_eq!(check(&two_findings(), &["--exit-zero", "--output", "nothing"]).code, 2);
}

#[test]
fn several_outputs_are_written_in_one_run() {
    let tree = two_findings();
    let ran = check(&tree, &["--output", "concise", "--output", "json=report.json", "--output", "sarif=report.sarif"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("ks.yaml:6:13: error[depends-on-cycle]"), "{}", ran.out);
    let report = fs::read_to_string(tree.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["summary"]["error"], &report["summary"]["warning"]), (&1.into(), &1.into()));
    assert!(fs::read_to_string(tree.path().join("report.sarif")).unwrap().contains("\"2.1.0\""));
    let left: Vec<_> = fs::read_dir(tree.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "no temporary file is left: {left:?}");
}

#[test]
fn a_report_that_cannot_be_written_wins_over_findings() {
    assert_eq!(check(&two_findings(), &["--output", "json=/dev/null/report.json"]).code, 2);
}

#[test]
fn actions_runners_get_annotations_too() {
    let tree = two_findings();
    let child = command(tree.path(), &["check", "--root", "."]).env("GITHUB_ACTIONS", "true").spawn().unwrap();
    let ran = finish(child, &[]);
    assert!(ran.out.contains("::error file=ks.yaml"), "{}", ran.out);
    assert!(!check(&tree, &[]).out.contains("::error"));
}

#[test]
fn no_colour_without_a_terminal_unless_asked_for() {
    let tree = two_findings();
    assert!(!check(&tree, &[]).out.contains('\u{1b}'));
    assert!(check(&tree, &["--color", "always"]).out.contains('\u{1b}'));
    let child =
        command(tree.path(), &["check", "--root", "."]).env("FORCE_COLOR", "1").env("NO_COLOR", "1").spawn().unwrap();
    assert!(!finish(child, &[]).out.contains('\u{1b}'));
}

#[test]
fn a_path_narrows_what_is_reported_and_not_what_is_read() {
    let link = |name: &str, other: &str| {
        format!(
            "{KUSTOMIZATION}metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  dependsOn:\n    - name: {other}\n{SPEC}"
        )
    };
    let tree = Tree::new(&[
        ("apps/a.yaml", &link("a", "b")),
        ("infra/b.yaml", &link("b", "a")),
        ("infra/c.yaml", &link("c", "c")),
    ]);
    let report = |path: &[&str]| {
        let mut findings = check(&tree, &[&["--output", "json"], path].concat()).findings();
        findings.retain(|finding| finding.starts_with("depends-on-cycle"));
        findings
    };
    assert_eq!(report(&[]), ["depends-on-cycle apps/a.yaml:6", "depends-on-cycle infra/c.yaml:6"]);
    assert_eq!(report(&["infra/c.yaml"]), ["depends-on-cycle infra/c.yaml:6"]);
    // The other end of the circle stands in `infra`.
    assert_eq!(report(&["infra/"]), ["depends-on-cycle apps/a.yaml:6", "depends-on-cycle infra/c.yaml:6"]);
    assert_eq!(report(&["apps", "infra/c.yaml"]).len(), 2);
    let clean = check(&tree, &["infra/none.yaml"]);
    assert_eq!((clean.code, clean.err.as_str()), (0, ""), "a file that was deleted is no mistake");
}

#[test]
fn paths_count_from_the_working_directory() {
    let tree = two_findings();
    tree.write("apps/cm.yaml", CONFIG_MAP.as_bytes());
    let ran = run(&tree.path().join("apps"), &["check", "--root", "..", "--output", "concise", "../ks.yaml"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.starts_with("ks.yaml:6:"), "{}", ran.out);
}

#[test]
fn the_root_is_the_git_root_around_the_working_directory() {
    let tree = two_findings();
    tree.write(".git/HEAD", b"ref: refs/heads/main\n");
    tree.write("apps/cm.yaml", CONFIG_MAP.as_bytes());
    let ran = run(&tree.path().join("apps"), &["check", "--output", "concise"]);
    assert!(ran.out.contains("ks.yaml:6:"), "{ran:?}");
}

#[test]
fn a_stream_of_manifests_is_read_from_standard_input() {
    let tree = Tree::new(&[]);
    let text = format!(
        "{KUSTOMIZATION}metadata: {{name: a, namespace: flux-system}}\nspec:\n  dependsOn: [{{name: a}}]\n{SPEC}---\n{CONFIG_MAP}"
    );
    let ran = run_with(tree.path(), &["check", "-", "--output", "json"], text.as_bytes());
    assert_eq!(ran.code, 1);
    assert_eq!(ran.findings(), ["depends-on-cycle stdin.yaml:5"]);
    assert_eq!(run_with(tree.path(), &["check", "-"], b"").code, 3);
    assert_eq!(run_with(tree.path(), &["check", "-"], b"a: [\n").code, 1, "broken text is a finding");
    assert_eq!(run_with(tree.path(), &["check", "-"], b"kind: \xff\n").code, 1, "broken bytes are a finding");
}

#[test]
fn a_wrong_key_of_the_configuration_is_shown_at_its_place() {
    let tree = two_findings();
    tree.write(".flux-vet.yaml", b"flux: \"2.9\"\nrule:\n  depends-on-cycle: off\n");
    let ran = check(&tree, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains(".flux-vet.yaml:2:1"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `rules`?"), "{}", ran.err);

    tree.write(".flux-vet.yaml", b"rules:\n  depends-on-cycl: off\n");
    let ran = check(&tree, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains(".flux-vet.yaml:2:3") && ran.err.contains("did you mean `depends-on-cycle`?"),
        "{}",
        ran.err
    );

    tree.write(".flux-vet.yaml", b"rules:\n  depends-on-cycle: {external: [a]}\n");
    let ran = check(&tree, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(".flux-vet.yaml:2:"), "{}", ran.err);
}

#[test]
fn the_configuration_switches_rules() {
    let tree = two_findings();
    tree.write(".flux-vet.yaml", b"rules: {depends-on-cycle: warning, kustomization-key-unknown: off}\n");
    let ran = check(&tree, &["--output", "concise"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.out.lines().next().unwrap().split(": ").nth(1), Some("warning[depends-on-cycle]"), "{}", ran.out);
    assert!(!ran.out.contains("kustomization-key-unknown"), "{}", ran.out);
    tree.write("other.yaml", b"rules: {flux: off}\n");
    assert_eq!(check(&tree, &["--config", "other.yaml"]).code, 0);
}

#[test]
fn explain_prints_a_card() {
    let tree = Tree::new(&[]);
    let ran = run(tree.path(), &["explain", "depends-on-missing"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("depends-on-missing: "), "{}", ran.out);
    for part in
        ["\nWhat it does\n", "\nWhy it matters\n", "\nWhat to do\n", "\nExample: fires\n", "\nExample: silent\n"]
    {
        assert!(ran.out.contains(part), "{part:?} is missing in {}", ran.out);
    }
    let ran = run(tree.path(), &["explain", "depends-on-mising"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("there is no rule `depends-on-mising`"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `depends-on-missing`?"), "{}", ran.err);
    let ran = run(tree.path(), &["explain", "nothing-like-it"]);
    assert!(ran.err.contains("`flux-vet rules` lists all rules"), "{}", ran.err);
}

#[test]
fn rules_lists_every_card_once() {
    let ran = run(Path::new("."), &["rules"]);
    assert_eq!(ran.code, 0);
    let catalogue = flux_vet::rules::catalogue().unwrap();
    for entry in catalogue.iter() {
        let lines = ran.out.lines().filter(|line| line.split_whitespace().next() == Some(&entry.card.id)).count();
        assert_eq!(lines, 1, "{}", entry.card.id);
    }
    let ran = run(Path::new("."), &["rules", "--group", "flux"]);
    assert_eq!(ran.out.lines().next(), Some("flux"));
    assert!(!ran.out.contains("yaml-syntax-invalid"));
    let ran = run(Path::new("."), &["rules", "--group", "flx"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("did you mean `flux`?"), "{}", ran.err);
}

#[test]
fn matcher_prints_the_file_that_ships() {
    let shipped = [
        ("github", "editors/github/flux-vet-matcher.json"),
        ("vscode", "editors/vscode/tasks.json"),
        ("vim", "editors/vim/compiler/flux-vet.vim"),
    ];
    for (kind, path) in shipped {
        let ran = run(Path::new("."), &["matcher", kind]);
        let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        assert_eq!((ran.code, ran.out), (0, file), "{kind}");
    }
    assert_eq!(run(Path::new("."), &["matcher", "emacs"]).code, 2);
}

#[test]
fn help_and_version_are_no_faults() {
    for arguments in [&["--help"] as &[&str], &["--version"], &["check", "--help"], &["explain", "--help"]] {
        let ran = run(Path::new("."), arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    }
    assert_eq!(run(Path::new("."), &[]).code, 2);
}

#[test]
fn zero_threads_is_no_number_of_threads() {
    let ran = check(&two_findings(), &["-j", "0"]);
    assert!([1, 2].contains(&ran.code), "{ran:?}");
    assert_eq!(check(&two_findings(), &["-j", "few"]).code, 2);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let tree = two_findings();
    let mut child = command(tree.path(), &["check", "--root", ".", "--exit-zero"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut err).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn the_first_screen_of_the_readme_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = run(root, &["check", "--root", "fixtures/trees/renamed-bucket"]);
    for page in ["README.md", "docs/README.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let shown: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("error["))
            .take_while(|line| !line.starts_with("```"))
            .collect();
        assert!(shown.len() > 10, "{page}");
        assert!(ran.out.starts_with(&shown.join("\n")), "{page} shows something else than:\n{}", ran.out);
    }
}

#[test]
fn an_unsaved_text_stands_over_its_file() {
    let tree = two_findings();
    let ks = format!("{KUSTOMIZATION}metadata: {{name: a, namespace: flux-system}}\nspec:\n{SPEC}");
    let unsaved = |name: &str, text: &str| {
        let arguments = ["check", "--root", ".", "--stdin-filename", name, "--output", "concise", "-q", "-"];
        run_with(tree.path(), &arguments, text.as_bytes())
    };
    let saved = unsaved("ks.yaml", &std::fs::read_to_string(tree.at("ks.yaml")).unwrap());
    assert_eq!(saved.code, 1);
    // The finding of the other file is not shown.
    assert_eq!(saved.out.lines().count(), 1, "{saved:?}");
    assert!(saved.out.starts_with("ks.yaml:6:"), "{saved:?}");
    assert_eq!((unsaved("ks.yaml", &ks).code, unsaved("ks.yaml", &ks).out.as_str()), (0, ""));
    let other = unsaved("./kustomization.yaml", "resources: [ks.yaml, gone.yaml]\n");
    assert!(other.out.contains("kustomization.yaml:1:") && other.out.contains("gone.yaml"), "{other:?}");
    let absolute = tree.at("ks.yaml").canonicalize().unwrap();
    assert_eq!(unsaved(absolute.to_str().unwrap(), "a: [\n").code, 1);
    assert_eq!(unsaved("new/file.yaml", CONFIG_MAP).code, 0, "a file that is not there yet");
    assert_eq!(unsaved("../elsewhere.yaml", CONFIG_MAP).code, 2);
    tree.write(".gitignore", b"ignored.yaml\n");
    tree.write("ignored.yaml", b"");
    assert_eq!(unsaved("ignored.yaml", "a: [\n").out, "", "what version control leaves out is no part of the tree");
    for arguments in [&["--stdin-filename", "ks.yaml"] as &[&str], &["--stdin-filename", "ks.yaml", "-", "ks.yaml"]] {
        assert_eq!(check(&tree, arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn the_lowest_severity_narrows_what_is_listed_and_nothing_else() {
    let tree = two_findings();
    let errors = check(&tree, &["--min-severity", "error", "--fail-on", "warning"]);
    assert!(!errors.out.contains("warning["), "{errors:?}");
    assert!(errors.out.contains("1 error, 1 warning in") && errors.out.contains("; 1 not listed"), "{errors:?}");
    let warning = check(&warning_only(), &["--min-severity", "error", "--fail-on", "warning", "--output", "json"]);
    assert_eq!((warning.code, warning.findings()), (1, Vec::new()));
    assert_eq!(warning.json()["summary"]["warning"], 1);
    assert_eq!(check(&tree, &["--min-severity", "info", "--output", "json"]).findings().len(), 2);
}

#[test]
fn every_file_is_shown_with_what_became_of_it() {
    let tree = Tree::new(&[
        (
            "flux/ks.yaml",
            &format!(
                "{KUSTOMIZATION}metadata: {{name: apps, namespace: flux-system}}\nspec:\n  path: ./apps\n  postBuild: {{substituteFrom: [{{kind: ConfigMap, name: vars}}]}}\n{SPEC}"
            ),
        ),
        (
            "flux/vars.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {MODE: fast}\n",
        ),
        (
            "apps/kustomization.yaml",
            "resources: [cm.yaml, release.yaml]\npatches: [{path: patch.yaml}]\n\
             configMapGenerator: [{name: made, files: [a.conf]}, {name: values, namespace: apps, files: [values.yaml]}]\n\
             generatorOptions: {disableNameSuffixHash: true}\n",
        ),
        (
            "apps/cm.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\ndata: {mode: \"${MODE}\"}\n",
        ),
        (
            "apps/patch.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\ndata: {more: x}\n",
        ),
        ("apps/a.conf", "a=1\n"),
        ("apps/values.yaml", "replicas: 2\n"),
        (
            "apps/release.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: apps}\nspec:\n  \
             interval: 1h\n  chartRef: {kind: OCIRepository, name: web}\n  valuesFrom: [{kind: ConfigMap, name: values}]\n",
        ),
        ("apps/later.yaml", CONFIG_MAP),
        (".flux-vet.yaml", "nodes: 3\n"),
    ]);
    let shown = check(&tree, &["--show-files"]);
    let expected = ".flux-vet.yaml: configuration\napps/a.conf: generator\napps/cm.yaml: resource\n\
        apps/kustomization.yaml: kustomization, resource\napps/later.yaml: unread\napps/patch.yaml: patch\n\
        apps/release.yaml: resource\napps/values.yaml: generator, values\nflux/ks.yaml: entry, resource\nflux/vars.yaml: resource, variables\n";
    assert_eq!((shown.code, shown.out.as_str()), (0, expected));
    assert_eq!(check(&tree, &["--show-files", "apps/later.yaml"]).out, "apps/later.yaml: unread\n");
    assert_eq!(check(&tree, &["--show-files", "flux"]).out.lines().count(), 2);
    assert_eq!(check(&Tree::new(&[]), &["--show-files"]).code, 3);
}

#[test]
fn phases_and_their_times_stand_on_standard_error_alone() {
    let tree = two_findings();
    let plain = check(&tree, &[]);
    let phases = |arguments: &[&str]| {
        let ran = check(&tree, arguments);
        assert_eq!((ran.code, &ran.out), (1, &plain.out));
        let lines = ran.err.lines().filter_map(|line| line.split_once(" ms  ")).map(|(_, words)| words.to_owned());
        lines.collect::<Vec<_>>()
    };
    assert!(!plain.err.contains(" ms "));
    let named = |lines: &[String]| -> Vec<String> {
        let phases = lines.iter().filter(|line| !line.starts_with(' '));
        phases.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
    };
    assert_eq!(named(&phases(&["-v"])), ["reading", "build", "index", "rules", "verdict"]);
    let all = phases(&["-vv"]);
    assert_eq!(named(&all).len(), 5);
    assert!(all.iter().any(|line| line == "  depends-on-missing ."), "{all:?}");
}

#[test]
fn every_shell_has_its_completions() {
    let tree = Tree::new(&[]);
    for shell in ["bash", "elvish", "fish", "nushell", "powershell", "zsh"] {
        let ran = run(tree.path(), &["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("stdin-filename"), "{shell}: {ran:?}");
    }
}

#[test]
fn started_by_flux_it_is_called_flux_vet() {
    let tree = Tree::new(&[]);
    let plugin = tree.at(".fluxcd/plugins/flux-vet");
    std::fs::copy(env!("CARGO_BIN_EXE_flux-vet"), &plugin).unwrap();
    let usage = |program: &Path| {
        let help = std::process::Command::new(program).args(["check", "--help"]).output().unwrap();
        String::from_utf8(help.stdout).unwrap().lines().find(|line| line.starts_with("Usage:")).unwrap().to_owned()
    };
    assert!(usage(&plugin).starts_with("Usage: flux vet check "));
    assert!(usage(Path::new(env!("CARGO_BIN_EXE_flux-vet"))).starts_with("Usage: flux-vet check "));
}
