//! What vars stand for, and where. The expected values were checked against kustomize v5.8.1.

use std::sync::Arc;

use serde_json::json;

use super::{Var, absorb, built_in_fields, expand, merge, read};
use crate::build::kustomize::Brings;
use crate::build::kustomize::LeftOut;
use crate::build::kustomize::decode::Reading;
use crate::build::kustomize::log::Log;
use crate::build::kustomize::resource::Resource;
use crate::build::manifests::Library;
use crate::source::{Memory, Sources};
use crate::yaml::{Mode, Node, Unknown, UnknownWhy, Value};

const OBJECTS: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 8080, targetPort: $(PORT)}], clusterIP: 10.0.0.1, ready: true, rate: 1.5, map: {a: 1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {note: "$(HOST)", other: "$$(HOST) $(NOPE) $(HOST $x $"}}
spec:
  replicas: 2
  title: $(HOST)
  template:
    spec:
      containers:
      - name: web
        args: ["--host=$(HOST):$(PORT)", "$(PORT)", "$(MAP)"]
        env: [{name: PORT, value: $(PORT)}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
"#;

const HOST: &str = "- {name: HOST, objref: {apiVersion: v1, kind: Service, name: web, namespace: shop}}\n";

fn var(name: &str, path: &str) -> String {
    format!(
        "- {{name: {name}, objref: {{apiVersion: v1, kind: Service, name: web, namespace: shop}}, \
         fieldref: {{fieldPath: '{path}'}}}}\n"
    )
}

struct Built {
    sources: Sources,
    resources: Vec<Resource>,
    log: Log,
}

fn run(vars: &str, change: impl Fn(&mut Vec<Resource>, &mut Log)) -> Built {
    let mut memory = Memory::default();
    memory.insert("objects.yaml", OBJECTS);
    memory.insert("vars.yaml", vars);
    let sources = Sources::new(memory);
    let library = Library::new(&sources);
    let documents = &library.load("objects.yaml", Mode::V3).unwrap().documents;
    let mut resources: Vec<Resource> = documents.iter().cloned().map(Resource::new).collect();
    let mut log = Log::default();
    change(&mut resources, &mut log);
    let list = library.load("vars.yaml", Mode::V2).unwrap().documents[0].clone();
    let own = read(&list, Reading::Strict, &mut log);
    let mut all: Vec<Var> = Vec::new();
    merge(&mut all, own, &mut resources, &mut log);
    expand(&library, &mut resources, &all, &built_in_fields(), &mut log);
    drop(library);
    Built { sources, resources, log }
}

#[track_caller]
fn build(vars: &str) -> Built {
    let built = run(vars, |_, _| {});
    assert!(built.log.observations.is_empty(), "{:?}", built.log.observations);
    built
}

impl Built {
    fn node(&self, kind: &str, path: &str) -> &Node {
        let resource = self.resources.iter().find(|resource| resource.id().gvk.kind == kind).unwrap();
        resource.node.dig(path).unwrap()
    }

    fn json(&self, kind: &str, path: &str) -> serde_json::Value {
        self.node(kind, path).to_json()
    }

    #[track_caller]
    fn said(&self) -> (&str, String) {
        assert_eq!(self.log.observations.len(), 1, "{:?}", self.log.observations);
        (&self.log.observations[0].message, self.sources.text(self.log.observations[0].primary.span))
    }
}

const ARGS: &str = "spec.template.spec.containers.0.args";

#[test]
fn a_var_is_expanded_in_the_fields_of_the_table_only() {
    let built = build(HOST);
    assert_eq!(built.json("Deployment", "metadata.annotations.note"), "web");
    assert_eq!(built.json("Deployment", "spec.title"), "$(HOST)");
}

#[test]
fn two_dollars_are_one_and_what_is_no_var_stays() {
    let built = build(HOST);
    assert_eq!(built.json("Deployment", "metadata.annotations.other"), "$(HOST) $(NOPE) $(HOST $x $");
    // Without vars nothing is looked at.
    let built = build("[]");
    assert_eq!(built.json("Deployment", "metadata.annotations.other"), "$$(HOST) $(NOPE) $(HOST $x $");
}

#[test]
fn a_text_that_is_nothing_but_a_var_gets_its_type() {
    for (path, value) in [
        ("spec.ports[0].port", json!(8080)),
        ("spec.ports.0.port", json!(8080)),
        ("spec.ports.[port=8080].port", json!(8080)),
        ("spec.ready", json!(true)),
        ("spec.rate", json!(1.5)),
        ("spec.clusterIP", json!("10.0.0.1")),
    ] {
        let built = build(&format!("{HOST}{}", var("PORT", path)));
        assert_eq!(built.json("Service", "spec.ports.0.targetPort"), value, "{path}");
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(built.json("Deployment", &format!("{ARGS}.0")), format!("--host=web:{text}"), "{path}");
    }
}

#[test]
fn a_var_that_stands_for_a_map_is_left_as_it_is() {
    let built = build(&var("MAP", "spec.map"));
    assert_eq!(built.json("Deployment", &format!("{ARGS}.2")), "$(MAP)");
}

#[test]
fn a_former_name_is_the_name_of_the_object_too() {
    let built = run(HOST, |resources, _| {
        for resource in resources {
            resource.remember();
            let name = resource.node.child_mut("metadata").unwrap().child_mut("name").unwrap();
            *name = Node::text_node("new", name.origin.clone());
        }
    });
    assert_eq!(built.json("Deployment", "metadata.annotations.note"), "new");
}

#[test]
fn a_name_that_two_objects_have_needs_a_namespace() {
    let built = run("- {name: HOST, objref: {apiVersion: v1, kind: Service, name: web}}", |_, _| {});
    assert!(built.log.broken);
    assert!(built.log.observations[0].message.contains("2 objects"));
}

#[test]
fn group_and_version_of_the_object_are_exact() {
    let built = run("- {name: HOST, objref: {kind: Service, name: web, namespace: shop}}", |_, _| {});
    assert_eq!(built.said().1, "web");
    assert_eq!(built.log.observations[0].help.as_deref(), Some("write `apiVersion: v1`"));
    assert!(built.log.broken);
    build("- {name: HOST, objref: {group: apps, version: v1, kind: Deployment, name: web}}");
}

#[test]
fn a_var_without_object_or_field_is_an_error() {
    let object = "- {name: HOST, objref: {apiVersion: v1, kind: Service, name: wb, namespace: shop}}";
    let built = run(object, |_, _| {});
    assert_eq!(built.log.observations[0].help.as_deref(), Some("did you mean `web`?"));
    let built = run(&var("PORT", "spec.nope"), |_, _| {});
    assert_eq!(built.said().1, "'spec.nope'");
    assert!(built.log.broken);
}

#[test]
fn a_var_of_a_build_that_lacks_a_part_is_not_known() {
    let object = "- {name: HOST, objref: {apiVersion: v1, kind: Service, name: elsewhere}}";
    let built = run(object, |_, log| {
        log.open.push(LeftOut { what: "remote".into(), reason: "remote", brings: Brings::Anything });
    });
    assert!(built.log.observations.is_empty());
    let unknown = built.node("Deployment", "metadata.annotations.note").unknown().unwrap();
    assert_eq!((unknown.why, unknown.template.as_str()), (UnknownWhy::Variable, "$(HOST)"));
}

#[test]
fn a_text_with_a_var_that_cannot_be_read_cannot_be_read() {
    let vars = format!("{HOST}{}", var("PORT", "spec.clusterIP"));
    let built = run(&vars, |resources, _| {
        let node = resources[0].node.child_mut("spec").unwrap().child_mut("clusterIP").unwrap();
        node.value = Value::Unknown(Arc::new(Unknown { template: "".into(), why: UnknownWhy::Encrypted }));
    });
    for path in [format!("{ARGS}.0"), format!("{ARGS}.1")] {
        let unknown = built.node("Deployment", &path).unknown();
        assert_eq!(unknown.map(|unknown| unknown.why), Some(UnknownWhy::Encrypted), "{path}");
    }
}

#[test]
fn a_list_with_something_else_than_texts_is_an_error() {
    let built = run(HOST, |resources, _| {
        let containers = resources[1].node.child_mut("spec").and_then(|spec| spec.child_mut("template"));
        let containers = containers.and_then(|template| template.child_mut("spec")).unwrap().child_mut("containers");
        let args = containers.unwrap().as_seq_mut().unwrap()[0].child_mut("args").unwrap();
        args.as_seq_mut().unwrap()[1].value = Value::Int(5);
    });
    assert!(built.said().0.contains("expected a list of texts"));
    assert!(built.log.broken);
}

#[test]
fn an_expanded_text_stands_where_it_is_written_and_knows_the_value() {
    let built = build(&format!("{HOST}{}", var("PORT", "spec.ports[0].port")));
    let chain = built.node("Deployment", &format!("{ARGS}.1")).origin.chain();
    let texts: Vec<String> = chain.iter().map(|(_, span)| built.sources.text(*span)).collect();
    assert_eq!(texts, ["\"$(PORT)\"", "8080"]);
}

#[test]
fn a_name_stands_for_one_var() {
    let built = run(&format!("{HOST}{HOST}"), |_, _| {});
    assert_eq!(built.said().1, "HOST");
    assert!(built.said().0.contains("defined twice"));
    assert!(built.log.broken);

    let mut memory = Memory::default();
    memory.insert("vars.yaml", HOST);
    let sources = Sources::new(memory);
    let library = Library::new(&sources);
    let mut log = Log::default();
    let own = read(&library.load("vars.yaml", Mode::V2).unwrap().documents[0], Reading::Strict, &mut log);
    let mut all = Vec::new();
    absorb(&mut all, own.clone(), &mut log);
    assert!(!log.broken);
    absorb(&mut all, own, &mut log);
    assert!(log.broken, "a kustomization with vars cannot be listed twice");
}

#[test]
fn the_table_has_the_rows_of_the_real_one() {
    let fields = built_in_fields();
    assert_eq!(fields.len(), 72);
    let has = |kind: &str, path: &str| fields.iter().any(|field| field.gvk.kind == kind && field.shown() == path);
    assert!(has("CronJob", "spec/jobTemplate/spec/template/spec/initContainers/volumeMounts/mountPath"));
    assert!(has("", "metadata/annotations"));
    assert!(!has("StatefulSet", "spec/template/spec/volumes/nfs/server"));
}
