//! What Flux does around kustomize, against the cases of the projects it is copied from; numbers can only go up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flux_vet::build::flux::{
    FluxKustomization, Reading, Reconciled, Request, SourceKey, Variables, as_flux_prints, files_as_they_are, root_spec,
};
use flux_vet::build::{BuildOptions, ClusterBuild, Library, Object, State, Undefined, World, world};
use flux_vet::source::{FileSystem, Memory, Sources, normalize};
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
