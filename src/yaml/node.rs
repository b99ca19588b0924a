//! The owned tree: values with the place each came from and the chain of who changed it.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;

use super::scalar::float_text;
use crate::source::Span;

/// A value with its origin. Cloning is cheap: collections are shared until they are changed. Two are equal when they have
/// the same value from the same places; see [`Node::same_value`] for values alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// A JSON-like value, or one that cannot be known.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Any other finite number.
    Float(f64),
    /// A text.
    Str(SmolStr),
    /// A list.
    Seq(Arc<Vec<Node>>),
    /// A map, in source order.
    Map(Arc<Map>),
    /// A value that exists but cannot be read.
    Unknown(Arc<Unknown>),
}

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownWhy {
    /// Encrypted with SOPS.
    Encrypted,
    /// Holds a variable whose value is not in the tree.
    Variable,
    /// The hash of content that cannot be read.
    Hash,
    /// It comes from an input that was not read.
    Input,
    /// A chart makes it in a way that is not followed, such as a call of a template.
    Chart,
}

/// A value that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The text as far as it is known, unknown parts written as `${NAME}`; never a secret.
    pub template: SmolStr,
    /// Why.
    pub why: UnknownWhy,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Uint(a), Value::Uint(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            // What is shared needs no look inside.
            (Value::Seq(a), Value::Seq(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::Map(a), Value::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (Value::Unknown(a), Value::Unknown(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

/// Where a node came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// It stands there as it is.
    Source(Span),
    /// Something made or changed it.
    Derived(Arc<Derivation>),
}

/// One step of the chain behind a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivation {
    /// What happened.
    pub step: Step,
    /// The place to point at for this value.
    pub place: Span,
    /// The value's state before, if it had one.
    pub before: Option<Origin>,
}

/// What can happen to a value between the file and the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Written once with an anchor, used through an alias.
    Aliased,
    /// Set by `namespace:` of a kustomization file or `targetNamespace`.
    NamespaceSet,
    /// Changed by a name prefix or suffix, or given the hash of its content.
    Renamed,
    /// Set by `labels`, `commonLabels`, `commonAnnotations` or `commonMetadata`.
    MetadataSet,
    /// Set by a strategic merge patch.
    Patched,
    /// Set by a JSON 6902 patch.
    JsonPatched,
    /// Made by a generator.
    Generated,
    /// Rewritten because the object it names got another name.
    ReferenceRewritten,
    /// A transformer of the kustomization file: images, replicas, replacements.
    Transformed,
    /// Copied from another field by `replacements`.
    Copied,
    /// Merged from `valuesFrom`.
    ValuesMerged,
    /// Put in for a variable; the names.
    Substituted(SmolStr),
    /// Put in by Flux or kustomize itself.
    Added,
    /// Made by a chart, by itself or from a value.
    Chart,
}

impl Step {
    /// A label text for the place where the step was ordered.
    pub fn label(&self) -> String {
        match self {
            Step::Aliased => "used through this alias".to_owned(),
            Step::NamespaceSet => "namespace set here".to_owned(),
            Step::Renamed => "renamed here".to_owned(),
            Step::MetadataSet => "set on every object here".to_owned(),
            Step::Patched => "set by this patch".to_owned(),
            Step::JsonPatched => "set by this JSON patch".to_owned(),
            Step::Generated => "generated from here".to_owned(),
            Step::ReferenceRewritten => "reference rewritten".to_owned(),
            Step::Transformed => "changed here".to_owned(),
            Step::Copied => "copied from here".to_owned(),
            Step::ValuesMerged => "merged from these values".to_owned(),
            Step::Substituted(name) => format!("substituted for `{name}`"),
            Step::Added => "added by the build".to_owned(),
            Step::Chart => "made by the chart from this".to_owned(),
        }
    }
}

impl Origin {
    /// The place to point at.
    pub fn span(&self) -> Span {
        match self {
            Origin::Source(span) => *span,
            Origin::Derived(derivation) => derivation.place,
        }
    }

    /// A derived origin.
    #[must_use]
    pub fn derived(step: Step, place: Span, before: Option<Origin>) -> Self {
        Origin::Derived(Arc::new(Derivation { step, place, before }))
    }

    /// The chain, newest first: what happened, and where.
    pub fn chain(&self) -> Vec<(Option<Step>, Span)> {
        let mut chain = Vec::new();
        let mut next = Some(self);
        while let Some(origin) = next {
            match origin {
                Origin::Source(span) => {
                    chain.push((None, *span));
                    next = None;
                }
                Origin::Derived(derivation) => {
                    chain.push((Some(derivation.step.clone()), derivation.place));
                    next = derivation.before.as_ref();
                }
            }
        }
        chain
    }

    /// Whether the value stands in a file just as it is used.
    pub fn is_source(&self) -> bool {
        matches!(self, Origin::Source(_))
    }
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: SmolStr,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A map in source order; keys are unique.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    entries: Vec<Entry>,
}

impl Map {
    /// A map of entries whose keys are known to differ.
    pub fn from_entries(entries: Vec<Entry>) -> Self {
        Map { entries }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// Sets a key, keeping its position if it is there.
    pub fn set(&mut self, key: &str, key_span: Span, value: Node) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key: key.into(), key_span, value }),
        }
    }

    /// Adds an entry whose key is known to be new.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }

    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The entries, to change their values.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.entries.iter_mut()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'m> IntoIterator for &'m Map {
    type Item = &'m Entry;
    type IntoIter = std::slice::Iter<'m, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl Node {
    /// A node that stands in a file.
    pub fn new(value: Value, span: Span) -> Self {
        Node { value, origin: Origin::Source(span) }
    }

    /// A text node.
    pub fn text_node(text: impl Into<SmolStr>, origin: Origin) -> Self {
        Node { value: Value::Str(text.into()), origin }
    }

    /// An empty map.
    pub fn empty_map(origin: Origin) -> Self {
        Node { value: Value::Map(Arc::default()), origin }
    }

    /// The place to point at.
    pub fn span(&self) -> Span {
        self.origin.span()
    }

    /// The value of a key, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value of a key in upper or lower case, as Go decodes JSON into types; the exact key comes first.
    pub fn field(&self, key: &str) -> Option<&Node> {
        let map = self.as_map()?;
        map.get(key).or_else(|| map.iter().find(|entry| entry.key.eq_ignore_ascii_case(key)).map(|entry| &entry.value))
    }

    /// The node at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The node at a dotted path of keys; numbers index lists.
    pub fn dig(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, part| match &node.value {
            Value::Seq(items) => items.get(part.parse::<usize>().ok()?),
            _ => node.get(part),
        })
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entries of the map; none for everything else.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.as_map().into_iter().flatten()
    }

    /// The items of the list; none for everything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The map, to change it; a null becomes an empty map.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if matches!(self.value, Value::Null) {
            self.value = Value::Map(Arc::default());
        }
        match &mut self.value {
            Value::Map(map) => Some(Arc::make_mut(map)),
            _ => None,
        }
    }

    /// The list, to change it; a null becomes an empty list.
    pub fn as_seq_mut(&mut self) -> Option<&mut Vec<Node>> {
        if matches!(self.value, Value::Null) {
            self.value = Value::Seq(Arc::default());
        }
        match &mut self.value {
            Value::Seq(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// The value of a key, to change it; made as an empty map where it is absent.
    pub fn child_mut(&mut self, key: &str) -> Option<&mut Node> {
        let place = self.span();
        let map = self.as_map_mut()?;
        if map.get(key).is_none() {
            map.set(key, place, Node::empty_map(Origin::derived(Step::Added, place, None)));
        }
        map.get_mut(key)
    }

    /// The text of a text node.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any known scalar, as JSON prints it without quotes. `None` for null, collections and unknowns.
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::Str(text) => Some(Cow::Borrowed(text)),
            Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Value::Int(value) => Some(Cow::Owned(value.to_string())),
            Value::Uint(value) => Some(Cow::Owned(value.to_string())),
            Value::Float(value) => Some(Cow::Owned(float_text(*value))),
            Value::Null | Value::Seq(_) | Value::Map(_) | Value::Unknown(_) => None,
        }
    }

    /// The text of a scalar for people: unknown parts as `${NAME}`.
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::Unknown(unknown) if unknown.why == UnknownWhy::Encrypted => Some(Cow::Borrowed("<encrypted>")),
            Value::Unknown(unknown) => Some(Cow::Borrowed(&unknown.template)),
            _ => self.scalar_text(),
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether it exists but cannot be read.
    pub fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Unknown(_))
    }

    /// Why it cannot be read.
    pub fn unknown(&self) -> Option<&Unknown> {
        match &self.value {
            Value::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// Whether any scalar in it, or it itself, cannot be read.
    pub fn holds_unknown(&self) -> bool {
        match &self.value {
            Value::Unknown(_) => true,
            Value::Seq(items) => items.iter().any(Node::holds_unknown),
            Value::Map(map) => map.iter().any(|entry| entry.value.holds_unknown()),
            _ => false,
        }
    }

    /// Whether two nodes have the same value, wherever they came from. Unknowns equal nothing.
    pub fn same_value(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Seq(a), Value::Seq(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same_value(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|entry| b.get(&entry.key).is_some_and(|other| entry.value.same_value(other)))
            }
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(_) | Value::Uint(_) | Value::Float(_), Value::Int(_) | Value::Uint(_) | Value::Float(_)) => {
                self.scalar_text() == other.scalar_text()
            }
            _ => false,
        }
    }

    /// Records that something set this value.
    #[must_use]
    pub fn marked(mut self, step: Step, place: Span, before: Option<Origin>) -> Self {
        self.origin = Origin::derived(step, place, before);
        self
    }

    /// The value as JSON; unknowns print as their template.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => (*value).into(),
            Value::Uint(value) => (*value).into(),
            Value::Float(value) => serde_json::Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Value::Str(text) => Json::String(text.to_string()),
            Value::Unknown(unknown) => Json::String(unknown.template.to_string()),
            Value::Seq(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(map) => {
                Json::Object(map.iter().map(|entry| (entry.key.to_string(), entry.value.to_json())).collect())
            }
        }
    }
}
