//! Network policies as data, and what they do to traffic.

mod cilium;
mod kubernetes;
mod peers;
mod verdict;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::pods::{Answer, Endpoint, LabelValue, Labels, PodPort, Requirement, Selector, namespace_labels};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::source::Span;

pub use peers::Side;
pub use verdict::{Admission, Denial, Direction, Doubt, Verdict};

/// The label of a Cilium endpoint that names its namespace.
pub const CILIUM_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// What the labels of a Cilium endpoint that are those of its namespace begin with.
const CILIUM_NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

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

/// All policies of a cluster.
#[derive(Debug)]
pub struct Policies<'w> {
    policies: Vec<Policy<'w>>,
    by_namespace: HashMap<String, Vec<usize>>,
    clusterwide: Vec<usize>,
    labels: HashMap<String, Labels>,
    mode: Mode,
}

/// When Cilium enforces policies. Source: cilium `Documentation/security/policy/intro.rst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Once a policy selects pods.
    Selected,
    /// Another one.
    Other,
}

impl<'w> Policies<'w> {
    /// Reads them.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let mut policies: Vec<Policy<'w>> = Vec::new();
        policies.extend(cluster.of_kind("networking.k8s.io", "NetworkPolicy").map(kubernetes::policy));
        for object in cluster.of_kind("cilium.io", "CiliumNetworkPolicy") {
            policies.extend(cilium::policies(object, Dialect::Cilium));
        }
        for object in cluster.of_kind("cilium.io", "CiliumClusterwideNetworkPolicy") {
            policies.extend(cilium::policies(object, Dialect::CiliumClusterwide));
        }
        let of = |name: &String| (name.clone(), namespace_labels(cluster, name));
        let mut all = Policies {
            policies,
            by_namespace: HashMap::new(),
            clusterwide: Vec::new(),
            labels: cluster.used_namespaces().iter().map(of).collect(),
            mode: mode(cluster),
        };
        for (at, policy) in all.policies.iter().enumerate() {
            if policy.dialect == Dialect::CiliumClusterwide {
                all.clusterwide.push(at);
            } else {
                all.by_namespace.entry(policy.object.namespace().to_owned()).or_default().push(at);
            }
        }
        all
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Policy<'w>> {
        self.policies.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// Those that can be about pods of a namespace.
    pub fn over<'p>(&'p self, namespace: &str) -> impl Iterator<Item = &'p Policy<'w>> + use<'p, 'w> {
        let own = self.by_namespace.get(namespace).into_iter().flatten();
        own.chain(&self.clusterwide).filter_map(|at| self.policies.get(*at))
    }

    /// Whether a policy is about some pods.
    pub fn selects(&self, policy: &Policy<'w>, pods: &Endpoint) -> Answer {
        let matched = match policy.dialect {
            Dialect::Kubernetes if policy.object.namespace() == pods.namespace => policy.subject.matches(&pods.labels),
            // The own namespace is forced: one that the selector names is overridden.
            Dialect::Cilium if policy.object.namespace() == pods.namespace => {
                Answer::all(policy.subject.requirements.iter().map(|one| match foreign(one, &pods.namespace) {
                    None if one.key == CILIUM_NAMESPACE => Answer::Yes,
                    None => self.cilium_accepts(policy.dialect, one, pods),
                    Some(Foreign::Overridden) => Answer::Yes,
                    Some(Foreign::Beside) => Answer::Unknown,
                }))
            }
            Dialect::CiliumClusterwide => self.cilium_matches(policy.dialect, &policy.subject, pods),
            Dialect::Kubernetes | Dialect::Cilium => Answer::No,
        };
        // Pods on the node's network are no endpoints of their own.
        matched.and(pods.host_network.negated())
    }

    /// Labels of a namespace, as far as they are known.
    fn labels(&self, namespace: &str) -> Cow<'_, Labels> {
        match self.labels.get(namespace) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(Labels::unknown().with("kubernetes.io/metadata.name", Some(namespace))),
        }
    }

    fn cilium_matches(&self, dialect: Dialect, selector: &Selector, pods: &Endpoint) -> Answer {
        Answer::all(selector.requirements.iter().map(|one| self.cilium_accepts(dialect, one, pods)))
    }

    fn cilium_accepts(&self, dialect: Dialect, one: &Requirement, pods: &Endpoint) -> Answer {
        if one.key == CILIUM_NAMESPACE {
            return one.accepts(LabelValue::Known(&pods.namespace));
        }
        if one.key == "io.cilium.k8s.policy.serviceaccount" {
            return one.accepts(pods.service_account.as_deref().map_or(LabelValue::Maybe, LabelValue::Known));
        }
        if let Some(key) = one.key.strip_prefix(CILIUM_NAMESPACE_LABELS) {
            if dialect == Dialect::Cilium {
                return Answer::Unknown;
            }
            return one.accepts(self.labels(&pods.namespace).value(key));
        }
        if one.key.starts_with("io.cilium.k8s.") {
            return Answer::Unknown;
        }
        one.accepts(pods.labels.value(&one.key))
    }
}

/// What becomes of another namespace than its own in the selector of a CiliumNetworkPolicy.
/// Source: cilium `pkg/k8s/apis/cilium.io/utils/utils.go` and `pkg/labels/labels.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// With the prefix `k8s:` the own namespace takes its place.
    Overridden,
    /// Otherwise the own namespace is asked for besides.
    Beside,
}

/// Whether a requirement asks for another namespace than that of the policy.
pub fn foreign(one: &Requirement, own: &str) -> Option<Foreign> {
    if one.key != CILIUM_NAMESPACE || !one.accepts(LabelValue::Known(own)).is_no() {
        return None;
    }
    let is_label = one.shown.starts_with("k8s:") && one.shown.contains(": ");
    Some(if is_label { Foreign::Overridden } else { Foreign::Beside })
}

/// The mode that a release of Cilium in the tree asks for.
fn mode(cluster: &Cluster<'_>) -> Mode {
    let is_other = |release: &super::pods::Release<'_>| {
        let values = cluster.values(release.object).filter(|_| release.chart == Some("cilium"));
        let written = values.and_then(|values| values.root.get("policyEnforcementMode"));
        written.is_some_and(|mode| !mode.is_null() && mode.as_str() != Some("default"))
    };
    if super::pods::releases(cluster).iter().any(is_other) { Mode::Other } else { Mode::Selected }
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
