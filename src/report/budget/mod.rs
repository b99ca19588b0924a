//! Budgets as tables and pictures: one file a format, over the same lines.

mod cells;
mod json;
mod markdown;
mod svg;
mod terminal;

use crate::cluster::budget::table::Table;

/// The table of a cluster, and that of the same cluster at another revision.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Today.
    pub now: Table,
    /// Before; the cluster may not have been there.
    pub base: Option<Table>,
}

/// A form of budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetForm {
    /// A table with bars, for people.
    Terminal,
    /// Everything, for programs.
    Json,
    /// Tables for a document or a comment.
    Markdown,
    /// A picture.
    Svg,
}

/// How a budget is printed.
#[derive(Clone, Copy, Debug)]
pub struct BudgetStyle {
    /// Colour codes, on a terminal only.
    pub color: bool,
    /// Whether the tables are compared with others, and changes are printed.
    pub compares: bool,
    /// At most so many of the things that are not counted, for people.
    pub uncounted: usize,
}

/// Writes budgets. The same tables give the same bytes.
pub fn budget(tables: &[Compared], form: BudgetForm, style: BudgetStyle) -> String {
    match form {
        BudgetForm::Terminal => terminal::write(tables, style),
        BudgetForm::Json => json::write(tables, style),
        BudgetForm::Markdown => markdown::write(tables, style),
        BudgetForm::Svg => svg::write(tables, style),
    }
}
