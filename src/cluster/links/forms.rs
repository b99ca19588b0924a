//! References that show by their form alone, in custom resources and in values of charts that no table knows: a
//! `secretKeyRef` with `name` and `key` is one wherever it stands.

use hashbrown::HashSet;

use smol_str::SmolStr;

use super::{AskedKey, Link};
use crate::build::Object;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// A form of a reference to an object of the same namespace.
struct Form {
    key: &'static str,
    kind: &'static str,
    asks_key: bool,
}

/// Maps with a `name`. Source: Kubernetes' core types, on which custom resources build (`core/v1` `SecretKeySelector`,
/// `ConfigMapKeySelector`, `SecretEnvSource`, `ConfigMapEnvSource`).
const MAPS: &[Form] = &[
    Form { key: "secretKeyRef", kind: "Secret", asks_key: true },
    Form { key: "configMapKeyRef", kind: "ConfigMap", asks_key: true },
    Form { key: "secretRef", kind: "Secret", asks_key: false },
    Form { key: "configMapRef", kind: "ConfigMap", asks_key: false },
];

/// Lists of maps with a `name`, and the keys of which one must stand beside it; none where the name is enough.
const LISTS: &[(&str, &str, &[&str])] =
    &[("imagePullSecrets", "Secret", &[]), ("secrets", "Secret", &["key", "path", "mountPath"])];

/// Names, in values of charts: by convention the chart then makes none itself.
const NAMES: &[(&str, &str)] = &[
    ("existingSecret", "Secret"),
    ("existingSecretName", "Secret"),
    ("existingConfigMap", "ConfigMap"),
    ("existingConfigmap", "ConfigMap"),
    ("claimName", "PersistentVolumeClaim"),
    ("existingClaim", "PersistentVolumeClaim"),
];

/// Kinds whose objects hold text of other objects, which are not theirs.
const QUOTING_GROUPS: &[&str] = &[
    "apiextensions.k8s.io",
    "kyverno.io",
    "policies.kyverno.io",
    "templates.gatekeeper.sh",
    "apiextensions.crossplane.io",
    "argoproj.io",
    "kro.run",
    "generators.external-secrets.io",
];

/// Keys below which the objects of others are written.
const QUOTING_KEYS: &[&str] = &["template", "templates", "manifests", "extraObjects", "extraManifests", "rawResources"];

/// Whether the forms of an object speak of its own namespace.
pub fn is_readable(object: &Object) -> bool {
    let group = object.gvk.group.as_str();
    // The fields of built-in kinds and of Flux are in the table.
    let is_custom = group.contains('.') && !group.ends_with(".k8s.io") && !group.ends_with(".toolkit.fluxcd.io");
    is_custom && object.namespace.is_some() && !QUOTING_GROUPS.contains(&group)
}

/// The kind that a volume of the common library of charts is filled from: a map with `type` and `name`.
fn volume_kind(value: &Node) -> Option<&'static str> {
    match value.get("type").and_then(Node::as_str) {
        Some("configMap") => Some("ConfigMap"),
        Some("secret") => Some("Secret"),
        _ => None,
    }
}

/// What to read, and on whose behalf.
pub struct Forms<'r, 'w> {
    /// The object that names.
    pub from: &'w Object,
    /// Namespace of what is meant.
    pub namespace: &'r str,
    /// The values of a chart are read, in which names show by their keys.
    pub is_values: bool,
    /// Places that another table knows already.
    pub known: &'r HashSet<Span>,
}

impl<'w> Forms<'_, 'w> {
    /// The links below a node, whose path is given.
    pub fn read(&self, node: &'w Node, path: &str, found: &mut Vec<Link<'w>>) {
        match &node.value {
            // A part of the chart that is switched off.
            Value::Map(map) if self.is_values && map.get("enabled").and_then(Node::as_bool) == Some(false) => {}
            Value::Map(map) => {
                for entry in map.iter().filter(|entry| !QUOTING_KEYS.contains(&entry.key.as_str())) {
                    let path = if path.is_empty() { entry.key.to_string() } else { format!("{path}.{}", entry.key) };
                    self.entry(&entry.key, &entry.value, &path, found);
                    self.read(&entry.value, &path, found);
                }
            }
            Value::Seq(items) => items.iter().for_each(|item| self.read(item, path, found)),
            _ => {}
        }
    }

    fn entry(&self, key: &str, value: &'w Node, path: &str, found: &mut Vec<Link<'w>>) {
        if let Some((_, kind)) = NAMES.iter().find(|(own, _)| self.is_values && *own == key) {
            self.push(kind, value, value, None, path, found);
        } else if let Some((_, kind, beside)) = LISTS.iter().find(|(own, ..)| !self.is_values && *own == key) {
            for item in value.items() {
                let is_one = beside.is_empty() || beside.iter().any(|key| item.get(key).is_some());
                if let Some(name) = item.get("name").filter(|_| is_one) {
                    self.push(kind, item, name, item.get("key"), path, found);
                }
            }
        } else if let (true, Some(kind), Some(name)) = (self.is_values, volume_kind(value), value.get("name")) {
            self.push(kind, value, name, None, path, found);
        } else if let Some(form) = MAPS.iter().find(|form| form.key == key)
            && let Some(name) = value.get("name")
            && value.get("kind").is_none_or(|kind| kind.as_str() == Some(form.kind))
        {
            let key = value.get("key").filter(|_| form.asks_key);
            self.push(form.kind, value, name, key, path, found);
        }
    }

    fn push(
        &self,
        kind: &'static str,
        whole: &'w Node,
        name: &'w Node,
        key: Option<&'w Node>,
        path: &str,
        found: &mut Vec<Link<'w>>,
    ) {
        let Some(text) = name.as_str().filter(|text| !text.is_empty()) else { return };
        if self.known.contains(&name.span()) {
            return;
        }
        let namespace = match whole.get("namespace").filter(|node| !node.is_null()) {
            Some(node) => match node.as_str() {
                Some(namespace) if !namespace.is_empty() => namespace,
                _ => return,
            },
            None => self.namespace,
        };
        let asked = key.and_then(|node| Some(AskedKey { key: SmolStr::from(node.as_str()?), node }));
        found.push(Link {
            from: self.from,
            field: path.to_owned(),
            group: "",
            kind,
            namespace: namespace.into(),
            name: text.into(),
            node: name,
            kind_node: None,
            other_kinds: Vec::new(),
            optional: whole.get("optional").and_then(Node::as_bool) == Some(true),
            keys: asked.into_iter().collect(),
            by_form: true,
        });
    }
}
