//! What Flux does around kustomize, against the cases of the projects it is copied from; numbers can only go up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
            variables,
            undefined: Undefined::Blank,
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
    let owner = &cluster.kustomizations[at].spec;
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

/// A tree in memory.
fn tree(files: &[(&str, &str)]) -> Memory {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, *text);
    }
    tree
}

fn built(files: &[(&str, &str)], options: &BuildOptions) -> (Sources, World) {
    let sources = Sources::new(tree(files));
    let built = world(&Library::new(&sources), options);
    (sources, built)
}

/// `Kind namespace/name` of every object that is no Kustomization.
fn objects(world: &World) -> Vec<String> {
    let all = world.clusters.iter().flat_map(|cluster| &cluster.objects);
    let mut names: Vec<String> = all
        .filter(|object| object.kind() != "Kustomization")
        .map(|object| format!("{} {}", object.kind(), object.full_name()))
        .collect();
    names.sort();
    names
}

fn said(world: &World) -> Vec<String> {
    let all = world.clusters.iter().flat_map(|cluster| &cluster.observations);
    all.map(|seen| format!("{}: {}", seen.rule, seen.message)).collect()
}

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\n";

/// A Kustomization over `./apps` of a Git source, with more in its `spec`.
fn over_apps(spec: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: flux-system}}\nspec:\n  path: ./apps\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n{spec}"
    )
}

fn git_source(spec: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: flux-system, namespace: flux-system}}\nspec:\n  url: https://example.org/home\n{spec}"
    )
}

#[test]
fn what_the_artifact_leaves_out_is_missing_and_the_pattern_is_named() {
    let kustomization = "configMapGenerator: [{name: pictures, namespace: apps, files: [logo.jpg]}]\n";
    let files: &[(&str, &str)] =
        &[("flux/ks.yaml", &over_apps("")), ("apps/kustomization.yaml", kustomization), ("apps/logo.jpg", "x")];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!(
        said(&world),
        ["kustomize-resource-missing: `logo.jpg` is not in the artifact: Flux leaves out `*.jpg` by default"]
    );
    // Patterns of one's own replace the default ones.
    let with = [files, &[("docs/.sourceignore", "*.md\n")]].concat();
    let (_, world) = built(&with, &BuildOptions::default());
    assert_eq!((said(&world), objects(&world).len()), (vec![], 1));
}

#[test]
fn a_source_states_its_patterns_over_those_of_the_tree() {
    let source = git_source("  ignore: |\n    /*\n    !/apps\n");
    let files: &[(&str, &str)] = &[
        ("flux/ks.yaml", &over_apps("")),
        ("flux/source.yaml", &source),
        ("apps/kustomization.yaml", "resources: [settings.yaml, ../base]\n"),
        ("apps/settings.yaml", SETTINGS),
        ("base/kustomization.yaml", "resources: [more.yaml]\n"),
        ("base/more.yaml", &SETTINGS.replace("settings", "more")),
    ];
    let (sources, world) = built(files, &BuildOptions::default());
    assert_eq!(
        said(&world),
        ["kustomize-resource-missing: `../base` is not in the artifact: the pattern `/*` leaves it out"]
    );
    let related = &world.clusters[0].observations[0].related[0];
    assert_eq!(sources.text(related.span), "/*");
    let kept = git_source("  ignore: |\n    /*\n    !/apps\n    !/base\n");
    let mut files = files.to_vec();
    files[1].1 = &kept;
    assert_eq!(objects(&built(&files, &BuildOptions::default()).1).len(), 3, "two ConfigMaps and the source");
}

#[test]
fn a_sparse_checkout_and_a_path_outside_of_it() {
    let source = git_source("  sparseCheckout: [./base]\n");
    let files: &[(&str, &str)] = &[
        ("flux/ks.yaml", &over_apps("")),
        ("flux/source.yaml", &source),
        ("apps/settings.yaml", SETTINGS),
        ("base/x.yaml", SETTINGS),
    ];
    let found = said(&built(files, &BuildOptions::default()).1);
    assert!(
        found[0].starts_with("flux-path-missing: path `apps` of Kustomization `flux-system/apps` is not in"),
        "{found:?}"
    );
}

#[test]
fn what_another_repository_is_included_for_is_unknown_and_not_missing() {
    let source = git_source("  include: [{repository: {name: shared}, toPath: vendor}]\n");
    let files: &[(&str, &str)] = &[
        ("flux/ks.yaml", &over_apps("")),
        ("flux/source.yaml", &source),
        ("apps/kustomization.yaml", "resources: [settings.yaml, ../vendor/base, ../vendored]\n"),
        ("apps/settings.yaml", SETTINGS),
        ("shared/base/kustomization.yaml", "resources: [more.yaml]\n"),
        ("shared/base/more.yaml", &SETTINGS.replace("settings", "more")),
    ];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!(said(&world), ["kustomize-resource-missing: `../vendored` does not exist"]);
    assert!(world.clusters[0].not_built.iter().any(|part| part.what == "../vendor/base"));
    // Where the other repository is here, its files are.
    let mut options = BuildOptions::default();
    let key = SourceKey { kind: "GitRepository".into(), namespace: "flux-system".into(), name: "shared".into() };
    options.sources.insert(key, "shared".to_owned());
    assert!(objects(&built(files, &options).1).contains(&"ConfigMap apps/more".to_owned()));
}

#[test]
fn a_source_beside_the_repository_is_read_and_shown_with_its_path() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mapped-source");
    let _ = std::fs::remove_dir_all(&folder);
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let shared = over_apps("").replace("name: flux-system}\n", "name: shared}\n");
    write(
        "repo/flux/gotk-sync.yaml",
        &over_apps("").replace("name: apps", "name: flux-system").replace("./apps", "./flux"),
    );
    write("repo/flux/shared.yaml", &shared);
    write("repo/.flux-vet.yaml", "sources: {GitRepository/flux-system/shared: ../shared}\n");
    write("shared/apps/kustomization.yaml", "resources: [settings.yaml, ../../repo/flux]\nresorces: []\n");
    write("shared/apps/settings.yaml", SETTINGS);
    let checked =
        flux_vet::check(Disk::new(&folder.join("repo")).unwrap(), &flux_vet::CheckOptions::default()).unwrap();
    let found: Vec<(String, String)> = checked
        .findings
        .iter()
        .map(|finding| (checked.sources.location(finding.primary.span).path.to_string(), finding.message.clone()))
        .collect();
    assert_eq!(
        found,
        [
            // The jail of a source is the source.
            ("../shared/apps/kustomization.yaml".into(), "`../../repo/flux` leads out of the repository".into()),
            ("../shared/apps/kustomization.yaml".into(), "`resorces` is no field of a kustomization file".into()),
        ]
    );
    std::fs::remove_dir_all(folder.join("shared")).unwrap();
    let checked =
        flux_vet::check(Disk::new(&folder.join("repo")).unwrap(), &flux_vet::CheckOptions::default()).unwrap();
    assert!(checked.findings.is_empty(), "a folder that is not there is no mistake of the tree");
    assert!(checked.coverage.unknown[0].reason.contains("mapped to `../shared`"), "{:?}", checked.coverage.unknown);
}

#[test]
fn artifacts_are_copied_together_and_built_from_where_they_come() {
    let generator = "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: {name: split, namespace: flux-system}\nspec:\n  sources: [{alias: repo, kind: GitRepository, name: flux-system}]\n  artifacts:\n    - name: apps\n      copy:\n        - {from: '@repo/apps/base/**', to: '@artifact/base/'}\n        - {from: '@repo/apps/prod/**', to: '@artifact/prod/'}\n    - name: none\n      copy: [{from: '@repo/nothing/**', to: '@artifact/'}]\n";
    let from = |name: &str, path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{path: {path}, sourceRef: {{kind: ExternalArtifact, name: {name}}}}}\n"
        )
    };
    let root = over_apps("").replace("name: apps", "name: flux-system").replace("./apps", "./flux");
    let files: &[(&str, &str)] = &[
        ("flux/gotk-sync.yaml", &root),
        // The Kustomization comes before what makes its artifact.
        ("flux/a.yaml", &from("apps", "./prod")),
        ("flux/b.yaml", generator),
        ("flux/c.yaml", &from("none", "./")),
        ("flux/d.yaml", &from("elsewhere", "./")),
        ("apps/base/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("apps/base/settings.yaml", SETTINGS),
        ("apps/prod/kustomization.yaml", "resources: [../base, ../../flux]\n"),
    ];
    let (sources, world) = built(files, &BuildOptions::default());
    let cluster = &world.clusters[0];
    let settings = cluster.objects.iter().find(|object| object.name == "settings").unwrap();
    assert_eq!(&*sources.location(settings.place()).path, "apps/base/settings.yaml");
    assert_eq!(
        said(&world),
        [
            "build-failed: ArtifactGenerator `flux-system/split` fails: nothing in source `repo` matches `nothing/**`",
            "kustomize-resource-missing: `../../flux` leads out of the repository"
        ]
    );
    let external: Vec<&str> =
        cluster.not_built.iter().filter(|part| part.class == "source").map(|part| part.what.as_str()).collect();
    assert_eq!(external, ["Kustomization `flux-system/elsewhere`"]);
}

#[test]
fn rendered_manifests_are_objects_of_their_release() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: apps}\nspec: {targetNamespace: front, chart: {spec: {chart: web}}}\n";
    let files: &[(&str, &str)] = &[
        ("flux/ks.yaml", &over_apps("")),
        ("apps/release.yaml", release),
        (
            "rendered/web/a.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: extra}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: probe, annotations: {helm.sh/hook: test}}\n",
        ),
        (
            "rendered/web/b.yaml",
            "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Service, metadata: {name: other, namespace: back}}]\n",
        ),
    ];
    let mut options = BuildOptions::default();
    options.rendered.insert(("apps".to_owned(), "web".to_owned()), "rendered/web".to_owned());
    let (_, world) = built(files, &options);
    assert_eq!(objects(&world), ["HelmRelease apps/web", "Namespace extra", "Service back/other", "Service front/web"]);
    let cluster = &world.clusters[0];
    let at = cluster.objects.iter().position(|object| object.kind() == "HelmRelease").unwrap();
    let of_release = cluster.objects.iter().filter(|object| object.release == Some(at));
    assert_eq!(of_release.map(|object| object.kustomization).collect::<Vec<_>>(), [1, 1, 1]);
    options.rendered.insert(("apps".to_owned(), "web".to_owned()), "gone".to_owned());
    let (_, world) = built(files, &options);
    assert!(world.clusters[0].not_built.iter().any(|part| part.reason == "its rendered manifests are not in `gone`"));
}

/// The first object of a kind, as JSON.
fn one(world: &World, kind: &str) -> serde_json::Value {
    let mut all = world.clusters.iter().flat_map(|cluster| &cluster.objects);
    all.find(|object| object.kind() == kind).unwrap_or_else(|| panic!("no {kind}: {:?}", said(world))).node.to_json()
}

#[test]
fn what_the_object_says_replaces_appends_or_merges() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: one:1}, {name: b, image: 'two:1'}, {name: c, image: three}]}\n";
    let kustomization = "resources: [pod.yaml]\nnamespace: own\nnamePrefix: own-\nimages: [{name: one, newTag: '2', digest: 'sha256:00'}, {name: two, newName: zwei, newTag: '2'}]\npatches: [{patch: '[{op: add, path: /metadata/labels, value: {first: here}}]', target: {kind: Pod}}]\n";
    let spec = "  targetNamespace: given\n  nameSuffix: -x\n  images: [{name: one, newTag: '3'}, {name: two, newName: deux}, {name: three, newTag: '3'}]\n  patches: [{patch: '[{op: add, path: /metadata/labels/second, value: there}]', target: {kind: Pod}}]\n";
    let files: &[(&str, &str)] =
        &[("flux/ks.yaml", &over_apps(spec)), ("apps/kustomization.yaml", kustomization), ("apps/pod.yaml", pod)];
    let (_, world) = built(files, &BuildOptions::default());
    let pod = one(&world, "Pod");
    assert_eq!(pod["metadata"]["namespace"], "given");
    assert_eq!(pod["metadata"]["name"], "own-web-x");
    assert_eq!(pod["metadata"]["labels"], serde_json::json!({"first": "here", "second": "there"}));
    let images: Vec<&str> = (0..3).map(|at| pod["spec"]["containers"][at]["image"].as_str().unwrap()).collect();
    assert_eq!(images, ["one:3", "deux:2", "three:3"], "tag and digest are one; what is not given stays");
}

#[test]
fn components_are_local_and_may_be_missing_where_that_is_said() {
    let files = |spec: &str| {
        let ks = over_apps(spec);
        let (_, world) = built(&[("flux/ks.yaml", &ks), ("apps/settings.yaml", SETTINGS)], &BuildOptions::default());
        said(&world)
    };
    assert_eq!(files("  components: [../gone]\n  ignoreMissingComponents: true\n"), [""; 0]);
    assert_eq!(files("  components: [../gone]\n"), ["component-missing: component `../gone` does not exist"]);
    let remote = files("  components: ['https://github.com/a/b']\n");
    assert!(remote[0].contains("a component path must be local and relative"), "{remote:?}");
}

#[test]
fn an_empty_folder_gives_nothing_and_blames_nobody() {
    let files: &[(&str, &str)] = &[("flux/ks.yaml", &over_apps("")), ("apps/README.md", "nothing yet")];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!((said(&world), objects(&world)), (vec![], vec![]));
    // What a component brings goes where Flux sends it.
    let files: &[(&str, &str)] = &[
        ("flux/ks.yaml", &over_apps("  components: [../extra]\n")),
        ("apps/README.md", "nothing yet"),
        (
            "extra/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [settings.yaml]\n",
        ),
        ("extra/settings.yaml", SETTINGS),
    ];
    assert_eq!(objects(&built(files, &BuildOptions::default()).1), ["ConfigMap _placeholder/settings"]);
}

#[test]
fn patches_of_older_objects_still_count() {
    let spec = "  patchesStrategicMerge:\n    - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: apps}, data: {a: b}}\n  patchesJson6902:\n    - target: {version: v1, kind: ConfigMap, name: settings}\n      patch: [{op: add, path: /data/c, value: d}]\n";
    let data = |version: &str| {
        let ks = over_apps(spec).replace("fluxcd.io/v1\n", &format!("fluxcd.io/{version}\n"));
        let files: &[(&str, &str)] = &[("flux/ks.yaml", &ks), ("apps/settings.yaml", SETTINGS)];
        one(&built(files, &BuildOptions::default()).1, "ConfigMap")["data"].clone()
    };
    assert_eq!(data("v1beta2"), serde_json::json!({"a": "b", "c": "d"}));
    assert_eq!(data("v1"), serde_json::Value::Null, "the API server drops them");
}

#[test]
fn lists_open_after_substitution_and_what_is_no_object_then_is_dropped() {
    let spec = "  postBuild: {substitute: {KIND: List, NONE: ''}}\n";
    let list = "apiVersion: v1\nkind: ${KIND}\nmetadata: {name: l}\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: inside, namespace: apps}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: '${NONE}'}\n";
    let files: &[(&str, &str)] = &[("flux/ks.yaml", &over_apps(spec)), ("apps/list.yaml", list)];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!((objects(&world), said(&world)), (vec!["ConfigMap apps/inside".to_owned()], vec![]));
}

#[test]
fn encrypted_files_give_a_secret_whose_name_is_not_known_only_where_they_are_decrypted() {
    let encrypted = "token: ENC[AES256_GCM,data:xx]\nsops:\n    mac: ENC[AES256_GCM,data:xx]\n";
    let name = |spec: &str| {
        let files: &[(&str, &str)] = &[
            (
                "flux/gotk-sync.yaml",
                &over_apps("").replace("name: apps", "name: flux-system").replace("./apps", "./flux"),
            ),
            ("flux/ks.yaml", &over_apps(spec)),
            (
                "apps/kustomization.yaml",
                "secretGenerator: [{name: token, namespace: apps, files: [token.sops.yaml]}]\n",
            ),
            ("apps/token.sops.yaml", encrypted),
        ];
        let (_, world) = built(files, &BuildOptions::default());
        let secret = world.clusters[0].objects.iter().find(|object| object.kind() == "Secret").unwrap();
        secret.at(&["metadata", "name"]).unwrap().is_unknown()
    };
    assert!(name("  decryption: {provider: sops}\n"));
    assert!(!name(""));
}

#[test]
fn an_artifact_made_of_a_part_of_the_repository_has_paths_of_that_part() {
    let instance = "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux, namespace: flux-system}\nspec: {sync: {kind: OCIRepository, url: 'oci://example.org/x', path: clusters/home}}\n";
    let ks = over_apps("").replace("kind: GitRepository", "kind: OCIRepository");
    let files: &[(&str, &str)] = &[
        ("kubernetes/bootstrap/instance.yaml", instance),
        ("kubernetes/clusters/home/apps.yaml", &ks),
        ("kubernetes/apps/settings.yaml", SETTINGS),
    ];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!((said(&world), objects(&world)), (vec![], vec!["ConfigMap apps/settings".to_owned()]));
    assert_eq!(&*world.clusters[0].entry, "kubernetes/clusters/home");
}

#[test]
fn each_cluster_has_the_artifact_of_its_own_source() {
    let mut files = Vec::new();
    for cluster in ["a", "b"] {
        let source = git_source(&format!("  ignore: |\n    /*\n    !/clusters/{cluster}\n"));
        let sync = over_apps("")
            .replace("name: apps", "name: flux-system")
            .replace("./apps", &format!("./clusters/{cluster}"));
        files.push((format!("clusters/{cluster}/flux-system/gotk-sync.yaml"), format!("{source}---\n{sync}")));
        files.push((format!("clusters/{cluster}/apps.yaml"), over_apps("").replace("./apps", "./clusters/a/apps")));
    }
    files.push(("clusters/a/apps/settings.yaml".to_owned(), SETTINGS.to_owned()));
    // The folder of the applications is applied by the Kustomization alone.
    files.push((
        "clusters/a/kustomization.yaml".to_owned(),
        "resources: [flux-system/gotk-sync.yaml, apps.yaml]\n".to_owned(),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_, world) = built(&files, &BuildOptions::default());
    let said: Vec<(String, usize)> =
        world.clusters.iter().map(|cluster| (cluster.entry.to_string(), cluster.observations.len())).collect();
    assert_eq!(said, [("clusters/a".to_owned(), 0), ("clusters/b".to_owned(), 1)]);
}
