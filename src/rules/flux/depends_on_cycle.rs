//! The dependsOn graph of one kind has no circle. Card: rules/flux/depends-on-cycle.md

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;

use super::depends_on::{Dependency, HELM_RELEASE, KUSTOMIZATION, dependencies};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnCycle {}

type Name = (String, String);

impl Rule for DependsOnCycle {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            let edges = dependencies(cluster, kind);
            let mut graph: BTreeMap<Name, Vec<(Name, &Dependency<'_>)>> = BTreeMap::new();
            for edge in &edges {
                let (Some(name), Some(namespace)) = (edge.name, edge.namespace) else { continue };
                let from = (edge.from.namespace().to_owned(), edge.from.name.to_string());
                graph.entry(from).or_default().push(((namespace.to_owned(), name.to_owned()), edge));
            }
            keep_knots(&mut graph);
            let mut reported: BTreeSet<Name> = BTreeSet::new();
            for start in graph.keys() {
                // A circle that shares a member with one already told is the same knot.
                if reported.contains(start) {
                    continue;
                }
                let Some(cycle) = shortest_cycle(&graph, start) else { continue };
                if cycle.iter().any(|(from, _)| reported.contains(from)) {
                    continue;
                }
                reported.extend(cycle.iter().map(|(from, _)| from.clone()));
                out.report(report(kind.kind, &cycle));
            }
        }
    }
}

/// Takes away what can be in no circle: what waits for nothing that is left, or is waited for by nothing.
fn keep_knots(graph: &mut BTreeMap<Name, Vec<(Name, &Dependency<'_>)>>) {
    for is_turned in [false, true] {
        let ends = graph.iter().flat_map(|(from, edges)| edges.iter().map(move |(to, _)| (from, to)));
        let gone = without_way_on(ends.map(|(from, to)| if is_turned { (to, from) } else { (from, to) }));
        graph.retain(|name, _| !gone.contains(name));
        for edges in graph.values_mut() {
            edges.retain(|(to, _)| !gone.contains(to));
        }
    }
}

/// The ends of arrows from which no way goes on forever.
fn without_way_on<'n>(arrows: impl Iterator<Item = (&'n Name, &'n Name)>) -> BTreeSet<Name> {
    let mut before: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    let mut ways: BTreeMap<&Name, usize> = BTreeMap::new();
    for (from, to) in arrows {
        before.entry(to).or_default().push(from);
        *ways.entry(from).or_default() += 1;
        ways.entry(to).or_default();
    }
    let mut ended: Vec<&Name> = ways.iter().filter(|(_, left)| **left == 0).map(|(name, _)| *name).collect();
    let mut gone = BTreeSet::new();
    while let Some(name) = ended.pop() {
        for from in before.get(name).into_iter().flatten() {
            let Some(left) = ways.get_mut(from) else { continue };
            *left -= 1;
            if *left == 0 {
                ended.push(from);
            }
        }
        gone.insert(name.clone());
    }
    gone
}

/// The shortest way from an object back to itself, as edges.
fn shortest_cycle<'g>(
    graph: &'g BTreeMap<Name, Vec<(Name, &'g Dependency<'g>)>>,
    start: &Name,
) -> Option<Vec<(Name, &'g Dependency<'g>)>> {
    let mut came_from: BTreeMap<&Name, (&Name, &Dependency<'_>)> = BTreeMap::new();
    let mut queue = VecDeque::from([graph.get_key_value(start)?.0]);
    while let Some(name) = queue.pop_front() {
        for (next, edge) in graph.get(name).into_iter().flatten() {
            if next == start {
                let mut path = vec![(name.clone(), *edge)];
                let mut at = name;
                while at != start {
                    let (before, edge) = came_from.get(at)?;
                    path.push(((*before).clone(), *edge));
                    at = before;
                }
                path.reverse();
                return Some(path);
            }
            if next != start && !came_from.contains_key(next) {
                came_from.insert(next, (name, edge));
                queue.push_back(next);
            }
        }
    }
    None
}

fn report(kind: &str, cycle: &[(Name, &Dependency<'_>)]) -> Observation {
    let names: Vec<String> = cycle.iter().map(|((namespace, name), _)| format!("{namespace}/{name}")).collect();
    let first = names.first().cloned().unwrap_or_default();
    let place = |edge: &Dependency<'_>| edge.entry.get("name").unwrap_or(edge.entry).span();
    let (message, label) = match names.as_slice() {
        [only] => (format!("{kind} `{only}` depends on itself"), "itself".to_owned()),
        _ => (
            format!("{kind}s depend on each other in a circle: `{}` → `{first}`", names.join("` → `")),
            format!("waits for `{}`", names.get(1).cloned().unwrap_or_default()),
        ),
    };
    let Some((_, edge)) = cycle.first() else {
        unreachable!("a cycle has at least one edge");
    };
    let mut observation = Observation::new("depends-on-cycle", message, Label::new(place(edge), label))
        .about(edge.from.reference(), format!("spec.dependsOn[{}]", names.join(" ")))
        .trail(trail(edge.entry.get("name").unwrap_or(edge.entry)));
    for (position, (_, edge)) in cycle.iter().enumerate().skip(1) {
        let next = names.get(position + 1).unwrap_or(&first);
        observation = observation.related(Label::new(place(edge), format!("waits for `{next}`")));
    }
    if cycle.iter().any(|(_, edge)| edge.entry.get("readyExpr").is_some()) {
        observation = observation.severity(Severity::Warning);
    }
    observation
}
