//! Graphs to look at: objects of a cluster, and what one has to do with another.

mod around;
mod boxes;
mod circles;
mod draft;
mod flux;

use smol_str::SmolStr;

pub use around::around;
pub use flux::{Selection, Sources, flux};

/// One cluster, ready to be drawn. The order of everything is that of names, not that of the build.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Entry path of the cluster.
    pub entry: String,
    /// The objects.
    pub nodes: Vec<Node>,
    /// What they have to do with each other.
    pub edges: Vec<Edge>,
    /// Namespaces with more than one of the objects.
    pub boxes: Vec<Namespace>,
    /// What was left out of the picture, as sentences.
    pub notes: Vec<String>,
}

/// What an object is to the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A folder that somebody applies by hand.
    Folder,
    /// A Flux Kustomization.
    Kustomization,
    /// A HelmRelease.
    Release,
    /// A source of one of them.
    Source,
    /// Anything else.
    Other,
}

/// Whether an object is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It exists.
    Known,
    /// It exists, and Flux would not apply what it holds.
    Broken,
    /// It may exist: something that was not looked at could bring it.
    Unknown,
    /// It does not exist.
    Missing,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is to the graph.
    pub role: Role,
    /// Its kind.
    pub kind: SmolStr,
    /// Its namespace, or `""`.
    pub namespace: SmolStr,
    /// Its name.
    pub name: SmolStr,
    /// Whether it is there.
    pub standing: Standing,
    /// What else is to be known of it, in a word or two.
    pub remark: Option<&'static str>,
    /// The graph was drawn around it.
    pub is_center: bool,
    /// Position of its namespace among [`Graph::boxes`].
    pub in_box: Option<usize>,
}

impl Node {
    /// The line above the name: the kind, and what is to be known besides.
    pub fn caption(&self) -> String {
        let mut words = vec![self.kind.as_str()];
        words.extend(Some(self.namespace.as_str()).filter(|name| self.in_box.is_none() && !name.is_empty()));
        words.extend(match self.standing {
            Standing::Known => None,
            Standing::Broken => Some("does not build"),
            Standing::Unknown => Some("not known"),
            Standing::Missing => Some("missing"),
        });
        words.extend(self.remark);
        words.join(" · ")
    }
}

/// What one object has to do with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// `dependsOn`.
    DependsOn,
    /// `sourceRef` or `chartRef`.
    Source,
    /// It applies the other one, or makes it.
    Applies,
    /// Some other field names it.
    Names,
}

/// Where an edge ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At an object.
    Node(usize),
    /// At a namespace: it goes to each of these objects in it.
    Box {
        /// Position among [`Graph::boxes`].
        at: usize,
        /// Positions of the objects; never empty.
        members: Vec<usize>,
    },
}

/// An edge.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Position of the object it comes from.
    pub from: usize,
    /// Where it goes.
    pub to: End,
    /// What it says.
    pub relation: Relation,
    /// The field that says so, where that is worth a label.
    pub label: Option<String>,
    /// It is part of a circle in which everything waits for ever.
    pub is_circular: bool,
}

/// How an edge is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// As its relation says.
    Plain,
    /// Its end may exist.
    Unknown,
    /// Its end does not exist.
    Broken,
    /// It waits for ever.
    Circular,
}

impl Graph {
    /// How an edge is to be seen.
    pub fn mark(&self, edge: &Edge) -> Mark {
        let standing = match edge.to {
            End::Node(at) => self.nodes.get(at).map(|node| node.standing),
            End::Box { .. } => None,
        };
        match standing {
            _ if edge.is_circular => Mark::Circular,
            Some(Standing::Missing) => Mark::Broken,
            Some(Standing::Unknown) => Mark::Unknown,
            _ => Mark::Plain,
        }
    }
}

/// A namespace with more than one object.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Its name.
    pub name: SmolStr,
    /// Positions of its objects.
    pub members: Vec<usize>,
}
