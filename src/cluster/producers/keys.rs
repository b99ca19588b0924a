//! The keys of ConfigMaps and Secrets, also of those that are made.

use std::collections::BTreeMap;

use super::{Existence, Product};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::source::Span;
use crate::yaml::Node;

use super::table::path;

/// The keys of an object.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Those that are known, each with its place.
    pub known: BTreeMap<String, Span>,
    /// There may be others.
    pub open: bool,
}

impl Keys {
    /// Whether a key is certainly missing.
    pub fn lacks(&self, key: &str) -> bool {
        !self.open && !self.known.contains_key(key)
    }

    fn of(object: &Object) -> Self {
        let mut keys = Keys::default();
        for field in ["data", "binaryData", "stringData"] {
            let Some(field) = object.at(&[field]) else { continue };
            keys.open |= field.is_unknown();
            keys.known.extend(field.entries().map(|entry| (entry.key.to_string(), entry.key_span)));
        }
        keys
    }

    fn made(product: &Product, by: &Object) -> Self {
        let Some(rules) = &product.made.keys else { return Keys { open: true, ..Keys::default() } };
        let node = &by.node;
        let mut keys =
            Keys { open: rules.open.iter().any(|text| !path(text).each(node).is_empty()), ..Keys::default() };
        keys.known.extend(rules.fixed.iter().map(|key| (key.clone(), by.place())));
        for text in &rules.each {
            for name in path(text).each(node) {
                match name.as_str() {
                    Some(key) => drop(keys.known.insert(key.to_owned(), name.span())),
                    None => keys.open |= !name.is_null(),
                }
            }
        }
        for text in &rules.of {
            keys.open |= path(text).each(node).into_iter().any(Node::is_unknown);
            keys.known.extend(path(text).entries(node).iter().map(|entry| (entry.key.to_string(), entry.key_span)));
        }
        keys
    }
}

impl<'w> Cluster<'w> {
    /// The keys of a ConfigMap or Secret; `None` where it does not exist or nothing is known of it.
    pub fn keys(&self, kind: &str, namespace: &str, name: &str) -> Option<Keys> {
        match self.existence("", kind, namespace, name) {
            Existence::Here(object) => {
                let mut keys = Keys::of(object);
                // Something else may write into it too.
                keys.open |= self.products().find("", kind, namespace, name).is_some();
                Some(keys)
            }
            Existence::Made(product) => Some(Keys::made(product, self.object(product.by)?)),
            Existence::Possible(_) | Existence::Unknown | Existence::Absent => None,
        }
    }
}
