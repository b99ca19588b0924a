//! Budgets as tables with bars, for people.

use std::fmt::Write as _;

use super::cells::{self, Line};
use super::{BudgetStyle, Compared};
use crate::cluster::budget::table::{By, Column};
use crate::cluster::quantity::Quantity;
use crate::report::escape;

/// Characters of a bar.
const BAR: u64 = 20;
/// Longest name that is shown whole.
const NAME: usize = 72;

/// The steps of a character.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

pub fn write(tables: &[Compared], style: BudgetStyle) -> String {
    let mut out = String::new();
    for (at, compared) in tables.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        table(&mut out, compared, style);
    }
    out
}

fn table(out: &mut String, compared: &Compared, style: BudgetStyle) {
    let now = &compared.now;
    let (lines, total) = cells::lines(compared);
    let _ = writeln!(out, "{}: {}\n", cells::entry(now), cells::subject(now.by));
    let weighed = now.columns.iter().position(|column| *column == Column::Requests("memory".to_owned()));
    let of = |line: &Line<'_>| weighed.and_then(|at| line.now.get(at)).map(|amount| amount.least).unwrap_or_default();
    let whole = of(&total);

    let mut rows: Vec<Vec<String>> =
        vec![std::iter::once(cells::head(now.by).to_owned()).chain(now.columns.iter().map(cells::title)).collect()];
    let mut bars = vec!["share of memory".to_owned()];
    for line in &lines {
        if style.compares && line.changes().iter().all(Option::is_none) {
            continue;
        }
        rows.push(cell_texts(line, style));
        bars.push(bar_of(of(line), whole));
    }
    rows.push(cell_texts(&total, style));
    bars.push(String::new());
    if now.by == By::Cluster || style.compares {
        bars.iter_mut().for_each(String::clear);
    }
    aligned(out, &rows, &bars, style);
    if style.compares {
        let _ = writeln!(out, "\nLines that did not change are left out.");
    }
    uses(out, compared, style);
    uncounted(out, compared, style);
}

fn cell_texts(line: &Line<'_>, style: BudgetStyle) -> Vec<String> {
    let changes = line.changes();
    let cells = line.amounts().zip(changes).map(|(amount, change)| match change.filter(|_| style.compares) {
        Some(change) => format!("{amount} ({change})"),
        None => amount,
    });
    std::iter::once(escape::cut(&line.name, NAME).into_owned()).chain(cells).collect()
}

/// A bar and its share.
fn bar_of(part: Quantity, whole: Quantity) -> String {
    cells::share(part, whole).map(|share| format!("{} {:>3}%", bar(share), (share + 5) / 10)).unwrap_or_default()
}

/// A bar for a share in tenths of a percent.
fn bar(share: u64) -> String {
    let eighths = (share.min(1000) * BAR * 8 + 500) / 1000;
    let (full, rest) = (eighths / 8, eighths % 8);
    let part = usize::try_from(rest).ok().and_then(|rest| EIGHTHS.get(rest)).copied().unwrap_or_default();
    let drawn = format!("{}{part}", "█".repeat(usize::try_from(full).unwrap_or_default()));
    let missing = usize::try_from(BAR).unwrap_or_default().saturating_sub(drawn.chars().count());
    format!("{drawn}{}", "·".repeat(missing))
}

/// Columns that are as wide as their widest cell: names to the left, numbers to the right.
fn aligned(out: &mut String, rows: &[Vec<String>], bars: &[String], style: BudgetStyle) {
    let width =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    for (at, (row, bar)) in rows.iter().zip(bars).enumerate() {
        let mut line = String::new();
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count().min(*width));
            line.push_str(&if place == 0 { format!("{cell}{space}") } else { format!("  {space}{cell}") });
        }
        if !bar.is_empty() {
            let _ = write!(line, "  {bar}");
        }
        let line = line.trim_end();
        let is_edge = at == 0 || at + 1 == rows.len();
        let _ = if is_edge && style.color { writeln!(out, "\x1b[1m{line}\x1b[0m") } else { writeln!(out, "{line}") };
    }
}

fn uses(out: &mut String, compared: &Compared, style: BudgetStyle) {
    let uses = &compared.now.uses;
    if uses.is_empty() {
        return;
    }
    out.push_str("\nDeclared budget\n");
    let texts: Vec<(String, String, String, bool)> = uses
        .iter()
        .map(|one| {
            let (what, used, share) = cells::used(one);
            let open = if one.used.is_open { "+" } else { "" };
            let free = if one.headroom > 0 { format!(", {}% to stay free", one.headroom) } else { String::new() };
            let bar = share.map(|share| format!("{} {:>3}%", bar(share), (share + 5) / 10)).unwrap_or_default();
            (what, format!("{}{open} of {}{free}", used.shown(), one.bound.shown()), bar, cells::is_exceeded(one))
        })
        .collect();
    let width = |of: fn(&(String, String, String, bool)) -> &String| {
        texts.iter().map(|text| of(text).chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(|text| &text.0), width(|text| &text.1));
    for (what, used, bar, is_exceeded) in &texts {
        let mark = if *is_exceeded { "  exceeded" } else { "" };
        let line = format!("{what:<first$}  {used:<second$}  {bar}{mark}");
        let line = line.trim_end();
        let _ =
            if *is_exceeded && style.color { writeln!(out, "\x1b[31m{line}\x1b[0m") } else { writeln!(out, "{line}") };
    }
}

fn uncounted(out: &mut String, compared: &Compared, style: BudgetStyle) {
    let all = &compared.now.uncounted;
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nNot counted ({}); a `+` marks sums that they belong to", all.len());
    for (what, why) in all.iter().take(style.uncounted) {
        let _ = writeln!(out, "  {}: {}", escape::line(what), escape::line(why));
    }
    if all.len() > style.uncounted {
        let _ = writeln!(out, "  and {} more; --all lists them", all.len() - style.uncounted);
    }
}
