//! The values of a HelmRelease: `valuesFrom` merged, inline values over them. Source: fluxcd/pkg `chartutil/values.go`.

use std::sync::Arc;

use crate::build::manifests::Library;
use crate::build::object::Object;
use crate::source::Span;
use crate::yaml::{Map, Mode, Node, Origin, Step, Value};

/// The values a chart is rendered with.
#[derive(Clone, Debug)]
pub struct ReleaseValues {
    /// A map.
    pub root: Node,
    /// Sources that cannot be read: a value that is absent here may be set there.
    pub open: Vec<String>,
}

impl ReleaseValues {
    /// Whether an absent value is really absent.
    pub fn is_closed(&self) -> bool {
        self.open.is_empty()
    }
}

/// Merges the values of a release. `find` looks up an object by kind, namespace and name.
pub fn release_values<'o>(
    library: &Library<'_>,
    release: &'o Object,
    find: &dyn Fn(&str, &str, &str) -> Option<&'o Object>,
) -> ReleaseValues {
    let place = release.place();
    let mut values = ReleaseValues { root: Node::empty_map(Origin::Source(place)), open: Vec::new() };
    let mut at_paths: Vec<(String, Node)> = Vec::new();
    for reference in release.dig("spec.valuesFrom").map(Node::items).unwrap_or_default() {
        let text = |key: &str| reference.get(key).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
        let (Some(kind), Some(name)) = (text("kind"), text("name")) else {
            values.open.push("a source whose name is not known".to_owned());
            continue;
        };
        let key = text("valuesKey").unwrap_or_else(|| "values.yaml".to_owned());
        let shown = format!("{kind}/{}/{name}", release.namespace());
        let optional = reference.get("optional").and_then(Node::as_bool) == Some(true);
        let Some(content) = find(&kind, release.namespace(), &name).and_then(|source| content(source, &key)) else {
            values.open.push(if optional { format!("{shown} (optional)") } else { shown });
            continue;
        };
        if let Some(path) = text("targetPath") {
            at_paths.push((path, content));
            continue;
        }
        let merged = library.embedded(&content, Mode::V2).filter(|manifests| !manifests.broken);
        match merged.as_ref().and_then(|manifests| manifests.documents.first()) {
            Some(document) => overlay(&mut values.root, document),
            None if merged.is_some() => {}
            None => values.open.push(shown),
        }
    }
    if let Some(inline) = release.dig("spec.values") {
        overlay(&mut values.root, inline);
    }
    for (path, content) in at_paths {
        set_path(&mut values.root, &path, content, place);
    }
    values
}

fn content(source: &Object, key: &str) -> Option<Node> {
    if let Some(text) = source.at(&["stringData", key]).or_else(|| source.at(&["data", key])) {
        if source.kind() == "Secret" && source.at(&["stringData", key]).is_none() {
            let mut variables = super::Variables::default();
            variables.add_encoded(source.at(&["data"])?);
            return match variables.get(key) {
                Some(super::variables::Variable { value: super::VariableValue::Known(_), .. }) => decoded(text),
                _ => None,
            };
        }
        return text.as_str().map(|_| text.clone());
    }
    None
}

fn decoded(text: &Node) -> Option<Node> {
    use base64::Engine as _;
    let raw: String = text.as_str()?.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(raw).ok()?;
    let plain = String::from_utf8(bytes).ok()?;
    Some(Node::text_node(plain, text.origin.clone()))
}

/// Deep merge: maps merge, everything else of `over` wins, null takes a key away.
fn overlay(base: &mut Node, over: &Node) {
    let Value::Map(map) = &over.value else { return };
    let Some(target) = base.as_map_mut() else { return };
    for entry in map.iter() {
        if entry.value.is_null() {
            target.remove(&entry.key);
            continue;
        }
        match target.get_mut(&entry.key) {
            Some(old) if old.as_map().is_some() && entry.value.as_map().is_some() => overlay(old, &entry.value),
            Some(old) => {
                let before = old.origin.clone();
                let place = entry.value.span();
                *old = entry.value.clone().marked(Step::ValuesMerged, place, Some(before));
            }
            None => target.set(&entry.key, entry.key_span, entry.value.clone()),
        }
    }
}

/// Helm's `--set` path, without its list syntax.
fn set_path(root: &mut Node, path: &str, content: Node, place: Span) {
    let mut parent = root;
    let parts: Vec<&str> = path.split('.').collect();
    let Some((last, parents)) = parts.split_last() else { return };
    for part in parents {
        let Some(child) = parent.child_mut(part) else { return };
        if child.as_map().is_none() {
            *child = Node { value: Value::Map(Arc::new(Map::default())), origin: child.origin.clone() };
        }
        parent = child;
    }
    if let Some(map) = parent.as_map_mut() {
        map.set(last, place, content);
    }
}
