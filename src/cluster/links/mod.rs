//! Which object names which, field by field, as the reference table says.

mod forms;
mod table;

use smol_str::SmolStr;

use super::Cluster;
use crate::build::flux::ReleaseNames;
use crate::build::object::Gvk;
use crate::build::{Object, scope};
use crate::yaml::{EachPath, Node};
use forms::Forms;
use table::Field;

/// Where workloads have their pod.
const PODS: &[(&str, &str, &str)] = &[
    ("", "Pod", "spec"),
    ("", "ReplicationController", "spec.template.spec"),
    ("apps", "Deployment", "spec.template.spec"),
    ("apps", "StatefulSet", "spec.template.spec"),
    ("apps", "DaemonSet", "spec.template.spec"),
    ("apps", "ReplicaSet", "spec.template.spec"),
    ("batch", "Job", "spec.template.spec"),
    ("batch", "CronJob", "spec.jobTemplate.spec.template.spec"),
];

/// A key that a reference asks for.
#[derive(Clone, Debug)]
pub struct AskedKey<'w> {
    /// The key.
    pub key: SmolStr,
    /// Where it is written; the reference itself for a default.
    pub node: &'w Node,
}

/// One object names another.
#[derive(Clone, Debug)]
pub struct Link<'w> {
    /// The object that names.
    pub from: &'w Object,
    /// The field, for fingerprints.
    pub field: String,
    /// API group of what is meant.
    pub group: &'static str,
    /// Kind of what is meant.
    pub kind: &'static str,
    /// Namespace of what is meant.
    pub namespace: SmolStr,
    /// Its name.
    pub name: SmolStr,
    /// Where the name is written.
    pub node: &'w Node,
    /// Where the kind is written, if it is.
    pub kind_node: Option<&'w Node>,
    /// Other kinds that the field can mean.
    pub other_kinds: Vec<(&'static str, &'static str)>,
    /// It may be absent.
    pub optional: bool,
    /// The keys that are asked for.
    pub keys: Vec<AskedKey<'w>>,
    /// Nothing but its form tells that it is a link.
    pub by_form: bool,
}

/// Every link of a cluster, those of modelled charts included.
pub fn all<'w>(cluster: &Cluster<'w>) -> Vec<Link<'w>> {
    let mut found: Vec<Link<'w>> = cluster.objects().chain(cluster.modelled()).flat_map(links).collect();
    let known = found.iter().map(|link| link.node.span()).collect();
    for from in cluster.objects() {
        if from.is("helm.toolkit.fluxcd.io", "HelmRelease") {
            // What a model or a renderer makes of the values says more than their form.
            let is_opaque = cluster.model(from).is_none() && !cluster.is_rendered(from);
            if let (true, Some(values)) = (is_opaque, cluster.values(from)) {
                let namespace = ReleaseNames::of(from).namespace;
                let forms = Forms { from, namespace: &namespace, is_values: true, known: &known };
                forms.read(&values.root, "spec.values", &mut found);
            }
        } else if forms::is_readable(from) {
            let forms = Forms { from, namespace: from.namespace(), is_values: false, known: &known };
            if let Some(spec) = from.node.get("spec") {
                forms.read(spec, "spec", &mut found);
            }
        }
    }
    found
}

/// Every link of an object.
pub fn links(object: &Object) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    let group = object.gvk.group.as_str();
    for field in table::table().of_kind(group, object.kind()) {
        read(object, &object.node, field, &mut found);
    }
    if let Some((_, _, path)) = PODS.iter().find(|(of, kind, _)| *of == group && *kind == object.kind())
        && let Some(pod) = object.dig(path)
    {
        for field in table::table().of_pods() {
            read(object, pod, field, &mut found);
        }
    }
    found
}

fn read<'w>(object: &'w Object, root: &'w Node, field: &'static Field, found: &mut Vec<Link<'w>>) {
    for node in field.path.each(root) {
        let is_map = node.as_map().is_some();
        let name = if is_map { node.get(&field.name) } else { Some(node) };
        let Some(text) = name.and_then(Node::as_str).filter(|text| !text.is_empty()) else { continue };
        let other_group = node.get("group").and_then(Node::as_str).filter(|_| is_map);
        if let (Some(wanted), Some(group)) = (&field.group, other_group)
            && wanted != group
        {
            continue;
        }
        let written = node.get("kind").filter(|_| field.tells_kind && is_map);
        let Some((group, kind)) = meant(field, written) else { continue };
        let gvk = Gvk { group: group.into(), version: SmolStr::default(), kind: kind.into() };
        let namespace = match field.namespace.as_ref().and_then(|key| node.get(key)).and_then(Node::as_str) {
            _ if scope::has_no_namespace(&gvk) => "",
            Some(namespace) => namespace,
            None => object.namespace(),
        };
        let Some(name) = name else { continue };
        found.push(Link {
            from: object,
            field: field.text.clone(),
            group,
            kind,
            namespace: namespace.into(),
            name: text.into(),
            node: name,
            kind_node: written,
            other_kinds: field
                .kinds
                .iter()
                .map(|(group, kind)| (group.as_str(), kind.as_str()))
                .filter(|other| *other != (group, kind))
                .collect(),
            optional: node.get("optional").and_then(Node::as_bool) == Some(true),
            keys: keys(field, node, name),
            by_form: false,
        });
    }
}

fn meant(field: &'static Field, written: Option<&Node>) -> Option<(&'static str, &'static str)> {
    let found = match written {
        None => field.kinds.first(),
        Some(written) => field.kinds.iter().find(|(_, kind)| Some(kind.as_str()) == written.as_str()),
    };
    found.map(|(group, kind)| (group.as_str(), kind.as_str()))
}

fn keys<'w>(field: &Field, node: &'w Node, name: &'w Node) -> Vec<AskedKey<'w>> {
    let mut keys = Vec::new();
    if let Some(key) = &field.key {
        match (node.get(key), &field.default_key) {
            (Some(written), _) => {
                keys.extend(written.as_str().map(|text| AskedKey { key: text.into(), node: written }));
            }
            (None, Some(default)) => keys.push(AskedKey { key: default.as_str().into(), node: name }),
            (None, None) => {}
        }
    }
    if field.items {
        let items = EachPath::parse("items[].key");
        keys.extend(
            items.each(node).into_iter().filter_map(|node| Some(AskedKey { key: node.as_str()?.into(), node })),
        );
    }
    keys
}
