//! `flux-vet graph`: what is drawn, in every form, and what is left out.

mod binary;

use std::path::{Path, PathBuf};

use binary::{Ran, Tree, run};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees").join(path)
}

fn drawn(folder: &Path, arguments: &[&str]) -> String {
    let ran = run(folder, &[&["graph", "--root", "."] as &[&str], arguments].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    ran.out
}

/// The edges of a Mermaid picture between captions, in the order of the picture; those of the legend left out.
fn edges(mermaid: &str) -> Vec<String> {
    let name = |id: &str| {
        let line = mermaid.lines().map(str::trim).find(|line| {
            let line = line.strip_prefix("subgraph ").unwrap_or(line);
            line.strip_prefix(id).is_some_and(|rest| rest.starts_with(['[', '(']))
        });
        let label = line.and_then(|line| line.split('"').nth(1)).unwrap_or_default();
        label.rsplit("<br/>").next().unwrap_or_default().to_owned()
    };
    let lines = mermaid.lines().map(str::trim).filter(|line| line.starts_with('n'));
    let words = lines.map(|line| line.split(' ').collect::<Vec<_>>());
    words
        .filter_map(|words| match words.as_slice() {
            [from, arrow, to] if arrow.contains('-') => {
                let arrow = arrow.split('|').next().unwrap_or_default();
                Some(format!("{} {arrow} {}", name(from), name(to)))
            }
            _ => None,
        })
        .collect()
}

/// The colour of the edge with a number in a Mermaid picture.
fn color(mermaid: &str, number: usize) -> String {
    let styles = mermaid.lines().filter_map(|line| line.trim().strip_prefix("linkStyle "));
    let mut own = styles.filter(|style| {
        style.split(' ').next().is_some_and(|numbers| numbers.split(',').any(|one| one == number.to_string()))
    });
    own.next().and_then(|style| style.split("stroke:").nth(1)).unwrap_or_default()[..7].to_owned()
}

const RED: &str = "#dc2626";
const GREY: &str = "#94a3b8";

fn object(kind: &str, name: &str, spec: &str) -> String {
    let group = match kind {
        "Kustomization" => "kustomize.toolkit.fluxcd.io/v1",
        "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
        _ => "source.toolkit.fluxcd.io/v1",
    };
    let (namespace, name) = name.split_once('/').unwrap_or(("flux-system", name));
    format!(
        "---\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name:?}, namespace: {namespace:?}}}\nspec: {{{spec}}}\n"
    )
}

const SOURCE: &str = "sourceRef: {kind: GitRepository, name: flux-system}";

#[test]
fn a_tree_is_drawn_in_every_form() {
    let folder = fixture("depends-on-nested");
    for form in ["mermaid", "dot", "svg"] {
        insta::assert_snapshot!(form, drawn(&folder, &["--format", form]));
    }
}

#[test]
fn the_same_tree_gives_the_same_picture() {
    let folder = fixture("migration-plan");
    for form in ["mermaid", "dot", "svg"] {
        assert_eq!(drawn(&folder, &["--format", form]), drawn(&folder, &["--format", form]));
    }
}

#[test]
fn an_edge_to_nothing_and_its_end_are_red() {
    let tree = Tree::new(&[
        (
            "flux/ks.yaml",
            &object("Kustomization", "web", &format!("path: ./web, {SOURCE}, dependsOn: [{{name: gone}}]")),
        ),
        ("web/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\n"),
    ]);
    let mermaid = drawn(tree.path(), &[]);
    let edges = edges(&mermaid);
    let broken = edges.iter().position(|edge| edge == "web --> gone").unwrap();
    assert_eq!(color(&mermaid, broken), RED);
    assert!(mermaid.contains("\"Kustomization · missing<br/>gone\""), "{mermaid}");
    let svg = drawn(tree.path(), &["--format", "svg"]);
    assert!(svg.contains("class=\"missing\"") && svg.contains(&format!("stroke=\"{RED}\"")), "{svg}");
    let dot = drawn(tree.path(), &["--format", "dot"]);
    assert!(dot.contains("Kustomization · missing\\ngone") && dot.contains("filled,dashed"), "{dot}");
}

#[test]
fn what_may_come_from_elsewhere_is_grey() {
    let source = |name: &str| {
        object(
            "GitRepository",
            name,
            &format!("url: 'https://example.org/me/{name}', interval: 1m, ref: {{branch: main}}"),
        )
    };
    let elsewhere = "path: ./x, sourceRef: {kind: GitRepository, name: other}, dependsOn: [{name: gone}]";
    let tree = Tree::new(&[
        (
            "clusters/home/flux-system/gotk-sync.yaml",
            &[
                source("flux-system"),
                object("Kustomization", "flux-system", &format!("path: ./clusters/home, {SOURCE}")),
            ]
            .concat(),
        ),
        ("clusters/home/ks.yaml", &[source("other"), object("Kustomization", "web", elsewhere)].concat()),
    ]);
    let mermaid = drawn(tree.path(), &[]);
    let open = edges(&mermaid).iter().position(|edge| edge == "web -.-> gone").unwrap();
    assert_eq!(color(&mermaid, open), GREY);
    assert!(mermaid.contains("\"Kustomization · of another source<br/>web\""), "{mermaid}");
}

#[test]
fn what_waits_for_itself_is_red() {
    let parent = |wait: bool| object("Kustomization", "parent", &format!("path: ./apps, wait: {wait}, {SOURCE}"));
    let child = object("Kustomization", "child", &format!("path: ./child, {SOURCE}, dependsOn: [{{name: parent}}]"));
    for (wait, expected) in [(true, [RED, RED]), (false, ["#60a5fa", "#334155"])] {
        let tree = Tree::new(&[
            ("flux/ks.yaml", &parent(wait)),
            ("apps/child.yaml", &child),
            ("child/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\n"),
        ]);
        let mermaid = drawn(tree.path(), &[]);
        let edges = edges(&mermaid);
        let at = |edge: &str| edges.iter().position(|one| one == edge).unwrap_or_else(|| panic!("{edges:?}"));
        let seen = ["parent -.-> child", "child --> parent"].map(|edge| color(&mermaid, at(edge)));
        assert_eq!(seen, expected.map(str::to_owned), "wait: {wait}");
    }
}

/// Five Kustomizations with a source in common, and a release with a source of its own.
fn shop() -> Tree {
    let kustomization =
        |name: &str, more: &str| object("Kustomization", name, &format!("path: ./{name}, {SOURCE}{more}"));
    Tree::new(&[
        (
            "flux/ks.yaml",
            &[
                object("GitRepository", "flux-system", "url: 'https://example.org/x', interval: 1m"),
                kustomization("db", ""),
                kustomization("cache", ""),
                kustomization("shop", ", dependsOn: [{name: db}]"),
                kustomization("blog", ", dependsOn: [{name: cache}]"),
            ]
            .concat(),
        ),
        (
            "shop/release.yaml",
            &[
                object(
                    "HelmRelease",
                    "shop/web",
                    "chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: charts}}}",
                ),
                object("HelmRelease", "shop/worker", "chartRef: {kind: OCIRepository, name: gone}"),
                object("HelmRepository", "shop/charts", "url: 'https://example.org/charts'"),
            ]
            .concat(),
        ),
        ("db/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: db}\n"),
        ("cache/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: cache}\n"),
        ("blog/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: blog}\n"),
    ])
}

#[test]
fn the_source_that_all_share_goes_without_drawing() {
    let tree = shop();
    let source = "GitRepository<br/>flux-system";
    let auto = drawn(tree.path(), &[]);
    assert!(auto.starts_with("%% Cluster "), "{auto}");
    assert!(
        auto.contains("%% 4 of 4 Kustomizations take from GitRepository flux-system/flux-system, which is not drawn")
    );
    assert!(!auto.contains(source) && auto.contains("HelmRepository<br/>charts"), "{auto}");
    let all = drawn(tree.path(), &["--sources", "all"]);
    assert!(all.contains(source) && !all.contains("not drawn"), "{all}");
    let none = drawn(tree.path(), &["--sources", "none"]);
    assert!(!none.contains(source) && !none.contains("charts"), "{none}");
    assert!(none.contains("OCIRepository · missing<br/>gone"), "what is missing is drawn: {none}");
}

#[test]
fn releases_can_be_left_out() {
    let mermaid = drawn(shop().path(), &["--no-releases"]);
    assert!(!mermaid.contains("HelmRelease") && mermaid.contains("<br/>shop"), "{mermaid}");
}

#[test]
fn a_kustomization_is_drawn_with_all_it_needs() {
    let mermaid = drawn(shop().path(), &["--kustomization", "shop", "--no-legend"]);
    let edges = edges(&mermaid);
    for edge in ["shop --> db", "shop -.-> shop", "web --o charts"] {
        assert!(edges.iter().any(|one| one == edge), "{edge}: {edges:?}");
    }
    assert!(!mermaid.contains("blog") && !mermaid.contains("cache"), "{mermaid}");
}

#[test]
fn one_edge_goes_to_a_namespace_that_one_object_applies() {
    let kustomization = |name: &str| object("Kustomization", name, &format!("path: ./none, {SOURCE}"));
    let tree = Tree::new(&[
        ("flux/ks.yaml", &object("Kustomization", "apps", &format!("path: ./apps, {SOURCE}"))),
        ("apps/web.yaml", &[kustomization("web/a"), kustomization("web/b")].concat()),
    ]);
    let mermaid = drawn(tree.path(), &[]);
    assert!(edges(&mermaid).contains(&"apps -.-> web".to_owned()), "{mermaid}");
    let dot = drawn(tree.path(), &["--format", "dot"]);
    assert!(dot.contains("lhead=cluster_0_") && dot.contains("[style=invis]"), "{dot}");
}

#[test]
fn references_around_an_object_go_both_ways() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      serviceAccountName: gone\n      containers: [{name: web, image: x, envFrom: [{configMapRef: {name: settings}}]}]\n";
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: scale, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n";
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n";
    let tree = Tree::new(&[
        ("flux/ks.yaml", &object("Kustomization", "shop", &format!("path: ./shop, {SOURCE}"))),
        ("shop/all.yaml", &[deployment, scaler, settings].join("---\n")),
    ]);
    let near = drawn(tree.path(), &["--object", "deployment/web"]);
    let mut found = edges(&near);
    found.sort();
    assert_eq!(found, ["scale --> web", "shop -.-> web", "web --> gone", "web --> settings"]);
    assert!(near.contains("ServiceAccount · missing<br/>gone") && near.contains("configMapRef"), "{near}");
    let names = |depth: &str| edges(&drawn(tree.path(), &["--object", "ConfigMap/shop/settings", "--depth", depth]));
    assert!(names("1").contains(&"web --> settings".to_owned()));
    assert!(!names("1").contains(&"scale --> web".to_owned()));
    assert!(names("2").contains(&"scale --> web".to_owned()));
    // What else the Deployment names is not about the ConfigMap.
    assert!(!names("3").contains(&"web --> gone".to_owned()));
}

#[test]
fn what_may_be_absent_is_not_red() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers: [{name: web, image: x, envFrom: [{configMapRef: {name: extra, optional: true}}, {configMapRef: {name: needed}}]}]\n";
    let tree = Tree::new(&[
        ("flux/ks.yaml", &object("Kustomization", "shop", &format!("path: ./shop, {SOURCE}"))),
        ("shop/web.yaml", deployment),
    ]);
    let mermaid = drawn(tree.path(), &["--object", "Deployment/web"]);
    assert!(mermaid.contains("ConfigMap · not known<br/>extra"), "{mermaid}");
    assert!(mermaid.contains("ConfigMap · missing<br/>needed"), "{mermaid}");
}

#[test]
fn several_clusters_are_drawn_apart_and_one_can_be_chosen() {
    let kustomization = |name: &str| object("Kustomization", name, &format!("path: ./{name}, {SOURCE}"));
    let tree = Tree::new(&[
        ("clusters/one/ks.yaml", &kustomization("one")),
        ("clusters/two/ks.yaml", &kustomization("two")),
        ("one/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"),
        ("two/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"),
        (".flux-vet.yaml", "clusters: [{entry: clusters/one}, {entry: clusters/two}]\n"),
    ]);
    let both = drawn(tree.path(), &[]);
    assert!(both.contains("subgraph c0[\"Cluster clusters/one\"]") && both.contains("subgraph c1["), "{both}");
    let one = drawn(tree.path(), &["--cluster", "clusters/two"]);
    assert!(!one.contains("subgraph c0") && one.contains("<br/>two") && !one.contains("<br/>one"), "{one}");
}

#[test]
fn names_are_text_in_every_form() {
    let names = [
        "quo\"te",
        "new\nline",
        "br]ack[et",
        "<script>alert(1)</script>",
        "%%{init: {}}%%",
        "esc\u{1b}[31m",
        "a --> b",
        "back\\slash\\",
        "##[add-mask]x",
        "::add-mask::x",
        "click n0 href",
        "\u{202e}gnp",
        "&lt;",
        "\\N",
        "end",
    ];
    let objects: Vec<String> = names
        .iter()
        .map(|name| {
            let spec = serde_json::json!({"path": "./none", "dependsOn": [{"name": format!("gone {name}")}]});
            let metadata = serde_json::json!({"name": name, "namespace": name});
            let object = serde_json::json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "metadata": metadata, "spec": spec});
            format!("---\n{object}\n")
        })
        .collect();
    let tree = Tree::new(&[("flux/ks.yaml", &objects.concat())]);
    for form in ["mermaid", "dot", "svg"] {
        let text = drawn(tree.path(), &["--format", form]);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{form}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")) && !text.contains("##["), "{form}");
        match form {
            "mermaid" => {
                assert!(!text.contains("%%{") && !text.contains("<script"), "{text}");
                assert!(
                    text.lines().all(|line| line.starts_with("%%") || line.matches('"').count() % 2 == 0),
                    "{text}"
                );
            }
            "dot" => {
                let quotes = |line: &str| line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
                assert!(text.lines().skip(1).all(|line| quotes(line) % 2 == 0), "{text}");
                assert!(text.contains("&amp;lt;") && text.contains("\\\\N"), "{text}");
            }
            _ => {
                assert!(
                    !text.contains("<script") && text.contains("&lt;script&gt;") && text.contains("&amp;lt;"),
                    "{text}"
                );
            }
        }
    }
}

fn fails(ran: &Ran) -> bool {
    ran.code == 2 && ran.out.is_empty() && !ran.err.is_empty()
}

#[test]
fn a_picture_is_written_to_a_file_and_the_root_may_stand_alone() {
    let tree = shop();
    let file = tree.path().join("graph.svg");
    let ran = run(tree.path(), &["graph", ".", "--format", "svg", "--output", "graph.svg"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    assert!(std::fs::read_to_string(file).unwrap().starts_with("<svg "));
    assert!(fails(&run(tree.path(), &["graph", ".", "--output", "no/such/folder/graph.mmd"])));
}

#[test]
fn what_is_not_there_is_a_fault_that_offers_what_is() {
    let tree = shop();
    for (arguments, offered) in [
        (&["--kustomization", "shoq"] as &[&str], "shop"),
        (&["--cluster", "fluxx"], "flux"),
        (&["--object", "HelmRelease/wep"], "HelmRelease/web"),
        (&["--object", "web"], "Kind/name"),
        (&["--object", "HelmRelease/web", "--no-releases"], "--no-releases"),
        (&["--depth", "2"], "--object"),
        (&["--format", "png"], "svg"),
    ] {
        let ran = run(tree.path(), &[&["graph", "--root", "."] as &[&str], arguments].concat());
        assert!(fails(&ran) && ran.err.contains(offered), "{arguments:?}: {ran:?}");
    }
    assert_eq!(run(Tree::new(&[]).path(), &["graph", "--root", "."]).code, 3);
}
