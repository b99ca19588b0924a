//! Tables of text: for a terminal, and as Markdown, which is the same with bars and a ruler.

use super::sign;
use crate::cluster::reach::matrix::Matrix;
use crate::report::escape;

/// What the signs mean.
const LEGEND: &str = "`yes` arrives, `no` is dropped, `?` cannot be known; in brackets: the tree says that it connects; `/?`: labels that are not known";

/// Writes tables below each other.
pub fn write(all: &[Matrix], is_markdown: bool) -> String {
    let mut out = String::new();
    for one in all {
        if !out.is_empty() {
            out.push('\n');
        }
        table(one, is_markdown, &mut out);
    }
    out
}

fn table(matrix: &Matrix, is_markdown: bool, out: &mut String) {
    let title = format!("{}: who reaches namespace {}", matrix.entry, matrix.namespace);
    let title = escape::line(&title);
    out.push_str(&if is_markdown { format!("### {title}\n\n") } else { format!("{title}\n\n") });
    let cell = |text: &str| {
        let line = escape::line(text);
        if is_markdown { line.replace('|', "\\|") } else { line }
    };
    let mut lines: Vec<Vec<String>> = Vec::new();
    let heads = matrix.columns.iter().map(|column| match &column.port {
        Some(port) => cell(&format!("{}:{port}", column.name)),
        None => cell(&column.name),
    });
    lines.push(std::iter::once("from".to_owned()).chain(heads).collect());
    for row in &matrix.rows {
        let signs = row.cells.iter().map(|cell| sign(*cell).to_owned());
        lines.push(std::iter::once(cell(&row.name)).chain(signs).collect());
    }
    let widths: Vec<usize> = (0..=matrix.columns.len())
        .map(|at| lines.iter().filter_map(|line| line.get(at)).map(|text| text.chars().count()).max().unwrap_or(0))
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}")).collect();
        if is_markdown {
            out.push_str(&format!("| {} |\n", padded.join(" | ")));
            if index == 0 {
                let rulers: Vec<String> = widths.iter().map(|width| "-".repeat((*width).max(3))).collect();
                out.push_str(&format!("| {} |\n", rulers.join(" | ")));
            }
        } else {
            out.push_str(padded.join("  ").trim_end());
            out.push('\n');
        }
    }
    out.push_str(&format!("\n{}\n", if is_markdown { LEGEND.to_owned() } else { LEGEND.replace('`', "") }));
}
