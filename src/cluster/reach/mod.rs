//! Whether one end of a connection reaches the other, by the policies of both.

pub mod edges;
pub mod explain;
mod gateways;
pub mod matrix;
pub mod names;
pub mod peers;
mod sources;
mod targets;
mod variables;

use super::Cluster;
use super::pods::{Answer, PodPort};
use super::policies::{Denial, Direction, Side, Verdict};

/// What both ends say.
#[derive(Clone, Debug)]
pub struct Reach<'p, 'w> {
    /// The policies of the source.
    pub egress: Verdict<'p, 'w>,
    /// The policies of the target.
    pub ingress: Verdict<'p, 'w>,
}

impl<'p, 'w> Reach<'p, 'w> {
    /// Asks the policies of both ends.
    pub fn of(cluster: &'p Cluster<'w>, from: Side<'_>, to: Side<'_>, port: &PodPort) -> Self {
        let ask = |direction| cluster.policies().verdict(cluster, direction, (from, to), port);
        Reach { egress: ask(Direction::Egress), ingress: ask(Direction::Ingress) }
    }

    /// Whether traffic arrives.
    pub fn passes(&self) -> Answer {
        self.egress.passes().and(self.ingress.passes())
    }

    /// Both ends, the source first.
    pub fn verdicts(&self) -> [(Direction, &Verdict<'p, 'w>); 2] {
        [(Direction::Egress, &self.egress), (Direction::Ingress, &self.ingress)]
    }

    /// What drops it: the target's policies first, which are more often the ones that forget somebody.
    pub fn denial(&self) -> Option<(Direction, &Denial<'p, 'w>)> {
        match (&self.ingress, &self.egress) {
            (Verdict::Denied(denial), _) => Some((Direction::Ingress, denial)),
            (_, Verdict::Denied(denial)) => Some((Direction::Egress, denial)),
            _ => None,
        }
    }
}
