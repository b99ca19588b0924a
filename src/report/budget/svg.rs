//! Budgets as a picture: a line for each part, a bar for each measure, requests before limits.

use std::fmt::Write as _;

use super::cells::{self, Line};
use super::{BudgetStyle, Compared};
use crate::cluster::budget::table::Column;
use crate::cluster::quantity::Quantity;
use crate::report::escape;

/// Pixels.
const ROW: usize = 26;
const CHARACTER: usize = 8;
const BAR: usize = 150;
const NUMBERS: usize = 190;
const SPACE: usize = 20;
const TOP: usize = 66;
/// Longest name that is shown whole.
const NAME: usize = 56;

const STYLES: &str = "text { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', \
                      monospace; font-size: 12px; fill: #1e293b }
.head { font-weight: 600; fill: #475569 }
.title { font-size: 14px; font-weight: 600 }
.ground { fill: #f1f5f9 }
.least { fill: #2563eb }
.limit { fill: #bfdbfe }
.over { fill: #dc2626 }
.rule { stroke: #cbd5e1; stroke-width: 1 }
";

/// A group of bars: what it is called, the column of its bar, the column behind it.
struct Group {
    title: &'static str,
    front: usize,
    behind: Option<usize>,
}

pub fn write(tables: &[Compared], style: BudgetStyle) -> String {
    let mut body = String::new();
    let (mut width, mut top) = (0, SPACE);
    for compared in tables {
        let (wide, bottom) = table(&mut body, compared, style, top);
        width = width.max(wide);
        top = bottom + SPACE;
    }
    let (width, height) = (width + SPACE, top.max(SPACE * 2));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" role=\"img\">\n<title>Resource budget</title>\n<style>\n{STYLES}</style>\n<rect width=\"{width}\" \
         height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn groups(columns: &[Column]) -> Vec<Group> {
    let find = |wanted: &Column| columns.iter().position(|column| column == wanted);
    let of = |title, resource: &str| {
        let front = find(&Column::Requests(resource.to_owned()))?;
        Some(Group { title, front, behind: find(&Column::Limits(resource.to_owned())) })
    };
    let storage = find(&Column::Storage).map(|front| Group { title: "volumes", front, behind: None });
    [of("cpu", "cpu"), of("memory", "memory"), storage].into_iter().flatten().collect()
}

/// Draws one table from a line on; gives its width and where it ends.
fn table(out: &mut String, compared: &Compared, style: BudgetStyle, top: usize) -> (usize, usize) {
    let now = &compared.now;
    let (lines, total) = cells::lines(compared);
    let groups = groups(&now.columns);
    let shown: Vec<&Line<'_>> =
        lines.iter().filter(|line| !style.compares || line.changes().iter().any(Option::is_some)).collect();
    let names = shown.iter().map(|line| line.name.chars().count().min(NAME)).max().unwrap_or(0).max(5);
    let left = SPACE + names * CHARACTER + SPACE;
    let column = |at: usize| left + at * (BAR + NUMBERS + SPACE);
    let title = format!("{}: {}", cells::entry(now), cells::subject(now.by));
    text(out, SPACE, top + 14, "title", &title);
    for (at, group) in groups.iter().enumerate() {
        let words = if group.behind.is_some() { "requests, limits" } else { "size of claims" };
        text(out, column(at), top + 44, "head", &format!("{}: {words}", group.title));
    }
    let mut y = top + TOP;
    for line in shown {
        text(out, SPACE, y + 13, "", &escape::cut(&line.name, NAME));
        for (at, group) in groups.iter().enumerate() {
            bars(out, line, group, (column(at), y), widest(&lines, group));
            numbers(out, line, group, (column(at) + BAR + 8, y + 13), style);
        }
        y += ROW;
    }
    let _ =
        writeln!(out, "<line x1=\"{SPACE}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" class=\"rule\"/>", column(groups.len()));
    y += 8;
    text(out, SPACE, y + 13, "head", "total");
    for (at, group) in groups.iter().enumerate() {
        used(out, compared, group, (column(at), y));
        numbers(out, &total, group, (column(at) + BAR + 8, y + 13), style);
    }
    y += ROW;
    if !now.uncounted.is_empty() {
        let words = format!("+ there is more: {} things are not counted", now.uncounted.len());
        text(out, SPACE, y + 13, "head", &words);
        y += ROW;
    }
    let width = column(groups.len()).max(SPACE * 2 + title.chars().count() * 9);
    (width, y)
}

/// What a group would need for its longest bar.
fn widest(lines: &[Line<'_>], group: &Group) -> Quantity {
    let of = |line: &Line<'_>, at: usize| line.now.get(at).map(|amount| amount.most).unwrap_or_default();
    let all = lines.iter().flat_map(|line| [Some(of(line, group.front)), group.behind.map(|at| of(line, at))]);
    all.flatten().max().unwrap_or_default()
}

fn bars(out: &mut String, line: &Line<'_>, group: &Group, (x, y): (usize, usize), widest: Quantity) {
    rect(out, (x, y + 2), BAR, "ground");
    let length = |at: usize| {
        let column = line.columns.get(at)?;
        let share = cells::share(cells::counted(column, line.now.get(at)?), widest)?;
        Some(usize::try_from(share.min(1000)).unwrap_or(1000) * BAR / 1000)
    };
    if let Some(width) = group.behind.and_then(length) {
        rect(out, (x, y + 2), width, "limit");
    }
    if let Some(width) = length(group.front) {
        rect(out, (x, y + 2), width, "least");
    }
}

/// How much of the budget of the whole cluster is used.
fn used(out: &mut String, compared: &Compared, group: &Group, (x, y): (usize, usize)) {
    let column = compared.now.columns.get(group.front);
    let one = compared.now.uses.iter().find(|one| one.whose == "the cluster" && Some(&one.column) == column);
    let Some(one) = one else { return };
    let (_, _, share) = cells::used(one);
    let width = usize::try_from(share.unwrap_or_default().min(1000)).unwrap_or(1000) * BAR / 1000;
    rect(out, (x, y + 2), BAR, "ground");
    rect(out, (x, y + 2), width, if cells::is_exceeded(one) { "over" } else { "least" });
}

fn numbers(out: &mut String, line: &Line<'_>, group: &Group, (x, y): (usize, usize), style: BudgetStyle) {
    let amounts: Vec<String> = line.amounts().collect();
    let shown = |at: usize| amounts.get(at).map(String::as_str).unwrap_or_default();
    let mut words = shown(group.front).to_owned();
    if let Some(at) = group.behind {
        let _ = write!(words, ", {}", shown(at));
    }
    let changes = line.changes();
    if let Some(change) = changes.get(group.front).cloned().flatten().filter(|_| style.compares) {
        let _ = write!(words, " ({change})");
    }
    text(out, x, y, "", &words);
}

fn rect(out: &mut String, (x, y): (usize, usize), width: usize, class: &str) {
    if width > 0 {
        let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"14\" rx=\"2\" class=\"{class}\"/>");
    }
}

fn text(out: &mut String, x: usize, y: usize, class: &str, words: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\"{class}>{}</text>", escape::xml(words));
}
