//! Which ConfigMaps and Secrets have been built so far, and which Secrets something makes at run time.

use hashbrown::HashMap;

use smol_str::SmolStr;

use crate::build::object::Object;
use crate::yaml::Node;

/// Positions of objects that variables come from.
#[derive(Debug, Default)]
pub struct Inventory {
    // By kind, namespace and name.
    built: HashMap<(SmolStr, SmolStr, SmolStr), usize>,
    // ExternalSecrets and their like by the namespace and name of the Secret: its keys are known, its values are not.
    made: HashMap<(SmolStr, SmolStr), usize>,
}

impl Inventory {
    /// Takes note of the object at a position.
    pub fn add(&mut self, at: usize, object: &Object) {
        // What Flux leaves alone says nothing about what the cluster holds.
        if object.left_alone {
            return;
        }
        let namespace: SmolStr = object.namespace.clone().unwrap_or_default();
        if object.gvk.group.is_empty() && matches!(object.kind(), "ConfigMap" | "Secret") {
            let key = (object.gvk.kind.clone(), namespace.clone(), object.name.clone());
            self.built.entry(key).or_insert(at);
        }
        if let Some(secret) = produced_secret(object) {
            self.made.entry((namespace, secret)).or_insert(at);
        }
    }

    /// The position of a ConfigMap or Secret.
    pub fn built(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.built.get(&(kind.into(), namespace.into(), name.into())).copied()
    }

    /// The position of what makes a Secret.
    pub fn maker(&self, namespace: &str, name: &str) -> Option<usize> {
        self.made.get(&(namespace.into(), name.into())).copied()
    }
}

/// The Secret that an ExternalSecret or SealedSecret makes.
pub fn produced_secret(object: &Object) -> Option<SmolStr> {
    match (object.gvk.group.as_str(), object.gvk.kind.as_str()) {
        ("external-secrets.io", "ExternalSecret") => {
            let policy = object.dig("spec.target.creationPolicy").and_then(Node::as_str);
            if matches!(policy, Some("Merge" | "None")) {
                return None;
            }
            match object.dig("spec.target.name") {
                Some(name) => name.scalar_text().map(SmolStr::from),
                None => Some(object.name.clone()),
            }
        }
        ("bitnami.com", "SealedSecret") => match object.dig("spec.template.metadata.name") {
            Some(name) => name.scalar_text().map(SmolStr::from),
            None => Some(object.name.clone()),
        },
        _ => None,
    }
}
