//! Sums that a document states are those of the tree. Card: rules/budget/budget-document-mismatch.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::budget::document::{Account, MARK, Stated, Subject, accounts};
use crate::cluster::budget::table::Column;
use crate::cluster::budget::{Contributor, shown};
use crate::cluster::quantity::Quantity;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// So many of the parts stand in the advice.
const PARTS: usize = 6;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetDocumentMismatch {}

impl Rule for BudgetDocumentMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let sources = cluster.sources();
        for path in sources.system().walk().iter().filter(|path| path.ends_with(".md")) {
            let Ok(file) = sources.load(path) else { continue };
            if !sources.file(file).text.contains(MARK) {
                continue;
            }
            for account in accounts(sources, file) {
                judge(cluster, path, &account, out);
            }
        }
    }
}

fn judge(cluster: &Cluster<'_>, path: &str, account: &Account, out: &mut Sink) {
    for word in &account.unread {
        out.undecided(cluster, "count", format!("the account in {path}"), format!("`{word}` names no object"));
    }
    let mut contributors: Vec<&Contributor<'_>> = Vec::new();
    for subject in &account.subjects {
        let before = contributors.len();
        contributors.extend(cluster.account().contributors.iter().filter(|one| is_of(cluster, one, subject)));
        if contributors.len() == before {
            // It may belong to another cluster.
            out.undecided(cluster, "count", format!("the account in {path}"), "nothing in this cluster belongs to it");
            return;
        }
    }
    for stated in &account.stated {
        let mut sum = Sum::default();
        for one in &contributors {
            sum.add(one, &stated.column);
        }
        if let Some(found) = mismatch(path, stated, &sum) {
            out.report(found.related(Label::new(account.place, "the account of this")));
        }
    }
}

fn is_of(cluster: &Cluster<'_>, one: &Contributor<'_>, subject: &Subject) -> bool {
    let Subject::Object { kind, namespace, name, part } = subject else {
        return match subject {
            Subject::Namespace(name) => one.namespace == *name,
            _ => true,
        };
    };
    let release = one.object.release.and_then(|at| cluster.object(at));
    let is_it = |object: &crate::build::Object| {
        object.kind() == kind && object.namespace() == namespace && object.name == name.as_str()
    };
    (is_it(one.object) || release.is_some_and(is_it)) && part.as_ref().is_none_or(|part| one.part == *part)
}

/// What the tree says of a column.
#[derive(Default)]
struct Sum {
    amount: Quantity,
    is_open: bool,
    parts: Vec<(Quantity, String)>,
}

impl Sum {
    fn add(&mut self, one: &Contributor<'_>, column: &Column) {
        let tally = one.share(column.measure());
        let copies = if matches!(column, Column::Limits(_)) { one.copies.most } else { one.copies.least };
        let part = tally.value.times(copies);
        self.amount = self.amount + part;
        self.is_open |= !tally.gaps.is_empty() || one.copies.gap.is_some();
        if !part.is_zero() {
            self.parts.push((part, shown(one.object, &one.part)));
        }
    }
}

fn mismatch(path: &str, stated: &Stated, sum: &Sum) -> Option<Observation> {
    let amount = sum.amount - stated.before.unwrap_or(Quantity::ZERO);
    let distance = if amount > stated.amount { amount - stated.amount } else { stated.amount - amount };
    // What is not known can only add to the sum.
    let may_be_right = sum.is_open && stated.amount > amount;
    if distance <= stated.tolerance || may_be_right {
        return None;
    }
    let (verb, sign) = match stated.before {
        Some(_) if amount >= Quantity::ZERO => ("change by", "+"),
        Some(_) => ("change by", ""),
        None => ("add up to", ""),
    };
    let least = if sum.is_open { "at least " } else { "" };
    let measure = stated.column.measure().name();
    let truth = format!("{sign}{}", amount.shown());
    let message = format!("the document says `{}`, but the {measure} {verb} {least}`{truth}`", stated.text);
    let mut parts = sum.parts.clone();
    parts.sort_by(|a, b| b.cmp(a));
    let more = if parts.len() > PARTS { ", …" } else { "" };
    let listed: Vec<String> = parts.iter().take(PARTS).map(|(part, who)| format!("{} {who}", part.shown())).collect();
    Some(
        Observation::new("budget-document-mismatch", message, Label::new(stated.place, format!("is {truth}")))
            .keyed(format!("{path}: {measure} {}", stated.text))
            .help(format!("write `{truth}`: {}{more}", listed.join(", "))),
    )
}
