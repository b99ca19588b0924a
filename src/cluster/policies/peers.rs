//! Whether the other side of a rule is some pods, or an entity.

use super::{Dialect, Namespaces, Peer, Peers, Policies, Policy, PolicyRule, Who};
use crate::cluster::pods::{Answer, Endpoint, PodPort, PodSet};

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Side<'s> {
    /// Pods of the tree.
    Pods(&'s PodSet<'s>),
    /// Pods of which only the endpoint matters.
    Endpoint(&'s Endpoint),
    /// A Cilium entity, such as `world` or `ingress`.
    Entity(&'s str),
}

impl<'s> Side<'s> {
    /// What policies see of the pods.
    pub fn endpoint(self) -> Option<&'s Endpoint> {
        match self {
            Side::Pods(set) => Some(&set.endpoint),
            Side::Endpoint(endpoint) => Some(endpoint),
            Side::Entity(_) => None,
        }
    }

    /// Its ports, and whether there may be others.
    pub fn ports(self) -> (&'s [PodPort], bool) {
        match self {
            Side::Pods(set) => (&set.ports, set.ports_open),
            Side::Endpoint(_) | Side::Entity(_) => (&[], true),
        }
    }

    /// Whether what makes the pods may bring policies that were not read.
    pub fn has_own_policies(self) -> bool {
        matches!(self, Side::Pods(set) if set.own_policies)
    }
}

impl<'w> Policies<'w> {
    /// Whether a side is among the peers of a rule, whatever the port.
    pub fn admits(&self, policy: &Policy<'w>, rule: &PolicyRule, side: Side<'_>) -> Answer {
        let peers = match &rule.peers {
            Peers::Any => return Answer::Yes,
            Peers::Unknown => return Answer::Unknown,
            Peers::Listed(peers) => peers,
        };
        let Some(pods) = side.endpoint() else {
            let Side::Entity(entity) = side else { return Answer::Unknown };
            return Answer::any(peers.iter().map(|peer| peer.who.is_entity(entity)));
        };
        let names = |entity: &str| peers.iter().any(|peer| matches!(&peer.who, Who::Entity(own) if own == entity));
        // A pod on a node's network is on its own node or on another.
        if pods.host_network.is_yes() && names("host") && names("remote-node") {
            return Answer::Yes;
        }
        Answer::any(peers.iter().map(|peer| self.is_peer(policy, peer, pods)))
    }

    /// Whether a peer of a rule is some pods.
    pub fn is_peer(&self, policy: &Policy<'w>, peer: &Peer, pods: &Endpoint) -> Answer {
        let host = pods.host_network;
        match &peer.who {
            Who::Pods { namespaces, pods: selector } => {
                let place = match namespaces {
                    Namespaces::Own => Answer::from(policy.object.namespace() == pods.namespace),
                    Namespaces::All => Answer::Yes,
                    Namespaces::Labelled(labels) => labels.matches(&self.labels(&pods.namespace)),
                };
                let matched = match policy.dialect {
                    Dialect::Kubernetes => place.and(selector.matches(&pods.labels)),
                    dialect => place.and(self.cilium_matches(dialect, selector, pods)),
                };
                match (host, matched) {
                    (_, Answer::No) => Answer::No,
                    (Answer::No, matched) => matched,
                    (Answer::Yes, _) if policy.dialect.is_cilium() => Answer::No,
                    _ => Answer::Unknown,
                }
            }
            Who::Entity(entity) => match entity.as_str() {
                "all" | "cluster" => Answer::Yes,
                "host" | "remote-node" if host.is_yes() => Answer::Unknown,
                "host" | "remote-node" => host,
                "world" | "world-ipv4" | "world-ipv6" | "ingress" | "init" | "health" | "unmanaged" | "none" => {
                    Answer::No
                }
                // The API server may run on the node that a pod on the node's network runs on.
                "kube-apiserver" if host.is_no() => Answer::No,
                _ => Answer::Unknown,
            },
            Who::Addresses { pods, .. } if host.is_no() => *pods,
            Who::Addresses { .. } | Who::Unknown => Answer::Unknown,
        }
    }
}

impl Who {
    /// Whether a peer is a Cilium entity. The API server may run on a node or outside of the cluster.
    /// Source: cilium `Documentation/security/policy/layer3.rst`.
    fn is_entity(&self, entity: &str) -> Answer {
        let world = |name: &str| name == "world" || name.starts_with("world-");
        let Who::Entity(named) = self else {
            return match self {
                Who::Addresses { world: all, .. } if world(entity) => *all,
                Who::Addresses { .. } if matches!(entity, "ingress" | "init" | "health" | "unmanaged" | "host") => {
                    Answer::No
                }
                Who::Pods { .. } => Answer::No,
                _ => Answer::Unknown,
            };
        };
        let named = named.as_str();
        match (named, entity) {
            ("none", _) => Answer::No,
            ("all", _) => Answer::Yes,
            _ if named == entity => Answer::Yes,
            // Who is asked about is wider or narrower than what is named.
            _ if world(named) && world(entity) => {
                if named == "world" {
                    Answer::Yes
                } else {
                    Answer::Unknown
                }
            }
            ("cluster" | "host" | "remote-node", "kube-apiserver") => Answer::Unknown,
            (_, "kube-apiserver") if world(named) => Answer::Unknown,
            ("cluster", _) if world(entity) => Answer::No,
            ("cluster", "all") => Answer::Unknown,
            ("cluster", _) => Answer::Yes,
            ("kube-apiserver", "host" | "remote-node") => Answer::Unknown,
            (_, "all" | "cluster") => Answer::Unknown,
            _ => Answer::No,
        }
    }
}
