//! What models of charts make of values: small releases with their objects, and every release of real trees.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flux_vet::build::charts::{Extent, Knowledge};
use flux_vet::build::flux::Made;
use flux_vet::build::{BuildOptions, Library, Object, World, world};
use flux_vet::finding::Confidence;
use flux_vet::source::{Disk, Memory, Sources};
use flux_vet::yaml::{Mode, Node, Value};
use shared::shared;

fn built(sources: &Sources) -> World {
    world(&Library::new(sources), &BuildOptions::default())
}

/// A release of a chart in namespace `apps`; `rest` is what else its `spec` says.
fn release(version: &str, name: &str, rest: &str) -> String {
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{ name: {name}, namespace: apps }}
spec:
  chart: {{ spec: {{ chart: app-template, {version}sourceRef: {{ kind: HelmRepository, name: x }} }} }}
{rest}"
    )
}

/// A tree of one file.
fn tree(text: String) -> Sources {
    let mut tree = Memory::default();
    tree.insert("release.yaml", text);
    Sources::new(tree)
}

/// The objects of the only release, and how far they go.
fn only(world: &World) -> (&[Object], &Knowledge) {
    let [cluster] = world.clusters.as_slice() else { panic!("{} clusters", world.clusters.len()) };
    let [release] = cluster.releases.as_slice() else { panic!("{} releases", cluster.releases.len()) };
    let Made::Modelled(knowledge) = &release.made else { panic!("{:?}", release.made) };
    (&cluster.modelled, knowledge)
}

/// Where a value differs from what is expected: maps may hold more, null stands for nothing, `<unknown>` for a value
/// that cannot be known.
fn differs(expected: &Node, actual: Option<&Node>, path: &str, found: &mut Vec<String>) {
    let shown = || actual.map_or_else(|| "nothing".to_owned(), |node| node.to_json().to_string());
    match (&expected.value, actual.map(|node| &node.value)) {
        (Value::Null, None) => {}
        (Value::Str(text), Some(Value::Unknown(_))) if text == "<unknown>" => {}
        (Value::Map(map), Some(Value::Map(other))) => {
            for entry in map.iter() {
                differs(&entry.value, other.get(&entry.key), &format!("{path}.{}", entry.key), found);
            }
        }
        (Value::Seq(items), Some(Value::Seq(others))) if items.len() == others.len() => {
            for (at, (item, other)) in items.iter().zip(others.iter()).enumerate() {
                differs(item, Some(other), &format!("{path}[{at}]"), found);
            }
        }
        (_, Some(_)) if actual.is_some_and(|actual| expected.same_value(actual)) => {}
        _ => found.push(format!("{path}: {} expected, {} made", expected.to_json(), shown())),
    }
}

fn check(name: &str, text: &str) -> Vec<String> {
    let sources = Sources::new(Memory::default());
    let library = Library::new(&sources);
    let documents = library.of(sources.add(name, text), Mode::V3).documents.clone();
    let mut parts = text.split("\n---\n");
    let (case, values) = (documents.first().unwrap(), parts.nth(1).unwrap());
    let field = |key: &str| case.get(key).and_then(Node::as_str).unwrap();
    let texts = |key: &str| -> BTreeSet<String> {
        let listed = case.get(key).map(Node::items).unwrap_or_default();
        listed.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    assert!(!field("shows").is_empty());
    let values: String = values.lines().map(|line| format!("    {line}\n")).collect();
    let version = format!("version: {}, ", field("chart"));
    let sources = tree(release(&version, field("release"), &format!("  values:\n{values}")));
    let world = built(&sources);
    let (objects, knowledge) = only(&world);
    let mut found = Vec::new();
    let made: BTreeSet<String> = objects.iter().map(|object| format!("{}/{}", object.kind(), object.name)).collect();
    if made != texts("makes") {
        found.push(format!("makes {made:#?}"));
    }
    let noted: BTreeMap<&str, String> =
        knowledge.notes.iter().map(|note| (note.path.as_str(), format!("{:?}", note.trouble))).collect();
    let expected: BTreeMap<&str, String> = case
        .get("notes")
        .into_iter()
        .flat_map(Node::entries)
        .map(|entry| (entry.key.as_str(), entry.value.as_str().unwrap().to_owned()))
        .collect();
    if noted != expected {
        found.push(format!("notes {noted:#?}"));
    }
    let open: BTreeSet<String> =
        knowledge.gaps.iter().flat_map(|gap| gap.kinds.iter().map(|(_, kind)| kind.to_string())).collect();
    if open != texts("gaps") {
        found.push(format!("gaps {:#?}", knowledge.gaps));
    }
    for expected in documents.iter().skip(2) {
        let text = |path: &[&str]| expected.at(path).and_then(Node::as_str).unwrap();
        let (kind, own) = (text(&["kind"]), text(&["metadata", "name"]));
        let actual = objects.iter().find(|object| object.kind() == kind && object.name == own);
        differs(expected, actual.map(|object| &object.node), &format!("{kind}/{own}"), &mut found);
    }
    found.iter().map(|line| format!("{name}: {line}")).collect()
}

#[test]
fn app_template_makes_what_its_templates_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/charts/app-template");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases = paths.iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        check(&path.file_name().unwrap().to_string_lossy(), &text)
    });
    let wrong: Vec<String> = cases.flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const VALUES: &str = "  values:
    controllers:
      web:
        replicas: 2
        containers:
          app: { image: { repository: ghcr.io/example/shop, tag: 1.2.3 } }
    service:
      web: { controller: web, ports: { http: { port: 80 } } }
";

#[test]
fn every_value_leads_to_where_it_was_written() {
    let sources = tree(release("version: 4.1.1, ", "shop", VALUES));
    let world = built(&sources);
    let (objects, _) = only(&world);
    let written = |kind: &str, path: &[&str]| -> String {
        let object = objects.iter().find(|object| object.kind() == kind).unwrap();
        let node = path.iter().fold(&object.node, |node, key| match key.parse::<usize>() {
            Ok(at) => node.items().get(at).unwrap(),
            Err(_) => node.get(key).unwrap(),
        });
        sources.text(node.span())
    };
    let container = |key| written("Deployment", &["spec", "template", "spec", "containers", "0", key]);
    assert_eq!(written("Deployment", &["spec", "replicas"]), "2");
    assert_eq!(written("Service", &["spec", "ports", "0", "port"]), "80");
    assert_eq!(written("Service", &["metadata", "name"]), "web");
    assert_eq!(written("Service", &["spec", "selector", "app.kubernetes.io/controller"]), "web");
    assert_eq!(written("Deployment", &["spec", "strategy", "type"]), "web");
    assert_eq!(container("name"), "app");
    assert_eq!(container("image"), "1.2.3");
    assert!(objects.iter().all(|object| object.modelled == Some(Confidence::High) && object.release == Some(0)));
}

/// What is known of the Services, and how sure the objects are.
fn known(version: &str, rest: &str) -> (Confidence, Result<Confidence, String>) {
    let sources = tree(release(version, "shop", &format!("{VALUES}{rest}")));
    let world = built(&sources);
    let (_, knowledge) = only(&world);
    let services = match knowledge.extent("", "Service") {
        Extent::Whole(confidence) => Ok(confidence),
        Extent::Open(why) => Err(why.to_owned()),
    };
    (knowledge.confidence, services)
}

#[test]
fn outside_the_versions_that_were_read_a_model_is_less_sure() {
    for version in ["3.0.0", "3.7.3", "4.1.1", "5.3.0"] {
        assert_eq!(known(&format!("version: {version}, "), ""), (Confidence::High, Ok(Confidence::High)), "{version}");
    }
    for version in ["2.6.0", "4.6.0", "5.9.0", "^5.1.0", "4.x"] {
        let medium = (Confidence::Medium, Ok(Confidence::Medium));
        assert_eq!(known(&format!("version: {version}, "), ""), medium, "{version}");
    }
    for version in ["", "version: '*', ", "version: '>=4', "] {
        let why = "the version of its chart is not known".to_owned();
        assert_eq!(known(version, ""), (Confidence::Low, Err(why)), "{version}");
    }
    for version in ["1.5.1", "6.0.0"] {
        let sources = tree(release(&format!("version: {version}, "), "shop", VALUES));
        let world = built(&sources);
        let cluster = world.clusters.first().unwrap();
        assert!(cluster.modelled.is_empty(), "{version}");
        assert!(matches!(cluster.releases.first().unwrap().made, Made::Unknown(_)), "{version}");
    }
}

#[test]
fn values_and_patches_that_are_not_known_leave_the_objects_open() {
    let open = |rest: &str| known("version: 4.1.1, ", rest);
    let (confidence, services) = open("  valuesFrom: [{ kind: ConfigMap, name: elsewhere }]\n");
    assert_eq!((confidence, services.is_err()), (Confidence::Low, true));
    let images = "  postRenderers: [{ kustomize: { images: [{ name: a, newTag: b }] } }]\n";
    assert_eq!(open(images), (Confidence::Low, Err("its post-renderers may change what the chart makes".to_owned())));
}

#[test]
fn patches_after_the_chart_change_what_it_makes() {
    let patch = r#"  postRenderers:
    - kustomize:
        patches:
          - { target: { kind: Service }, patch: '[{"op": "replace", "path": "/metadata/name", "value": "front"}]' }
"#;
    let sources = tree(release("version: 4.1.1, ", "shop", &format!("{VALUES}{patch}")));
    let world = built(&sources);
    let (objects, knowledge) = only(&world);
    assert!(objects.iter().any(|object| object.kind() == "Service" && object.name == "front"));
    assert_eq!(knowledge.extent("", "Service"), Extent::Whole(Confidence::High));
}

/// Calls `see` with every scalar below a node.
fn scalars<'n>(node: &'n Node, see: &mut dyn FnMut(&'n Node)) {
    match &node.value {
        Value::Map(map) => map.iter().for_each(|entry| scalars(&entry.value, see)),
        Value::Seq(items) => items.iter().for_each(|item| scalars(item, see)),
        _ => see(node),
    }
}

#[test]
fn every_app_template_release_of_real_trees_is_modelled() {
    let Some(corpus) = shared("corpus") else { return };
    let mut trees: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    trees.retain(|path| path.is_dir());
    trees.sort();
    println!(
        "{:<40} {:>8} {:>12} {:>8} {:>8} {:>8}",
        "tree", "releases", "app-template", "modelled", "unknown", "objects"
    );
    let mut left = Vec::new();
    for tree in trees {
        let sources = Sources::new(Disk::new(&tree).unwrap());
        let world = built(&sources);
        let name = tree.file_name().unwrap().to_string_lossy().into_owned();
        let (mut all, mut known, mut objects) = (0, 0, 0);
        let mut unknown = BTreeSet::new();
        let mut releases = 0;
        for cluster in &world.clusters {
            releases += cluster.releases.len();
            objects += cluster.modelled.len();
            for release in cluster.releases.iter().filter(|one| one.chart.name.as_deref() == Some("app-template")) {
                all += 1;
                let full_name = cluster.objects[release.object].full_name();
                match &release.made {
                    Made::Modelled(knowledge) => {
                        known += 1;
                        let own = cluster.modelled.iter().filter(|one| one.release == Some(release.object));
                        if own.count() == 0 {
                            left.push(format!("{name}: {full_name} makes nothing"));
                        }
                        for note in &knowledge.notes {
                            let at = sources.location(note.place);
                            println!("  note {full_name} {} ({}:{}): {}", note.path, at.path, at.line, note.message);
                        }
                        for gap in &knowledge.gaps {
                            println!("  gap {full_name} {:?} {}", gap.kinds, gap.why);
                        }
                    }
                    made => {
                        unknown.insert(format!("{full_name}: {made:?}"));
                    }
                }
            }
            for object in &cluster.modelled {
                scalars(&object.node, &mut |node| {
                    assert!(!sources.location(node.span()).path.is_empty(), "{}", object.full_name());
                });
            }
        }
        println!("{name:<40} {releases:>8} {all:>12} {known:>8} {:>8} {objects:>8}", unknown.len());
        left.extend(unknown);
    }
    assert!(left.is_empty(), "{left:#?}");
}
