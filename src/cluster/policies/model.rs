//! A network policy as data, whichever language it is written in.

use std::fmt;

use super::Side;
use crate::build::Object;
use crate::cluster::pods::{Answer, PodPort, Selector};
use crate::source::Span;

/// Which language a policy is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// NetworkPolicy.
    Kubernetes,
    /// CiliumNetworkPolicy.
    Cilium,
    /// CiliumClusterwideNetworkPolicy.
    CiliumClusterwide,
}

impl Dialect {
    /// Whether Cilium reads it.
    pub fn is_cilium(self) -> bool {
        self != Dialect::Kubernetes
    }
}

/// A policy. A Cilium object with `specs` is several.
#[derive(Clone, Debug)]
pub struct Policy<'w> {
    /// The object.
    pub object: &'w Object,
    /// Language.
    pub dialect: Dialect,
    /// The pods it is about.
    pub subject: Selector,
    /// The place of that selector.
    pub subject_place: Span,
    /// Traffic to them.
    pub ingress: Section,
    /// Traffic from them.
    pub egress: Section,
}

/// One direction of a policy.
#[derive(Clone, Debug)]
pub struct Section {
    /// The key of the section; that of the policy's name where there is no section.
    pub place: Span,
    /// Whether traffic that no policy admits is dropped.
    pub isolates: Answer,
    /// What is admitted.
    pub allow: Vec<PolicyRule>,
    /// What is dropped whatever is admitted elsewhere.
    pub deny: Vec<PolicyRule>,
}

/// One rule of a section.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// The rule.
    pub place: Span,
    /// The key of its peers: `from`, `fromEndpoints`, …; the rule itself where it names none.
    pub peers_place: Span,
    /// The other side.
    pub peers: Peers,
    /// Ports.
    pub ports: Ports,
    /// Whether it lets only some requests through, or asks for more than its peers.
    pub narrowed: bool,
    /// What it has to do with names of DNS.
    pub dns: Dns,
}

/// What a rule has to do with names of DNS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// The place of its `toFQDNs`.
    pub names: Option<Span>,
    /// Whether it lets Cilium read the answers of DNS, without which no `toFQDNs` of the pods matches.
    pub is_read: bool,
}

/// The other side of a rule.
#[derive(Clone, Debug)]
pub enum Peers {
    /// Everybody.
    Any,
    /// Any of these.
    Listed(Vec<Peer>),
    /// It cannot be known.
    Unknown,
}

/// One other side.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its place.
    pub place: Span,
    /// Who it is.
    pub who: Who,
}

/// Who a peer is.
#[derive(Clone, Debug)]
pub enum Who {
    /// Pods of some namespaces.
    Pods {
        /// Namespaces.
        namespaces: Namespaces,
        /// Pods there. A Cilium selector may name namespaces itself.
        pods: Selector,
    },
    /// A Cilium entity.
    Entity(String),
    /// Addresses.
    Addresses {
        /// Whether they hold all of those outside of the cluster.
        world: Answer,
        /// Whether they hold those of pods.
        pods: Answer,
    },
    /// It cannot be known whether pods are meant.
    Unknown,
}

/// Namespaces of a peer.
#[derive(Clone, Debug)]
pub enum Namespaces {
    /// That of the policy.
    Own,
    /// All, or those that the selector of a Cilium peer names.
    All,
    /// Those with such labels.
    Labelled(Selector),
}

/// Ports of a rule.
#[derive(Clone, Debug)]
pub enum Ports {
    /// All.
    Any,
    /// Any of these.
    Listed(Vec<PortRule>),
    /// None: the rule is about another protocol.
    None,
}

/// One port of a rule.
#[derive(Clone, Debug)]
pub struct PortRule {
    /// Its place.
    pub place: Span,
    /// `TCP`, …; `None` for any.
    pub protocol: Option<String>,
    /// Numbers or name.
    pub number: PortNumber,
}

/// Numbers or name of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortNumber {
    /// All ports.
    All,
    /// From, to.
    Range(u16, u16),
    /// A named port of the pods.
    Name(String),
    /// It cannot be known.
    Unknown,
}

impl fmt::Display for PortNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortNumber::All => f.write_str("every port"),
            PortNumber::Range(from, to) if from == to => write!(f, "{from}"),
            PortNumber::Range(from, to) => write!(f, "{from}-{to}"),
            PortNumber::Name(name) => f.write_str(name),
            PortNumber::Unknown => f.write_str("a port"),
        }
    }
}

impl PolicyRule {
    /// Whether its ports hold a port of the pods that are connected to.
    pub fn has_port(&self, target: Side<'_>, port: &PodPort) -> Answer {
        match &self.ports {
            Ports::Any => Answer::Yes,
            Ports::None => Answer::No,
            Ports::Listed(ports) => Answer::any(ports.iter().map(|one| one.holds(target, port))),
        }
    }
}

impl PortRule {
    fn holds(&self, target: Side<'_>, port: &PodPort) -> Answer {
        let (known, open) = target.ports();
        let protocol = Answer::from(self.protocol.as_ref().is_none_or(|protocol| *protocol == port.protocol));
        let number = match (&self.number, port.number) {
            (PortNumber::All, _) => Answer::Yes,
            (PortNumber::Range(from, to), Some(number)) => Answer::from((*from..=*to).contains(&number)),
            (PortNumber::Name(name), _) if port.name.as_ref() == Some(name) => Answer::Yes,
            (PortNumber::Name(name), Some(number)) => {
                let mut named = known.iter().filter(|one| one.name.as_ref() == Some(name)).peekable();
                if named.peek().is_some() {
                    Answer::any(
                        named.map(|one| one.number.map_or(Answer::Unknown, |found| Answer::from(found == number))),
                    )
                } else if open {
                    Answer::Unknown
                } else {
                    Answer::No
                }
            }
            (PortNumber::Range(..) | PortNumber::Name(_), None) | (PortNumber::Unknown, _) => Answer::Unknown,
        };
        protocol.and(number)
    }
}
