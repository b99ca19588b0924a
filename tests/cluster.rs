//! What a cluster remembers of its build: the files that were read, and what objects were before they were changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use flux_vet::build::{BuildOptions, Library, Object, World, world};
use flux_vet::source::{Memory, Sources};

fn tree(files: &[(&str, &str)]) -> Sources {
    let mut tree = Memory::default();
    for (path, text) in files {
        tree.insert(path, (*text).to_owned());
    }
    Sources::new(tree)
}

fn built(sources: &Sources) -> World {
    world(&Library::new(sources), &BuildOptions::default())
}

fn read(sources: &Sources, world: &World) -> BTreeSet<String> {
    let files = world.clusters.iter().flat_map(|cluster| &cluster.files);
    files.map(|file| sources.file(*file).path.to_string()).collect()
}

fn object<'w>(world: &'w World, kind: &str) -> &'w Object {
    world.clusters.iter().flat_map(|cluster| &cluster.objects).find(|object| object.kind() == kind).unwrap()
}

const SYNC: (&str, &str) = (
    "cluster/gotk-sync.yaml",
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
     metadata: {name: flux-system, namespace: flux-system}\nspec: {path: ./cluster}\n",
);

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: written}\n";

#[test]
fn the_files_of_a_build_are_remembered_and_those_beside_them_are_not() {
    let sources = tree(&[
        SYNC,
        (
            "cluster/kustomization.yaml",
            "resources: [gotk-sync.yaml, base]\ncomponents: [../part]\npatches: [{path: patch.yaml}]\n\
             configurations: [names.yaml]\nreplacements: [{path: copies.yaml}]\n\
             configMapGenerator: [{name: made, files: [text.txt], envs: [vars.env]}]\n",
        ),
        ("cluster/base/kustomization.yaml", "resources: [settings.yaml]\n"),
        ("cluster/base/settings.yaml", SETTINGS),
        ("cluster/base/beside.yaml", SETTINGS),
        ("part/kustomization.yaml", "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamespace: set\n"),
        (
            "cluster/patch.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: written}\ndata: {a: b}\n",
        ),
        ("cluster/names.yaml", "nameReference: []\n"),
        (
            "cluster/copies.yaml",
            "source: {kind: ConfigMap, name: settings}\n\
             targets: [{select: {name: made}, fieldPaths: [data.name], options: {create: true}}]\n",
        ),
        ("cluster/text.txt", "text"),
        ("cluster/vars.env", "A=1\n"),
        ("elsewhere/settings.yaml", SETTINGS),
    ]);
    let read = read(&sources, &built(&sources));
    let expected = [
        "cluster/base/kustomization.yaml",
        "cluster/base/settings.yaml",
        "cluster/copies.yaml",
        "cluster/gotk-sync.yaml",
        "cluster/kustomization.yaml",
        "cluster/names.yaml",
        "cluster/patch.yaml",
        "cluster/text.txt",
        "cluster/vars.env",
        "part/kustomization.yaml",
    ];
    assert_eq!(read.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn an_object_keeps_the_identity_it_was_written_with() {
    let sources = tree(&[
        SYNC,
        ("cluster/kustomization.yaml", "resources: [base]\nnamespace: outer\n"),
        ("cluster/base/kustomization.yaml", "resources: [all.yaml]\nnamespace: inner\nnamePrefix: x-\n"),
        (
            "cluster/base/all.yaml",
            &format!("{SETTINGS}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: old}}\n"),
        ),
    ]);
    let world = built(&sources);
    let settings = object(&world, "ConfigMap");
    assert_eq!((settings.full_name().as_str(), settings.written.name.as_str()), ("outer/x-settings", "settings"));
    assert_eq!(settings.written.namespace, "written");
    let namespace = object(&world, "Namespace");
    assert_eq!((namespace.name.as_str(), namespace.written.name.as_str()), ("outer", "old"));
}
