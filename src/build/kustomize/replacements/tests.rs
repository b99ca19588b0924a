//! What replacements do, option by option. The expected values were checked against kustomize v5.8.1.

use std::sync::Arc;

use serde_json::json;

use super::{apply, read};
use crate::build::kustomize::Brings;
use crate::build::kustomize::LeftOut;
use crate::build::kustomize::decode::Reading;
use crate::build::kustomize::log::Log;
use crate::build::kustomize::resource::Resource;
use crate::build::manifests::Library;
use crate::finding::Severity;
use crate::source::{Memory, Sources};
use crate::yaml::{Mode, Node, Unknown, UnknownWhy, Value};

const OBJECTS: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, labels: {app: shop}}
data:
  host: shop.example.org
  port: "8080"
  url: https://old.example.org:80/path
  json: '{"b": {"host": "old", "port": 80}, "a": "<x>"}'
  pretty: |-
    {
      "host": "old",
      "n": 1.0
    }
  yaml: |
    # who serves
    server:
      host: "old" # here
      port: 80
    paths:
    - name: web
      to: old
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: shop}}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: repo/web:1.0
        env: [{name: HOST, value: old}]
        options: '{"k": "v"}'
      - name: web-log
        image: repo/log:2.0
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, labels: {app: db}}
spec:
  replicas: 3
  template: {spec: {containers: [{name: db, image: repo/db}]}}
---
apiVersion: example.org/v1
kind: Thing
metadata: {name: thing}
spec: {number: 1, float: 1.10, mode: 0644, on: true, day: 2024-04-01, nothing: null, text: "7", map: {a: 1}, list: [x, y]}
"#;

struct Built {
    sources: Sources,
    resources: Vec<Resource>,
    log: Log,
}

fn resources(library: &Library<'_>, path: &str) -> Vec<Resource> {
    library.load(path, Mode::V3).unwrap().documents.iter().cloned().map(Resource::new).collect()
}

fn run(replacements: &str, extra: &[(&str, &str)], change: impl Fn(&mut Vec<Resource>, &mut Log)) -> Built {
    let mut memory = Memory::default();
    memory.insert("objects.yaml", OBJECTS);
    memory.insert("kustomization.yaml", replacements);
    for (path, text) in extra {
        memory.insert(path, *text);
    }
    let sources = Sources::new(memory);
    let library = Library::new(&sources);
    let mut resources = resources(&library, "objects.yaml");
    let mut log = Log::default();
    change(&mut resources, &mut log);
    let list = library.load("kustomization.yaml", Mode::V2).unwrap().documents[0].clone();
    let entries = read(&list, Reading::Strict, &mut |path, _| library.load(&path.text, Mode::V2).ok(), &mut log);
    apply(&library, &entries, &mut resources, &mut log);
    drop(library);
    Built { sources, resources, log }
}

#[track_caller]
fn build(replacements: &str) -> Built {
    let built = run(replacements, &[], |_, _| {});
    assert!(built.log.observations.is_empty(), "{:?}", built.log.observations);
    built
}

impl Built {
    fn node(&self, kind: &str, path: &str) -> Option<&Node> {
        let resource = self.resources.iter().find(|resource| resource.id().gvk.kind == kind).unwrap();
        resource.node.dig(path)
    }

    fn json(&self, kind: &str, path: &str) -> serde_json::Value {
        self.node(kind, path).map(Node::to_json).unwrap()
    }

    fn text(&self, kind: &str, path: &str) -> String {
        self.node(kind, path).and_then(Node::as_str).unwrap().to_owned()
    }

    /// The message of the only observation, and the text it points at.
    #[track_caller]
    fn said(&self) -> (&str, String) {
        assert_eq!(self.log.observations.len(), 1, "{:?}", self.log.observations);
        (&self.log.observations[0].message, self.sources.text(self.log.observations[0].primary.span))
    }
}

/// A replacement of one field of one kind.
fn one(source: &str, target: &str) -> String {
    format!("- source: {{{source}}}\n  targets: [{{{target}}}]\n")
}

#[test]
fn a_path_is_split_at_dots_outside_brackets_and_escapes() {
    for (path, parts) in [
        ("a.b.c", vec!["a", "b", "c"]),
        (".a.b", vec!["a", "b"]),
        (r"a.b\.c/d.e", vec!["a", "b.c/d", "e"]),
        ("a.[b.c/d].e", vec!["a", "b.c/d", "e"]),
        ("a.[name=b.c].d", vec!["a", "[name=b.c]", "d"]),
        ("a.[name=b].0.*", vec!["a", "[name=b]", "0", "*"]),
        ("a.[open.b", vec!["a", "open.b"]),
    ] {
        assert_eq!(super::split(path), parts, "{path}");
    }
}

#[test]
fn a_value_is_copied_from_a_field_to_fields() {
    let built = build(&one(
        "kind: ConfigMap, name: settings, fieldPath: data.host",
        "select: {kind: Deployment}, fieldPaths: [metadata.labels.app, spec.template.spec.containers.0.env.0.value]",
    ));
    assert_eq!(built.json("Deployment", "metadata.labels.app"), "shop.example.org");
    assert_eq!(built.json("Deployment", "spec.template.spec.containers.0.env.0.value"), "shop.example.org");
}

#[test]
fn the_name_is_read_and_written_where_no_path_is_given() {
    let built = build(&one("kind: ConfigMap", "select: {kind: Thing}"));
    assert_eq!(built.json("Thing", "metadata.name"), "settings");
}

#[test]
fn a_later_replacement_sees_what_an_earlier_one_did() {
    let first = one("kind: ConfigMap, fieldPath: data.host", "select: {kind: Thing}, fieldPaths: [spec.text]");
    let second = one("kind: Thing, fieldPath: spec.text", "select: {kind: Thing}, fieldPaths: [spec.list.0]");
    assert_eq!(build(&format!("{first}{second}")).json("Thing", "spec.list"), json!(["shop.example.org", "y"]));
}

#[test]
fn a_source_value_stands_in_the_replacement() {
    let built = build("- {sourceValue: new, targets: [{select: {kind: Thing}, fieldPaths: [spec.text, spec.map]}]}");
    assert_eq!(built.json("Thing", "spec.text"), "new");
    assert_eq!(built.json("Thing", "spec.map"), "new");
}

#[test]
fn a_part_of_the_source_is_taken() {
    let source =
        |index: i64| format!("kind: ConfigMap, fieldPath: data.url, options: {{delimiter: '.', index: {index}}}");
    let target = "select: {kind: Thing}, fieldPaths: [spec.text]";
    assert_eq!(build(&one(&source(1), target)).json("Thing", "spec.text"), "example");
    for index in [-1, 3] {
        let built = run(&one(&source(index), target), &[], |_, _| {});
        let (message, at) = built.said();
        assert!(message.contains("3 parts"), "{message}");
        assert_eq!(at, index.to_string());
        assert!(built.log.broken);
    }
}

#[test]
fn a_part_of_the_target_is_replaced_or_put_before_or_behind() {
    // The part between the two slashes is empty.
    for (index, expected) in [
        (0, "shop.example.org//old.example.org:80/path"),
        (2, "https://shop.example.org/path"),
        (-1, "shop.example.org/https://old.example.org:80/path"),
        (9, "https://old.example.org:80/path/shop.example.org"),
    ] {
        let target =
            format!("select: {{kind: ConfigMap}}, fieldPaths: [data.url], options: {{delimiter: /, index: {index}}}");
        let built = build(&one("kind: ConfigMap, fieldPath: data.host", &target));
        assert_eq!(built.text("ConfigMap", "data.url"), expected, "{index}");
    }
}

#[test]
fn a_map_has_no_parts() {
    let target = "select: {kind: Thing}, fieldPaths: [spec.map], options: {delimiter: ','}";
    let built = run(&one("kind: ConfigMap", target), &[], |_, _| {});
    assert_eq!(built.said().1, "spec.map");
    let source = "kind: Thing, fieldPath: spec.map, options: {delimiter: ','}";
    let built = run(&one(source, "select: {kind: Thing}"), &[], |_, _| {});
    assert_eq!(built.said().1, "spec.map");
}

#[test]
fn missing_fields_are_made_only_where_that_is_asked_for() {
    let target = "select: {kind: Thing}, fieldPaths: [spec.new.list.0.name, spec.list.2, 'spec.pods.[name=a].port']";
    let source = "kind: ConfigMap, fieldPath: data.host";
    let built = build(&one(source, &format!("{target}, options: {{create: true}}")));
    assert_eq!(built.json("Thing", "spec.new"), json!({"list": [{"name": "shop.example.org"}]}));
    assert_eq!(built.json("Thing", "spec.list"), json!(["x", "y", "shop.example.org"]));
    assert_eq!(built.json("Thing", "spec.pods"), json!([{"name": "a", "port": "shop.example.org"}]));
    let built = run(&one(source, target), &[], |_, _| {});
    assert_eq!(built.log.observations.len(), 3);
    assert!(built.log.broken);
}

#[test]
fn a_field_that_is_made_has_the_type_that_its_text_has() {
    let target = "select: {kind: Thing}, fieldPaths: [spec.new], options: {create: true}";
    let built = build(&one("kind: ConfigMap, fieldPath: data.port", target));
    assert_eq!(built.json("Thing", "spec.new"), 8080);
    // It has no type of its own: the next text may be another.
    let first = one("kind: ConfigMap, fieldPath: data.port", target);
    let second = one("kind: ConfigMap, fieldPath: data.host", "select: {kind: Thing}, fieldPaths: [spec.new]");
    assert_eq!(build(&format!("{first}{second}")).json("Thing", "spec.new"), "shop.example.org");
}

#[test]
fn a_plain_field_keeps_its_type() {
    for (source, target, expected) in [
        ("kind: ConfigMap, fieldPath: data.port", "spec.number", json!(8080)),
        ("kind: Deployment, fieldPath: spec.replicas", "spec.text", json!("1")),
        ("kind: Thing, fieldPath: spec.float", "spec.text", json!("1.10")),
        ("kind: Thing, fieldPath: spec.mode", "spec.text", json!("0644")),
        ("kind: Thing, fieldPath: spec.day", "spec.text", json!("2024-04-01")),
        ("kind: Thing, fieldPath: spec.on", "spec.text", json!("true")),
        ("kind: Thing, fieldPath: spec.number", "spec.map", json!(1)),
        ("kind: Thing, fieldPath: spec.map", "spec.list", json!({"a": 1})),
        ("kind: Thing, fieldPath: spec.map", "spec.text", json!("")),
    ] {
        let built = build(&one(source, &format!("select: {{kind: Thing}}, fieldPaths: [{target}]")));
        assert_eq!(built.json("Thing", target), expected, "{source} to {target}");
    }
}

#[test]
fn a_text_of_another_type_cannot_be_printed() {
    for target in ["spec.number", "spec.float", "spec.on", "spec.day", "spec.nothing"] {
        let target = format!("select: {{kind: Thing}}, fieldPaths: [{target}]");
        let built = run(&one("kind: ConfigMap, fieldPath: data.host", &target), &[], |_, _| {});
        assert!(built.said().0.contains("the value is not"), "{target}");
        assert!(built.log.broken, "{target}");
        // The value may be a secret.
        assert!(!built.said().0.contains("shop.example.org"));
    }
}

#[test]
fn an_element_is_found_by_its_number_by_a_field_or_every_one_is() {
    let image = |path: &str| {
        let target =
            format!("select: {{kind: Deployment}}, fieldPaths: ['spec.template.spec.containers.{path}.image']");
        let built = build(&one("kind: ConfigMap, fieldPath: data.host", &target));
        ["0", "1"].map(|at| built.json("Deployment", &format!("spec.template.spec.containers.{at}.image")))
    };
    let new = "shop.example.org";
    assert_eq!(image("1"), ["repo/web:1.0", new]);
    assert_eq!(image("*"), [new, new]);
    // The value is a pattern that may stand anywhere.
    assert_eq!(image("[name=web]"), [new, new]);
    assert_eq!(image("[name=^web$]"), [new, "repo/log:2.0"]);
}

#[test]
fn a_plain_element_is_found_by_its_text() {
    let built =
        build(&one("kind: ConfigMap, fieldPath: data.host", "select: {kind: Thing}, fieldPaths: ['spec.list.[=y]']"));
    assert_eq!(built.json("Thing", "spec.list"), json!(["x", "shop.example.org"]));
}

#[test]
fn a_source_is_the_first_element_of_exactly_that_name() {
    let built = build(&one(
        "kind: Deployment, fieldPath: 'spec.template.spec.containers.[name=web-log].image'",
        "select: {kind: Thing}, fieldPaths: [spec.text]",
    ));
    assert_eq!(built.json("Thing", "spec.text"), "repo/log:2.0");
}

#[test]
fn a_pattern_that_does_not_match_itself_makes_no_element() {
    let target = "select: {kind: Thing}, fieldPaths: ['spec.new.[name=a+].b'], options: {create: true}";
    build(&one("kind: ConfigMap", target));
    let target = "select: {kind: Thing}, fieldPaths: ['spec.new.[name=x+y].b'], options: {create: true}";
    assert!(run(&one("kind: ConfigMap", target), &[], |_, _| {}).log.broken);
}

#[test]
fn targets_are_chosen_by_patterns_and_labels() {
    let chosen = |target: &str| {
        let entry = format!(
            "- {{sourceValue: new, targets: [{{{target}, fieldPaths: [metadata.labels.hit], options: {{create: true}}}}]}}"
        );
        let built = build(&entry);
        let hit = |resource: &&Resource| resource.node.at(&["metadata", "labels", "hit"]).is_some();
        built.resources.iter().filter(hit).map(|resource| resource.id().name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(chosen("select: {kind: Deployment|.*Set}"), ["web", "db"]);
    assert_eq!(chosen("select: {kind: Deploy}"), [""; 0]);
    assert_eq!(chosen("select: {group: apps, name: w.b}"), ["web"]);
    assert_eq!(chosen("select: {namespace: shop}"), ["settings"]);
    assert_eq!(chosen("select: {namespace: default}"), [""; 0]);
    assert_eq!(chosen("select: {labelSelector: app=shop}"), ["settings", "web"]);
    assert_eq!(chosen("select: {}"), ["settings", "web", "db", "thing"]);
    assert_eq!(chosen("select: {}, reject: [{kind: ConfigMap}, {name: d.}]"), ["web", "thing"]);
    assert_eq!(chosen("select: {}, reject: [{labelSelector: app}]"), ["thing"]);
    // Either is enough.
    assert_eq!(chosen("select: {}, reject: [{kind: Thing, labelSelector: app=db}]"), ["settings", "web"]);
    assert_eq!(chosen("select: {kind: Thing}, reject: [{}]"), ["thing"]);
}

#[test]
fn former_names_count_for_sources_and_targets() {
    let renamed = |resources: &mut Vec<Resource>, _: &mut Log| {
        for resource in resources.iter_mut() {
            resource.remember();
            let name = resource.node.child_mut("metadata").unwrap().child_mut("name").unwrap();
            *name = Node::text_node(format!("new-{}", name.as_str().unwrap()), name.origin.clone());
        }
    };
    let entry = one(
        "kind: ConfigMap, name: settings, fieldPath: data.host",
        "select: {kind: Deployment, name: web}, fieldPaths: [metadata.labels.app]",
    );
    assert_eq!(run(&entry, &[], renamed).json("Deployment", "metadata.labels.app"), "shop.example.org");
    // A former namespace is never empty.
    let entry =
        one("kind: ConfigMap", "select: {kind: Deployment, namespace: default}, fieldPaths: [metadata.labels.app]");
    assert_eq!(run(&entry, &[], renamed).json("Deployment", "metadata.labels.app"), "new-settings");
}

#[test]
fn a_path_goes_on_inside_json() {
    let built = build(&one(
        "kind: ConfigMap, fieldPath: data.port",
        "select: {kind: ConfigMap}, fieldPaths: [data.json.b.host, data.json.b.port, data.pretty.host]",
    ));
    assert_eq!(built.text("ConfigMap", "data.json"), r#"{"a":"\u003cx\u003e","b":{"host":"8080","port":8080}}"#);
    assert_eq!(built.text("ConfigMap", "data.pretty"), "{\n  \"host\": \"8080\",\n  \"n\": 1\n}");
}

#[test]
fn a_path_goes_on_inside_yaml_and_the_other_lines_stay() {
    let built = build(&one(
        "kind: ConfigMap, fieldPath: data.port",
        "select: {kind: ConfigMap}, fieldPaths: [data.yaml.server.host, data.yaml.server.port, 'data.yaml.paths.[name=web].to']",
    ));
    let expected = "# who serves\nserver:\n  host: \"8080\" # here\n  port: 8080\npaths:\n- name: web\n  to: \"8080\"";
    assert_eq!(built.text("ConfigMap", "data.yaml"), expected);
}

#[test]
fn a_field_is_made_inside_yaml() {
    let target = "select: {kind: ConfigMap}, fieldPaths: [data.yaml.server.new.name], options: {create: true}";
    let built = build(&one("kind: ConfigMap", target));
    assert!(built.text("ConfigMap", "data.yaml").contains("new:\n    name: settings"));
}

#[test]
fn a_path_through_a_pattern_into_a_text_has_no_effect_and_that_is_said() {
    let target = |element: &str| {
        format!("select: {{kind: Deployment}}, fieldPaths: ['spec.template.spec.containers.{element}.options.k']")
    };
    let options = "spec.template.spec.containers.0.options";
    let built = build(&one("kind: ConfigMap", &target("0")));
    assert_eq!(built.text("Deployment", options), r#"{"k":"settings"}"#);
    let built = run(&one("kind: ConfigMap", &target("[name=^web$]")), &[], |_, _| {});
    assert_eq!(built.text("Deployment", options), r#"{"k": "v"}"#);
    assert!(built.said().0.contains("has no effect"));
    assert_eq!(built.log.observations[0].severity, Some(Severity::Warning));
    assert!(!built.log.broken);
}

#[test]
fn a_value_points_at_its_source_and_remembers_the_order_and_what_it_replaced() {
    let built = build(&one(
        "kind: ConfigMap, fieldPath: data.host",
        "select: {kind: Thing}, fieldPaths: [spec.text, spec.new], options: {create: true}",
    ));
    let chain = |path: &str| -> Vec<(String, String)> {
        let chain = built.node("Thing", path).unwrap().origin.chain();
        let shown = chain
            .into_iter()
            .map(|(_, span)| (built.sources.location(span).path.to_string(), built.sources.text(span)));
        shown.collect()
    };
    let place = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let source = place("objects.yaml", "shop.example.org");
    let old = place("objects.yaml", "\"7\"");
    assert_eq!(chain("spec.text"), [source.clone(), place("kustomization.yaml", "spec.text"), old]);
    assert_eq!(chain("spec.new"), [source, place("kustomization.yaml", "spec.new")]);
}

#[test]
fn a_text_that_is_changed_inside_still_stands_where_it_stood() {
    let built = build(&one(
        "kind: Deployment, fieldPath: spec.replicas",
        "select: {kind: ConfigMap}, fieldPaths: [data.yaml.server.port]",
    ));
    let node = built.node("ConfigMap", "data.yaml").unwrap();
    assert!(built.sources.text(node.span()).starts_with("# who serves"));
    let library = Library::new(&built.sources);
    let inner = library.embedded(node, Mode::V3).unwrap();
    let to = inner.documents[0].dig("paths.0.to").unwrap();
    assert_eq!(built.sources.location(to.span()).line, 22);
}

#[test]
fn a_source_that_nothing_has_is_an_error_with_the_nearest_object() {
    for (source, at, help) in [
        ("kind: ConfigMap, name: setting", "setting", "did you mean `settings`?"),
        ("kind: Secret, name: settings", "settings", "a ConfigMap of that name exists"),
        (
            "kind: ConfigMap, name: settings, namespace: web",
            "settings",
            "the object has apiVersion `v1` and namespace `shop`",
        ),
    ] {
        let built = run(&one(source, "select: {kind: Thing}"), &[], |_, _| {});
        assert_eq!(built.said().1, at);
        assert_eq!(built.log.observations[0].help.as_deref(), Some(help));
        assert!(built.log.broken);
    }
}

#[test]
fn a_source_that_several_objects_are_is_an_error() {
    let built = run(&one("group: apps", "select: {kind: Thing}"), &[], |_, _| {});
    assert!(built.said().0.contains("2 objects"));
    assert_eq!(built.log.observations[0].related.len(), 2);
}

#[test]
fn a_field_that_does_not_exist_is_an_error_with_the_nearest_field() {
    let built = run(&one("kind: ConfigMap, fieldPath: data.hosts", "select: {kind: Thing}"), &[], |_, _| {});
    assert_eq!(built.said().1, "data.hosts");
    assert_eq!(built.log.observations[0].help.as_deref(), Some("did you mean `data.host`?"));
    let target = "select: {kind: Deployment|StatefulSet}, fieldPaths: [spec.replica]";
    let built = run(&one("kind: ConfigMap", target), &[], |_, _| {});
    assert_eq!(built.said().1, "spec.replica");
    assert_eq!(built.log.observations[0].help.as_deref(), Some("did you mean `spec.replicas`?"));
    let target = "select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers[0].image']";
    let built = run(&one("kind: ConfigMap", target), &[], |_, _| {});
    let help = built.log.observations[0].help.as_deref().unwrap();
    assert!(help.contains("`containers.0`"), "{help}");
}

#[test]
fn nothing_is_missing_from_a_build_that_lacks_a_part() {
    let open = |_: &mut Vec<Resource>, log: &mut Log| {
        log.open.push(LeftOut { what: "remote".into(), reason: "remote", brings: Brings::Anything });
    };
    let missing = [
        one("kind: Secret", "select: {kind: Thing}"),
        one("kind: ConfigMap, fieldPath: data.nope", "select: {kind: Thing}"),
        one("kind: ConfigMap", "select: {kind: Thing}, fieldPaths: [spec.nope]"),
    ];
    let built = run(&missing.concat(), &[], open);
    assert!(built.log.observations.is_empty(), "{:?}", built.log.observations);
}

#[test]
fn what_cannot_be_read_stays_so() {
    let encrypted = |resources: &mut Vec<Resource>, _: &mut Log| {
        for (kind, path) in [("ConfigMap", ["data", "host"]), ("Thing", ["spec", "number"])] {
            let resource = resources.iter_mut().find(|resource| resource.id().gvk.kind == kind).unwrap();
            let node = resource.node.child_mut(path[0]).unwrap().child_mut(path[1]).unwrap();
            node.value = Value::Unknown(Arc::new(Unknown { template: "".into(), why: UnknownWhy::Encrypted }));
        }
    };
    let targets = "{select: {kind: Thing}, fieldPaths: [spec.text, spec.map, spec.number, spec.nope], options: {create: true}}, \
                   {select: {kind: Deployment}, fieldPaths: [spec.replicas], options: {delimiter: x, index: 5}}, \
                   {select: {kind: ConfigMap}, fieldPaths: [data.json.b.host, data.host.inside]}";
    let entry = format!("- source: {{kind: ConfigMap, fieldPath: data.host}}\n  targets: [{targets}]\n");
    let known = "- {sourceValue: x, targets: [{select: {kind: Thing}, fieldPaths: [spec.number]}]}\n";
    let inside = one("kind: ConfigMap, fieldPath: data.host.deeper", "select: {kind: Thing}, fieldPaths: [spec.on]");
    let built = run(&format!("{entry}{known}{inside}"), &[], encrypted);
    assert!(built.log.observations.is_empty(), "{:?}", built.log.observations);
    for (kind, path) in [
        ("Thing", "spec.text"),
        ("Thing", "spec.map"),
        ("Thing", "spec.number"),
        ("Thing", "spec.nope"),
        ("Thing", "spec.on"),
        ("Deployment", "spec.replicas"),
        ("ConfigMap", "data.json"),
    ] {
        let unknown = built.node(kind, path).unwrap().unknown();
        assert_eq!(unknown.map(|unknown| unknown.why), Some(UnknownWhy::Encrypted), "{kind} {path}");
    }
}

#[test]
fn a_replacement_that_changes_its_own_source_goes_on_with_what_stands_there() {
    let target = "select: {kind: ConfigMap|Thing}, fieldPaths: [metadata.name], options: {delimiter: '-', index: 9}";
    let built = build(&one("kind: ConfigMap", target));
    assert_eq!(built.json("ConfigMap", "metadata.name"), "settings-settings");
    assert_eq!(built.json("Thing", "metadata.name"), "thing-settings-settings");
}

#[test]
fn a_file_holds_one_replacement_or_a_list() {
    let single = "source: {kind: ConfigMap}\ntargets: [{select: {kind: Thing}, fieldPaths: [spec.text]}]\n";
    let list = "- {sourceValue: 9, targets: [{select: {kind: Thing}, fieldPaths: [spec.number]}]}\n- {targets: []}\n";
    let built = run("[{path: one.yaml}, {path: many.yaml}]", &[("one.yaml", single), ("many.yaml", list)], |_, _| {});
    assert!(built.log.observations.is_empty(), "{:?}", built.log.observations);
    assert_eq!(built.json("Thing", "spec.text"), "settings");
    assert_eq!(built.json("Thing", "spec.number"), 9);
    let built = run("[{path: text.yaml}]", &[("text.yaml", "just text")], |_, _| {});
    assert_eq!(built.said().1, "text.yaml");
    let built = run("[{path: one.yaml, source: {}}]", &[("one.yaml", single)], |_, _| {});
    assert!(built.said().0.contains("`path`"));
}

#[test]
fn an_entry_that_says_too_little_or_too_much_is_refused() {
    for entry in [
        "- {targets: [{select: {}}]}",
        "- {sourceValue: x}",
        "- {sourceValue: x, targets: []}",
        "- {sourceValue: x, source: {}, targets: [{select: {}}]}",
        "- {sourceValue: x, targets: [{fieldPaths: [a]}]}",
        "- {sourceValue: x, targets: [{select: {name: '('}}]}",
        "- {sourceValue: x, targets: [{select: {labelSelector: a b}}]}",
        "- {sourceValue: 1, targets: [{select: {}}]}",
        "- {sourceValue: x, targets: [{select: {kind: None}, options: {index: one}}]}",
        "- {sourceValue: x, targets: [{select: {kind: None}, fieldpath: [a]}]}",
    ] {
        let built = run(entry, &[], |_, _| {});
        assert!(built.log.broken, "{entry}");
        assert!(!built.log.observations.is_empty(), "{entry}");
    }
}

#[test]
fn keys_are_known_in_upper_and_lower_case() {
    let built = build(
        "- {SOURCE: {Kind: ConfigMap, fieldpath: data.host}, targets: [{Select: {kind: Thing}, FieldPaths: [spec.text]}]}",
    );
    assert_eq!(built.json("Thing", "spec.text"), "shop.example.org");
}

#[test]
fn an_unknown_key_breaks_a_kustomization_file_and_not_a_file_it_names() {
    let text = "{sourceValue: x, targets: [{select: {kind: Thing}, fieldPath: [spec.text], fieldPaths: [spec.text]}]}";
    let built = run(&format!("[{text}]"), &[], |_, _| {});
    assert_eq!(built.said().1, "fieldPath");
    assert_eq!(built.log.observations[0].help.as_deref(), Some("did you mean `fieldPaths`?"));
    assert!(built.log.broken);
    let built = run("[{path: one.yaml}]", &[("one.yaml", text)], |_, _| {});
    assert_eq!(built.log.observations[0].severity, Some(Severity::Warning));
    assert!(!built.log.broken);
}
