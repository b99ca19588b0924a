//! Field specifications: which field of which kinds a transformer touches. Source: kustomize `api/filters/fieldspec`,
//! `api/types/fieldspec.go`.

use std::sync::Arc;

use crate::build::object::Gvk;
use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Value};

/// A pattern over group, version and kind; an empty part matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GvkPattern {
    /// API group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl GvkPattern {
    /// Whether it selects a kind.
    pub fn selects(&self, gvk: &Gvk) -> bool {
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        fits(&self.kind, &gvk.kind) && fits(&self.group, &gvk.group) && fits(&self.version, &gvk.version)
    }

    /// For sorting: the kind's rank, then group, version and kind with marks for empty parts, which come last.
    /// Source: kyaml `resid/gvk.go`.
    pub fn rank(&self) -> (i64, String) {
        let or = |text: &str, mark: &str| if text.is_empty() { mark.to_owned() } else { text.to_owned() };
        let text = format!("{}_{}_{}", or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K"));
        (super::order::rank(&self.kind), text)
    }

    /// Reads the three keys of a row.
    pub fn read(row: &Node) -> Self {
        let text = |key: &str| row.field(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        GvkPattern { group: text("group"), version: text("version"), kind: text("kind") }
    }
}

/// A field of some kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The kinds.
    pub gvk: GvkPattern,
    /// Names of fields; lists on the way are walked element by element. A name with `[]` stands for a list and is
    /// never created.
    pub path: Vec<String>,
    /// Missing fields are created.
    pub create: bool,
}

/// Why a path could not be followed to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A scalar stands on the way.
    #[error("the path `{path}` leads through a plain value")]
    Scalar {
        /// The path.
        path: String,
        /// Where the value stands.
        span: Span,
    },
    /// The field at the end is of the wrong kind.
    #[error("the field at `{path}` is {found}, expected {expected}")]
    Kind {
        /// The path.
        path: String,
        /// What stands there.
        found: &'static str,
        /// What could be changed.
        expected: &'static str,
        /// Where.
        span: Span,
    },
    /// A part of the path is empty.
    #[error("the path `{path}` has an empty part")]
    EmptyName {
        /// The path.
        path: String,
    },
}

impl FieldError {
    /// Where, if that is known.
    pub fn span(&self) -> Option<Span> {
        match self {
            FieldError::Scalar { span, .. } | FieldError::Kind { span, .. } => Some(*span),
            FieldError::EmptyName { .. } => None,
        }
    }
}

/// What stands at the end of a path that has to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Nothing is created.
    Nothing,
    /// A scalar; a null until it is set.
    Scalar,
    /// A map.
    Map,
}

/// Splits a path at `/`; `\/` is a slash inside a name, and one leading slash is passed over.
pub fn split_path(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

impl FieldSpec {
    /// A field from its path with slashes.
    pub fn new(gvk: GvkPattern, path: &str, create: bool) -> Self {
        FieldSpec { gvk, path: split_path(path), create }
    }

    /// Reads a row of a list of field specifications.
    pub fn read(row: &Node) -> Option<Self> {
        let path = row.field("path")?.as_str()?;
        let create = row.field("create").and_then(Node::as_bool) == Some(true);
        Some(FieldSpec::new(GvkPattern::read(row), path, create))
    }

    /// The path with slashes.
    pub fn shown(&self) -> String {
        self.path.join("/")
    }

    /// Whether this is the field at a path.
    pub fn is_at(&self, path: &[&str]) -> bool {
        self.path == path
    }

    /// Whether the path leads to a value of an object that is `wanted`, or into something that it cannot lead through.
    pub fn finds(&self, object: &Node, wanted: &dyn Fn(&Node) -> bool) -> bool {
        finds(object, &self.path, wanted)
    }

    /// Calls `set` on every value the path leads to in an object of any kind, and creates nothing.
    ///
    /// # Errors
    /// The first value that cannot be followed or set.
    pub fn change(
        &self,
        object: &mut Node,
        set: &mut dyn FnMut(&mut Node) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        Walk { spec: self, create: Create::Nothing, set }.node(object, &self.path)
    }

    /// Calls `set` on every value the path leads to in an object of this kind.
    ///
    /// # Errors
    /// The first value that cannot be followed or set.
    pub fn apply(
        &self,
        object: &mut Node,
        gvk: &Gvk,
        create: Create,
        set: &mut dyn FnMut(&mut Node) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        let create = if self.create { create } else { Create::Nothing };
        // Looked at before it is taken for change, so that shared trees stay shared.
        if !self.gvk.selects(gvk) || (create == Create::Nothing && !finds(object, &self.path, &|_| true)) {
            return Ok(());
        }
        let mut walk = Walk { spec: self, create, set };
        walk.node(object, &self.path)
    }

    /// Adds a specification unless one that selects the same is there.
    ///
    /// # Errors
    /// The two disagree on whether the field is created.
    pub fn merge(list: &mut Vec<FieldSpec>, new: FieldSpec) -> Result<(), FieldSpecConflict> {
        let same = |old: &&FieldSpec| {
            let gvk = Gvk {
                group: old.gvk.group.as_str().into(),
                version: old.gvk.version.as_str().into(),
                kind: old.gvk.kind.as_str().into(),
            };
            old.path == new.path && new.gvk.selects(&gvk)
        };
        match list.iter().find(same) {
            Some(old) if old.create != new.create => Err(FieldSpecConflict { path: new.shown() }),
            Some(_) => Ok(()),
            None => {
                list.push(new);
                Ok(())
            }
        }
    }
}

/// Two specifications of one field disagree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field `{path}` is specified twice, once with `create` and once without")]
pub struct FieldSpecConflict {
    /// The path.
    pub path: String,
}

fn finds(node: &Node, path: &[String], wanted: &dyn Fn(&Node) -> bool) -> bool {
    let Some((first, rest)) = path.split_first() else { return wanted(node) };
    match &node.value {
        Value::Seq(items) => items.iter().any(|item| finds(item, path, wanted)),
        // The walk says what is wrong with a scalar on the way.
        Value::Map(map) => {
            let (first, is_list) = first.strip_suffix("[]").map_or((first.as_str(), false), |name| (name, true));
            map.get(first).is_some_and(|child| finds(child, rest, wanted) || (is_list && child.is_null()))
        }
        Value::Null => false,
        _ => true,
    }
}

struct Walk<'w> {
    spec: &'w FieldSpec,
    create: Create,
    set: &'w mut dyn FnMut(&mut Node) -> Result<(), FieldError>,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node, path: &[String]) -> Result<(), FieldError> {
        let Some((name, rest)) = path.split_first() else { return (self.set)(node) };
        match &mut node.value {
            Value::Null | Value::Unknown(_) => Ok(()),
            Value::Seq(items) => Arc::make_mut(items).iter_mut().try_for_each(|item| self.node(item, path)),
            Value::Map(_) => self.field(node, name, rest),
            _ => Err(FieldError::Scalar { path: self.spec.shown(), span: node.span() }),
        }
    }

    fn field(&mut self, node: &mut Node, name: &str, rest: &[String]) -> Result<(), FieldError> {
        let (name, is_list) = match name.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() {
            return Err(FieldError::EmptyName { path: self.spec.shown() });
        }
        let creates = self.create != Create::Nothing && !is_list;
        let place = node.span();
        let Some(map) = node.as_map_mut() else { return Ok(()) };
        if map.get(name).is_none() {
            if !creates {
                return Ok(());
            }
            let fresh = Node { value: Value::Null, origin: Origin::derived(Step::Added, place, None) };
            map.set(name, place, fresh);
        }
        let Some(child) = map.get_mut(name) else { return Ok(()) };
        if child.is_null() && is_list {
            child.value = Value::Seq(Arc::default());
        }
        if child.is_null() && creates && !(rest.is_empty() && self.create == Create::Scalar) {
            child.value = Value::Map(Arc::default());
        }
        self.node(child, rest)
    }
}

/// Words for what a value is.
pub fn kind_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "null",
        Value::Map(_) => "a map",
        Value::Seq(_) => "a list",
        Value::Str(_) => "a text",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number",
        Value::Unknown(_) => "not known",
    }
}
