//! References follow objects that got another name. Source: kustomize `api/filters/nameref`,
//! `api/internal/konfig/builtinpluginconsts/namereference.go`.

use std::collections::HashMap;
use std::sync::Arc;

use super::resource::Resource;
use crate::build::manifests::Library;
use crate::build::object::{Gvk, Id};
use crate::build::scope;
use crate::yaml::{Mode, Node, Origin, Step, Value};

/// A field that names an object of some kind.
#[derive(Clone, Debug)]
pub struct Rule {
    target_group: Option<String>,
    target_version: Option<String>,
    target_kind: String,
    referrer_group: Option<String>,
    referrer_version: Option<String>,
    referrer_kind: Option<String>,
    path: Vec<String>,
}

const POD_KINDS: &[&str] = &["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"];
// ReplicaSet is not among the kinds whose account, claim and class names are rewritten.
const SEVEN: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

/// The built-in table.
pub fn built_in() -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut add = |target: &str, kind: &str, path: String| {
        rules.push(Rule {
            target_group: None,
            target_version: Some("v1".to_owned()),
            target_kind: target.to_owned(),
            referrer_group: None,
            referrer_version: None,
            referrer_kind: Some(kind.to_owned()),
            path: path.split('/').map(ToOwned::to_owned).collect(),
        });
    };
    let mut roots: Vec<(&str, &str)> = vec![("Pod", "spec"), ("PodTemplate", "template/spec")];
    roots.extend(POD_KINDS.iter().map(|kind| (*kind, "spec/template/spec")));
    roots.push(("CronJob", "spec/jobTemplate/spec/template/spec"));
    for (kind, root) in &roots {
        for (target, volume, projected, variable, from) in [
            ("ConfigMap", "configMap/name", "configMap/name", "configMapKeyRef", "configMapRef"),
            ("Secret", "secret/secretName", "secret/name", "secretKeyRef", "secretRef"),
        ] {
            add(target, kind, format!("{root}/volumes/{volume}"));
            add(target, kind, format!("{root}/volumes/projected/sources/{projected}"));
            for containers in ["containers", "initContainers"] {
                add(target, kind, format!("{root}/{containers}/env/valueFrom/{variable}/name"));
                add(target, kind, format!("{root}/{containers}/envFrom/{from}/name"));
            }
        }
        add("Secret", kind, format!("{root}/imagePullSecrets/name"));
    }
    for kind in ["Role", "ClusterRole"] {
        add("ConfigMap", kind, "rules/resourceNames".into());
        add("Secret", kind, "rules/resourceNames".into());
    }
    add("Secret", "Ingress", "spec/tls/secretName".into());
    add("Secret", "ServiceAccount", "imagePullSecrets/name".into());
    add("Secret", "PersistentVolume", "spec/azureFile/secretName".into());
    add("Service", "StatefulSet", "spec/serviceName".into());
    add("Service", "Ingress", "spec/rules/http/paths/backend/service/name".into());
    add("Service", "Ingress", "spec/defaultBackend/service/name".into());
    add("Service", "APIService", "spec/service/name".into());
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        add("Service", kind, "webhooks/clientConfig/service".into());
    }
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        add("ServiceAccount", kind, "subjects".into());
        add("ClusterRole", kind, "roleRef/name".into());
    }
    add("Role", "RoleBinding", "roleRef/name".into());
    for (kind, root) in SEVEN {
        add("ServiceAccount", kind, format!("{root}/serviceAccountName"));
        add("PersistentVolumeClaim", kind, format!("{root}/volumes/persistentVolumeClaim/claimName"));
        add("PriorityClass", kind, format!("{root}/priorityClassName"));
    }
    add("PersistentVolume", "PersistentVolumeClaim", "spec/volumeName".into());
    add("StorageClass", "PersistentVolume", "spec/storageClassName".into());
    add("StorageClass", "PersistentVolumeClaim", "spec/storageClassName".into());
    add("StorageClass", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName".into());
    for target in ["Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"] {
        add(target, "HorizontalPodAutoscaler", "spec/scaleTargetRef/name".into());
    }
    rules
}

/// The rows that a `configurations:` file adds under `nameReference`.
pub fn from_configuration(library: &Library<'_>, path: &str) -> Vec<Rule> {
    let Ok(manifests) = library.load(path, Mode::V2) else { return Vec::new() };
    let mut rules = Vec::new();
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(ToOwned::to_owned);
    let rows = manifests.documents.iter().filter_map(|root| root.get("nameReference")).flat_map(Node::items);
    for row in rows {
        let Some(target_kind) = text(row, "kind") else { continue };
        for field in row.get("fieldSpecs").into_iter().flat_map(Node::items) {
            let Some(path) = text(field, "path") else { continue };
            rules.push(Rule {
                target_group: text(row, "group"),
                target_version: text(row, "version"),
                target_kind: target_kind.clone(),
                referrer_group: text(field, "group"),
                referrer_version: text(field, "version"),
                referrer_kind: text(field, "kind"),
                path: path.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
            });
        }
    }
    rules
}

fn fits(wanted: Option<&String>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.is_empty() || wanted == found)
}

impl Rule {
    fn is_for(&self, gvk: &Gvk) -> bool {
        fits(self.referrer_kind.as_ref(), &gvk.kind)
            && fits(self.referrer_group.as_ref(), &gvk.group)
            && fits(self.referrer_version.as_ref(), &gvk.version)
    }

    fn selects(&self, gvk: &Gvk) -> bool {
        self.target_kind == gvk.kind
            && fits(self.target_group.as_ref(), &gvk.group)
            && fits(self.target_version.as_ref(), &gvk.version)
    }
}

/// A renamed object that references may mean.
struct Candidate {
    index: usize,
    previous: Vec<Id>,
    now: Id,
    renamed_by: Vec<String>,
}

/// Rewrites every reference to an object whose name or namespace changed.
pub fn rewrite(resources: &mut [Resource], rules: &[Rule]) {
    let mut renamed: HashMap<String, Vec<Candidate>> = HashMap::new();
    for (index, resource) in resources.iter().enumerate() {
        let now = resource.id();
        let changed = resource.previous.iter().any(|old| old.name != now.name || old.namespace != now.namespace);
        if !changed {
            continue;
        }
        let mut names: Vec<String> = resource.previous.iter().map(|old| old.name.to_string()).collect();
        names.sort();
        names.dedup();
        for name in names {
            renamed.entry(name).or_default().push(Candidate {
                index,
                previous: resource.previous.clone(),
                now: now.clone(),
                renamed_by: [resource.prefixes.clone(), resource.suffixes.clone()].concat(),
            });
        }
    }
    if renamed.is_empty() {
        return;
    }
    for (index, resource) in resources.iter_mut().enumerate() {
        let referrer = resource.id();
        let renamed_by = [resource.prefixes.clone(), resource.suffixes.clone()].concat();
        for rule in rules.iter().filter(|rule| rule.is_for(&referrer.gvk)) {
            let role_kind = resource.node.at(&["roleRef", "kind"]).and_then(Node::as_str).map(ToOwned::to_owned);
            if rule.path.ends_with(&["roleRef".to_owned(), "name".to_owned()])
                && role_kind.is_some_and(|kind| kind != rule.target_kind)
            {
                continue;
            }
            let find = |name: &str, namespace: Option<&str>| {
                choose(&renamed, rule, &referrer, &renamed_by, index, name, namespace)
            };
            let path: Vec<&str> = rule.path.iter().map(String::as_str).collect();
            walk(&mut resource.node, &path, &find);
        }
    }
}

fn choose<'c>(
    renamed: &'c HashMap<String, Vec<Candidate>>,
    rule: &Rule,
    referrer: &Id,
    renamed_by: &[String],
    own_index: usize,
    name: &str,
    namespace: Option<&str>,
) -> Option<&'c Id> {
    let candidates: Vec<&Candidate> = renamed
        .get(name)?
        .iter()
        .filter(|candidate| candidate.index != own_index)
        .filter(|candidate| candidate.previous.iter().any(|old| old.name == name && rule.selects(&old.gvk)))
        .filter(|candidate| match namespace {
            Some(namespace) => {
                candidate.previous.iter().any(|old| old.effective_namespace() == namespace)
                    || candidate.now.effective_namespace() == namespace
            }
            None => {
                scope::is_cluster_scoped(&referrer.gvk)
                    || scope::is_cluster_scoped(&candidate.now.gvk)
                    || candidate.now.gvk.kind == "ServiceAccount"
                    || candidate.now.effective_namespace() == referrer.effective_namespace()
            }
        })
        .collect();
    match candidates.as_slice() {
        [] => None,
        [only] => Some(&only.now),
        several => {
            let same: Vec<&&Candidate> =
                several.iter().filter(|candidate| candidate.renamed_by == renamed_by).collect();
            match same.as_slice() {
                [only] => Some(&only.now),
                _ if several
                    .iter()
                    .all(|candidate| Some(&candidate.now.name) == several.first().map(|c| &c.now.name)) =>
                {
                    several.first().map(|candidate| &candidate.now)
                }
                _ => None,
            }
        }
    }
}

fn walk<'c>(node: &mut Node, path: &[&str], find: &dyn Fn(&str, Option<&str>) -> Option<&'c Id>) {
    if let Value::Seq(items) = &mut node.value {
        Arc::make_mut(items).iter_mut().for_each(|item| walk(item, path, find));
        return;
    }
    match path.split_first() {
        None => replace(node, find),
        Some((key, rest)) => {
            // Looked at before it is taken for change, so that shared trees stay shared.
            if node.get(key).is_some()
                && let Some(child) = node.as_map_mut().and_then(|map| map.get_mut(key))
            {
                walk(child, rest, find);
            }
        }
    }
}

fn replace<'c>(node: &mut Node, find: &dyn Fn(&str, Option<&str>) -> Option<&'c Id>) {
    let rewritten = |old: &Node, text: &str| {
        let place = old.span();
        Node::text_node(text, Origin::derived(Step::ReferenceRewritten, place, Some(old.origin.clone())))
    };
    if let Some(name) = node.as_str() {
        if let Some(id) = find(name, None)
            && id.name != name
        {
            *node = rewritten(node, &id.name);
        }
        return;
    }
    let Some(name) = node.get("name").and_then(Node::as_str).map(ToOwned::to_owned) else { return };
    let namespace = node.get("namespace").and_then(Node::as_str).map(ToOwned::to_owned);
    let Some(id) = find(&name, namespace.as_deref()) else { return };
    let (name, namespace) = (id.name.clone(), id.namespace.clone());
    let Some(map) = node.as_map_mut() else { return };
    for (key, text) in [("name", name), ("namespace", namespace)] {
        if text.is_empty() {
            continue;
        }
        match map.get_mut(key) {
            Some(old) if old.as_str() != Some(&text) => *old = rewritten(old, &text),
            Some(_) => {}
            None => {
                let place = map.get("name").map(Node::span);
                if let Some(place) = place {
                    map.set(key, place, Node::text_node(text, Origin::derived(Step::ReferenceRewritten, place, None)));
                }
            }
        }
    }
}
