//! Items of lists that are told apart by keys, or by themselves: none stands there twice.
//!
//! Source: structured-merge-diff `typed/validate.go`, which server-side apply asks, and so Flux; apiextensions-apiserver
//! `pkg/apiserver/schema/listtype/validation.go`.

use hashbrown::HashMap;
use std::borrow::Cow;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::instance::{Instance, Manifest};
use crate::yaml::Node;

/// The word of schemas.
pub const KEYWORD: &str = "x-kubernetes-list-type";

/// The fields that tell items of a map apart.
pub const KEYS: &str = "x-kubernetes-list-map-keys";
/// Their defaults, where the items do not say them.
pub const DEFAULTS: &str = "x-flux-vet-list-map-defaults";

/// A list without equal items.
struct Distinct {
    /// The keys of an item with their defaults; none where items are told apart by themselves.
    keys: Option<Vec<(String, Option<String>)>>,
}

impl Distinct {
    /// Positions of the first item that was there before, and of the earlier one.
    fn repeated(&self, instance: Instance<'_>) -> Option<(usize, usize)> {
        let Instance::Node(list) = instance else { return None };
        let mut seen: HashMap<Vec<Cow<'_, str>>, usize> = HashMap::new();
        for (at, item) in list.items().iter().enumerate() {
            let Some(identity) = self.identity(item) else { continue };
            if let Some(first) = seen.insert(identity, at) {
                return Some((at, first));
            }
        }
        None
    }

    /// What an item is told apart by; `None` where that is not known.
    fn identity<'n>(&self, item: &'n Node) -> Option<Vec<Cow<'n, str>>> {
        let Some(keys) = &self.keys else {
            return (!item.holds_unknown()).then(|| vec![Cow::Owned(item.to_json().to_string())]);
        };
        let part = |(key, default): &(String, Option<String>)| match item.get(key).filter(|node| !node.is_null()) {
            Some(node) if node.is_unknown() => None,
            Some(node) => node.scalar_text(),
            None => Some(Cow::Owned(default.clone().unwrap_or_default())),
        };
        item.as_map()?;
        keys.iter().map(part).collect()
    }
}

impl<'i> Keyword<'i, Manifest> for Distinct {
    fn validate(&self, instance: Instance<'i>) -> Result<(), ValidationError<'i>> {
        match self.repeated(instance) {
            // The reader of errors points at the items.
            Some((at, first)) => Err(ValidationError::custom(format!("{at} {first}"))),
            None => Ok(()),
        }
    }

    fn is_valid(&self, instance: Instance<'i>) -> bool {
        self.repeated(instance).is_none()
    }
}

/// Makes the keyword of a schema.
///
/// # Errors
/// None.
pub fn keyword<'a>(
    schema: &'a Map<String, Value>,
    kind: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Manifest>>, ValidationError<'a>> {
    let default = |key: &str| {
        let in_items = || schema.get("items")?.get("properties")?.get(key)?.get("default");
        let default =
            schema.get(DEFAULTS).and_then(|all| all.get(key)).or_else(in_items).filter(|one| !one.is_null())?;
        Some(default.as_str().map_or_else(|| default.to_string(), ToOwned::to_owned))
    };
    let keys = match kind.as_str() {
        Some("map") => {
            let named = schema.get(KEYS).and_then(Value::as_array);
            let keys = named.into_iter().flatten().filter_map(Value::as_str);
            Some(keys.map(|key| (key.to_owned(), default(key))).collect())
        }
        Some("set") => None,
        _ => return Ok(Box::new(Anything)),
    };
    Ok(Box::new(Distinct { keys }))
}

/// An atomic list.
struct Anything;

impl<'i> Keyword<'i, Manifest> for Anything {
    fn validate(&self, _: Instance<'i>) -> Result<(), ValidationError<'i>> {
        Ok(())
    }

    fn is_valid(&self, _: Instance<'i>) -> bool {
        true
    }
}
