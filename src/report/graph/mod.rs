//! Graphs as pictures: one file a format, over the same looks and the same legend.

mod dot;
mod layout;
mod legend;
mod look;
mod mermaid;
pub(super) mod page;
mod path;
mod svg;
pub(super) mod text;

use crate::cluster::graph::Graph;
pub use layout::LayoutFailed;

/// A form of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A Mermaid flowchart, as GitHub and GitLab draw it in Markdown.
    Mermaid,
    /// Graphviz.
    Dot,
    /// A finished picture.
    Svg,
}

/// Draws graphs into one picture. The same graphs give the same bytes.
///
/// # Errors
/// No layout was found for the finished picture; the other forms leave that to whoever draws them.
pub fn graph(graphs: &[Graph], picture: Picture, with_legend: bool) -> Result<String, LayoutFailed> {
    match picture {
        Picture::Mermaid => Ok(mermaid::write(graphs, with_legend)),
        Picture::Dot => Ok(dot::write(graphs, with_legend)),
        Picture::Svg => svg::write(graphs, with_legend),
    }
}

/// Why GitHub would not draw a Mermaid picture, if it would not: the limits of Mermaid's defaults (`maxEdges`,
/// `maxTextSize` in its `packages/mermaid/src/schemas/config.schema.yaml`), which a picture cannot raise.
pub fn too_large(graphs: &[Graph], text: &str) -> Option<String> {
    let edges: usize = graphs.iter().map(|graph| graph.edges.len()).sum();
    if edges > 500 {
        return Some(format!("{edges} edges; Mermaid draws 500 where nothing else is configured"));
    }
    let length = text.chars().count();
    (length > 50_000).then(|| format!("{length} characters; Mermaid reads 50000 where nothing else is configured"))
}
