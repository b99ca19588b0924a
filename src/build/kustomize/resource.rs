//! A resource while it is built: its tree, the identities it had, and how it came in.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::field_spec::FieldError;
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::Node;

/// An entry of the annotations that `buildMetadata` asks for. Source: kustomize `api/resource/origin.go`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildOrigin {
    /// The file of a resource that stands in one.
    pub path: Option<String>,
    /// The kustomization file, or the plugin's file, that made or changed it.
    pub configured_in: Option<String>,
    /// The plugin that did.
    pub configured_by: Option<Id>,
}

/// The tree of a resource. Its identity is asked for far more often than it changes: it is read once, until somebody
/// takes the tree to change it.
#[derive(Clone, Debug)]
pub struct Tree {
    node: Node,
    id: OnceLock<Id>,
}

impl Tree {
    /// The node alone.
    pub fn into_node(self) -> Node {
        self.node
    }
}

impl From<Node> for Tree {
    fn from(node: Node) -> Self {
        Tree { node, id: OnceLock::new() }
    }
}

impl Deref for Tree {
    type Target = Node;
    fn deref(&self) -> &Node {
        &self.node
    }
}

impl DerefMut for Tree {
    fn deref_mut(&mut self) -> &mut Node {
        self.id = OnceLock::new();
        &mut self.node
    }
}

/// A resource of a build.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The tree.
    pub node: Tree,
    /// Identities it had before transformers changed them, oldest first.
    pub previous: Vec<Id>,
    /// How it came into the build, nearest first.
    pub trail: Vec<Label>,
    /// Its name gets the hash of its content at the end of the build.
    pub needs_hash: bool,
    /// Name prefixes it was given, oldest first, for telling equal old names apart.
    pub prefixes: Vec<String>,
    /// Name suffixes it was given, oldest first.
    pub suffixes: Vec<String>,
    /// `vars` that read from it.
    pub variables: Vec<String>,
    /// It went through JSON: numbers have lost the form they were written in.
    pub rewritten: bool,
    /// Where `buildMetadata` says it came from.
    pub origin: Option<BuildOrigin>,
    /// What `buildMetadata` says changed it.
    pub transformations: Vec<BuildOrigin>,
}

impl Resource {
    /// A resource as it stands in a file.
    pub fn new(node: Node) -> Self {
        Resource {
            node: node.into(),
            previous: Vec::new(),
            trail: Vec::new(),
            needs_hash: false,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            variables: Vec::new(),
            rewritten: false,
            origin: None,
            transformations: Vec::new(),
        }
    }

    /// Its identity now.
    pub fn id(&self) -> Id {
        self.node.id.get_or_init(|| Id::of(&self.node)).clone()
    }

    /// Its first identity.
    pub fn original(&self) -> Id {
        self.previous.first().cloned().unwrap_or_else(|| self.id())
    }

    /// Whether it has or had this identity.
    pub fn had(&self, id: &Id) -> bool {
        self.id().same(id) || self.previous.iter().any(|previous| previous.same(id))
    }

    /// Records the present identity before it changes.
    pub fn remember(&mut self) {
        let id = self.id();
        if self.previous.last() != Some(&id) {
            self.previous.push(id);
        }
    }
}

impl Resource {
    /// The place of its name.
    pub fn place(&self) -> Span {
        self.node.at(&["metadata", "name"]).unwrap_or(&self.node).span()
    }

    /// Whether it has or had this name.
    pub fn was_named(&self, name: &str) -> bool {
        self.id().name == name || self.previous.iter().any(|old| old.name == name)
    }

    /// The finding for a field that a transformer cannot set; `place` is where the transformer is ordered.
    pub fn refusal(&self, error: &FieldError, place: Span, label: &'static str) -> Observation {
        let id = self.id();
        let observation = Observation::new(
            "build-failed",
            format!("{} `{}` cannot be changed as asked: {error}", id.gvk.kind, id.name),
            Label::new(place, label),
        )
        .keyed(format!("{} {} {error}", id.gvk.kind, id.name));
        match error.span() {
            Some(span) => observation.related(Label::new(span, "this value")),
            None => observation,
        }
    }
}
