//! Pods that have to reach each other: copies of one workload, and the operators of custom resources.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{PodPort, PodSet};
use crate::yaml::Node;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    rows: Vec<Row>,
    port_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    #[expect(dead_code, reason = "says where a row is from")]
    source: String,
    copies: Vec<Count>,
    ports: Vec<u16>,
    #[serde(default)]
    operators: Vec<Operator>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Count {
    path: String,
    default: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
    charts: Vec<String>,
    ports: Vec<u16>,
}

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| table!("peers").map_err(|error| error.to_string()));

/// Who has to reach some pods.
#[derive(Clone, Copy, Debug)]
pub enum Peer<'p, 'w> {
    /// Their own copies.
    Copies(u64),
    /// Another part of the same release.
    Part(&'p PodSet<'w>),
    /// The pods of an operator.
    Operator(&'p PodSet<'w>),
}

/// Pods, who has to reach them besides their users, and on which port.
#[derive(Clone, Debug)]
pub struct Bond<'p, 'w> {
    /// Who.
    pub peer: Peer<'p, 'w>,
    /// The pods.
    pub to: &'p PodSet<'w>,
    /// The port.
    pub port: PodPort,
}

/// Every bond of a cluster, grouped by pods, copies first.
pub fn bonds<'p, 'w>(cluster: &'p Cluster<'w>) -> Vec<Bond<'p, 'w>> {
    let Ok(table) = TABLE.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for set in cluster.pods().iter() {
        match table.rows.iter().find(|row| row.is_of(set)) {
            Some(row) => row.bonds(cluster, set, &mut found),
            None if set.object.is("apps", "StatefulSet") => by_names(table, set, &mut found),
            None if set.component.is_some() => of_parts(cluster, table, set, &mut found),
            None => {}
        }
    }
    found
}

fn by_names<'p, 'w>(table: &Table, set: &'p PodSet<'w>, found: &mut Vec<Bond<'p, 'w>>) {
    let copies = set.object.dig("spec.replicas").and_then(number).unwrap_or(1);
    if copies < 2 {
        return;
    }
    let named = set.ports.iter().filter(|port| port.name.as_ref().is_some_and(|name| table.port_names.contains(name)));
    found.extend(named.map(|port| Bond { peer: Peer::Copies(copies), to: set, port: port.clone() }));
}

/// Parts of a release that have a port of the same name.
fn of_parts<'p, 'w>(cluster: &'p Cluster<'w>, table: &Table, set: &'p PodSet<'w>, found: &mut Vec<Bond<'p, 'w>>) {
    let is_told = |port: &&PodPort| port.name.as_ref().is_some_and(|name| table.port_names.contains(name));
    for port in set.ports.iter().filter(is_told) {
        let parts = cluster.pods().in_namespace(set.namespace()).filter(|other| {
            std::ptr::eq(other.object, set.object)
                && !std::ptr::eq(*other, set)
                && other.ports.iter().any(|own| own.name == port.name)
        });
        found.extend(parts.map(|other| Bond { peer: Peer::Part(other), to: set, port: port.clone() }));
    }
}

fn number(node: &Node) -> Option<u64> {
    node.as_int().and_then(|number| u64::try_from(number).ok())
}

impl Row {
    fn is_of(&self, set: &PodSet<'_>) -> bool {
        format!("{}/{}", set.object.gvk.group, set.object.gvk.kind) == self.kind
    }

    fn bonds<'p, 'w>(&self, cluster: &'p Cluster<'w>, set: &'p PodSet<'w>, found: &mut Vec<Bond<'p, 'w>>) {
        let copies: u64 = self.copies.iter().filter_map(|count| count.of(&set.object.node)).sum();
        let bond = |peer, number| Bond { peer, to: set, port: set.port_of(number) };
        if copies > 1 {
            found.extend(self.ports.iter().map(|number| bond(Peer::Copies(copies), *number)));
        }
        for operator in &self.operators {
            for release in cluster.releases() {
                if !release.chart.is_some_and(|chart| operator.charts.iter().any(|own| own == chart)) {
                    continue;
                }
                let pods = cluster.pods().in_namespace(&release.namespace);
                for of in pods.filter(|pods| std::ptr::eq(pods.object, release.object)) {
                    found.extend(operator.ports.iter().map(|number| bond(Peer::Operator(of), *number)));
                }
            }
        }
    }
}

impl Count {
    /// The number; none where it cannot be known.
    fn of(&self, root: &Node) -> Option<u64> {
        let nodes = root.each(&self.path);
        if nodes.is_empty() {
            return Some(self.default);
        }
        nodes.into_iter().map(number).sum()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read() {
        let table = super::TABLE.as_ref().unwrap();
        assert!(table.rows.iter().all(|row| row.kind.contains('/') && !row.ports.is_empty()));
    }
}
