//! What Flux does around kustomize, against the cases of the projects it is copied from; numbers can only go up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use flux_vet::build::flux::{
    FluxKustomization, Reading, Reconciled, Request, SourceKey, Variables, as_flux_prints, files_as_they_are, root_spec,
};
use flux_vet::build::{BuildOptions, ClusterBuild, Library, Object, Undefined, World, world};
use flux_vet::source::{Disk, FileSystem, Memory, Sources, normalize};
use flux_vet::yaml::emit::emit;
use flux_vet::yaml::{Mode, Node};

/// Adds the files below a folder on disk to a tree, under a prefix.
fn add_folder(tree: &mut Memory, folder: &Path, prefix: &str) {
    let mut open = vec![(folder.to_owned(), prefix.to_owned())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}/{}", path.file_name().unwrap().to_string_lossy());
            if path.is_dir() { open.push((path, name)) } else { tree.insert(&name, std::fs::read(path).unwrap()) }
        }
    }
}

fn documents(library: &Library<'_>, path: &str) -> Vec<Node> {
    library.load(path, Mode::V3).unwrap().documents.clone()
}

/// One case of fluxcd/pkg: its folder built for its Kustomization, every file as it is.
struct Case {
    sources: Sources,
    spec: FluxKustomization,
}

impl Case {
    fn read(folder: &Path) -> Case {
        let mut tree = Memory::default();
        add_folder(&mut tree, &folder.join("in"), "in");
        add_folder(&mut tree, folder, "case");
        let sources = Sources::new(tree);
        let spec = {
            let library = Library::new(&sources);
            let object = documents(&library, "case/flux-kustomization.yaml").remove(0);
            FluxKustomization { path: Some("in".to_owned()), ..FluxKustomization::read(&object) }
        };
        Case { sources, spec }
    }

    fn build(&self, variables: &Variables) -> Reconciled {
        let library = Library::new(&self.sources);
        let artifact = files_as_they_are(&library);
        let request = Request {
            spec: &self.spec,
            artifact: &artifact,
            reading: Reading::Flux,
            variables: &Arc::new(variables.clone()),
            undefined: Undefined::Blank,
            entry: "",
            index: 0,
        };
        request.reconcile(&library)
    }
}

fn texts(reconciled: &Reconciled) -> String {
    let texts: Vec<String> = reconciled.objects.iter().map(|object| emit(&object.node).text).collect();
    texts.join("---\n")
}

#[test]
fn the_generator_does_what_that_of_flux_does() {
    let Some(root) = shared::shared("conformance/fluxcd-pkg-kustomize") else { return };
    let case = |name: &str| Case::read(&root.join(name));
    let expected = |name: &str| std::fs::read_to_string(root.join(name).join("expected.yaml")).unwrap();
    let none = Variables::default();
    let mut passed = Vec::new();
    let mut check = |name: &'static str, holds: bool| {
        println!("{name}: {}", if holds { "passes" } else { "FAILS" });
        if holds {
            passed.push(name);
        }
    };

    let generated = case("generator-resources").build(&none);
    check("generator-resources", !generated.broken && texts(&generated) == expected("generator-resources"));

    let substituted = case("varsub");
    let variables = {
        // What the upstream test keeps in the cluster.
        let text = "data:\n  prometheus_scrape: '\"true\"'\n  prometheus_port: '\"9797\"'\n  image: nginx:1.21.4\n";
        let id = substituted.sources.add("app-vars.yaml", text);
        let library = Library::new(&substituted.sources);
        let mut variables = Variables::default();
        variables.add_map(library.of(id, Mode::V3).documents[0].get("data").unwrap());
        variables.add_map(substituted.spec.substitute.as_ref().unwrap());
        variables
    };
    let built = substituted.build(&variables);
    check("varsub", !built.broken && texts(&built) == expected("varsub"));

    let renamed = case("name-prefix-suffix").build(&none);
    let name = renamed.objects.first().map(|object| (object.name.to_string(), object.namespace().to_owned()));
    let fits = name.is_some_and(|(name, namespace)| {
        name.contains("prefix-test-configmap-suffix") && namespace == "test-namespace"
    });
    check("name-prefix-suffix", fits && renamed.objects.len() == 1);

    let empty = case("no-resources");
    let library = Library::new(&empty.sources);
    let spec = root_spec(&library, "in", Some(&empty.spec), Reading::Flux, empty.spec.path_place);
    let metadata: Vec<&str> = spec.build_metadata.iter().map(|text| text.text.as_str()).collect();
    let built = empty.build(&none);
    check("no-resources", metadata == ["originAnnotations"] && !built.broken && built.objects.is_empty());

    // The folder itself is empty and so not among the files.
    let mut nothing = case("empty-dir");
    nothing.spec.path = Some("in/empty".to_owned());
    let library = Library::new(&nothing.sources);
    let spec = root_spec(&library, "in/empty", Some(&nothing.spec), Reading::Flux, nothing.spec.path_place);
    let built = nothing.build(&none);
    let placeholder = spec.namespace.is_some_and(|namespace| namespace.text == "_placeholder");
    let is_silent = !built.broken && built.outcome.observations.is_empty() && built.objects.is_empty();
    check("empty-dir", placeholder && is_silent);

    let mut nested = case("relbase");
    nested.spec.path = Some("in/clusters/staging/flux-system".to_owned());
    let built = nested.build(&none);
    check("relbase", !built.broken && !built.objects.is_empty());

    check("panic-secret", case("panic-secret").build(&none).broken);

    println!("fluxcd-pkg-kustomize: {} of 7", passed.len());
    assert_eq!(passed.len(), 7);
}

/// The Kustomizations of a world, by name.
fn applied<'w>(world: &'w World, name: &str) -> (&'w ClusterBuild, usize) {
    let found = world.clusters.iter().find_map(|cluster| {
        let at = cluster.kustomizations.iter().position(|one| one.spec.name == name)?;
        Some((cluster, at))
    });
    found.unwrap_or_else(|| panic!("no Kustomization `{name}`"))
}

fn printed(cluster: &ClusterBuild, at: usize) -> Vec<String> {
    let owner = &cluster.kustomizations.get(at).unwrap().spec;
    let objects = cluster.objects.iter().filter(|object| object.kustomization == at);
    objects.map(|object| emit(&as_flux_prints(object, owner)).text).collect()
}

fn golden(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let documents = text.split("---\n").map(ToOwned::to_owned).filter(|text| !text.trim().is_empty());
    documents.map(|text| format!("{}\n", text.trim_end())).collect()
}

#[test]
fn whole_kustomizations_print_as_flux_build_prints_them() {
    let Some(root) = shared::shared("conformance/flux2-build") else { return };
    let mut passed = 0;
    for name in ["podinfo", "delete-service", "ignore", "recursive-my-app", "var-substitution"] {
        let folder = root.join(name);
        let args: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("case.json")).unwrap()).unwrap();
        let args = args.get("args").unwrap().clone();
        let path = args.get("path").and_then(serde_json::Value::as_str);
        let object = std::fs::read_to_string(folder.join("flux-kustomization.yaml")).unwrap();
        let mut tree = Memory::default();
        // `--path` says which folder is built, whatever `spec.path` says.
        let at = path.map_or_else(|| "./kustomize".to_owned(), |path| format!("./{path}"));
        tree.insert("cluster/ks.yaml", object.replace("./kustomize", &at));
        add_folder(&mut tree, &folder.join("in"), if path.is_some() { "" } else { "kustomize" });
        let patterns = args.get("ignore").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        if !patterns.is_empty() {
            // `--ignore-paths` counts as what the source states.
            let lines: String = patterns.iter().map(|line| format!("    {}\n", line.as_str().unwrap())).collect();
            tree.insert(
                "cluster/source.yaml",
                format!(
                    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: podinfo, namespace: flux-system}}\nspec:\n  ignore: |\n{lines}"
                ),
            );
        }
        let sources = Sources::new(tree);
        let library = Library::new(&sources);
        let mut options = BuildOptions { undefined: Undefined::Blank, ..BuildOptions::default() };
        for (source, folder) in args.get("local_sources").and_then(serde_json::Value::as_object).into_iter().flatten() {
            let parts: Vec<&str> = source.split('/').collect();
            let [kind, namespace, name] = parts[..] else { panic!("{source}") };
            let key = SourceKey { kind: kind.into(), namespace: namespace.into(), name: name.into() };
            options.sources.insert(key, folder.as_str().unwrap().to_owned());
        }
        let world = world(&library, &options);
        let (cluster, at) = applied(&world, "podinfo");
        let mut ours = printed(cluster, at);
        for (child, one) in cluster.kustomizations.iter().enumerate() {
            if one.parent == Some(at) && args.get("recursive").is_some() {
                ours.extend(printed(cluster, child));
            }
        }
        let theirs = golden(&folder.join("expected.yaml"));
        println!("{name}: {}", if ours == theirs { "passes" } else { "FAILS" });
        if ours == theirs {
            passed += 1;
        } else {
            println!("--- ours\n{}\n--- theirs\n{}", ours.join("---\n"), theirs.join("---\n"));
            println!("{:?}", cluster.observations.iter().map(|seen| &seen.message).collect::<Vec<_>>());
        }
    }
    println!("flux2-build: {passed} of 5");
    assert_eq!(passed, 5);
}

/// A cluster of flux-local's own tests, and which of its outputs tell what is in it.
struct Tree {
    name: &'static str,
    /// Sources that the test upstream maps to folders, or does not look at.
    sources: &'static [(&'static str, &'static str)],
    /// Output with the Kustomizations.
    kustomizations: Option<&'static str>,
    /// Output with the HelmReleases.
    releases: Option<&'static str>,
    /// Output with every object.
    objects: Option<&'static str>,
    /// Kustomizations that we list and the output does not, with the reason.
    more: &'static [(&'static str, &'static str)],
}

const ROOT_OF_ANOTHER_SOURCE: &str = "the root of the other source, which the output was narrowed to";
const EXTERNAL: &str = "its source is another repository: we list it as not built";

const TREES: &[Tree] = &[
    Tree {
        name: "cluster",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster_"),
        releases: Some("test_get_hr_cluster_"),
        objects: Some("test_build_ks_build-ks_"),
        more: &[],
    },
    Tree {
        name: "cluster2",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster2_"),
        releases: Some("test_get_hr_cluster2_"),
        objects: Some("test_build_all_build-cluster2_"),
        more: &[("flux", EXTERNAL)],
    },
    Tree {
        name: "cluster3",
        sources: &[("OCIRepository/flux-system/cluster", "tests/testdata/cluster3")],
        kustomizations: Some("test_get_ks_cluster3_"),
        releases: Some("test_get_hr_cluster3_"),
        objects: None,
        more: &[("flux-system", ROOT_OF_ANOTHER_SOURCE)],
    },
    Tree {
        name: "cluster4",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster4_"),
        releases: Some("test_get_hr_cluster4_"),
        objects: None,
        more: &[("flux", EXTERNAL)],
    },
    Tree {
        // Its `sourceRef` means a source of its own namespace, which does not exist; flux-local does not mind.
        name: "cluster5",
        sources: &[("GitRepository/controllers/flux-system", "tests/testdata/cluster5")],
        kustomizations: Some("test_get_ks_cluster5-all_"),
        releases: Some("test_get_hr_cluster5_"),
        objects: None,
        more: &[],
    },
    Tree {
        name: "cluster6",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster6_"),
        releases: Some("test_get_hr_cluster6_"),
        objects: Some("test_build_all_build-cluster6_"),
        more: &[],
    },
    Tree {
        name: "cluster7",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster7_"),
        releases: Some("test_get_hr_cluster7_"),
        objects: None,
        more: &[],
    },
    Tree {
        name: "cluster8",
        sources: &[],
        kustomizations: None,
        releases: None,
        objects: Some("test_build_ks_build-ks-single-cluster8_"),
        more: &[],
    },
    Tree {
        name: "cluster9",
        sources: &[],
        kustomizations: Some("test_get_ks_cluster9_"),
        releases: Some("test_get_hr_cluster9_"),
        objects: Some("test_build_ks_build-ks-single-cluster9_"),
        more: &[],
    },
    Tree {
        name: "cluster10",
        sources: &[],
        kustomizations: None,
        releases: None,
        objects: Some("test_build_ks_build-ks-cluster10-invalid-paths_"),
        more: &[],
    },
    Tree {
        name: "cluster11",
        sources: &[("ExternalArtifact/flux-system/apps", "tests/testdata/cluster11/externalartifact")],
        kustomizations: Some("test_get_ks_cluster11_"),
        releases: None,
        objects: Some("test_build_ks_build-ks-cluster11-external-artifact_"),
        more: &[],
    },
];

/// The rows of a table of flux-local, by column.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<String> = lines.next().unwrap().split_whitespace().map(ToOwned::to_owned).collect();
    lines.map(|line| head.iter().cloned().zip(line.split_whitespace().map(ToOwned::to_owned)).collect()).collect()
}

/// Kind and name; names that hold a variable count as one where flux-local puts a placeholder in, since it reads no
/// Secret (the plain one of the first tree holds the text `SECRET`).
fn named(kind: &str, name: &str) -> (String, String) {
    let open = ["PLACEHOLDER", "${", "<encrypted>", "SECRET"].iter().any(|part| name.contains(part));
    (kind.to_owned(), if open { "*".to_owned() } else { name.to_owned() })
}

#[test]
fn clusters_hold_what_flux_local_finds_in_them() {
    let Some(root) = shared::shared("conformance/flux-local") else { return };
    let output = |name: &str| root.join(format!("{name}.expected.txt"));
    let mut problems = Vec::new();
    for tree in TREES {
        let mut files = Memory::default();
        add_folder(&mut files, &root.join("testdata").join(tree.name), &format!("tests/testdata/{}", tree.name));
        // Two of the trees leave themselves out of their artifact, which flux-local does not read and Flux would.
        let config = format!("tests/testdata/{}/flux/config/cluster.yaml", tree.name);
        if let Ok(text) = files.read(&config) {
            let text = String::from_utf8(text).unwrap();
            files.insert(&config, text.replace(&format!("!/tests/testdata/{}/kubernetes", tree.name), "!/tests"));
        }
        let sources = Sources::new(files);
        let library = Library::new(&sources);
        let mut options = BuildOptions { undefined: Undefined::Blank, ..BuildOptions::default() };
        for (source, folder) in tree.sources {
            let parts: Vec<&str> = source.split('/').collect();
            let [kind, namespace, name] = parts[..] else { panic!("{source}") };
            let key = SourceKey { kind: kind.into(), namespace: namespace.into(), name: name.into() };
            options.sources.insert(key, (*folder).to_owned());
        }
        let world = world(&library, &options);
        let [cluster] = world.clusters.as_slice() else { panic!("{}: {} clusters", tree.name, world.clusters.len()) };
        let mut compare = |what: &str, ours: BTreeSet<String>, theirs: BTreeSet<String>| {
            let lost: Vec<&String> = theirs.difference(&ours).collect();
            let more: Vec<&String> = ours.difference(&theirs).collect();
            println!("{} {what}: {} of {}", tree.name, theirs.len() - lost.len(), theirs.len());
            if !lost.is_empty() || !more.is_empty() {
                problems.push(format!("{} {what}: not ours {lost:?}, only ours {more:?}", tree.name));
            }
        };
        if let Some(name) = tree.kustomizations {
            // A mapped source has paths of its own; the output shows those of the repository.
            let prefix = |one: &flux_vet::build::KustomizationBuild| {
                let mapped = one.spec.source.as_ref().and_then(|source| options.sources.get(source));
                mapped.map_or_else(String::new, |folder| format!("{folder}/"))
            };
            let listed =
                cluster.kustomizations.iter().filter(|one| !tree.more.iter().any(|more| more.0 == one.spec.name));
            let ours = listed.map(|one| {
                let path = format!("{}{}", prefix(one), one.spec.path.clone().unwrap_or_default());
                format!("{} {}", one.spec.name, normalize(&path))
            });
            let theirs = rows(&output(name)).into_iter().map(|row| format!("{} {}", row["NAME"], row["PATH"]));
            compare("Kustomizations", ours.collect(), theirs.collect());
        }
        let of_kind = |kind: &'static str| cluster.objects.iter().filter(move |object| object.kind() == kind);
        if let Some(name) = tree.releases {
            let ours = of_kind("HelmRelease").map(Object::full_name);
            let theirs = rows(&output(name)).into_iter().map(|row| format!("{}/{}", row["NAMESPACE"], row["NAME"]));
            compare("HelmReleases", ours.collect(), theirs.collect());
        }
        if let Some(name) = tree.objects {
            let text = std::fs::read_to_string(output(name)).unwrap();
            let id = sources.add("expected.yaml", &text);
            let label = ["metadata", "labels", "kustomize.toolkit.fluxcd.io/name"];
            let mut owners = BTreeSet::new();
            let mut theirs = BTreeSet::new();
            for document in library.of(id, Mode::V3).documents.iter().filter(|document| !document.is_null()) {
                let text = |path: &[&str]| document.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
                owners.insert(text(&label));
                let (kind, name) = named(&text(&["kind"]), &text(&["metadata", "name"]));
                theirs.insert(format!("{} {kind}/{name}", text(&label)));
            }
            // Secrets and CustomResourceDefinitions are left out of the output.
            let left_out = |object: &Object| matches!(object.kind(), "Secret" | "CustomResourceDefinition");
            let ours = cluster.objects.iter().filter(|object| !left_out(object)).filter_map(|object| {
                let owner = &cluster.kustomizations[object.kustomization].spec.name;
                let (kind, name) = named(object.kind(), &object.name);
                owners.contains(owner).then(|| format!("{owner} {kind}/{name}"))
            });
            compare("objects", ours.collect(), theirs);
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// How the objects of a cluster hold together. The numbers are those that a prototype counted over `kubectl kustomize`,
/// except that it left out the entry's own Kustomization (unless an object of the tree stands for it), and:
/// - it counted what a bootstrapped root applies twice, as written and as patched: 60 Kustomizations and 28 edges where
///   there are 30 and 14;
/// - where its trees held more files than those kept (three Kustomizations in two trees; in the last tree three edges
///   and one release).
#[derive(Debug, PartialEq, Eq)]
struct Edges {
    kustomizations: usize,
    /// `dependsOn` of Kustomizations: those that lead somewhere, and all.
    depends_on: (usize, usize),
    /// `dependsOn` of HelmReleases.
    release_depends_on: (usize, usize),
    /// Sources of charts.
    charts: (usize, usize),
    external: usize,
}

type Counts = (usize, (usize, usize), (usize, usize), (usize, usize), usize);

/// By the first letters of the tree's folder, and entry.
const EDGES: &[(&str, &str, Counts)] = &[
    ("Mat", "kubernetes/flux/cluster", (36, (35, 35), (1, 1), (27, 27), 0)),
    ("dam", "kubernetes/flux", (83, (86, 86), (1, 1), (58, 58), 1)),
    ("equ", "clusters/c2-production", (29, (14, 14), (1, 1), (16, 16), 0)),
    ("equ", "clusters/c3", (29, (14, 14), (1, 1), (16, 16), 0)),
    ("equ", "clusters/development", (30, (14, 14), (1, 1), (18, 18), 0)),
    ("equ", "clusters/monitoring", (14, (7, 7), (1, 1), (7, 7), 0)),
    ("equ", "clusters/playground", (30, (14, 14), (1, 1), (17, 17), 0)),
    ("equ", "clusters/production", (29, (14, 14), (1, 1), (16, 16), 0)),
    ("flu", "clusters/production", (4, (2, 2), (0, 0), (3, 3), 0)),
    ("flu", "clusters/staging", (4, (2, 2), (0, 0), (3, 3), 0)),
    ("mar", "kubernetes/main/flux", (69, (38, 38), (7, 7), (54, 54), 1)),
    ("mar", "kubernetes/storage/flux", (32, (8, 8), (3, 3), (22, 22), 1)),
    ("mir", "apps", (107, (194, 194), (0, 0), (100, 100), 0)),
    ("mon", "kubernetes/clusters/apps", (27, (19, 24), (0, 0), (13, 16), 0)),
    ("mon", "kubernetes/clusters/infra", (26, (19, 21), (0, 0), (13, 16), 0)),
    ("one", "kubernetes/flux/cluster", (79, (19, 19), (0, 0), (68, 68), 0)),
];

fn count(cluster: &ClusterBuild) -> Edges {
    let names = |kind: &str, group: &str| -> BTreeSet<(String, String)> {
        let of_kind = cluster.objects.iter().filter(|object| object.is(group, kind));
        of_kind.map(|object| (object.namespace().to_owned(), object.name.to_string())).collect()
    };
    let depends = |kind: &str, group: &str| {
        let known = names(kind, group);
        let mut counted = (0, 0);
        for object in cluster.objects.iter().filter(|object| object.is(group, kind)) {
            for entry in object.dig("spec.dependsOn").map(Node::items).unwrap_or_default() {
                let text = |key: &str| entry.get(key).and_then(Node::as_str).map(ToOwned::to_owned);
                let namespace = text("namespace").unwrap_or_else(|| object.namespace().to_owned());
                counted.1 += 1;
                counted.0 += usize::from(known.contains(&(namespace, text("name").unwrap_or_default())));
            }
        }
        counted
    };
    let mut charts = (0, 0);
    for release in cluster.objects.iter().filter(|object| object.is("helm.toolkit.fluxcd.io", "HelmRelease")) {
        let reference = release.dig("spec.chart.spec.sourceRef").or_else(|| release.dig("spec.chartRef"));
        let Some(reference) = reference else { continue };
        let text = |key: &str| reference.get(key).and_then(Node::as_str).map(ToOwned::to_owned);
        let namespace = text("namespace").unwrap_or_else(|| release.namespace().to_owned());
        let known = names(&text("kind").unwrap_or_default(), "source.toolkit.fluxcd.io");
        charts.1 += 1;
        charts.0 += usize::from(known.contains(&(namespace, text("name").unwrap_or_default())));
    }
    let external =
        |one: &&flux_vet::build::KustomizationBuild| matches!(one.state, flux_vet::build::State::External(_));
    Edges {
        kustomizations: cluster.kustomizations.len(),
        depends_on: depends("Kustomization", "kustomize.toolkit.fluxcd.io"),
        release_depends_on: depends("HelmRelease", "helm.toolkit.fluxcd.io"),
        charts,
        external: cluster.kustomizations.iter().filter(external).count(),
    }
}

#[test]
fn the_edges_of_real_trees_lead_somewhere() {
    let Some(root) = shared::shared("corpus") else { return };
    let folders = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let mut found = BTreeMap::new();
    for folder in folders.filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let sources = Sources::new(Disk::new(&folder).unwrap());
        for cluster in world(&Library::new(&sources), &BuildOptions::default()).clusters {
            found.insert((name.get(..3).unwrap().to_owned(), cluster.entry.to_string()), count(&cluster));
        }
    }
    let expected = EDGES.iter().map(|(tree, entry, counts)| {
        let (kustomizations, depends_on, release_depends_on, charts, external) = *counts;
        let edges = Edges { kustomizations, depends_on, release_depends_on, charts, external };
        (((*tree).to_owned(), (*entry).to_owned()), edges)
    });
    assert_eq!(found, expected.collect::<BTreeMap<_, _>>());
}
