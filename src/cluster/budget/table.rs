//! The account as a table: a line for each part of a cluster, a column for each measure.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::{Bound, bounds};
use super::{Account, Contributor, Measure, shown};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::quantity::Quantity;

/// What gets a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The cluster.
    Cluster,
    /// Each namespace.
    Namespace,
    /// Each Flux Kustomization.
    Kustomization,
    /// Each workload.
    Workload,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// Pods.
    Pods,
    /// Requests of a resource.
    Requests(String),
    /// Limits of a resource.
    Limits(String),
    /// Storage of volume claims.
    Storage,
    /// Volume claims.
    Claims,
}

impl Column {
    /// What it sums.
    pub fn measure(&self) -> Measure<'_> {
        match self {
            Column::Pods => Measure::Pods,
            Column::Requests(resource) => Measure::Requests(resource),
            Column::Limits(resource) => Measure::Limits(resource),
            Column::Storage => Measure::Storage,
            Column::Claims => Measure::Claims,
        }
    }
}

/// A sum with every autoscaler at its minimum and at its maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// At the minimum.
    pub least: Quantity,
    /// At the maximum.
    pub most: Quantity,
    /// Something that belongs to it is not known: there is more.
    pub is_open: bool,
}

impl Amount {
    fn add(&mut self, other: Amount) {
        self.least = self.least + other.least;
        self.most = self.most + other.most;
        self.is_open |= other.is_open;
    }
}

/// A line: an amount for each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is about: a namespace, `namespace/name` of a Kustomization, a workload.
    pub name: String,
    /// In the order of the columns.
    pub amounts: Vec<Amount>,
}

/// A bound that is declared, and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What it bounds: `the cluster`, `namespace a`.
    pub whose: String,
    /// Which column.
    pub column: Column,
    /// What is used.
    pub used: Amount,
    /// What is allowed, headroom included.
    pub bound: Quantity,
    /// The share that stays free, in percent.
    pub headroom: u8,
}

/// Reasons, by what is not counted.
type Uncounted = BTreeMap<String, BTreeSet<String>>;

/// The account of one cluster as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Entry path of the cluster.
    pub entry: String,
    /// What gets a line.
    pub by: By,
    /// Columns.
    pub columns: Vec<Column>,
    /// Lines, sorted by name.
    pub rows: Vec<Row>,
    /// The sum of all lines.
    pub total: Row,
    /// Declared bounds.
    pub uses: Vec<Use>,
    /// What is not counted, and why.
    pub uncounted: Vec<(String, String)>,
}

impl Table {
    /// The table of a cluster.
    pub fn of(cluster: &Cluster<'_>, by: By) -> Self {
        let account = cluster.account();
        let columns = columns(account);
        let mut rows: BTreeMap<String, Vec<Amount>> = BTreeMap::new();
        let mut total = vec![Amount::default(); columns.len()];
        let mut uncounted = Uncounted::new();
        for one in &account.contributors {
            let row = rows.entry(name(cluster, by, one)).or_insert_with(|| vec![Amount::default(); columns.len()]);
            for ((column, amount), total) in columns.iter().zip(row).zip(&mut total) {
                let share = share(one, column, &mut uncounted);
                amount.add(share);
                total.add(share);
            }
        }
        for one in &account.uncounted {
            uncounted.entry(shown(one.object, &one.part)).or_default().insert(one.reason.clone());
        }
        for (what, why, _) in &account.not_built {
            uncounted.entry(what.clone()).or_default().insert(why.clone());
        }
        let is_there = |row: &Row| row.amounts.iter().any(|amount| !amount.most.is_zero() || amount.is_open);
        let rows = rows.into_iter().map(|(name, amounts)| Row { name, amounts }).filter(is_there);
        Table {
            entry: cluster.entry().to_owned(),
            by,
            rows: if by == By::Cluster { Vec::new() } else { rows.collect() },
            total: Row { name: "total".to_owned(), amounts: total },
            uses: uses(cluster, account, &columns),
            uncounted: uncounted.into_iter().map(|(what, whys)| (what, Vec::from_iter(whys).join("; "))).collect(),
            columns,
        }
    }
}

/// The columns of every table, and one for each further resource that somebody requests.
fn columns(account: &Account<'_>) -> Vec<Column> {
    let of = |resource: &str| [Column::Requests(resource.to_owned()), Column::Limits(resource.to_owned())];
    let mut columns = vec![Column::Pods];
    columns.extend(of("cpu"));
    columns.extend(of("memory"));
    columns.extend([Column::Storage, Column::Claims]);
    let pods = account.contributors.iter().filter_map(|one| one.pod.as_ref());
    let further: BTreeSet<&String> = pods
        .flat_map(|pod| pod.all().flat_map(|container| container.requests.keys()))
        .filter(|resource| !matches!(resource.as_str(), "cpu" | "memory"))
        .collect();
    columns.extend(further.into_iter().map(|resource| Column::Requests(resource.clone())));
    columns
}

fn name(cluster: &Cluster<'_>, by: By, one: &Contributor<'_>) -> String {
    match by {
        By::Cluster => String::new(),
        By::Namespace => one.namespace.clone(),
        By::Kustomization => {
            let own = cluster.kustomization_of(one.object).map(|own| &own.spec);
            own.map(|spec| format!("{}/{}", spec.namespace, spec.name)).unwrap_or_default()
        }
        By::Workload => workload(one.object, &one.part, &one.namespace),
    }
}

/// `namespace/name Kind` of what brings pods, `namespace/name (part)` for a part of a release.
fn workload(object: &Object, part: &str, namespace: &str) -> String {
    match (object.kind(), part) {
        (kind, "") => format!("{namespace}/{} {kind}", object.name),
        ("HelmRelease", part) => format!("{namespace}/{} ({part})", object.name),
        (kind, part) => format!("{namespace}/{} {kind} ({part})", object.name),
    }
}

/// What one contributor adds to a column; requests and volumes that are not known are noted.
fn share(one: &Contributor<'_>, column: &Column, uncounted: &mut Uncounted) -> Amount {
    let measure = column.measure();
    let mut tally = one.share(measure);
    // Whoever states no request for one of the other resources asks for none.
    if !matches!(measure, Measure::Requests("cpu" | "memory") | Measure::Limits(_) | Measure::Storage) {
        tally.gaps.clear();
    }
    let gap = one.copies.gap.clone().filter(|_| one.matters_to(measure));
    let is_open = gap.is_some() || !tally.gaps.is_empty();
    // That there is no limit is no gap in the account.
    if !matches!(column, Column::Limits(_)) {
        for why in tally.gaps.into_iter().chain(gap) {
            uncounted.entry(shown(one.object, &one.part)).or_default().insert(why);
        }
    }
    Amount { least: tally.value.times(one.copies.least), most: tally.value.times(one.copies.most), is_open }
}

/// What the configuration bounds.
fn uses(cluster: &Cluster<'_>, account: &Account<'_>, columns: &[Column]) -> Vec<Use> {
    let mut uses = Vec::new();
    for Bound { budget, whose, scope, measure, amount, .. } in bounds(cluster) {
        let column = columns.iter().find(|column| column.measure() == measure);
        let (Some(scope), Some(bound), Some(column)) = (scope, Quantity::parse(&amount), column) else { continue };
        let sum = account.sum(scope, measure);
        let used = Amount { least: sum.least, most: sum.most, is_open: !sum.uncounted.is_empty() };
        let headroom = budget.headroom.as_ref().map_or(0, |share| share.0);
        uses.push(Use { whose: whose.replace('`', ""), column: column.clone(), used, bound, headroom });
    }
    uses
}
