//! The namespace transformer. Source: kustomize `api/filters/namespace/namespace.go`.

use std::sync::Arc;

use super::file::Text;
use super::resource::Resource;
use crate::build::scope;
use crate::yaml::{Node, Origin, Step, Value};

/// Sets the namespace on every resource that is not certainly cluster-scoped.
pub fn set(resources: &mut [Resource], namespace: &Text) {
    for resource in resources {
        let id = resource.id();
        resource.remember();
        if id.gvk.group.is_empty() && id.gvk.kind == "Namespace" {
            put(&mut resource.node, &["metadata"], "name", namespace);
        } else if !scope::is_cluster_scoped(&id.gvk) {
            put(&mut resource.node, &["metadata"], "namespace", namespace);
        }
        match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
            ("apiregistration.k8s.io", "APIService") => {
                put(&mut resource.node, &["spec", "service"], "namespace", namespace)
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                let path = ["spec", "conversion", "webhook", "clientConfig", "service"];
                if resource.node.at(&path).is_some() {
                    put(&mut resource.node, &path, "namespace", namespace);
                }
            }
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                subjects(&mut resource.node, namespace)
            }
            _ => {}
        }
    }
}

fn put(node: &mut Node, path: &[&str], key: &str, namespace: &Text) {
    let mut parent = node;
    for part in path {
        let Some(child) = parent.child_mut(part) else { return };
        parent = child;
    }
    let before = parent.get(key).map(|value| value.origin.clone());
    // The same value twice is no override: the place stays where it was written.
    if parent.get(key).and_then(Node::as_str) == Some(namespace.text.as_str()) {
        return;
    }
    let value = Node::text_node(namespace.text.as_str(), Origin::derived(Step::NamespaceSet, namespace.span, before));
    if let Some(map) = parent.as_map_mut() {
        map.set(key, namespace.span, value);
    }
}

/// Only subjects named `default` get the namespace; others follow their ServiceAccount's new name.
fn subjects(node: &mut Node, namespace: &Text) {
    let Some(Value::Seq(items)) =
        node.as_map_mut().and_then(|map| map.get_mut("subjects")).map(|subjects| &mut subjects.value)
    else {
        return;
    };
    for subject in Arc::make_mut(items) {
        if subject.get("name").and_then(Node::as_str) == Some("default") {
            put(subject, &[], "namespace", namespace);
        }
    }
}
