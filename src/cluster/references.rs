//! Which object names which, to be asked from the other end: the fields of the link table, and everything whose form
//! tells the kind that is meant, wherever it stands (values of charts, custom resources).

use hashbrown::{HashMap, HashSet};

use smol_str::SmolStr;

use super::Cluster;
use crate::build::Object;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Keys of a map with `name`, or of a list of such maps, by the kind that is meant where no `kind` is written.
/// Source: the API references of Kubernetes, Gateway API, External Secrets and Flux.
const MAPS: &[(&str, &str)] = &[
    ("backendRefs", "Service"),
    ("certificateRefs", "Secret"),
    ("configMap", "ConfigMap"),
    ("configMapKeyRef", "ConfigMap"),
    ("configMapRef", "ConfigMap"),
    ("imagePullSecrets", "Secret"),
    ("parentRefs", "Gateway"),
    ("passwordSecretRef", "Secret"),
    ("secretKeyRef", "Secret"),
    ("secretRef", "Secret"),
    ("serviceAccountRef", "ServiceAccount"),
];

/// Keys of a name, by the kind that is meant.
const TEXTS: &[(&str, &str)] = &[
    ("claimName", "PersistentVolumeClaim"),
    ("existingClaim", "PersistentVolumeClaim"),
    ("existingSecret", "Secret"),
    ("secretName", "Secret"),
    ("serviceAccountName", "ServiceAccount"),
];

fn kind_of(table: &'static [(&str, &str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind)
}

/// One object names another.
#[derive(Clone, Debug)]
pub struct Reference<'w> {
    /// The object that names.
    pub from: &'w Object,
    /// The kind it means.
    pub kind: SmolStr,
    /// The namespace it means: the one that is written, else its own.
    pub namespace: SmolStr,
    /// The name.
    pub name: SmolStr,
    /// Where the name stands.
    pub place: Span,
}

/// Every reference of a cluster.
#[derive(Debug)]
pub struct References<'w> {
    all: Vec<Reference<'w>>,
    to: HashMap<(SmolStr, SmolStr, SmolStr), Vec<usize>>,
}

impl<'w> References<'w> {
    /// Reads the objects of a cluster.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let mut all = Vec::new();
        for from in cluster.objects() {
            let mut reader = Reader { from, found: &mut all };
            from.node.entries().filter(|entry| entry.key != "metadata").for_each(|entry| {
                reader.read(&entry.key, &entry.value);
            });
        }
        all.extend(cluster.links().iter().map(|link| Reference {
            from: link.from,
            kind: link.kind.into(),
            namespace: link.namespace.clone(),
            name: link.name.clone(),
            place: link.node.span(),
        }));
        // Both may know a field.
        let mut seen = HashSet::new();
        all.retain(|reference| seen.insert((reference.place, reference.kind.clone(), reference.namespace.clone())));
        let mut to: HashMap<(SmolStr, SmolStr, SmolStr), Vec<usize>> = HashMap::new();
        for (at, reference) in all.iter().enumerate() {
            let key = (reference.kind.clone(), reference.namespace.clone(), reference.name.clone());
            to.entry(key).or_default().push(at);
        }
        References { all, to }
    }

    /// Every reference, in the order of the objects.
    pub fn all(&self) -> impl Iterator<Item = &Reference<'w>> {
        self.all.iter()
    }

    /// What names an object of this kind, namespace and name.
    pub fn to(&self, kind: &str, namespace: &str, name: &str) -> impl Iterator<Item = &Reference<'w>> {
        let found = self.to.get(&(kind.into(), namespace.into(), name.into()));
        found.into_iter().flatten().filter_map(|at| self.all.get(*at))
    }
}

struct Reader<'r, 'w> {
    from: &'w Object,
    found: &'r mut Vec<Reference<'w>>,
}

impl<'w> Reader<'_, 'w> {
    fn read(&mut self, key: &str, node: &'w Node) {
        match &node.value {
            Value::Map(map) => {
                self.named(key, node);
                map.iter().for_each(|entry| self.read(&entry.key, &entry.value));
            }
            Value::Seq(items) => items.iter().for_each(|item| self.read(key, item)),
            Value::Str(_) => {
                if let Some(kind) = kind_of(TEXTS, key) {
                    self.push(kind.into(), None, node);
                }
            }
            _ => {}
        }
    }

    fn named(&mut self, key: &str, node: &'w Node) {
        let Some(name) = node.get("name") else { return };
        let kind = match node.get("kind").and_then(Node::as_str) {
            Some(kind) => kind.into(),
            None if key == "dependsOn" => self.from.gvk.kind.clone(),
            None => match kind_of(MAPS, key) {
                Some(kind) => kind.into(),
                None => return,
            },
        };
        self.push(kind, node.get("namespace"), name);
    }

    fn push(&mut self, kind: SmolStr, namespace: Option<&Node>, name: &'w Node) {
        let Some(text) = name.as_str() else { return };
        let namespace = match namespace.filter(|node| !node.is_null()) {
            Some(node) => match node.as_str() {
                Some("") => self.from.namespace(),
                Some(namespace) => namespace,
                None => return,
            },
            None => self.from.namespace(),
        };
        self.found.push(Reference {
            from: self.from,
            kind,
            namespace: namespace.into(),
            name: text.into(),
            place: name.span(),
        });
    }
}
