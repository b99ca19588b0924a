//! Places for the objects and edges of a picture. The only file that knows the layout crate.

use std::thread;

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// Sizes and edges of what is to be placed.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Width and height of each node, and the box it stands in.
    pub nodes: Vec<(f64, f64, Option<usize>)>,
    /// How many boxes there are; each has a node.
    pub boxes: usize,
    /// Ends of each edge, and the width of its label.
    pub edges: Vec<(usize, usize, f64)>,
}

/// A point, in pixels from the upper left corner.
pub type Point = (f64, f64);

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Nodes.
    pub nodes: Vec<Rect>,
    /// Boxes.
    pub boxes: Vec<Rect>,
    /// The points each edge goes through, from border to border, and the middle of its label.
    pub edges: Vec<(Vec<Point>, Point)>,
}

/// The layout crate gave up.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no layout was found for this graph")]
pub struct LayoutFailed;

/// Its recursions are as deep as the longest chain of objects.
const STACK: usize = 256 << 20;

/// Room above what a box holds, for its title, and below.
pub const TITLE: (f64, f64) = (20.0, 6.0);

/// Height of a line of a label.
const LABEL_HEIGHT: f64 = 14.0;

/// Places everything from left to right.
///
/// # Errors
/// The layout crate panicked.
pub fn place(sheet: &Sheet) -> Result<Placed, LayoutFailed> {
    if sheet.nodes.is_empty() {
        return Ok(Placed::default());
    }
    let sheet = sheet.clone();
    // A thread of its own has a stack of its own, and ends a panic.
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || laid_out(&sheet));
    worker.map_err(|_| LayoutFailed)?.join().map_err(|_| LayoutFailed)?.ok_or(LayoutFailed)
}

fn laid_out(sheet: &Sheet) -> Option<Placed> {
    let mut graph = Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    for (at, (width, height, _)) in sheet.nodes.iter().enumerate() {
        graph.set_node(format!("n{at}"), Some(NodeLabel { width: *width, height: *height, ..NodeLabel::default() }));
    }
    for at in 0..sheet.boxes {
        graph.set_node(format!("b{at}"), Some(NodeLabel::default()));
    }
    for (at, parent) in sheet.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node.2?))) {
        graph.set_parent(&format!("n{at}"), Some(&format!("b{parent}")));
    }
    let name = |at: usize| format!("e{at}");
    let ends = |from: usize, to: usize| (format!("n{from}"), format!("n{to}"));
    for (at, (from, to, width)) in sheet.edges.iter().enumerate() {
        let (from, to) = ends(*from, *to);
        let height = if *width > 0.0 { LABEL_HEIGHT } else { 0.0 };
        let label = EdgeLabel { width: *width, height, labelpos: Default::default(), ..EdgeLabel::default() };
        graph.set_edge(from, to, Some(label), Some(name(at).as_str()));
    }
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: 18.0,
        edgesep: 12.0,
        ranksep: 56.0,
        tie_keep_first: true,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    let rect = |id: String| {
        let node = graph.node(&id)?;
        let (width, height) = (node.width, node.height);
        Some(Rect { x: node.x? - width / 2.0, y: node.y? - height / 2.0, width, height })
    };
    let nodes: Vec<Rect> = (0..sheet.nodes.len()).map(|at| rect(format!("n{at}"))).collect::<Option<_>>()?;
    let boxes = (0..sheet.boxes).map(|at| rect(format!("b{at}"))).collect::<Option<_>>()?;
    let edges = sheet.edges.iter().enumerate().map(|(at, (from, to, _))| {
        let (from, to) = ends(*from, *to);
        let edge = graph.edge(&from, &to, Some(&name(at)))?;
        let points: Vec<Point> = edge.points.iter().map(|point| (point.x, point.y)).collect();
        let middle = points.get(points.len() / 2).copied().unwrap_or_default();
        Some((points, (edge.x.unwrap_or(middle.0), edge.y.unwrap_or(middle.1))))
    });
    let mut placed = Placed { nodes, boxes, edges: edges.collect::<Option<_>>()? };
    make_room(&mut placed, TITLE.0, TITLE.1);
    Some(placed)
}

/// Makes room above and below each box for its border and title: everything from there on moves down, so that what
/// stood apart still does.
fn make_room(placed: &mut Placed, above: f64, below: f64) {
    let borders = |rect: &Rect| [(rect.y, above), (rect.y + rect.height, below)];
    let mut rooms: Vec<(f64, f64)> = placed.boxes.iter().flat_map(borders).collect();
    rooms.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The room before a height, that at it included or not.
    let down = |y: f64, is_in: bool| -> f64 {
        let before = rooms.iter().take_while(|(at, _)| if is_in { *at <= y } else { *at < y });
        before.map(|(_, room)| room).sum()
    };
    for rect in &mut placed.nodes {
        rect.y += down(rect.y + rect.height / 2.0, true);
    }
    for rect in &mut placed.boxes {
        let bottom = rect.y + rect.height;
        rect.y += down(rect.y, false);
        rect.height = bottom + down(bottom, true) - rect.y;
    }
    for (points, label) in &mut placed.edges {
        for point in points.iter_mut().chain([label]) {
            point.1 += down(point.1, true);
        }
    }
}
