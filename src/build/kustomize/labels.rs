//! Labels and annotations set on everything, images. Source: kustomize `api/internal/konfig/builtinpluginconsts`.

use std::sync::Arc;

use regex::Regex;

use super::file::{ImageEntry, LabelsEntry};
use super::resource::Resource;
use crate::yaml::{Node, Origin, Step, Value};

const POD_TEMPLATES: &[&str] =
    &["ReplicationController", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"];

/// `labels` entries.
pub fn labels(resources: &mut [Resource], entry: &LabelsEntry) {
    for resource in resources {
        set(&mut resource.node, &["metadata", "labels"], &entry.pairs, true);
        if entry.templates || entry.selectors {
            templates(resource, "labels", &entry.pairs);
        }
        if entry.selectors {
            selectors(resource, &entry.pairs);
        }
    }
}

/// `commonLabels`: metadata, templates and selectors.
pub fn common_labels(resources: &mut [Resource], pairs: &Node) {
    labels(resources, &LabelsEntry { pairs: pairs.clone(), selectors: true, templates: true });
}

/// `commonAnnotations`: metadata and pod templates.
pub fn common_annotations(resources: &mut [Resource], pairs: &Node) {
    for resource in resources {
        set(&mut resource.node, &["metadata", "annotations"], pairs, true);
        templates(resource, "annotations", pairs);
    }
}

fn set(node: &mut Node, path: &[&str], pairs: &Node, create: bool) {
    if !create && node.at(path).is_none() {
        return;
    }
    let mut parent = node;
    for part in path {
        let Some(child) = parent.child_mut(part) else { return };
        parent = child;
    }
    let Some(map) = parent.as_map_mut() else { return };
    for entry in pairs.entries() {
        let before = map.get(&entry.key).map(|old| old.origin.clone());
        let Some(text) = entry.value.scalar_text() else { continue };
        let origin = Origin::derived(Step::MetadataSet, entry.value.span(), before);
        map.set(&entry.key, entry.key_span, Node::text_node(text.as_ref(), origin));
    }
}

/// Sets labels at every place of a path that is there, through lists.
fn set_in_lists(node: &mut Node, path: &[&str], pairs: &Node) {
    if let Value::Seq(items) = &mut node.value {
        Arc::make_mut(items).iter_mut().for_each(|item| set_in_lists(item, path, pairs));
        return;
    }
    match path.split_first() {
        None => set(node, &[], pairs, true),
        Some((key, rest)) if node.get(key).is_some() => {
            if let Some(child) = node.as_map_mut().and_then(|map| map.get_mut(key)) {
                set_in_lists(child, rest, pairs);
            }
        }
        Some(_) => {}
    }
}

fn templates(resource: &mut Resource, field: &str, pairs: &Node) {
    let id = resource.id();
    let kind = id.gvk.kind.as_str();
    if POD_TEMPLATES.contains(&kind) && resource.node.at(&["spec", "template"]).is_some() {
        set(&mut resource.node, &["spec", "template", "metadata", field], pairs, true);
    }
    if kind == "CronJob" && resource.node.at(&["spec", "jobTemplate"]).is_some() {
        set(&mut resource.node, &["spec", "jobTemplate", "metadata", field], pairs, true);
        set(&mut resource.node, &["spec", "jobTemplate", "spec", "template", "metadata", field], pairs, true);
    }
    if kind == "StatefulSet" && field == "labels" {
        let claims = resource.node.as_map_mut().and_then(|map| map.get_mut("spec")).and_then(Node::as_map_mut);
        if let Some(Value::Seq(items)) =
            claims.and_then(|spec| spec.get_mut("volumeClaimTemplates")).map(|node| &mut node.value)
        {
            for claim in Arc::make_mut(items) {
                set(claim, &["metadata", "labels"], pairs, true);
            }
        }
    }
}

fn selectors(resource: &mut Resource, pairs: &Node) {
    let node = &mut resource.node;
    match Node::get(node, "kind").and_then(Node::as_str).unwrap_or_default() {
        "Service" | "ReplicationController" => set(node, &["spec", "selector"], pairs, true),
        kind @ ("Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => {
            let spreads = matches!(kind, "Deployment" | "StatefulSet");
            set(node, &["spec", "selector", "matchLabels"], pairs, true);
            if spreads {
                affinity(node, pairs);
            }
        }
        "Job" | "PodDisruptionBudget" => set(node, &["spec", "selector", "matchLabels"], pairs, false),
        "CronJob" => set(node, &["spec", "jobTemplate", "spec", "selector", "matchLabels"], pairs, false),
        "NetworkPolicy" => {
            set(node, &["spec", "podSelector", "matchLabels"], pairs, false);
            set_in_lists(node, &["spec", "ingress", "from", "podSelector", "matchLabels"], pairs);
            set_in_lists(node, &["spec", "egress", "to", "podSelector", "matchLabels"], pairs);
        }
        _ => {}
    }
}

/// Affinity and spread constraints of apps Deployments and StatefulSets select the same pods.
fn affinity(node: &mut Node, pairs: &Node) {
    let pod = ["spec", "template", "spec"];
    for direction in ["podAffinity", "podAntiAffinity"] {
        for (strength, term) in [
            ("preferredDuringSchedulingIgnoredDuringExecution", Some("podAffinityTerm")),
            ("requiredDuringSchedulingIgnoredDuringExecution", None),
        ] {
            let mut path = pod.to_vec();
            path.extend(["affinity", direction, strength]);
            path.extend(term);
            path.extend(["labelSelector", "matchLabels"]);
            set_in_lists(node, &path, pairs);
        }
    }
    let mut path = pod.to_vec();
    path.extend(["topologySpreadConstraints", "labelSelector", "matchLabels"]);
    set_in_lists(node, &path, pairs);
}

/// `images`: every list called `containers` or `initContainers`, wherever it stands.
pub fn images(resources: &mut [Resource], entry: &ImageEntry) {
    // The name is used as a pattern without escaping, as kustomize does.
    let Ok(pattern) =
        Regex::new(&format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", entry.name.text))
    else {
        return;
    };
    for resource in resources {
        if resource.id().gvk.kind != "CustomResourceDefinition" {
            walk(&mut resource.node, entry, &pattern);
        }
    }
}

fn walk(node: &mut Node, entry: &ImageEntry, pattern: &Regex) {
    match &mut node.value {
        Value::Seq(items) if items.iter().any(holds_containers) => {
            Arc::make_mut(items).iter_mut().for_each(|item| walk(item, entry, pattern));
        }
        Value::Map(map) => {
            if !map
                .iter()
                .any(|e| matches!(e.key.as_str(), "containers" | "initContainers") || holds_containers(&e.value))
            {
                return;
            }
            for child in Arc::make_mut(map).iter_mut() {
                if matches!(child.key.as_str(), "containers" | "initContainers")
                    && let Value::Seq(items) = &mut child.value.value
                {
                    Arc::make_mut(items).iter_mut().for_each(|container| set_image(container, entry, pattern));
                } else {
                    walk(&mut child.value, entry, pattern);
                }
            }
        }
        _ => {}
    }
}

fn holds_containers(node: &Node) -> bool {
    match &node.value {
        Value::Seq(items) => items.iter().any(holds_containers),
        Value::Map(map) => {
            map.iter().any(|e| matches!(e.key.as_str(), "containers" | "initContainers") || holds_containers(&e.value))
        }
        _ => false,
    }
}

fn set_image(container: &mut Node, entry: &ImageEntry, pattern: &Regex) {
    let Some(image) = container.as_map_mut().and_then(|map| map.get_mut("image")) else { return };
    let Some(text) = image.as_str().filter(|text| pattern.is_match(text)) else { return };
    let (name, tag) = match (text.split_once('@'), text.rsplit_once(':')) {
        (Some((name, digest)), _) => (name.to_owned(), format!("@{digest}")),
        (None, Some((name, tag))) if !tag.contains('/') => (name.to_owned(), format!(":{tag}")),
        _ => (text.to_owned(), String::new()),
    };
    let name = entry.new_name.as_ref().map_or(name, |new| new.text.clone());
    let (tag, place) = match (&entry.digest, &entry.new_tag) {
        (Some(digest), _) => (format!("@{}", digest.text), digest.span),
        (None, Some(new)) => (format!(":{}", new.text), new.span),
        (None, None) => (tag, entry.new_name.as_ref().map_or(entry.name.span, |new| new.span)),
    };
    let before = Some(image.origin.clone());
    *image = Node::text_node(format!("{name}{tag}"), Origin::derived(Step::Transformed, place, before));
}
