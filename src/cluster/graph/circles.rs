//! Which edges are part of a circle in which every object waits for the next one for ever.

use hashbrown::HashMap;
use std::collections::BTreeMap;

use super::Relation;
use super::draft::{Facts, Key};

/// For each edge whether it is part of a circle. An object starts, and is ready later: it starts after those it depends
/// on are ready, and after the one that applies it has started; one that waits is ready after those it applies are.
pub fn circular<'d>(
    nodes: &BTreeMap<Key, Facts>,
    edges: impl Iterator<Item = (&'d (Key, Relation, Key), bool)>,
) -> Vec<bool> {
    let positions: HashMap<&Key, usize> = nodes.keys().enumerate().map(|(at, key)| (key, at)).collect();
    let (starts, ready) = (|at: usize| at * 2, |at: usize| at * 2 + 1);
    let mut arcs: Vec<(usize, usize, Option<usize>)> =
        (0..positions.len()).map(|at| (ready(at), starts(at), None)).collect();
    let mut count = 0;
    for (edge, ((from, relation, to), is_lenient)) in edges.enumerate() {
        count = edge + 1;
        let is_suspended = |key: &Key| nodes.get(key).is_some_and(|facts| facts.is_suspended);
        let (Some(a), Some(b)) = (positions.get(from).copied(), positions.get(to).copied()) else { continue };
        // A suspended object keeps the condition it had.
        if is_lenient || is_suspended(from) || is_suspended(to) {
            continue;
        }
        match relation {
            Relation::DependsOn => arcs.push((starts(a), ready(b), Some(edge))),
            Relation::Applies if a != b => {
                arcs.push((starts(b), starts(a), Some(edge)));
                if nodes.get(from).is_some_and(|facts| facts.waits) {
                    arcs.push((ready(a), ready(b), Some(edge)));
                }
            }
            Relation::Applies | Relation::Source | Relation::Names => {}
        }
    }
    let mut circular = vec![false; count];
    for edge in on_circles(nodes.len() * 2, &arcs) {
        if let Some(flag) = circular.get_mut(edge) {
            *flag = true;
        }
    }
    circular
}

/// The edges behind the arcs that lie on some circle.
fn on_circles(events: usize, arcs: &[(usize, usize, Option<usize>)]) -> Vec<usize> {
    let left = knotted(events, arcs);
    let mut after: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to, _) in &left {
        after.entry(*from).or_default().push(*to);
    }
    let leads_back = |from: usize, to: usize| {
        let mut seen = vec![false; events];
        let mut open = vec![to];
        while let Some(event) = open.pop() {
            if event == from {
                return true;
            }
            if let Some(flag) = seen.get_mut(event).filter(|flag| !**flag) {
                *flag = true;
                open.extend(after.get(&event).into_iter().flatten());
            }
        }
        false
    };
    left.iter().filter(|(from, to, _)| leads_back(*from, *to)).filter_map(|(_, _, edge)| *edge).collect()
}

/// The arcs that are left when every event that waits for nothing, and every event that nothing waits for, is taken
/// away again and again: circles, and what lies between them.
fn knotted(events: usize, arcs: &[(usize, usize, Option<usize>)]) -> Vec<(usize, usize, Option<usize>)> {
    let mut left = arcs.to_vec();
    loop {
        let (mut goes, mut comes) = (vec![false; events], vec![false; events]);
        for (from, to, _) in &left {
            goes.get_mut(*from).into_iter().for_each(|flag| *flag = true);
            comes.get_mut(*to).into_iter().for_each(|flag| *flag = true);
        }
        let before = left.len();
        let flag = |flags: &[bool], at: usize| flags.get(at).copied().unwrap_or_default();
        left.retain(|(from, to, _)| flag(&goes, *to) && flag(&comes, *from));
        if left.len() == before {
            return left;
        }
    }
}
