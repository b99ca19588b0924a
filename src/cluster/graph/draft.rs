//! A graph while it is put together: objects by identity, so that each stands in it once and in a fixed order.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{Edge, End, Graph, Node, Relation, Role, Standing, boxes, circles};

/// The identity of an object in a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What it is to the graph.
    pub role: Role,
    /// Its kind.
    pub kind: SmolStr,
    /// Its namespace, or `""`.
    pub namespace: SmolStr,
    /// Its name.
    pub name: SmolStr,
}

/// What is known of an object.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether it is there.
    pub standing: Standing,
    /// What else is to be known of it.
    pub remark: Option<&'static str>,
    /// The graph is drawn around it.
    pub is_center: bool,
    /// It is ready once everything it applies is.
    pub waits: bool,
    /// It keeps the condition it had.
    pub is_suspended: bool,
}

impl Facts {
    /// Of an object with this standing.
    pub fn new(standing: Standing) -> Self {
        Facts { standing, remark: None, is_center: false, waits: false, is_suspended: false }
    }
}

/// What is known of an edge.
#[derive(Clone, Debug, Default)]
struct EdgeFacts {
    labels: BTreeSet<String>,
    // It may be fulfilled before its end is ready.
    is_lenient: bool,
}

/// A graph while it is put together.
#[derive(Debug, Default)]
pub struct Draft {
    nodes: BTreeMap<Key, Facts>,
    edges: BTreeMap<(Key, Relation, Key), EdgeFacts>,
}

impl Draft {
    /// Adds an object, unless it is there already.
    pub fn node(&mut self, key: &Key, facts: impl FnOnce() -> Facts) {
        if !self.nodes.contains_key(key) {
            self.nodes.insert(key.clone(), facts());
        }
    }

    /// Adds an edge between two objects that are there or will be.
    pub fn edge(&mut self, from: &Key, relation: Relation, to: &Key) {
        self.edges.entry((from.clone(), relation, to.clone())).or_default();
    }

    /// Adds an edge with the field behind it.
    pub fn labelled(&mut self, from: &Key, relation: Relation, to: &Key, label: Option<String>) {
        self.edges.entry((from.clone(), relation, to.clone())).or_default().labels.extend(label);
    }

    /// Adds a dependency that may be fulfilled before the other object is ready.
    pub fn lenient(&mut self, from: &Key, to: &Key) {
        self.edges.entry((from.clone(), Relation::DependsOn, to.clone())).or_default().is_lenient = true;
    }

    /// Whether an object is there.
    pub fn standing(&self, key: &Key) -> Standing {
        self.nodes.get(key).map_or(Standing::Unknown, |facts| facts.standing)
    }

    /// The identities of all objects, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.nodes.keys()
    }

    /// All edges, in order.
    pub fn edges(&self) -> impl Iterator<Item = (&Key, Relation, &Key)> {
        self.edges.keys().map(|(from, relation, to)| (from, *relation, to))
    }

    /// Takes edges out, and the objects that were there for their sake alone.
    pub fn drop_edges(&mut self, is_dropped: impl Fn(&Key, Relation, &Key, Standing) -> bool) {
        let nodes = &self.nodes;
        let standing = |key: &Key| nodes.get(key).map_or(Standing::Unknown, |facts| facts.standing);
        let mut ends = BTreeSet::new();
        self.edges.retain(|(from, relation, to), _| {
            let stays = !is_dropped(from, *relation, to, standing(to));
            if !stays {
                ends.insert(to.clone());
            }
            stays
        });
        for (from, _, to) in self.edges.keys() {
            ends.remove(from);
            ends.remove(to);
        }
        self.nodes.retain(|key, _| !ends.contains(key));
    }

    /// The finished graph with those objects alone that are wanted, and the edges between them.
    pub fn finish(self, entry: &str, is_wanted: impl Fn(&Key) -> bool, notes: Vec<String>) -> Graph {
        let circular = circles::circular(&self.nodes, self.edges.iter().map(|(key, facts)| (key, facts.is_lenient)));
        let positions: BTreeMap<&Key, usize> =
            self.nodes.keys().filter(|key| is_wanted(key)).enumerate().map(|(at, key)| (key, at)).collect();
        let nodes = self.nodes.iter().filter(|(key, _)| positions.contains_key(key)).map(|(key, facts)| Node {
            role: key.role,
            kind: key.kind.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            standing: facts.standing,
            remark: facts.remark,
            is_center: facts.is_center,
            in_box: None,
        });
        let edges = self.edges.iter().zip(circular).filter_map(|(((from, relation, to), facts), is_circular)| {
            Some(Edge {
                from: *positions.get(from)?,
                to: End::Node(*positions.get(to)?),
                relation: *relation,
                label: label(&facts.labels),
                is_circular,
            })
        });
        let mut graph =
            Graph { entry: entry.to_owned(), nodes: nodes.collect(), edges: edges.collect(), boxes: Vec::new(), notes };
        boxes::put(&mut graph);
        graph
    }
}

/// Two fields at most: a picture is no table.
fn label(fields: &BTreeSet<String>) -> Option<String> {
    let shown: Vec<&str> = fields.iter().take(2).map(String::as_str).collect();
    let more = if fields.len() > shown.len() { ", …" } else { "" };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
}
