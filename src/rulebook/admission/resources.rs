//! Which objects a policy is about: resources by their plural names, and selectors.

use std::collections::BTreeMap;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::kinds::of_group;
use crate::rulebook::cel::{Stop, Value, selects};
use crate::yaml::Node;

/// Objects by group and kind, with the resource of the kind.
pub struct Kinds<'w> {
    by_kind: BTreeMap<(String, String), (String, Vec<&'w Object>)>,
}

impl<'w> Kinds<'w> {
    /// Reads a cluster, those of modelled charts included.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let mut plurals: BTreeMap<(String, String), String> = BTreeMap::new();
        for crd in cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
            let text = |path: &str| crd.dig(path).and_then(Node::as_str).map(ToOwned::to_owned);
            if let (Some(group), Some(kind), Some(plural)) =
                (text("spec.group"), text("spec.names.kind"), text("spec.names.plural"))
            {
                plurals.insert((group, kind), plural);
            }
        }
        let mut by_kind: BTreeMap<(String, String), (String, Vec<&'w Object>)> = BTreeMap::new();
        for object in cluster.objects().chain(cluster.modelled()) {
            let key = (object.gvk.group.to_string(), object.gvk.kind.to_string());
            let entry = by_kind.entry(key.clone()).or_insert_with(|| {
                let known = of_group(&key.0).and_then(|mut kinds| kinds.find(|(kind, _)| *kind == key.1));
                let known = known.map(|(_, resource)| resource.to_owned()).or_else(|| plurals.get(&key).cloned());
                (known.unwrap_or_else(|| plural(&key.1)), Vec::new())
            });
            entry.1.push(object);
        }
        Kinds { by_kind }
    }

    /// Every object with its resource, of the kinds that a constraint names.
    pub fn matching<'k>(&'k self, constraints: Option<&'k Node>) -> impl Iterator<Item = (&'k str, &'w Object)> {
        self.by_kind.iter().flat_map(move |((group, _), (resource, objects))| {
            objects
                .iter()
                .filter(move |object| is_named(constraints, group, resource, object))
                .map(move |object| (resource.as_str(), *object))
        })
    }
}

/// The plural of a kind that nothing defines. Source: apimachinery `pkg/api/meta/restmapper.go`.
fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if lower.ends_with('s') => format!("{lower}es"),
        None => format!("{lower}s"),
    }
}

/// Whether the rules of a constraint name an object when it is made. A binding without rules takes all.
pub fn is_named(constraints: Option<&Node>, group: &str, resource: &str, object: &Object) -> bool {
    let Some(constraints) = constraints else { return true };
    let rules = |key: &str| constraints.get(key).map(Node::items).unwrap_or_default();
    let has = |rule: &Node, key: &str, test: &dyn Fn(&str) -> bool| {
        rule.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).any(test)
    };
    let names = |rule: &Node| {
        let named = rule.get("resourceNames").map(Node::items).unwrap_or_default();
        has(rule, "apiGroups", &|text| text == "*" || text == group)
            && has(rule, "operations", &|text| text == "*" || text == "CREATE")
            && has(rule, "resources", &|text| matches!(text, "*" | "*/*") || text == resource)
            && (named.is_empty() || named.iter().any(|name| name.as_str() == Some(&object.name)))
            && match rule.get("scope").and_then(Node::as_str) {
                Some("Namespaced") => object.namespace.is_some(),
                Some("Cluster") => object.namespace.is_none(),
                _ => true,
            }
    };
    let included = rules("resourceRules");
    (included.is_empty() || included.iter().any(names)) && !rules("excludeResourceRules").iter().any(names)
}

/// Whether the selectors of a constraint select an object.
///
/// # Errors
/// [`Stop::Unknown`] where that hangs on labels that are not known.
pub fn is_selected(cluster: &Cluster<'_>, constraints: Option<&Node>, object: &Object) -> Result<bool, Stop> {
    let Some(constraints) = constraints else { return Ok(true) };
    if let Some(selector) = constraints.get("objectSelector").filter(|node| !node.is_null()) {
        let labels = object.at(&["metadata", "labels"]).map_or(Value::Null, Value::Node);
        if !selects(&Value::Node(selector), &labels)? {
            return Ok(false);
        }
    }
    let Some(selector) = constraints.get("namespaceSelector").filter(|node| !node.is_null()) else { return Ok(true) };
    let namespace = match (&object.namespace, object.is("", "Namespace")) {
        (_, true) => object.name.as_str(),
        (Some(namespace), false) => namespace.as_str(),
        (None, false) => return Ok(true),
    };
    let (labels, is_all) = cluster.namespace_labels(namespace);
    let is_automatic = labels.len() == 1;
    let labels = labels.into_iter().map(|(key, value)| (Value::text(key), Value::text(value))).collect();
    let answer = selects(&Value::Node(selector), &Value::Map(std::sync::Arc::new(labels)))?;
    // A selector that asks for the automatic label alone is decided by it.
    let asks_more = || {
        let by_name = |key: &str| key == "kubernetes.io/metadata.name";
        let equal = selector.get("matchLabels").into_iter().flat_map(Node::entries).any(|entry| !by_name(&entry.key));
        let terms = selector.get("matchExpressions").map(Node::items).unwrap_or_default();
        equal || terms.iter().any(|term| !term.get("key").and_then(Node::as_str).is_some_and(by_name))
    };
    if !is_all && is_automatic && asks_more() { Err(Stop::Unknown) } else { Ok(answer) }
}
