//! The values of a HelmRelease: `valuesFrom` merged in order, inline values over them.
//! Source: fluxcd/pkg `chartutil/values.go` (`ChartValuesFromReferences`).

use std::sync::Arc;

use super::set_line::{Assigned, assignments};
use super::shared_values::SharedMap;
use super::variables::decoded;
use crate::build::manifests::Library;
use crate::build::object::Object;
use crate::yaml::{Mode, Node, Origin, Unknown, UnknownWhy, Value};

/// The values a chart is rendered with.
#[derive(Clone, Debug, PartialEq)]
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
    let place = Origin::Source(release.place());
    let mut open = Vec::new();
    let mut result = SharedMap::empty(place.clone());
    let inline = release.dig("spec.values").map_or_else(|| SharedMap::empty(place), SharedMap::of);
    for reference in release.dig("spec.valuesFrom").map(Node::items).unwrap_or_default() {
        let text = |key: &str| reference.get(key).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
        let (Some(kind), Some(name)) = (text("kind"), text("name")) else {
            open.push("a source whose name is not known".to_owned());
            continue;
        };
        let key = text("valuesKey").filter(|key| !key.is_empty()).unwrap_or_else(|| "values.yaml".to_owned());
        let shown = format!("{kind}/{}/{name}", release.namespace());
        let flag = |key: &str| reference.get(key).and_then(Node::as_bool) == Some(true);
        let target = text("targetPath").filter(|path| !path.is_empty());
        let content = match find(&kind, release.namespace(), &name).map(|source| content(source, &key)) {
            Some(Content::Known(content)) => content,
            Some(Content::Absent) if flag("optional") => continue,
            // Only one value is not known.
            _ if target.as_deref().is_some_and(|path| {
                let value = unknown(&shown, reference);
                result = result.merged(&inline);
                assign(&result, path, &value)
            }) =>
            {
                continue;
            }
            _ if flag("optional") => {
                open.push(format!("{shown} (optional)"));
                continue;
            }
            _ => {
                open.push(shown);
                continue;
            }
        };
        if let Some(path) = target {
            result = result.merged(&inline);
            if !set(&result, &path, &content, flag("literal")) {
                open.push(shown);
            }
            continue;
        }
        let read = library.embedded(&content, Mode::V2).filter(|manifests| !manifests.broken);
        match read.as_ref().map(|manifests| manifests.documents.first()) {
            Some(Some(document)) if document.as_map().is_some() => result = result.merged(&SharedMap::of(document)),
            Some(None) => {}
            _ => open.push(shown),
        }
    }
    ReleaseValues { root: result.merged(&inline).node(), open }
}

/// What a source holds under a key.
enum Content {
    Known(Node),
    Absent,
    Unknown,
}

fn content(source: &Object, key: &str) -> Content {
    // What the API server makes of `stringData` wins over `data`.
    if source.kind() == "Secret"
        && let Some(text) = source.at(&["stringData", key])
    {
        return if text.as_str().is_some() { Content::Known(text.clone()) } else { Content::Unknown };
    }
    let data = source.at(&["data"]);
    let Some(value) = data.and_then(|data| data.get(key)) else {
        return if data.is_some_and(Node::is_unknown) { Content::Unknown } else { Content::Absent };
    };
    if source.kind() != "Secret" {
        return if value.as_str().is_some() { Content::Known(value.clone()) } else { Content::Unknown };
    }
    match decoded(value) {
        Some(text) => Content::Known(Node::text_node(text, value.origin.clone())),
        None => Content::Unknown,
    }
}

/// A value that stands in a source which cannot be read.
fn unknown(source: &str, reference: &Node) -> Node {
    let unknown = Unknown { template: source.into(), why: UnknownWhy::Input };
    Node { value: Value::Unknown(Arc::new(unknown)), origin: reference.origin.clone() }
}

/// Sets a value at a path.
fn assign(root: &SharedMap, path: &str, value: &Node) -> bool {
    let steps = assignments(&format!("{path}=")).and_then(|found| found.into_iter().next());
    steps.is_some_and(|(steps, _)| root.assign(&steps, value))
}

/// Sets a text at a path as `helm --set` does; in quotes, or taken literally, it stays a text.
fn set(root: &SharedMap, path: &str, content: &Node, literal: bool) -> bool {
    let Some(text) = content.as_str() else { return false };
    if literal {
        return assign(root, path, &Node { value: Value::Str(text.into()), origin: content.origin.clone() });
    }
    let quoted = ['\'', '"'].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
    let text = if quoted { text.trim_matches(['\'', '"']) } else { text };
    let Some(found) = assignments(&format!("{path}={text}")) else { return false };
    let value = |text: &str| Node {
        value: if quoted { Value::Str(text.into()) } else { typed(text) },
        origin: content.origin.clone(),
    };
    found.into_iter().all(|(steps, assigned)| match assigned {
        Assigned::One(text) => root.assign(&steps, &value(&text)),
        Assigned::List(texts) => {
            let items = texts.iter().map(|text| value(text)).collect();
            let list = Node { value: Value::Seq(Arc::new(items)), origin: content.origin.clone() };
            root.assign(&steps, &list)
        }
    })
}

/// The value that Helm makes of a text without quotes. Source: helm `pkg/strvals/parser.go` (`typedVal`).
fn typed(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        "0" => Value::Int(0),
        _ if text.starts_with('0') => Value::Str(text.into()),
        _ => text.parse().map_or_else(|_| Value::Str(text.into()), Value::Int),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::object::Gvk;
    use crate::source::{Memory, Sources};

    /// The values of the last document, the others being its sources.
    fn values(text: &str) -> (serde_json::Value, Vec<String>) {
        let sources = Sources::new(Memory::default());
        let library = Library::new(&sources);
        let manifests = library.of(sources.add("release.yaml", text), Mode::V3);
        let objects: Vec<Object> = manifests
            .documents
            .iter()
            .map(|node| Object {
                gvk: Gvk::new("v1", node.get("kind").unwrap().as_str().unwrap()),
                namespace: Some("apps".into()),
                name: node.at(&["metadata", "name"]).unwrap().as_str().unwrap().into(),
                node: node.clone(),
                written: crate::build::object::Id::of(node),
                kustomization: 0,
                trail: Vec::new(),
                encrypted: false,
                left_alone: false,
                release: None,
                modelled: None,
            })
            .collect();
        let find = |kind: &str, _: &str, name: &str| {
            objects.iter().find(|object| object.kind() == kind && object.name == name)
        };
        let merged = release_values(&library, objects.last().unwrap(), &find);
        (merged.root.to_json(), merged.open)
    }

    fn merged(sources: &str, release: &str) -> serde_json::Value {
        let (values, open) =
            values(&format!("{sources}\n---\nkind: HelmRelease\nmetadata: {{name: app}}\nspec: {release}"));
        assert!(open.is_empty(), "{open:?}");
        values
    }

    const PLAIN: &str =
        "kind: ConfigMap\nmetadata: {name: plain}\ndata: {values.yaml: 'a: {x: 1, z: 1}\n\n  b: [1]\n\n  c: 1'}";
    const ONE: &str =
        "kind: ConfigMap\nmetadata: {name: one}\ndata: {value: '5', list: '{x,y}', quoted: '\"5\"', commas: 'p,q=r'}";

    #[test]
    fn inline_values_win_over_plain_ones_and_lists_are_replaced() {
        let found =
            merged(PLAIN, "{valuesFrom: [{kind: ConfigMap, name: plain}], values: {a: {x: 2}, b: [2], c: null}}");
        assert_eq!(found, serde_json::json!({"a": {"x": 2, "z": 1}, "b": [2]}));
    }

    #[test]
    fn a_target_path_inside_an_inline_map_wins_over_the_inline_value() {
        let found = merged(
            ONE,
            "{valuesFrom: [{kind: ConfigMap, name: one, valuesKey: value, targetPath: a.x}], values: {a: {x: 2, z: 3}}}",
        );
        assert_eq!(found, serde_json::json!({"a": {"x": 5, "z": 3}}));
    }

    #[test]
    fn an_inline_value_wins_over_a_target_path_at_the_top_or_in_a_map_that_a_plain_source_brought() {
        let found = merged(
            ONE,
            "{valuesFrom: [{kind: ConfigMap, name: one, valuesKey: value, targetPath: a}], values: {a: 2}}",
        );
        assert_eq!(found, serde_json::json!({"a": 2}));
        let both = format!("{PLAIN}\n---\n{ONE}");
        let found = merged(
            &both,
            "{valuesFrom: [{kind: ConfigMap, name: plain}, {kind: ConfigMap, name: one, valuesKey: value, targetPath: a.x}], values: {a: {x: 2}}}",
        );
        assert_eq!(found["a"], serde_json::json!({"x": 2, "z": 1}));
    }

    #[test]
    fn a_target_path_reads_its_value_as_helm_does() {
        let at = |key: &str, more: &str| {
            merged(
                ONE,
                &format!(
                    "{{valuesFrom: [{{kind: ConfigMap, name: one, valuesKey: {key}, targetPath: 'a.b[1]'{more}}}]}}"
                ),
            )["a"]["b"][1]
                .clone()
        };
        assert_eq!(at("value", ""), 5);
        assert_eq!(at("quoted", ""), "5");
        assert_eq!(at("list", ""), serde_json::json!(["x", "y"]));
        assert_eq!(at("list", ", literal: true"), "{x,y}");
        assert_eq!(at("commas", ""), "p", "the rest is another assignment");
        assert_eq!(at("commas", ", literal: true"), "p,q=r");
    }

    #[test]
    fn a_source_that_is_not_there_hides_no_more_than_its_target() {
        let text = "kind: HelmRelease\nmetadata: {name: app}\nspec: {valuesFrom: [{kind: Secret, name: absent, targetPath: a.x}], values: {a: {z: 3}}}";
        let (values, open) = values(text);
        assert_eq!(open, [""; 0]);
        assert_eq!(values, serde_json::json!({"a": {"z": 3, "x": "Secret/apps/absent"}}));
    }

    #[test]
    fn a_missing_key_is_no_open_end_where_it_is_optional() {
        let release = "{valuesFrom: [{kind: ConfigMap, name: one, valuesKey: none, optional: true}], values: {a: 1}}";
        assert_eq!(merged(ONE, release), serde_json::json!({"a": 1}));
        let open = |reference: &str| {
            values(&format!(
                "{ONE}\n---\nkind: HelmRelease\nmetadata: {{name: app}}\nspec: {{valuesFrom: [{reference}]}}"
            ))
            .1
        };
        assert_eq!(open("{kind: Secret, name: absent, optional: true}"), ["Secret/apps/absent (optional)"]);
        assert_eq!(open("{kind: ConfigMap, name: one, valuesKey: none}"), ["ConfigMap/apps/one"]);
    }

    #[test]
    fn a_secret_is_decoded_and_its_plain_part_wins() {
        let secret = "kind: Secret\nmetadata: {name: one}\ndata: {values.yaml: YTogMQ==, other: Yg==}\nstringData: {other: 'c: 2'}";
        let found =
            merged(secret, "{valuesFrom: [{kind: Secret, name: one}, {kind: Secret, name: one, valuesKey: other}]}");
        assert_eq!(found, serde_json::json!({"a": 1, "c": 2}));
    }
}
