//! Policies let the copies of a workload, and its operator, reach each other.
//! Card: rules/network/network-policy-blocks-peer.md

use hashbrown::HashSet;

use serde::Deserialize;

use super::blocked::{Blocked, way_path};
use crate::cluster::Cluster;
use crate::cluster::monitoring::shown_port;
use crate::cluster::policies::{Direction, Side};
use crate::cluster::reach::Reach;
use crate::cluster::reach::peers::{Bond, Peer, bonds};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-blocks-peer";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyBlocksPeer {}

impl Rule for NetworkPolicyBlocksPeer {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.policies().is_empty() {
            return;
        }
        // Copies and operator of some pods often knock at the same rule: one finding.
        let mut seen = HashSet::new();
        let mut last: Option<Observation> = None;
        for bond in bonds(cluster) {
            let Some(observation) = report(cluster, &bond) else { continue };
            let place = bond.peer_place();
            if seen.insert((observation.primary.span, bond.to.place)) {
                if let Some(before) = last.replace(observation) {
                    out.report(before);
                }
            } else if let Some(place) = place {
                last = last.map(|before| before.related(Label::new(place, "the operator")));
            }
        }
        if let Some(before) = last {
            out.report(before);
        }
    }
}

impl Bond<'_, '_> {
    fn peer_place(&self) -> Option<crate::source::Span> {
        match self.peer {
            Peer::Copies(_) | Peer::Part(_) => None,
            Peer::Operator(pods) => Some(pods.place),
        }
    }
}

fn report<'w>(cluster: &Cluster<'w>, bond: &Bond<'_, 'w>) -> Option<Observation> {
    let from = match bond.peer {
        Peer::Copies(_) => Side::Pods(bond.to),
        Peer::Operator(pods) | Peer::Part(pods) => Side::Pods(pods),
    };
    let reach = Reach::of(cluster, from, Side::Pods(bond.to), &bond.port);
    let (direction, denial) = reach.denial()?;
    let (port, to) = (shown_port(&bond.port, bond.to), bond.to.shown());
    let (what, other) = match bond.peer {
        Peer::Copies(copies) => {
            (format!("the {copies} copies of {to} connect to each other on {port}"), "its own pods".to_owned())
        }
        Peer::Part(part) => {
            (format!("{} and {to} connect to each other on {port}", part.shown()), "the other part".to_owned())
        }
        Peer::Operator(pods) => {
            let other = match direction {
                Direction::Ingress => format!("namespace `{}`", pods.namespace()),
                Direction::Egress => format!("namespace `{}`", bond.to.namespace()),
            };
            let other = if pods.namespace() == bond.to.namespace() { "the operator".to_owned() } else { other };
            (format!("the operator {} connects to {port} of {to}", pods.object.reference()), other)
        }
    };
    let blocked = Blocked { cluster, direction, denial, from, to: bond.to, port: &bond.port, other: &other };
    let mut found = blocked.report(ID, &what, &way_path(direction, bond.to, &bond.port));
    found = found.related(Label::new(bond.to.place, "its pods"));
    if let Some(place) = bond.peer_place() {
        found = found.related(Label::new(place, "the operator"));
    }
    let is_sure = from.endpoint().is_some_and(|pods| pods.host_network.is_no());
    Some(if is_sure { found } else { found.confidence(Confidence::Low) })
}
