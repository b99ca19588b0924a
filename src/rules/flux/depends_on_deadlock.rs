//! Nothing that an object waits for comes only after that object is ready. Card: rules/flux/depends-on-deadlock.md

use hashbrown::HashMap;
use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;

use super::order::{Need, Order, Why};
use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnDeadlock {}

/// How many edges of a knot are tried for the shortest circle; knots of real trees have a handful.
const MAX_TRIED: usize = 64;

/// What happens to an object: it is applied and begins its work, or it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Event {
    Starts(usize),
    Ready(usize),
}

/// An event that needs another one first; no need where an object is ready after its own start.
type Edge<'o, 'w> = (Event, Event, Option<(usize, &'o Need<'w>)>);

impl Rule for DependsOnDeadlock {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let order = Order::of(cluster);
        let edges = edges(&order);
        let mut after: HashMap<Event, Vec<usize>> = HashMap::new();
        for (at, (from, ..)) in edges.iter().enumerate() {
            after.entry(*from).or_default().push(at);
        }
        let knots = knots(&edges, &after);
        let mut tried: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, (from, to, need)) in edges.iter().enumerate() {
            // A circle of dependsOn alone is told by depends-on-cycle.
            let joins = need.is_some_and(|(_, need)| need.why != Why::DependsOn);
            if let Some(knot) = knots.get(from).filter(|knot| joins && knots.get(to) == Some(*knot)) {
                tried.entry(*knot).or_default().push(at);
            }
        }
        for joining in tried.values() {
            let circles = joining.iter().take(MAX_TRIED).filter_map(|at| circle(&edges, &after, &knots, *at));
            let shortest = circles.min_by_key(|circle| (circle.len(), circle.iter().min().copied()));
            if let Some(found) = shortest.and_then(|circle| report(&order, &edges, &circle)) {
                out.report(found);
            }
        }
    }
}

fn edges<'o, 'w>(order: &'o Order<'w>) -> Vec<Edge<'o, 'w>> {
    let mut edges = Vec::new();
    for at in 0..order.objects.len() {
        edges.push((Event::Ready(at), Event::Starts(at), None));
        for need in order.needs(at) {
            // A suspended object keeps the condition it had; an expression may hold before the object is ready.
            let may_be_fine = order.is_suspended(at)
                || order.is_suspended(need.of)
                || need.entry.is_some_and(|entry| entry.get("readyExpr").is_some());
            if may_be_fine {
                continue;
            }
            let (from, to) = match need.why {
                Why::DependsOn => (Event::Starts(at), Event::Ready(need.of)),
                Why::WaitsFor => (Event::Ready(at), Event::Ready(need.of)),
                Why::AppliedBy | Why::SourceBy => (Event::Starts(at), Event::Starts(need.of)),
            };
            edges.push((from, to, Some((at, need))));
        }
    }
    edges
}

/// The knot of each event: events that need each other have the same number. Tarjan's strongly connected components,
/// without recursion.
fn knots(edges: &[Edge<'_, '_>], after: &HashMap<Event, Vec<usize>>) -> HashMap<Event, usize> {
    let mut index: HashMap<Event, usize> = HashMap::new();
    let mut low: HashMap<Event, usize> = HashMap::new();
    let mut knots: HashMap<Event, usize> = HashMap::new();
    let mut open: Vec<Event> = Vec::new();
    for (start, ..) in edges {
        if index.contains_key(start) {
            continue;
        }
        let mut walk: Vec<(Event, usize)> = vec![(*start, 0)];
        while let Some((event, next)) = walk.pop() {
            if next == 0 {
                let number = index.len();
                index.insert(event, number);
                low.insert(event, number);
                open.push(event);
            }
            let target = after.get(&event).and_then(|edges| edges.get(next)).and_then(|at| edges.get(*at));
            if let Some((_, to, _)) = target {
                walk.push((event, next + 1));
                match index.get(to) {
                    None => walk.push((*to, 0)),
                    Some(number) if !knots.contains_key(to) => {
                        low.entry(event).and_modify(|low| *low = (*low).min(*number));
                    }
                    Some(_) => {}
                }
                continue;
            }
            let lowest = low.get(&event).copied().unwrap_or_default();
            if index.get(&event) == Some(&lowest) {
                while let Some(member) = open.pop() {
                    knots.insert(member, lowest);
                    if member == event {
                        break;
                    }
                }
            }
            if let Some((before, _)) = walk.last() {
                low.entry(*before).and_modify(|low| *low = (*low).min(lowest));
            }
        }
    }
    knots
}

/// The shortest circle through an edge, as edges.
fn circle(
    edges: &[Edge<'_, '_>],
    after: &HashMap<Event, Vec<usize>>,
    knots: &HashMap<Event, usize>,
    through: usize,
) -> Option<Vec<usize>> {
    let (goal, start, _) = edges.get(through)?;
    let knot = knots.get(goal)?;
    let mut came_by: HashMap<Event, usize> = HashMap::new();
    let mut queue = VecDeque::from([*start]);
    while let Some(event) = queue.pop_front() {
        if event == *goal {
            let mut circle = vec![through];
            let mut at = event;
            let mut back = Vec::new();
            while at != *start {
                let edge = *came_by.get(&at)?;
                back.push(edge);
                at = edges.get(edge)?.0;
            }
            circle.extend(back.into_iter().rev());
            return Some(circle);
        }
        for edge in after.get(&event).into_iter().flatten() {
            let Some((_, to, _)) = edges.get(*edge) else { continue };
            if *to != *start && !came_by.contains_key(to) && knots.get(to) == Some(knot) {
                came_by.insert(*to, *edge);
                queue.push_back(*to);
            }
        }
    }
    None
}

fn report(order: &Order<'_>, edges: &[Edge<'_, '_>], circle: &[usize]) -> Option<Observation> {
    let steps: Vec<(usize, &Need<'_>)> =
        circle.iter().filter_map(|at| edges.get(*at)).filter_map(|(.., need)| *need).collect();
    // The sentence begins where something waits; without that, where something depends on what it applies.
    let first = steps
        .iter()
        .position(|(_, need)| need.why == Why::WaitsFor)
        .or_else(|| steps.iter().position(|(_, need)| need.why == Why::DependsOn))?;
    let steps: Vec<_> = steps.iter().cycle().skip(first).take(steps.len()).copied().collect();
    let name = |at: usize| order.objects.get(at).map(|object| object.reference().to_string()).unwrap_or_default();
    let said = |need: &Need<'_>| match need.why {
        Why::DependsOn => format!("depends on {}", name(need.of)),
        Why::WaitsFor => format!("waits for {}", name(need.of)),
        Why::AppliedBy => format!("is applied by {}", name(need.of)),
        Why::SourceBy => format!("takes its source from {}", name(need.of)),
    };
    let (at, begin) = steps.first()?;
    let object = order.objects.get(*at)?;
    let rest: Vec<String> = steps.iter().skip(1).map(|(_, need)| format!(", which {}", said(need))).collect();
    let message = format!("{} can never become ready: it {}{}", object.reference(), said(begin), rest.concat());
    let label = |need: &Need<'_>| match need.why {
        Why::DependsOn => "depends on it",
        Why::WaitsFor => "waits",
        Why::AppliedBy => "applied by the other",
        Why::SourceBy => "source applied by the other",
    };
    let mut members: Vec<String> = steps.iter().map(|(at, _)| name(*at)).collect();
    members.sort();
    members.dedup();
    let mut observation = Observation::new("depends-on-deadlock", message, Label::new(begin.place, label(begin)))
        .about(object.reference(), members.join(" "));
    for (_, need) in steps.iter().skip(1) {
        observation = observation.related(Label::new(need.place, label(need)));
    }
    Some(match begin.why {
        Why::WaitsFor => observation,
        _ => observation.help("move one of the two out of what the other applies, or drop the dependency"),
    })
}
