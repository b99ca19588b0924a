//! Network policies as data, and what they do to traffic.

mod cilium;
mod kubernetes;
mod model;
mod peers;
mod verdict;

use hashbrown::HashMap;
use std::borrow::Cow;

use super::pods::{Answer, Endpoint, LabelValue, Labels, Requirement, Selector, namespace_labels};
use crate::cluster::Cluster;

pub use model::{Dialect, Dns, Namespaces, Peer, Peers, Policy, PolicyRule, PortNumber, PortRule, Ports, Section, Who};
pub use peers::Side;
pub use verdict::{Admission, Denial, Direction, Doubt, Verdict};

/// The label of a Cilium endpoint that names its namespace.
pub const CILIUM_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// What the labels of a Cilium endpoint that are those of its namespace begin with.
const CILIUM_NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

/// All policies of a cluster.
#[derive(Debug)]
pub struct Policies<'w> {
    policies: Vec<Policy<'w>>,
    by_namespace: HashMap<String, Vec<usize>>,
    // Of the former: by a label that all their pods have, and those that ask for none.
    by_label: HashMap<String, HashMap<String, HashMap<String, Vec<usize>>>>,
    unlabelled: HashMap<String, Vec<usize>>,
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
            by_label: HashMap::new(),
            unlabelled: HashMap::new(),
            clusterwide: Vec::new(),
            labels: cluster.used_namespaces().iter().map(of).collect(),
            mode: mode(cluster),
        };
        for (at, policy) in all.policies.iter().enumerate() {
            if policy.dialect == Dialect::CiliumClusterwide {
                all.clusterwide.push(at);
            } else {
                let namespace = policy.object.namespace().to_owned();
                match policy.subject.pair().filter(|_| policy.dialect == Dialect::Kubernetes) {
                    Some((key, value)) => {
                        let keys = all.by_label.entry(namespace.clone()).or_default();
                        keys.entry(key.to_owned()).or_default().entry(value.to_owned()).or_default().push(at);
                    }
                    None => all.unlabelled.entry(namespace.clone()).or_default().push(at),
                }
                all.by_namespace.entry(namespace).or_default().push(at);
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

    /// Those that some pods may be selected by, in the same order: what asks for a label that they certainly lack is
    /// left out.
    pub fn about(&self, pods: &Endpoint) -> Vec<&Policy<'w>> {
        let Some(labels) = pods.labels.whole() else { return self.over(&pods.namespace).collect() };
        let mut found: Vec<usize> = self.unlabelled.get(&pods.namespace).into_iter().flatten().copied().collect();
        for (key, value) in labels {
            let by_key = self.by_label.get(&pods.namespace).and_then(|keys| keys.get(key));
            found.extend(by_key.and_then(|values| values.get(value)).into_iter().flatten());
        }
        found.sort_unstable();
        found.iter().chain(&self.clusterwide).filter_map(|at| self.policies.get(*at)).collect()
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
    if cluster.releases().iter().any(is_other) { Mode::Other } else { Mode::Selected }
}
