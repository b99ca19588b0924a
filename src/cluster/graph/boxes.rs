//! Namespaces as boxes, and one edge to a box where one object applies everything in it.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

use super::{Edge, End, Graph, Namespace, Node, Relation, Role};

/// Puts namespaces with more than one object into boxes.
pub fn put(graph: &mut Graph) {
    let mut namespaces: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, node) in graph.nodes.iter().enumerate().filter(|(_, node)| !node.namespace.is_empty()) {
        namespaces.entry(node.namespace.clone()).or_default().push(at);
    }
    namespaces.retain(|_, members| members.len() > 1);
    graph.boxes = namespaces.into_iter().map(|(name, members)| Namespace { name, members }).collect();
    for (at, one) in graph.boxes.iter().enumerate() {
        for member in &one.members {
            if let Some(node) = graph.nodes.get_mut(*member) {
                node.in_box = Some(at);
            }
        }
    }
    bundle(graph);
}

/// Replaces the edges from one object to everything in a box by one edge to the box, where nothing is lost: each
/// Kustomization and HelmRelease in it is applied by that object, or by another one of the box.
fn bundle(graph: &mut Graph) {
    let in_box = |at: usize| graph.nodes.get(at).and_then(|node| node.in_box);
    // The edges to the members of a box, by the object outside that applies them.
    let mut outside: BTreeMap<usize, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
    let mut applied: HashSet<usize> = HashSet::new();
    let mut circular: HashSet<usize> = HashSet::new();
    for edge in graph.edges.iter().filter(|edge| edge.relation == Relation::Applies) {
        let End::Node(to) = edge.to else { continue };
        let Some(at) = in_box(to) else { continue };
        applied.insert(to);
        if in_box(edge.from) != Some(at) {
            outside.entry(at).or_default().entry(edge.from).or_default().push(to);
        }
        if edge.is_circular {
            circular.insert(at);
        }
    }
    // What each bundle holds, until its edge is put.
    let mut bundles: HashMap<(usize, usize), Option<Vec<usize>>> = HashMap::new();
    for (at, by) in outside {
        let members = graph.boxes.get(at).map(|one| one.members.as_slice()).unwrap_or_default();
        let is_applied = |member: &&usize| {
            applied.contains(*member)
                || !graph
                    .nodes
                    .get(**member)
                    .is_some_and(|node| matches!(node.role, Role::Kustomization | Role::Release))
        };
        let is_whole = members.iter().filter(is_applied).count() == members.len();
        if let (1, Some((from, ends))) = (by.len(), by.into_iter().next())
            && ends.len() > 1
            && is_whole
            && !circular.contains(&at)
        {
            bundles.insert((from, at), Some(ends));
        }
    }
    let mut edges: Vec<Edge> = Vec::new();
    for mut edge in std::mem::take(&mut graph.edges) {
        let place = match edge.to {
            End::Node(to) if edge.relation == Relation::Applies => {
                graph.nodes.get(to).and_then(|node| node.in_box).map(|at| (edge.from, at))
            }
            _ => None,
        };
        match place.and_then(|place| Some((place.1, bundles.get_mut(&place)?.take()))) {
            None => edges.push(edge),
            Some((at, Some(members))) => {
                edge.to = End::Box { at, members };
                edges.push(edge);
            }
            Some((_, None)) => {}
        }
    }
    graph.edges = edges;
}

impl Graph {
    /// The same with every object and edge for itself.
    #[must_use]
    pub fn without_boxes(&self) -> Self {
        let nodes = self.nodes.iter().map(|node| Node { in_box: None, ..node.clone() });
        let edges = self.edges.iter().flat_map(|edge| {
            let ends = match &edge.to {
                End::Node(to) => vec![*to],
                End::Box { members, .. } => members.clone(),
            };
            ends.into_iter().map(|to| Edge { to: End::Node(to), ..edge.clone() })
        });
        Graph { nodes: nodes.collect(), edges: edges.collect(), boxes: Vec::new(), ..self.clone() }
    }
}
