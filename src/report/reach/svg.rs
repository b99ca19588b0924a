//! Tables as finished pictures (SVG): sources down, ports across, a green, red or grey cell for each pair.

use std::fmt::Write as _;

use crate::cluster::pods::Answer;
use crate::cluster::reach::matrix::{Cell, Column, Matrix};
use crate::report::escape;
use crate::report::graph::page::SPACE;
use crate::report::graph::text;

/// Size of letters, in pixels.
const SIZE: f64 = 11.0;
/// Width and height of a cell.
const CELL: f64 = 24.0;
/// Space between a label and its cells.
const GAP: f64 = 8.0;
/// Longest label (characters).
const LONGEST: usize = 64;

const STYLES: &str = "text { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', \
                      monospace; font-size: 11px; fill: #334155 }
.title { font-size: 13px; font-weight: 600; fill: #1e293b }
.yes { fill: #dcfce7; stroke: #86efac }
.no { fill: #fee2e2; stroke: #fca5a5 }
.unknown { fill: #f1f5f9; stroke: #cbd5e1 }
.needed { stroke: #1e293b; stroke-width: 2 }
.broken { fill: #dc2626 }
.sign { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
";

/// Draws tables below each other.
pub fn write(all: &[Matrix]) -> String {
    let mut page = Page::default();
    for matrix in all {
        page.matrix(matrix);
    }
    page.legend();
    page.finish()
}

#[derive(Default)]
struct Page {
    out: String,
    width: f64,
    height: f64,
}

impl Page {
    fn text(&mut self, (x, y): (f64, f64), class: &str, words: &str) {
        let _ = writeln!(self.out, "<text x=\"{x:.1}\" y=\"{y:.1}\"{}>{}</text>", attribute(class), escape::xml(words));
        // Titles are bold and larger than what the width is measured for.
        self.reach(x + text::width(words, if class == "title" { 14.0 } else { SIZE }), y + 4.0);
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    fn matrix(&mut self, matrix: &Matrix) {
        let title = format!("{}: who reaches namespace {}", matrix.entry, matrix.namespace);
        let top = self.height + SPACE + SIZE;
        self.text((SPACE, top), "title", &text::sentence(&title, 120));
        let names: Vec<String> = matrix.rows.iter().map(|row| text::sentence(&row.name, LONGEST)).collect();
        let heads: Vec<String> = matrix.columns.iter().map(head).collect();
        let widest = |all: &[String]| all.iter().map(|one| text::width(one, SIZE)).fold(0.0, f64::max);
        let left = SPACE + widest(&names) + GAP;
        let first = top + GAP + widest(&heads) + GAP;
        for (at, head) in heads.iter().enumerate() {
            let x = left + (at as f64 + 0.5) * CELL + SIZE * 0.35;
            let y = first - GAP;
            let _ = writeln!(
                self.out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate(-90 {x:.1} {y:.1})\">{}</text>",
                escape::xml(head)
            );
            self.reach(x + CELL, y);
        }
        for (at, (row, name)) in matrix.rows.iter().zip(&names).enumerate() {
            let y = first + at as f64 * CELL;
            let x = left - GAP - text::width(name, SIZE);
            self.text((x.max(SPACE), y + CELL / 2.0 + SIZE * 0.35), "", name);
            for (index, cell) in row.cells.iter().enumerate() {
                let head = heads.get(index).map(String::as_str).unwrap_or_default();
                let tip = format!("{name} to {head}: {}", super::word(cell.passes));
                self.cell((left + index as f64 * CELL, y), *cell, &tip);
            }
        }
    }

    fn cell(&mut self, (x, y): (f64, f64), cell: Cell, tip: &str) {
        let is_broken = cell.is_needed && cell.passes.is_no();
        let (class, ink) = match cell.passes {
            Answer::Yes => ("yes", "#15803d"),
            Answer::No if is_broken => ("no broken", "#ffffff"),
            Answer::No => ("no", "#b91c1c"),
            Answer::Unknown => ("unknown", "#475569"),
        };
        let needed = if cell.is_needed { " needed" } else { "" };
        let side = CELL - 4.0;
        let _ = writeln!(
            self.out,
            "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{side}\" height=\"{side}\" rx=\"3\" \
             class=\"{class}{needed}\"/>",
            escape::xml(tip),
            x + 2.0,
            y + 2.0
        );
        let (middle, center) = (x + CELL / 2.0, y + CELL / 2.0);
        let path = match cell.passes {
            Answer::Yes => format!("M{:.1} {:.1}l3 3l6 -7", middle - 4.5, center + 0.5),
            Answer::No => format!("M{:.1} {:.1}l8 8m0 -8l-8 8", middle - 4.0, center - 4.0),
            Answer::Unknown => format!("M{:.1} {center:.1}h8", middle - 4.0),
        };
        let _ = writeln!(self.out, "<path d=\"{path}\" class=\"sign\" stroke=\"{ink}\"/></g>");
        self.reach(x + CELL, y + CELL);
    }

    fn legend(&mut self) {
        let entries = [
            (Cell { passes: Answer::Yes, is_needed: false }, "arrives"),
            (Cell { passes: Answer::No, is_needed: false }, "is dropped"),
            (Cell { passes: Answer::Unknown, is_needed: false }, "cannot be known"),
            (Cell { passes: Answer::Yes, is_needed: true }, "the tree says that it connects"),
            (Cell { passes: Answer::No, is_needed: true }, "it connects, and is dropped"),
        ];
        let (mut x, y) = (SPACE, self.height + SPACE);
        for (cell, words) in entries {
            self.cell((x, y), cell, words);
            self.text((x + CELL + 4.0, y + CELL / 2.0 + SIZE * 0.35), "", words);
            x += CELL + text::width(words, SIZE) + 24.0;
        }
    }

    fn finish(self) -> String {
        let (width, height) = ((self.width + SPACE).ceil(), (self.height + SPACE).ceil());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
             {height}\" role=\"img\">\n<title>Who reaches whom</title>\n<style>\n{STYLES}</style>\n<rect \
             width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.out
        )
    }
}

fn attribute(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

fn head(column: &Column) -> String {
    let port = column.port.as_ref().map(|port| format!(":{port}")).unwrap_or_default();
    text::sentence(&format!("{}{port}", column.name), LONGEST)
}
