//! Policies let through what the tree says connects. Card: rules/network/network-policy-blocks-consumer.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::blocked::{Blocked, way_path};
use crate::cluster::Cluster;
use crate::cluster::monitoring::shown_port;
use crate::cluster::policies::{Denial, Direction, Side, Verdict};
use crate::cluster::reach::Reach;
use crate::cluster::reach::edges::{Edge, From, Purpose, edges};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

const ID: &str = "network-policy-blocks-consumer";
/// Most consumers that one finding points at.
const MOST_SHOWN: usize = 5;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyBlocksConsumer {}

/// The place to mend, the pods behind it, and their port.
type Door = (Span, usize, Option<u16>);
/// What is told of a place, and who it keeps out.
type Told<'e, 'w> = (Observation, Vec<&'e Edge<'w>>);

impl Rule for NetworkPolicyBlocksConsumer {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.policies().is_empty() {
            return;
        }
        let edges = edges(cluster);
        // One finding a place to mend and target: many may knock at one door.
        let mut found: BTreeMap<Door, Told<'_, '_>> = BTreeMap::new();
        for edge in edges.iter().filter(|edge| edge.purpose != Purpose::Metrics) {
            match judge(cluster, edge) {
                Judged::Passes => {}
                Judged::Unknown(why) => {
                    let what = format!("whether {} may connect", edge.who(cluster));
                    out.undecided(cluster, "policy", what, why);
                }
                Judged::Denied(direction, denial) => {
                    let Some(observation) = report(cluster, edge, direction, &denial) else { continue };
                    let key = (observation.primary.span, edge.to, edge.port.number);
                    found.entry(key).or_insert_with(|| (observation, Vec::new())).1.push(edge);
                }
            }
        }
        for (mut observation, edges) in found.into_values() {
            if edges.len() > 1 {
                observation.message = format!("{} (and {} more)", observation.message, edges.len() - 1);
            }
            for edge in edges.iter().take(MOST_SHOWN) {
                if let From::Pods(sets) = &edge.from
                    && let [only] = sets.as_slice()
                    && let Some(set) = cluster.pods().get(*only)
                    && set.place != edge.place
                {
                    observation = observation.related(Label::new(set.place, "shut out"));
                }
                observation = observation.related(Label::new(edge.place, "connects here"));
            }
            out.report(observation);
        }
    }
}

enum Judged<'p, 'w> {
    Passes,
    Unknown(String),
    Denied(Direction, Denial<'p, 'w>),
}

/// Whether one of those that may be meant gets through.
fn judge<'p, 'w>(cluster: &'p Cluster<'w>, edge: &Edge<'w>) -> Judged<'p, 'w> {
    let Some(target) = cluster.pods().get(edge.to) else { return Judged::Passes };
    let (mut denied, mut unknown) = (None, None);
    for side in edge.from.sides(cluster) {
        let reach = Reach::of(cluster, side, Side::Pods(target), &edge.port);
        if reach.passes().is_yes() {
            return Judged::Passes;
        }
        if let Some((direction, denial)) = reach.denial() {
            denied.get_or_insert((direction, denial.clone()));
            continue;
        }
        for (_, verdict) in reach.verdicts() {
            if let Verdict::Unknown(doubt) = verdict {
                unknown.get_or_insert(doubt.why.clone());
            }
        }
    }
    match (unknown, denied) {
        (Some(why), _) => Judged::Unknown(why),
        (None, Some((direction, denial))) => Judged::Denied(direction, denial),
        (None, None) => Judged::Passes,
    }
}

fn report<'w>(
    cluster: &Cluster<'w>,
    edge: &Edge<'w>,
    direction: Direction,
    denial: &Denial<'_, 'w>,
) -> Option<Observation> {
    let target = cluster.pods().get(edge.to)?;
    let from = *edge.from.sides(cluster).first()?;
    let own = from.endpoint().is_some_and(|pods| pods.namespace == target.namespace());
    let what = format!("{} connects to {} of {}", edge.who(cluster), shown_port(&edge.port, target), target.shown());
    let other = match (direction, from.endpoint()) {
        (Direction::Egress, _) if own => "these pods".to_owned(),
        (Direction::Egress, _) => format!("namespace `{}`", target.namespace()),
        (Direction::Ingress, Some(_)) if own => "its pods".to_owned(),
        (Direction::Ingress, Some(pods)) => format!("namespace `{}`", pods.namespace),
        (Direction::Ingress, None) => match &edge.from {
            From::Entity(entity) => (*entity).to_owned(),
            From::Pods(_) | From::Endpoint(..) => return None,
        },
    };
    let blocked = Blocked { cluster, direction, denial, from, to: target, port: &edge.port, other: &other };
    let found = blocked.report(ID, &what, &way_path(direction, target, &edge.port));
    Some(if edge.is_of_pods(cluster).is_yes() { found } else { found.confidence(Confidence::Low) })
}
