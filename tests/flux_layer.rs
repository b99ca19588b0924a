//! The Flux layer on small trees of our own: artifacts, sources, merges, the steps of an object.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use flux_vet::build::flux::SourceKey;
use flux_vet::build::{BuildOptions, Library, World, world};
use flux_vet::source::{Disk, Memory, Sources};

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
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: apps, namespace: flux-system}}\nspec:\n  path: ./apps\n  interval: 1h\n  prune: true\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n{spec}"
    )
}

fn git_source(spec: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: flux-system, namespace: flux-system}}\nspec:\n  url: https://example.org/home\n  interval: 1h\n{spec}"
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

/// An empty folder on disk.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_is_not_in_the_artifact_of_a_git_repository() {
    let root = folder("links");
    write(&root, "flux/ks.yaml", &over_apps(""));
    write(&root, "apps/kustomization.yaml", "resources: [linked.yaml, folder]\n");
    write(&root, "base/settings.yaml", SETTINGS);
    write(&root, "base/folder/kustomization.yaml", "resources: [more.yaml]\n");
    write(&root, "base/folder/more.yaml", &SETTINGS.replace("settings", "more"));
    std::os::unix::fs::symlink("../base/settings.yaml", root.join("apps/linked.yaml")).unwrap();
    std::os::unix::fs::symlink("../base/folder", root.join("apps/folder")).unwrap();
    let built = || {
        let sources = Sources::new(Disk::new(&root).unwrap());
        world(&Library::new(&sources), &BuildOptions::default())
    };
    let why = "is not in the artifact: Flux leaves out symbolic links";
    assert_eq!(
        said(&built()),
        [
            format!("kustomize-resource-missing: `linked.yaml` {why}"),
            format!("kustomize-resource-missing: `folder` {why}")
        ]
    );
    // What is pushed may hold files in their place.
    write(&root, "flux/ks.yaml", &over_apps("").replace("GitRepository", "OCIRepository"));
    assert_eq!((said(&built()), objects(&built()).len()), (vec![], 2));
}

#[test]
fn a_source_beside_the_repository_is_read_and_shown_with_its_path() {
    let folder = folder("mapped-source");
    let write = |path: &str, text: &str| write(&folder, path, text);
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
    // The object of the source is not in this tree, which is another matter.
    let others = checked.findings.iter().filter(|finding| &*finding.rule != "source-missing").count();
    assert_eq!(others, 0, "a folder that is not there is no mistake of the tree");
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
    let kustomization = "resources: [pod.yaml]\nnamespace: own\nnamePrefix: own-\nimages: [{name: one, newTag: '2', digest: 'sha256:00'}, {name: two, newName: zwei, newTag: '2'}]\npatches: [{patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"first\": \"here\"}}]', target: {kind: Pod}}]\n";
    let spec = "  targetNamespace: given\n  nameSuffix: -x\n  images: [{name: one, newTag: '3'}, {name: two, newName: deux}, {name: three, newTag: '3'}]\n  patches: [{patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels/second\", \"value\": \"there\"}]', target: {kind: Pod}}]\n";
    let files: &[(&str, &str)] =
        &[("flux/ks.yaml", &over_apps(spec)), ("apps/kustomization.yaml", kustomization), ("apps/pod.yaml", pod)];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!(said(&world), [""; 0]);
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
fn two_clusters_of_pushed_artifacts_are_told_apart_by_their_folders() {
    let mut files = Vec::new();
    for cluster in ["home", "work"] {
        let pushed = |name: &str, path: &str| {
            over_apps("").replace("name: apps", &format!("name: {name}")).replace("./apps", path).replace(
                "{kind: GitRepository, name: flux-system}",
                &format!("{{kind: OCIRepository, name: {cluster}}}"),
            )
        };
        files.push((format!("{cluster}/flux/config/cluster.yaml"), pushed("cluster", "./flux")));
        files.push((
            format!("{cluster}/flux/config/kustomization.yaml"),
            "resources: [cluster.yaml, flux.yaml]\n".to_owned(),
        ));
        // Both install Flux from the same foreign source, whose `./` is not this repository.
        let foreign = over_apps("").replace("name: apps", "name: flux").replace("./apps", "./");
        files.push((
            format!("{cluster}/flux/config/flux.yaml"),
            foreign.replace("name: flux-system}\n", "name: flux-manifests}\n"),
        ));
        files.push((format!("{cluster}/flux/apps.yaml"), pushed("apps", "./apps")));
        files.push((format!("{cluster}/apps/settings.yaml"), SETTINGS.replace("settings", cluster)));
    }
    files.push(("ansible/hosts.yaml".to_owned(), "all: {}\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (_, world) = built(&files, &BuildOptions::default());
    let entries: Vec<&str> = world.clusters.iter().map(|cluster| &*cluster.entry).collect();
    assert_eq!(entries, ["home/flux", "work/flux"]);
    assert_eq!(
        (said(&world), objects(&world)),
        (vec![], vec!["ConfigMap apps/home".to_owned(), "ConfigMap apps/work".to_owned()])
    );
}

#[test]
fn folders_that_nobody_builds_together_do_not_collide() {
    let kustomization = "resources: [../base]\n";
    let files: &[(&str, &str)] = &[
        ("base/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("base/settings.yaml", SETTINGS),
        ("one/kustomization.yaml", kustomization),
        ("two/kustomization.yaml", kustomization),
    ];
    let (_, world) = built(files, &BuildOptions::default());
    assert_eq!((said(&world), objects(&world)), (vec![], vec!["ConfigMap apps/settings".to_owned()]));
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
