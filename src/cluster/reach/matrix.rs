//! Who reaches the pods of a namespace: every source that something speaks of against every port.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

use super::Reach;
use super::edges::{Edge, From, edges};
use super::explain::is_unknown;
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, PodPort, PodSet};
use crate::cluster::policies::{Peers, Side, Who};

/// Entities that are always asked about.
const ENTITIES: [&str; 3] = ["world", "ingress", "kube-apiserver"];

/// Who reaches what in a namespace.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Entry path of the cluster.
    pub entry: String,
    /// The namespace.
    pub namespace: String,
    /// Ports of pods.
    pub columns: Vec<Column>,
    /// Sources.
    pub rows: Vec<Row>,
}

/// A port of some pods.
#[derive(Clone, Debug)]
pub struct Column {
    /// The pods, without the namespace.
    pub name: String,
    /// Their port; none where none is known.
    pub port: Option<String>,
}

/// A source.
#[derive(Clone, Debug)]
pub struct Row {
    /// `namespace/name`, or an entity.
    pub name: String,
    /// One answer a column.
    pub cells: Vec<Cell>,
}

/// Whether a source reaches a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The answer.
    pub passes: Answer,
    /// Whether the tree says that it connects there.
    pub is_needed: bool,
}

/// The matrix of a namespace; none where the tree runs nothing there.
pub fn matrix(cluster: &Cluster<'_>, namespace: &str) -> Option<Matrix> {
    let targets = cluster.pods().positions(namespace);
    if targets.is_empty() {
        return None;
    }
    let edges = edges(cluster);
    let into: Vec<&Edge<'_>> = edges.iter().filter(|edge| targets.contains(&edge.to)).collect();
    let columns = columns(cluster, targets, &into);
    let needed: HashSet<(usize, usize, Option<u16>)> = into
        .iter()
        .flat_map(|edge| match &edge.from {
            From::Pods(sets) => sets.iter().map(|at| (*at, edge.to, edge.port.number)).collect(),
            From::Endpoint(..) | From::Entity(_) => Vec::new(),
        })
        .collect();
    let by_entity: HashSet<(&str, usize, Option<u16>)> = into
        .iter()
        .filter_map(|edge| match &edge.from {
            From::Entity(entity) => Some((*entity, edge.to, edge.port.number)),
            From::Pods(_) | From::Endpoint(..) => None,
        })
        .collect();
    let ask = |side: Side<'_>, needs: &dyn Fn(usize, Option<u16>) -> bool| -> Vec<Cell> {
        let asked = columns.iter().filter_map(|(at, port)| {
            let set = cluster.pods().get(*at)?;
            let passes = Reach::of(cluster, side, Side::Pods(set), port).passes();
            Some(Cell { passes, is_needed: needs(*at, port.number) })
        });
        asked.collect()
    };
    let mut rows: Vec<Row> = Vec::new();
    for at in sources(cluster, namespace, &into) {
        let Some(set) = cluster.pods().get(at) else { continue };
        let cells = ask(Side::Pods(set), &|to, port| needed.contains(&(at, to, port)));
        rows.push(Row { name: format!("{}/{}", set.namespace(), short(cluster, at)), cells });
    }
    let mut seen = BTreeSet::new();
    for edge in &into {
        let From::Endpoint(endpoint, shown) = &edge.from else { continue };
        if seen.insert((endpoint.namespace.clone(), shown.clone())) {
            let own = |other: &&&Edge<'_>| matches!(&other.from, From::Endpoint(_, name) if name == shown);
            let mine: HashSet<(usize, Option<u16>)> =
                into.iter().filter(own).map(|edge| (edge.to, edge.port.number)).collect();
            let cells = ask(Side::Endpoint(endpoint), &|to, port| mine.contains(&(to, port)));
            rows.push(Row { name: shown.replace('`', ""), cells });
        }
    }
    for entity in ENTITIES {
        let cells = ask(Side::Entity(entity), &|to, port| by_entity.contains(&(entity, to, port)));
        rows.push(Row { name: entity.to_owned(), cells });
    }
    let columns = columns.iter().map(|(at, port)| column(cluster, *at, port)).collect();
    Some(Matrix { entry: cluster.entry().to_owned(), namespace: namespace.to_owned(), columns, rows })
}

/// The ports that are known of pods, and those that something connects to.
fn columns(cluster: &Cluster<'_>, targets: &[usize], into: &[&Edge<'_>]) -> Vec<(usize, PodPort)> {
    let mut found: Vec<(usize, PodPort)> = Vec::new();
    for at in targets {
        let Some(set) = cluster.pods().get(*at) else { continue };
        let mut ports: Vec<PodPort> = set.ports.clone();
        ports.extend(into.iter().filter(|edge| edge.to == *at).map(|edge| edge.port.clone()));
        ports.sort_by_key(|port| (port.number, port.protocol.clone(), port.name.is_none()));
        ports.dedup_by(|a, b| a.number == b.number && a.protocol == b.protocol && a.number.is_some());
        if ports.is_empty() {
            ports.push(PodPort::tcp(None, None));
        }
        found.extend(ports.into_iter().map(|port| (*at, port)));
    }
    found
}

fn column(cluster: &Cluster<'_>, at: usize, port: &PodPort) -> Column {
    let number = port.number.map(|number| number.to_string()).or_else(|| port.name.clone());
    let udp = if port.protocol == "TCP" { String::new() } else { format!("/{}", port.protocol.to_lowercase()) };
    Column { name: short(cluster, at), port: number.map(|number| format!("{number}{udp}")) }
}

/// The name of pods in their namespace: with their part of it where their object has several.
fn short(cluster: &Cluster<'_>, at: usize) -> String {
    let Some(set) = cluster.pods().get(at) else { return String::new() };
    let name = match &set.component {
        // Beside pods of which more is known.
        None if is_unknown(set) => format!("{}/?", set.object.name),
        Some(component) if *component != set.object.name => format!("{}/{component}", set.object.name),
        _ => set.object.name.to_string(),
    };
    let mut others = cluster.pods().in_namespace(set.namespace());
    let is_other = others.any(|other| other.object.name == set.object.name && other.object.kind() != set.object.kind());
    if is_other { format!("{name} ({})", set.object.kind()) } else { name }
}

/// Pods that something connects from, that a policy names, or that run in the namespace itself.
fn sources(cluster: &Cluster<'_>, namespace: &str, into: &[&Edge<'_>]) -> Vec<usize> {
    let policies = cluster.policies();
    let mut found: BTreeSet<usize> = cluster.pods().positions(namespace).iter().copied().collect();
    for edge in into {
        if let From::Pods(sets) = &edge.from {
            found.extend(sets);
        }
    }
    for policy in policies.over(namespace) {
        let rules = policy.ingress.allow.iter().chain(&policy.ingress.deny);
        let listed = rules.filter_map(|rule| match &rule.peers {
            Peers::Listed(peers) => Some(peers),
            Peers::Any | Peers::Unknown => None,
        });
        for peer in listed.flatten().filter(|peer| matches!(&peer.who, Who::Pods { pods, .. } if !pods.is_empty())) {
            let all = || cluster.pods().iter().enumerate();
            let answer = |set: &PodSet<'_>| policies.is_peer(policy, peer, &set.endpoint);
            // Where a peer means one namespace, those of its pods that it may mean.
            let maybe = all().filter(|(_, set)| !answer(set).is_no());
            let named: BTreeSet<&str> = maybe.map(|(_, set)| set.namespace()).collect();
            let is_meant = |set: &PodSet<'_>| answer(set).is_yes() || named.len() == 1 && !answer(set).is_no();
            found.extend(all().filter(|(_, set)| is_meant(set)).map(|(at, _)| at));
        }
    }
    let order: HashMap<usize, (bool, String)> = found
        .iter()
        .filter_map(|at| {
            let set = cluster.pods().get(*at)?;
            Some((*at, (set.namespace() != namespace, format!("{}/{}", set.namespace(), short(cluster, *at)))))
        })
        .collect();
    let mut sorted: Vec<usize> = found.into_iter().collect();
    sorted.sort_by(|a, b| order.get(a).cmp(&order.get(b)));
    sorted
}
