//! The environment of containers.

use super::Template;
use super::items::Type;
use super::order::ordered;
use crate::build::charts::draft::{Draft, made_of};
use crate::build::charts::go::{as_text, given};
use crate::build::charts::made::Trouble;
use crate::yaml::{Entry, Map, Node, Origin, Value};

impl Template<'_> {
    /// `env`, from a list or a map.
    pub fn env(&self, container: &Node, path: &str) -> Option<Node> {
        let written = given(container, "env")?;
        let made: Vec<Node> = match &written.value {
            Value::Seq(list) => {
                list.iter().enumerate().map(|(at, one)| self.listed(one, &format!("{path}.env[{at}]"))).collect()
            }
            Value::Map(map) => {
                let (done, left) = ordered(map.iter().map(|entry| (entry.key.as_str(), &entry.value, entry)).collect());
                for entry in &left {
                    let place = entry.value.get("dependsOn").map_or(entry.key_span, Node::span);
                    let message = "it depends on itself, or on what is not there".to_owned();
                    self.note(Trouble::Invalid, place, format!("{path}.env.{}.dependsOn", entry.key), message);
                }
                done.into_iter().chain(left).map(keyed).collect()
            }
            _ => return Some(written.clone()),
        };
        Some(Draft::at(written.span()).list(made))
    }

    fn listed(&self, one: &Node, path: &str) -> Node {
        if one.as_map().is_none() {
            return one.clone();
        }
        if one.get("name").is_none() {
            self.missing(one.span(), format!("{path}.name"));
        }
        variable(&Draft::at(one.span()), one.get("name").cloned(), one)
    }

    /// `envFrom`, with identifiers resolved.
    pub fn env_from(&self, container: &Node, path: &str) -> Option<Node> {
        let written = given(container, "envFrom")?;
        let Value::Seq(list) = &written.value else { return Some(written.clone()) };
        let made = list.iter().enumerate().map(|(at, one)| self.source(one, &format!("{path}.envFrom[{at}]")));
        Some(Draft::at(written.span()).list(made.collect()))
    }

    fn source(&self, one: &Node, path: &str) -> Node {
        if one.as_map().is_none() {
            return one.clone();
        }
        let draft = Draft::at(one.span());
        // An identifier, else a name as it stands.
        let either = |of: Type, reference: &Node| match self.named(of, reference) {
            Some(Some(name)) => name,
            _ => reference.clone(),
        };
        let by_reference = |of: Type, reference: &Node, key: &str| {
            let name = match given(reference, "identifier") {
                Some(identifier) => Some(self.reference(of, identifier, format!("{path}.{key}.identifier"))),
                None => reference.get("name").cloned(),
            };
            let optional = reference.get("optional").cloned();
            Draft::at(reference.span()).map([("name", name), ("optional", optional)])
        };
        let named = |name: Node| draft.map([("name", Some(name))]);
        let (key, source) = if let Some(reference) = one.get("configMap") {
            ("configMapRef", named(either(Type::ConfigMap, reference)))
        } else if let Some(reference) = one.get("configMapRef") {
            ("configMapRef", by_reference(Type::ConfigMap, reference, "configMapRef"))
        } else if let Some(reference) = one.get("secret") {
            ("secretRef", named(either(Type::Secret, reference)))
        } else if let Some(reference) = one.get("externalSecretRef") {
            ("secretRef", by_reference(Type::ExternalSecret, reference, "externalSecretRef"))
        } else if let Some(reference) = one.get("secretRef") {
            ("secretRef", by_reference(Type::Secret, reference, "secretRef"))
        } else {
            return one.clone();
        };
        draft.map([(key, Some(source)), ("prefix", given(one, "prefix").cloned())])
    }
}

/// A variable of a map: its key is the name.
fn keyed(entry: &Entry) -> Node {
    let draft = Draft::at(entry.key_span);
    let name = Node::text_node(entry.key.clone(), Origin::Source(entry.key_span));
    match &entry.value.value {
        Value::Map(_) => variable(&draft, Some(name), &entry.value),
        _ => draft.map([("name", Some(name)), ("value", Some(value(&entry.value)))]),
    }
}

/// A variable that says more than a value; all but the name and the order is its source where no value is given.
fn variable(draft: &Draft, name: Option<Node>, written: &Node) -> Node {
    if let Some(plain) = written.get("value") {
        return draft.map([("name", name), ("value", Some(value(plain)))]);
    }
    if let Some(source) = written.get("valueFrom") {
        return draft.map([("name", name), ("valueFrom", Some(source.clone()))]);
    }
    let is_own = |entry: &&Entry| entry.key != "name" && entry.key != "dependsOn";
    let source = Map::from_entries(written.entries().filter(is_own).cloned().collect());
    let source = Node { value: Value::Map(source.into()), origin: written.origin.clone() };
    draft.map([("name", name), ("valueFrom", Some(source))])
}

/// Numbers and booleans become texts.
fn value(node: &Node) -> Node {
    match &node.value {
        Value::Int(_) | Value::Uint(_) | Value::Float(_) | Value::Bool(_) => {
            as_text(node).map_or_else(|| node.clone(), |text| made_of(node, text.as_ref()))
        }
        _ => node.clone(),
    }
}
