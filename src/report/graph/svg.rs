//! Graphs as finished pictures (SVG).

use super::layout::{LayoutFailed, Placed, Point, Rect, Sheet, place};
use super::legend::{BUNDLE, Legend, remarks};
use super::look::{EdgeLook, NodeLook};
use super::page::{NAME, Page, SMALL, SPACE};
use super::{path, text};
use crate::cluster::graph::{Edge, End, Graph, Node};

/// Height of a node.
const HEIGHT: f64 = 40.0;
/// Height of a line of small text.
const LINE: f64 = 16.0;
/// Longest line of text above a graph (characters).
const LONGEST: usize = 160;

/// A picture: the legend, then the clusters, one below the other.
///
/// # Errors
/// No layout was found.
pub fn write(graphs: &[Graph], with_legend: bool) -> Result<String, LayoutFailed> {
    let drawn: Vec<(Graph, Sheet, Placed)> = graphs.iter().map(laid_out).collect::<Result<_, _>>()?;
    let graphs: Vec<&Graph> = drawn.iter().map(|(graph, ..)| graph).collect();
    let legend = Legend::of(graphs.iter().copied());
    let mut page = Page::default();
    if with_legend {
        put_legend(&mut page, &legend);
    }
    let title: Vec<String> = graphs.iter().map(|graph| remarks(graph).join("; ")).collect();
    for (graph, sheet, placed) in &drawn {
        put_graph(&mut page, graph, sheet, placed.clone());
    }
    Ok(page.finish(&title.join(" / "), &legend))
}

/// The graph as it can be drawn: boxes that lead to each other in many ways can be too much for the layout, objects alone
/// are not.
fn laid_out(graph: &Graph) -> Result<(Graph, Sheet, Placed), LayoutFailed> {
    let laid_out = |graph: Graph| {
        let sheet = sheet(&graph);
        let placed = place(&sheet)?;
        Ok((graph, sheet, placed))
    };
    laid_out(graph.clone()).or_else(|_: LayoutFailed| laid_out(graph.without_boxes()))
}

/// Two rows: objects, then lines.
fn put_legend(page: &mut Page, legend: &Legend) {
    let (mut x, mut y) = (SPACE, SPACE);
    for look in &legend.nodes {
        let width = text::width(look.meaning(), SMALL) + 16.0;
        page.rect(Rect { x, y, width, height: 22.0 }, look.class(), radius(*look));
        page.centered((x + width / 2.0, y + 14.5), &format!("{}-text", look.class()), look.meaning());
        x += width + 10.0;
    }
    (x, y) = (SPACE, y + 36.0);
    for look in &legend.edges {
        page.line(&path::curve(&[(x, y), (x + 36.0, y)]), *look);
        let width = text::width(look.meaning(), SMALL);
        page.text((x + 42.0, y + 3.5), width, "", look.meaning());
        x += width + 60.0;
    }
    if legend.has_bundles {
        page.text((SPACE, y + LINE + 4.0), text::width(BUNDLE, SMALL), "", BUNDLE);
    }
}

fn put_graph(page: &mut Page, graph: &Graph, sheet: &Sheet, placed: Placed) {
    let mut top = page.height() + SPACE;
    for (at, words) in remarks(graph).iter().enumerate() {
        top += LINE;
        let (class, size) = if at == 0 { ("name", NAME) } else { ("", SMALL) };
        let words = text::sentence(words, LONGEST);
        page.text((SPACE, top), text::width(&words, size), class, &words);
    }
    let moved = moved(placed, (SPACE, top + SPACE));
    for rect in &moved.boxes {
        page.rect(*rect, "box", 8.0);
    }
    let lines = path::spread(&moved, &sheet.edges);
    let mut next = 0;
    for edge in &graph.edges {
        let own = next..next + count(edge);
        next = own.end;
        put_edge(page, graph, edge, &moved, &lines, own);
    }
    for (one, rect) in graph.boxes.iter().zip(&moved.boxes) {
        let name = text::label(&one.name);
        page.text((rect.x + 8.0, rect.y + 14.0), text::width(&name, SMALL), "title", &name);
    }
    for (node, rect) in graph.nodes.iter().zip(&moved.nodes) {
        put_node(page, node, *rect);
    }
}

/// How many edges of the layout stand for one: an edge to a box holds each member in its place.
fn count(edge: &Edge) -> usize {
    match &edge.to {
        End::Node(_) => 1,
        End::Box { members, .. } => members.len(),
    }
}

fn sheet(graph: &Graph) -> Sheet {
    let size = |node: &Node| {
        let name = text::width(&text::label(&node.name), NAME);
        let caption = text::width(&text::label(&node.caption()), SMALL);
        (name.max(caption) + 20.0, HEIGHT, node.in_box)
    };
    let mut edges = Vec::new();
    for edge in &graph.edges {
        match &edge.to {
            End::Node(to) => {
                let label = edge.label.as_deref().map(|label| text::width(&text::label(label), SMALL));
                edges.push((edge.from, *to, label.unwrap_or_default()));
            }
            End::Box { members, .. } => edges.extend(members.iter().map(|to| (edge.from, *to, 0.0))),
        }
    }
    Sheet { nodes: graph.nodes.iter().map(size).collect(), boxes: graph.boxes.len(), edges }
}

fn moved(mut placed: Placed, (x, y): Point) -> Placed {
    for rect in placed.nodes.iter_mut().chain(&mut placed.boxes) {
        (rect.x, rect.y) = (rect.x + x, rect.y + y);
    }
    for (points, label) in &mut placed.edges {
        for point in points.iter_mut().chain([label]) {
            *point = (point.0 + x, point.1 + y);
        }
    }
    placed
}

fn put_edge(
    page: &mut Page,
    graph: &Graph,
    edge: &Edge,
    placed: &Placed,
    lines: &[Vec<Point>],
    own: std::ops::Range<usize>,
) {
    let look = EdgeLook { relation: edge.relation, mark: graph.mark(edge) };
    let Some(first) = lines.get(own.start) else { return };
    let line = match &edge.to {
        End::Node(to) if *to == edge.from => {
            if let Some(rect) = placed.nodes.get(*to) {
                page.line(&path::loop_over(*rect), look);
            }
            return;
        }
        End::Node(_) => first.clone(),
        End::Box { at, .. } => {
            let rect = placed.boxes.get(*at).copied().unwrap_or_default();
            let end = |line: &Vec<Point>| line.last().copied().unwrap_or_default();
            // The one that ends nearest to the left side and the middle stands for all.
            let rank = |line: &Vec<Point>| {
                let (x, y) = end(line);
                (x - rect.x) + (y - rect.y - rect.height / 2.0).abs()
            };
            let lines = lines.get(own.clone()).unwrap_or_default().iter();
            let nearest = lines.min_by(|a, b| rank(a).total_cmp(&rank(b)));
            path::to_side(nearest.unwrap_or(first), rect)
        }
    };
    page.line(&path::curve(&line), look);
    if let (Some(label), Some((_, middle))) = (&edge.label, placed.edges.get(own.start)) {
        page.centered((middle.0, middle.1 + 3.5), "label", &text::label(label));
    }
}

fn put_node(page: &mut Page, node: &Node, rect: Rect) {
    let look = NodeLook::of(node);
    let class = format!("{}{}", look.class(), if node.is_center { " center" } else { "" });
    let full = match node.namespace.is_empty() {
        true => format!("{} {}", node.kind, node.name),
        false => format!("{} {}/{}", node.kind, node.namespace, node.name),
    };
    let (middle, ink) = (rect.x + rect.width / 2.0, format!("{}-text", look.class()));
    page.open(&full);
    page.rect(rect, &class, radius(look));
    page.centered((middle, rect.y + 15.5), &ink, &text::label(&node.caption()));
    page.centered((middle, rect.y + 31.0), &format!("name {ink}"), &text::label(&node.name));
    page.close();
}

/// Releases are rounder than Kustomizations, and sources rounder still.
fn radius(look: NodeLook) -> f64 {
    match look {
        NodeLook::Source => 18.0,
        NodeLook::Release => 10.0,
        _ => 3.0,
    }
}
