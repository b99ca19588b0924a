//! Budgets as Markdown tables, for documents and comments.

use std::fmt::Write as _;

use super::cells::{self, Line};
use super::{BudgetStyle, Compared};
use crate::report::escape;

pub fn write(tables: &[Compared], style: BudgetStyle) -> String {
    let mut out = String::new();
    for (at, compared) in tables.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let now = &compared.now;
        let (lines, total) = cells::lines(compared);
        let _ = writeln!(out, "### {}: {}\n", text(&cells::entry(now)), cells::subject(now.by));
        let titles: Vec<String> = now.columns.iter().map(cells::title).collect();
        let _ = writeln!(out, "| {} | {} |", cells::head(now.by), titles.join(" | "));
        let _ = writeln!(out, "| --- |{}", " ---: |".repeat(titles.len()));
        for line in &lines {
            if !style.compares || line.changes().iter().any(Option::is_some) {
                row(&mut out, line, &text(&line.name), style, "");
            }
        }
        row(&mut out, &total, "**total**", style, "**");
        if !now.uses.is_empty() {
            out.push_str("\n| budget | used | of | share |\n| --- | ---: | ---: | ---: |\n");
        }
        for one in &now.uses {
            let (what, used, share) = cells::used(one);
            let open = if one.used.is_open { "+" } else { "" };
            let share = share.map(|share| format!("{}%", (share + 5) / 10)).unwrap_or_default();
            let mark = if cells::is_exceeded(one) { " **exceeded**" } else { "" };
            let _ =
                writeln!(out, "| {} | {}{open} | {} | {share}{mark} |", text(&what), used.shown(), one.bound.shown());
        }
        if !now.uncounted.is_empty() {
            let _ = writeln!(out, "\nNot counted ({}); a `+` marks sums that they belong to:\n", now.uncounted.len());
        }
        for (what, why) in now.uncounted.iter().take(style.uncounted) {
            let _ = writeln!(out, "- {}: {}", text(&escape::line(what)), text(&escape::line(why)));
        }
        if now.uncounted.len() > style.uncounted {
            let _ = writeln!(out, "- and {} more", now.uncounted.len() - style.uncounted);
        }
    }
    out
}

fn row(out: &mut String, line: &Line<'_>, name: &str, style: BudgetStyle, mark: &str) {
    let cells = line.amounts().zip(line.changes()).map(|(amount, change)| {
        let amount = format!("{mark}{}{mark}", amount);
        match change.filter(|_| style.compares) {
            Some(change) => format!("{amount} ({change})"),
            None => amount,
        }
    });
    let _ = writeln!(out, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// Text that Markdown leaves as it is.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '*' | '_' | '[' | ']' | '#' | '!' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
