//! A page of SVG: shapes and texts, its styles, and its size in the end.

use std::fmt::Write as _;

use super::layout::{Point, Rect};
use super::legend::Legend;
use super::look::{EdgeLook, NodeLook};
use super::path::number;
use crate::cluster::graph::{Mark, Relation};
use crate::report::escape;

/// Size of names, in pixels.
pub const NAME: f64 = 13.0;
/// Size of everything beside names.
pub const SMALL: f64 = 10.5;
/// Space around things.
pub const SPACE: f64 = 16.0;

const STYLES: &str =
    "text { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; \
                      font-size: 10.5px; fill: #334155 }
.name { font-size: 13px; font-weight: 600 }
.title { font-weight: 600; fill: #475569; paint-order: stroke; stroke: #f8fafc; stroke-width: 3px }
.box { fill: #f8fafc; stroke: #cbd5e1 }
.edge { fill: none }
.label { paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round }
";

/// A page that grows to the right and downwards with what is put on it.
#[derive(Debug, Default)]
pub struct Page {
    out: String,
    width: f64,
    height: f64,
}

impl Page {
    /// How far down something stands already.
    pub fn height(&self) -> f64 {
        self.height
    }

    fn reach(&mut self, (x, y): Point) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    /// A text that begins at a point, of so many pixels.
    pub fn text(&mut self, at: Point, width: f64, class: &str, words: &str) {
        let (x, y) = (number(at.0), number(at.1));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", escape::xml(words));
        self.reach((at.0 + width, at.1));
    }

    /// A text around a point.
    pub fn centered(&mut self, at: Point, class: &str, words: &str) {
        let (x, y, words) = (number(at.0), number(at.1), escape::xml(words));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" class=\"{class}\">{words}</text>");
    }

    /// A rectangle; what stands behind its name on a screen can be longer than the name.
    pub fn rect(&mut self, rect: Rect, class: &str, radius: f64) {
        let Rect { x, y, width, height } = rect;
        let (left, top, wide, high) = (number(x), number(y), number(width), number(height));
        let _ = writeln!(
            self.out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" rx=\"{radius}\" class=\"{class}\"/>"
        );
        self.reach((x + width, y + height));
    }

    /// Opens a group with a text that a screen shows above the pointer.
    pub fn open(&mut self, title: &str) {
        let _ = writeln!(self.out, "<g><title>{}</title>", escape::xml(title));
    }

    /// Closes it.
    pub fn close(&mut self) {
        self.out.push_str("</g>\n");
    }

    /// A line with its head.
    pub fn line(&mut self, path: &str, look: EdgeLook) {
        let color = look.color();
        let dashes = look.dashes().map(|dashes| format!(" stroke-dasharray=\"{dashes}\"")).unwrap_or_default();
        let _ = writeln!(
            self.out,
            "<path d=\"{path}\" class=\"edge\" stroke=\"{color}\" stroke-width=\"{}\"{dashes} \
             marker-end=\"url(#{})\"/>",
            look.width(),
            head(look)
        );
    }

    /// The whole page.
    pub fn finish(self, title: &str, legend: &Legend) -> String {
        let (width, height) = (number(self.width + SPACE), number(self.height + SPACE));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
             {height}\" role=\"img\">\n<title>{}</title>\n<style>\n{STYLES}",
            escape::xml(title)
        );
        for look in &legend.nodes {
            let (class, paint) = (look.class(), look.paint());
            let dashes = if paint.is_dashed { "; stroke-dasharray: 6 4" } else { "" };
            let width = if matches!(look, NodeLook::Missing | NodeLook::Broken) { 2.0 } else { 1.25 };
            let (fill, stroke, ink) = (paint.fill, paint.stroke, paint.text);
            let _ = writeln!(out, ".{class} {{ fill: {fill}; stroke: {stroke}; stroke-width: {width}{dashes} }}");
            let _ = writeln!(out, ".{class}-text {{ fill: {ink} }}");
        }
        // After the looks, whose widths it overrides.
        out.push_str(".center { stroke-width: 4 }\n</style>\n<defs>\n");
        let mut heads: Vec<(String, &str, bool)> =
            legend.edges.iter().map(|look| (head(*look), look.color(), is_dot(*look))).collect();
        heads.sort();
        heads.dedup();
        for (id, color, is_dot) in heads {
            let (shape, tip) = match is_dot {
                true => ("<circle cx=\"5\" cy=\"5\" r=\"4\"", 8),
                false => ("<path d=\"M0 1 L10 5 L0 9 z\"", 9),
            };
            let _ = writeln!(
                out,
                "<marker id=\"{id}\" viewBox=\"0 0 10 10\" refX=\"{tip}\" refY=\"5\" markerWidth=\"9\" \
                 markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">{shape} fill=\"{color}\"/></marker>"
            );
        }
        let _ = writeln!(out, "</defs>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        out.push_str(&self.out);
        out.push_str("</svg>\n");
        out
    }
}

fn is_dot(look: EdgeLook) -> bool {
    look.relation == Relation::Source && look.mark == Mark::Plain
}

fn head(look: EdgeLook) -> String {
    format!("{}-{}", if is_dot(look) { "dot" } else { "arrow" }, look.color().trim_start_matches('#'))
}
