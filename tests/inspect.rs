//! `flux-vet build` and `flux-vet trace`: what is built, and where each value comes from.

mod binary;

use std::path::{Path, PathBuf};

use binary::{Ran, Tree, run};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn ran(arguments: &[&str]) -> Ran {
    run(&fixture("trees/provenance"), &[arguments, &["--root", "."]].concat())
}

#[test]
fn every_value_of_a_built_object_names_its_place() {
    let ran = ran(&["build", "--origins"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_chain_of_a_value_is_shown_from_its_first_place_on() {
    let fields = [
        "spec.replicas",
        "spec.revisionHistoryLimit",
        "spec.template.spec.containers[name=web].env[name=HOST].value",
        "spec.template.spec.containers[0].image",
        "metadata.namespace",
    ];
    let shown: Vec<String> = fields.iter().map(|field| ran(&["trace", "deployment/web", field]).out).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn the_chain_of_an_object_leads_to_the_entry() {
    insta::assert_snapshot!(ran(&["trace", "Deployment/shop/web"]).out);
}

#[test]
fn a_generated_object_is_found_by_the_name_before_its_hash() {
    let ran = ran(&["trace", "ConfigMap/settings"]);
    assert!(ran.out.starts_with("ConfigMap shop/settings-"), "{ran:?}");
}

#[test]
fn what_is_not_there_is_a_fault_that_offers_what_is() {
    let ran_on = |arguments: &[&str]| ran(arguments);
    for (arguments, offered) in [
        (&["trace", "Deployment/wep"] as &[&str], "Deployment/web"),
        (&["trace", "Deployment/web", "spec.replica"], "replicas"),
        (&["trace", "Deployment/web", "spec.template.spec.containers[name=wbe]"], "[name=web]"),
        (&["build", "flux-system/wep"], "flux-system/web"),
    ] {
        let ran = ran_on(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(offered), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn one_kustomization_is_printed_alone_and_secrets_are_hidden() {
    let tree = Tree::new(&[
        ("flux/ks.yaml", &kustomization("web", "./web")),
        ("web/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"),
    ]);
    let all = run(tree.path(), &["build", "--root", "."]);
    let web = run(tree.path(), &["build", "web", "--root", "."]);
    let open = run(tree.path(), &["build", "web", "--root", ".", "--show-secrets"]);
    assert!(all.out.contains("kind: Kustomization") && !web.out.contains("kind: Kustomization"), "{all:?} {web:?}");
    assert!(web.out.contains("password: <hidden>") && !web.out.contains("hunter2"), "{web:?}");
    assert!(open.out.contains("password: hunter2"), "{open:?}");
}

#[test]
fn no_credential_is_in_the_title_of_a_trace() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: vars, namespace: flux-system}\nstringData:\n  MODE: canary-4711\n";
    let app = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  DB_PASSWORD: hunter2-4711\n  mode: ${MODE}\n  host: db\n";
    let with_vars = ", postBuild: {substituteFrom: [{kind: Secret, name: vars}]}}\n";
    let tree = Tree::new(&[
        ("flux/ks.yaml", &kustomization("web", "./web").replace("}}\n", &format!("}}{with_vars}"))),
        ("flux/vars.yaml", secret),
        ("web/app.yaml", app),
    ]);
    let traced = |field: &str| run(tree.path(), &["trace", "ConfigMap/app", field, "--root", "."]).out;
    let (password, mode, host) = (traced("data.DB_PASSWORD"), traced("data.mode"), traced("data.host"));
    assert!(password.contains("data.DB_PASSWORD") && !password.contains("hunter2"), "{password}");
    assert!(mode.contains("data.mode") && !mode.contains("canary"), "{mode}");
    assert!(host.contains("data.host = db"), "{host}");
}

fn kustomization(name: &str, path: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: \
         flux-system}}\nspec: {{path: {path}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )
}

#[test]
fn a_folder_is_built_as_kustomize_builds_it() {
    for case in ["names-and-references", "labels", "plugins", "order-and-metadata"] {
        let case = fixture("build").join(case);
        let folder = case.join("in").display().to_string();
        let ran = run(&case, &["build", "--root", &folder, "--path", &folder]);
        let expected = std::fs::read_to_string(case.join("expected.yaml")).unwrap_or_default();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", case.display());
        assert_eq!(ran.out, expected, "{}", case.display());
    }
}

#[test]
fn order_and_restriction_of_a_folder_can_be_chosen() {
    let config_map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let tree = Tree::new(&[
        ("app/kustomization.yaml", "resources: [z.yaml, ../a.yaml]\n"),
        ("app/z.yaml", &config_map("z")),
        ("a.yaml", &config_map("a")),
    ]);
    let build = |arguments: &[&str]| {
        run(tree.path(), &[&["build", "--root", ".", "--path", "app"] as &[&str], arguments].concat())
    };
    let refused = build(&[]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("is not in or below `app`"), "{refused:?}");
    let names = |ran: Ran| -> Vec<String> {
        ran.out.lines().filter_map(|line| line.strip_prefix("  name: ").map(ToOwned::to_owned)).collect()
    };
    assert_eq!(names(build(&["--load-restrictor", "none"])), ["a", "z"]);
    assert_eq!(names(build(&["--load-restrictor", "none", "--order", "fifo"])), ["z", "a"]);
}

/// A release of a chart that is known, and the file of its values' lines.
const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop, namespace: apps }
spec:
  chart: { spec: { chart: app-template, version: 4.1.1, sourceRef: { kind: HelmRepository, name: x } } }
  values:
    controllers:
      web: { containers: { app: { image: { repository: a, tag: b } } } }
    service:
      web: { controller: web, ports: { http: { port: 80 } } }
";

#[test]
fn what_charts_make_is_printed_behind_their_release_on_request() {
    let tree = Tree::new(&[("release.yaml", RELEASE)]);
    let kinds = |arguments: &[&str]| -> Vec<String> {
        let ran = run(tree.path(), arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        ran.out
            .lines()
            .filter(|line| line.starts_with("kind: ") || line.contains("by the chart"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(kinds(&["build"]), ["kind: HelmRelease"]);
    let made = "# made by the chart of HelmRelease apps/shop";
    assert_eq!(kinds(&["build", "--charts"]), ["kind: HelmRelease", made, "kind: Deployment", made, "kind: Service"]);
}

#[test]
fn what_a_chart_makes_is_traced_to_the_values() {
    let tree = Tree::new(&[("release.yaml", RELEASE)]);
    insta::assert_snapshot!(run(tree.path(), &["trace", "Service/shop", "spec.ports[0].port"]).out);
}
