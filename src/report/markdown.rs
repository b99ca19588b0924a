//! Markdown for comments on a change and for summaries of jobs: the rules that found something, then a table a rule.

use std::io;

use super::{
    BudgetForm, BudgetStyle, Extent, Picture, Run, Style, Views, budget, escape, graph, prose, rule_url, summary,
    too_large,
};
use crate::finding::{Finding, Severity};

/// GitHub refuses a summary above 1 MiB (`actions/runner`); what else a step writes there has room besides.
const MAX_BYTES: usize = 1_000_000;
/// Longest message in a cell (characters).
const MAX_MESSAGE_CHARS: usize = 1000;
/// Related places that a cell names.
const MAX_PLACES: usize = 5;

pub(super) fn write(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = format!("## flux-vet\n\n{}\n", plain(&summary::sentence(run)));
    let counts: Vec<_> = summary::by_rule(run).into_iter().filter(|(_, count)| count.reported() > 0).collect();
    if !counts.is_empty() {
        page.push_str("\n| rule | errors | warnings | infos |\n|---|--:|--:|--:|\n");
    }
    for (rule, count) in &counts {
        let name = run.reported().find(|finding| *finding.rule == **rule).map_or_else(|| code(rule), link);
        page.push_str(&format!("| {name} | {} | {} | {} |\n", count.error, count.warning, count.info));
    }
    page.push_str(&gaps(run));
    let mut left_out = 0;
    for (rule, _) in counts {
        left_out += section(run, rule, &mut page);
    }
    for view in run.views.filter(|_| style.extent != Extent::Findings).into_iter().flat_map(views) {
        if page.len() + view.len() <= MAX_BYTES {
            page.push_str(&view);
        }
    }
    if left_out > 0 {
        let more = summary::counted(left_out, "more finding");
        page.push_str(&format!("\n{more} did not fit here: the other reports list them.\n"));
    }
    write!(out, "{page}")
}

/// The budget and the picture of the clusters, folded away.
fn views(views: &Views) -> Vec<String> {
    let mut found = Vec::new();
    if views.budgets.iter().any(|one| !one.now.rows.is_empty()) {
        let style = BudgetStyle { color: false, compares: false, uncounted: MAX_PLACES };
        found.push(folded("budget", &budget(&views.budgets, BudgetForm::Markdown, style)));
    }
    let graphs = views.graphs.iter().filter(|graphs| graphs.iter().any(|graph| graph.nodes.len() > 1));
    let drawn = graphs.filter_map(|graphs| {
        let picture = graph(graphs, Picture::Mermaid, true).ok()?;
        too_large(graphs, &picture).is_none().then_some(picture)
    });
    let drawn: Vec<String> = drawn.take(1).collect();
    found.extend(drawn.iter().map(|picture| folded("dependencies", &format!("```mermaid\n{picture}```\n"))));
    found
}

fn folded(title: &str, text: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{text}\n</details>\n")
}

/// What was not looked at, folded away.
fn gaps(run: &Run<'_>) -> String {
    let gaps = summary::gaps(run);
    if gaps.is_empty() {
        return String::new();
    }
    let mut text = "\n<details><summary>not checked</summary>\n\n".to_owned();
    for gap in gaps {
        text.push_str(&format!("- {} ({})\n", gap.class, gap.count));
        for line in gap.lines {
            text.push_str(&format!("  - {}\n", plain(&line)));
        }
    }
    text.push_str("\n</details>\n");
    text
}

/// Adds the findings of a rule, as far as there is room; gives the number of those that are left out.
fn section(run: &Run<'_>, rule: &str, page: &mut String) -> usize {
    let mut findings = run.reported().filter(|finding| *finding.rule == *rule).peekable();
    let Some(first) = findings.peek() else { return 0 };
    let mut head = format!("\n### {}\n\n", link(first));
    if let Some(card) = run.rules.iter().find(|card| card.id == rule) {
        let why = card.why.split("\n\n").next().unwrap_or_default();
        head.push_str(&format!("{}\n\n", plain(&escape::line(&format!("{}. {why}", card.summary)))));
    }
    head.push_str("| | place | finding |\n|---|---|---|\n");
    while let Some(finding) = findings.peek() {
        let row = row(run, finding);
        if page.len() + head.len() + row.len() > MAX_BYTES {
            return findings.count();
        }
        page.push_str(&std::mem::take(&mut head));
        page.push_str(&row);
        findings.next();
    }
    0
}

fn row(run: &Run<'_>, finding: &Finding) -> String {
    let place = |span| {
        let at = run.sources.location(span);
        code(&format!("{}:{}", escape::path(&at.path), at.line))
    };
    let message = escape::line(&finding.message);
    let mut cell = plain(&escape::cut(&message, MAX_MESSAGE_CHARS));
    for label in finding.related.iter().take(MAX_PLACES) {
        let words = plain(&escape::line(&label.message));
        cell.push_str(&format!("<br>{} {words}", place(label.span)));
    }
    if let Some(more @ 1..) = finding.related.len().checked_sub(MAX_PLACES) {
        cell.push_str(&format!("<br>and {more} more"));
    }
    let help = prose::joined(&escape::lines(&finding.help));
    if !help.is_empty() {
        cell.push_str(&format!("<br>*help:* {}", plain(&escape::cut(&escape::line(&help), MAX_MESSAGE_CHARS))));
    }
    let severity = match finding.severity {
        Severity::Error => "🔴 error",
        Severity::Warning => "🟡 warning",
        Severity::Info => "🔵 info",
    };
    format!("| {severity} | {} | {} |\n", place(finding.primary.span), cell.trim_end())
}

fn link(finding: &Finding) -> String {
    format!("[{}]({})", code(&finding.rule), rule_url(&finding.group, &finding.rule))
}

/// A code span that nothing in the text can end.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // A table ends a cell inside of code, too.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// Text of a line in which only pairs of back-quotes mean something.
fn plain(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An even number of back-quotes makes an odd number of parts.
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        1 if part.is_empty() => "\\`\\`".to_owned(),
        1 => code(part),
        _ => escaped(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text that makes neither markup nor HTML, nor tells anybody: names behind `@` and numbers behind `#` stay text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            ':' if rest.starts_with("//") => out.push_str("\\:"),
            '@' => out.push_str("`@`"),
            '#' if rest.starts_with(|next: char| next.is_ascii_digit()) => out.push_str("`#`"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_manifests_is_no_markup() {
        assert_eq!(
            plain("<b>@a #12 [x](https://e.example) a|b *c* www.d.example"),
            "\\<b\\>`@`a `#`12 \\[x\\](https\\://e.example) a\\|b \\*c\\* www\\.d.example"
        );
    }

    #[test]
    fn pairs_of_back_quotes_are_code_and_a_single_one_is_text() {
        assert_eq!(plain("Kustomization `a|<b>` and `c`"), "Kustomization `a\\|<b>` and `c`");
        assert_eq!(plain("a ` <b>"), "a \\` \\<b\\>");
        assert_eq!(plain("``"), "\\`\\`");
    }

    #[test]
    fn nothing_ends_a_code_span() {
        assert_eq!(code("a.yaml:1"), "`a.yaml:1`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
    }
}
