//! The lines of a budget as words and numbers, the same for every format.

use std::collections::BTreeSet;

use super::Compared;
use crate::cluster::budget::table::{Amount, By, Column, Row, Table, Use};
use crate::cluster::quantity::Quantity;
use crate::report::escape;

/// What a table is about, for a headline.
pub fn subject(by: By) -> &'static str {
    match by {
        By::Cluster => "what the cluster asks for",
        By::Namespace => "what each namespace asks for",
        By::Kustomization => "what each Kustomization asks for",
        By::Workload => "what each workload asks for",
    }
}

/// What a line is about, for the head of its column.
pub fn head(by: By) -> &'static str {
    match by {
        By::Cluster => "cluster",
        By::Namespace => "namespace",
        By::Kustomization => "Kustomization",
        By::Workload => "workload",
    }
}

/// A column in a few letters.
pub fn title(column: &Column) -> String {
    match column {
        Column::Pods => "pods".to_owned(),
        Column::Requests(resource) => escape::line(resource),
        Column::Limits(resource) => format!("{} limit", escape::line(resource)),
        Column::Storage => "volumes".to_owned(),
        Column::Claims => "claims".to_owned(),
    }
}

/// The name of an entry path.
pub fn entry(table: &Table) -> String {
    if table.entry.is_empty() { "the tree".to_owned() } else { escape::line(&table.entry) }
}

/// An amount: from the least to the most, with a `+` where there is more.
pub fn amount(column: &Column, amount: &Amount) -> String {
    let more = if amount.is_open { "+" } else { "" };
    if amount.most.is_zero() && amount.least.is_zero() {
        // What states no limit has none.
        let is_unknown = amount.is_open && !matches!(column, Column::Limits(_));
        return if is_unknown { "?".to_owned() } else { "–".to_owned() };
    }
    if amount.least == amount.most {
        format!("{}{more}", amount.least.shown())
    } else {
        format!("{}–{}{more}", amount.least.shown(), amount.most.shown())
    }
}

/// What limits have to leave room for, and requests take in any case.
pub fn counted(column: &Column, amount: &Amount) -> Quantity {
    if matches!(column, Column::Limits(_)) { amount.most } else { amount.least }
}

/// A change with its sign; nothing where nothing changed.
pub fn change(column: &Column, now: &Amount, base: &Amount) -> Option<String> {
    let (now, base) = (counted(column, now), counted(column, base));
    match now.cmp(&base) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(format!("+{}", (now - base).shown())),
        std::cmp::Ordering::Less => Some(format!("-{}", (base - now).shown())),
    }
}

/// A line, and the same line before.
pub struct Line<'t> {
    /// Its name, made harmless.
    pub name: String,
    /// Amounts of today, in the order of the columns.
    pub now: Vec<Amount>,
    /// Amounts before, in the order of the columns.
    pub base: Vec<Amount>,
    /// The columns.
    pub columns: &'t [Column],
}

impl Line<'_> {
    /// The amount of every column.
    pub fn amounts(&self) -> impl Iterator<Item = String> {
        self.columns.iter().zip(&self.now).map(|(column, now)| amount(column, now))
    }

    /// The change of every column.
    pub fn changes(&self) -> Vec<Option<String>> {
        let pairs = self.columns.iter().zip(&self.now).zip(&self.base);
        pairs.map(|((column, now), base)| change(column, now, base)).collect()
    }
}

/// All lines, those that are gone included, and the total.
pub fn lines(compared: &Compared) -> (Vec<Line<'_>>, Line<'_>) {
    let (now, base) = (&compared.now, compared.base.as_ref());
    let names: BTreeSet<&str> =
        now.rows.iter().chain(base.iter().flat_map(|base| &base.rows)).map(|row| row.name.as_str()).collect();
    let line = |name: &str, row: Option<&Row>, before: Option<&Row>| Line {
        name: escape::line(name),
        now: ordered(&now.columns, &now.columns, row),
        base: ordered(&now.columns, base.map_or(&[], |base| &base.columns), before),
        columns: &now.columns,
    };
    let find = |table: Option<&'_ Table>, name: &str| {
        table.and_then(|table| table.rows.iter().find(|row| row.name == name)).cloned()
    };
    let all = names.into_iter().map(|name| line(name, find(Some(now), name).as_ref(), find(base, name).as_ref()));
    (all.collect(), line("total", Some(&now.total), base.map(|base| &base.total)))
}

/// The amounts of a line in the order of other columns than its own.
fn ordered(columns: &[Column], own: &[Column], row: Option<&Row>) -> Vec<Amount> {
    let find = |column: &Column| {
        let at = own.iter().position(|one| one == column)?;
        row?.amounts.get(at).copied()
    };
    columns.iter().map(|column| find(column).unwrap_or_default()).collect()
}

/// A share in tenths of a percent of a whole; `None` where the whole is nothing.
pub fn share(part: Quantity, whole: Quantity) -> Option<u64> {
    part.per_mille(whole)
}

/// How much of a bound is used: what, of what, and the share in tenths of a percent.
pub fn used(one: &Use) -> (String, Quantity, Option<u64>) {
    let counted = counted(&one.column, &one.used);
    let what = format!("{}: {}", escape::line(&one.whose), one.column.measure().name());
    (what, counted, share(counted, one.bound))
}

/// Whether more is used than the headroom leaves.
pub fn is_exceeded(one: &Use) -> bool {
    counted(&one.column, &one.used) > one.bound.percent(100 - one.headroom.min(100))
}
