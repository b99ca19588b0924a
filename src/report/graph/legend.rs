//! What has to be explained beside a picture: the looks that occur in it, and what was left out.

use std::collections::BTreeSet;

use super::look::{EdgeLook, NodeLook};
use crate::cluster::graph::{End, Graph, Mark};

/// The legend of a picture.
#[derive(Debug, Default)]
pub struct Legend {
    /// The looks of objects.
    pub nodes: BTreeSet<NodeLook>,
    /// The looks of edges, one for each meaning.
    pub edges: Vec<EdgeLook>,
    /// Some edge leads to a whole namespace.
    pub has_bundles: bool,
}

/// What an edge to a namespace means.
pub const BUNDLE: &str = "an arrow to a box goes to all in it that nothing else applies";

impl Legend {
    /// Of what occurs in these graphs.
    pub fn of<'g>(graphs: impl Iterator<Item = &'g Graph> + Clone) -> Self {
        let edges = || graphs.clone().flat_map(|graph| graph.edges.iter().map(move |edge| (graph, edge)));
        let looks: BTreeSet<(Mark, EdgeLook)> = edges()
            .map(|(graph, edge)| EdgeLook { relation: edge.relation, mark: graph.mark(edge) })
            .map(|look| (look.mark, look))
            .collect();
        let mut known = BTreeSet::new();
        Legend {
            nodes: graphs.clone().flat_map(|graph| &graph.nodes).map(NodeLook::of).collect(),
            edges: looks.into_iter().map(|(_, look)| look).filter(|look| known.insert(look.meaning())).collect(),
            has_bundles: edges().any(|(_, edge)| matches!(edge.to, End::Box { .. })),
        }
    }
}

/// The lines above a graph: its cluster, and what was left out of it.
pub fn remarks(graph: &Graph) -> Vec<String> {
    let entry = if graph.entry.is_empty() { "." } else { &graph.entry };
    std::iter::once(format!("Cluster {entry}")).chain(graph.notes.iter().cloned()).collect()
}
