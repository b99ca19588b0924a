//! Where in an object an error of its schema is.

use jsonschema::ValidationError;
use jsonschema::paths::LocationSegment;

use crate::build::Object;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Where an error is.
pub struct Place<'n> {
    /// What stands there.
    pub node: &'n Node,
    /// The key that holds it.
    pub key: Option<Span>,
    /// The keys on the way, items of lists by their name.
    pub path: Vec<String>,
}

impl<'n> Place<'n> {
    /// The node that an error is about; `None` where it is not known what stands there.
    pub fn of(object: &'n Object, error: &ValidationError<'_>) -> Option<Self> {
        let mut place = Place { node: &object.node, key: None, path: Vec::new() };
        for segment in error.instance_path().segments() {
            match segment {
                LocationSegment::Property(name) => {
                    let entry = place.node.as_map()?.entry(&name)?;
                    (place.node, place.key) = (&entry.value, Some(entry.key_span));
                    place.path.push(name.into_owned());
                }
                LocationSegment::Index(at) => match &place.node.value {
                    // A key that is a number.
                    Value::Map(map) => {
                        let entry = map.entry(&at.to_string())?;
                        (place.node, place.key) = (&entry.value, Some(entry.key_span));
                        place.path.push(at.to_string());
                    }
                    _ => {
                        place.node = place.node.items().get(at)?;
                        place.key = Some(place.node.span());
                        let name = place.node.get("name").and_then(Node::as_str);
                        let item = name.map_or_else(|| at.to_string(), ToOwned::to_owned);
                        if let Some(last) = place.path.last_mut() {
                            last.push_str(&format!("[{item}]"));
                        }
                    }
                },
            }
        }
        (!place.node.is_unknown()).then_some(place)
    }

    /// The dotted path.
    pub fn shown(&self) -> String {
        self.path.join(".")
    }

    /// The dotted path of a field of it.
    pub fn below(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }
}
