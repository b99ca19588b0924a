//! A peer of a rule is some pod. Card: rules/network/network-policy-peer-matches-nothing.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{
    Answer, LabelValue, PodSet, Requirement, Selector, Test, is_filled_from_outside, meant, namespace_labels,
    telling_labels,
};
use crate::cluster::policies::{CILIUM_NAMESPACE, Dialect, Namespaces, Peer, Peers, Policy, Who};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

const ID: &str = "network-policy-peer-matches-nothing";
/// The label by which a namespace is selected in a NetworkPolicy.
const METADATA_NAME: &str = "kubernetes.io/metadata.name";
/// The label of the pods of cluster DNS, which nobody else carries.
const DNS: (&str, &str) = ("k8s-app", "kube-dns");

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyPeerMatchesNothing {}

impl Rule for NetworkPolicyPeerMatchesNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies = cluster.policies();
        let mut uses: HashMap<Span, usize> = HashMap::new();
        for policy in policies.iter() {
            *uses.entry(policy.subject_place).or_default() += 1;
        }
        for policy in policies.iter() {
            let seen =
                Seen { cluster, policy, is_shared: uses.get(&policy.subject_place).is_some_and(|uses| *uses > 1) };
            for section in [&policy.ingress, &policy.egress] {
                for rule in section.allow.iter().chain(&section.deny) {
                    let Peers::Listed(peers) = &rule.peers else { continue };
                    for peer in peers {
                        seen.peer(peer, out);
                    }
                }
            }
        }
    }
}

struct Seen<'r, 'w> {
    cluster: &'r Cluster<'w>,
    policy: &'r Policy<'w>,
    is_shared: bool,
}

impl<'w> Seen<'_, 'w> {
    fn peer(&self, peer: &Peer, out: &mut Sink) {
        let Who::Pods { namespaces, pods } = &peer.who else { return };
        if let Some(found) = self.wrong_key(namespaces, pods) {
            out.report(found);
            return;
        }
        if let Some(found) = self.wrong_namespace(namespaces, pods) {
            out.report(found);
            return;
        }
        if let Some(found) = self.unlabelled(namespaces) {
            out.report(found);
            return;
        }
        if self.is_shared || pods.is_empty() {
            return;
        }
        let Some(namespace) = self.namespace(namespaces, pods) else { return };
        let is_dns =
            pods.pair() == Some(DNS) || pods.requirements.iter().any(|one| one.key == DNS.0 && is_value(one, DNS.1));
        if is_dns {
            if matches!(namespaces, Namespaces::Own) && namespace != "kube-system" && !self.has_dns(&namespace) {
                out.report(self.dns(pods, &namespace));
            }
            return;
        }
        let sets: Vec<&PodSet<'_>> = self.cluster.pods().in_namespace(&namespace).collect();
        let policies = self.cluster.policies();
        let matched = Answer::any(sets.iter().map(|set| policies.is_peer(self.policy, peer, &set.endpoint)));
        if sets.is_empty() || !matched.is_no() || is_filled_from_outside(self.cluster, &namespace) {
            return;
        }
        out.report(self.labels(pods, &namespace, &sets));
    }

    fn about(&self, selector: &Selector, found: Observation) -> Observation {
        found.about(self.policy.object.reference(), format!("peer[{}]", selector.shown()))
    }

    /// A key of the other language: a namespace has no label of pods, a pod none of namespaces.
    fn wrong_key(&self, namespaces: &Namespaces, pods: &Selector) -> Option<Observation> {
        let (selector, wrong, right, what) = match (self.policy.dialect, namespaces) {
            (Dialect::Kubernetes, Namespaces::Labelled(selector)) => {
                (selector, CILIUM_NAMESPACE, METADATA_NAME, "a Namespace")
            }
            (Dialect::Kubernetes, _) => (pods, CILIUM_NAMESPACE, METADATA_NAME, "a pod"),
            _ => (pods, METADATA_NAME, CILIUM_NAMESPACE, "a pod"),
        };
        let one = selector.requirements.iter().find(|one| {
            let key = one.key.rsplit_once(':').map_or(one.key.as_str(), |(_, key)| key);
            key == wrong && matches!(one.test, Test::In(_) | Test::Exists)
        })?;
        let carried = match namespaces {
            Namespaces::Labelled(_) => self
                .cluster
                .of_kind("", "Namespace")
                .any(|object| object.at(&["metadata", "labels"]).is_some_and(|labels| labels.get(wrong).is_some())),
            _ => self.cluster.pods().iter().any(|set| {
                let value = set.labels().value(&one.key);
                matches!(value, LabelValue::Known(_) | LabelValue::Present)
            }),
        };
        if carried {
            return None;
        }
        let object = self.policy.object.reference();
        let message =
            format!("{object} has a peer `{}`, but {what} does not carry that label: it is nobody", one.shown);
        let help = match (self.policy.dialect, namespaces) {
            (Dialect::Kubernetes, Namespaces::Own) => {
                "select the namespace with a `namespaceSelector` over `kubernetes.io/metadata.name`".to_owned()
            }
            _ => format!("write `{right}`"),
        };
        let found = Observation::new(ID, message, Label::new(one.place, "nobody has this label")).help(help);
        Some(self.about(selector, found).confidence(Confidence::High))
    }

    /// The requirement that names one namespace.
    fn named<'s>(&self, namespaces: &'s Namespaces, pods: &'s Selector) -> Option<(&'s Requirement, &'s str)> {
        let (selector, key) = match namespaces {
            Namespaces::Labelled(selector) => (selector, METADATA_NAME),
            Namespaces::All => (pods, CILIUM_NAMESPACE),
            Namespaces::Own => return None,
        };
        selector.requirements.iter().find_map(|one| match &one.test {
            Test::In(values) if one.key == key => match values.as_slice() {
                [Some(only)] => Some((one, only.as_str())),
                _ => None,
            },
            _ => None,
        })
    }

    fn namespace(&self, namespaces: &Namespaces, pods: &Selector) -> Option<String> {
        match namespaces {
            Namespaces::Own => Some(self.policy.object.namespace().to_owned()),
            _ => self.named(namespaces, pods).map(|(_, name)| name.to_owned()),
        }
    }

    /// A namespace that the tree does not know, but one of nearly that name.
    fn wrong_namespace(&self, namespaces: &Namespaces, pods: &Selector) -> Option<Observation> {
        let (one, name) = self.named(namespaces, pods)?;
        let known = self.cluster.used_namespaces();
        let is_known = known.contains(name) || name.contains("${") || name.starts_with("kube-");
        if is_known || self.cluster.is_external(&namespace_reference(name)) {
            return None;
        }
        // Other namespaces may be made outside of the tree: only a slip, or what a project calls its own, is told.
        let is_near = |other: &&str| {
            strsim::levenshtein(name, other) <= 2.min(name.len() / 4)
                || [format!("{name}-system"), format!("{other}-system")]
                    .iter()
                    .any(|long| long == *other || long == name)
        };
        let near = known.iter().map(String::as_str).find(is_near)?;
        let object = self.policy.object.reference();
        let message = format!("{object} has a peer in namespace `{name}`, which the tree does not have");
        let found = Observation::new(ID, message, Label::new(one.place, "no such namespace"))
            .help(format!("did you mean `{near}`?"));
        let selector = if let Namespaces::Labelled(selector) = namespaces { selector } else { pods };
        let found = if self.cluster.has_losses() { found.confidence(Confidence::Low) } else { found };
        Some(self.about(selector, found))
    }

    /// A label of namespaces with the name of one that does not carry it, and no other does.
    fn unlabelled(&self, namespaces: &Namespaces) -> Option<Observation> {
        let Namespaces::Labelled(selector) = namespaces else { return None };
        let (one, name) = selector.requirements.iter().find_map(|one| match &one.test {
            Test::In(values) => match values.as_slice() {
                [Some(only)] if one.key != METADATA_NAME => Some((one, only.as_str())),
                _ => None,
            },
            _ => None,
        })?;
        let named = self.cluster.get("", "Namespace", "", name)?;
        let carries = |object: &Object| one.accepts(namespace_labels(self.cluster, &object.name).value(&one.key));
        if !Answer::any(self.cluster.of_kind("", "Namespace").map(carries)).is_no() {
            return None;
        }
        let object = self.policy.object.reference();
        let message =
            format!("{object} has a peer in namespaces with `{}`, but Namespace `{name}` has no such label", one.shown);
        let found = Observation::new(ID, message, Label::new(one.place, "no namespace carries this"))
            .related(Label::new(named.place(), "the namespace"))
            .help(format!("write `{METADATA_NAME}: {name}`, a label that every Namespace has"));
        Some(self.about(selector, found))
    }

    /// Whether some pods of a namespace are called like those of cluster DNS.
    fn has_dns(&self, namespace: &str) -> bool {
        let mut sets = self.cluster.pods().in_namespace(namespace);
        sets.any(|set| matches!(set.labels().value(DNS.0), LabelValue::Known(value) if value == DNS.1))
    }

    fn dns(&self, pods: &Selector, namespace: &str) -> Observation {
        let object = self.policy.object.reference();
        let place = pods.requirements.first().map_or(self.policy.subject_place, |one| one.place);
        let message = format!(
            "{object} has a peer `{}` in its own namespace `{namespace}`, but cluster DNS is in `kube-system`",
            pods.shown()
        );
        let help = match self.policy.dialect {
            Dialect::Kubernetes => {
                "add a `namespaceSelector` over `kubernetes.io/metadata.name: kube-system`".to_owned()
            }
            _ => format!("add `{CILIUM_NAMESPACE}: kube-system`"),
        };
        self.about(pods, Observation::new(ID, message, Label::new(place, "not in this namespace")).help(help))
    }

    /// Labels that no pod of the namespace carries.
    fn labels(&self, pods: &Selector, namespace: &str, sets: &[&PodSet<'_>]) -> Observation {
        let object = self.policy.object.reference();
        let others = || pods.requirements.iter().filter(|one| one.key != CILIUM_NAMESPACE);
        let likely = meant(pods, sets);
        let fails =
            |one: &&Requirement| likely.first().is_none_or(|set| !one.accepts(set.labels().value(&one.key)).is_yes());
        let place = others().find(fails).or_else(|| others().next()).map_or(self.policy.subject_place, |one| one.place);
        let shown: Vec<&str> = others().map(|one| one.shown.as_str()).collect();
        let message =
            format!("{object} has a peer `{}`, which no pod in namespace `{namespace}` carries", shown.join(", "));
        let mut found = Observation::new(ID, message, Label::new(place, "no pod carries this"));
        if let Some(set) = likely.first() {
            let carried = telling_labels(set);
            if let Some(label) = carried.first() {
                found = found.help(format!("select a label of the pods of {}: {label}", set.shown()));
                found = found.related(Label::new(set.place, format!("carries {label}")));
            }
        }
        if self.cluster.is_open(namespace) || sets.iter().any(|set| !set.verified) {
            found = found.confidence(Confidence::Low);
        }
        self.about(pods, found)
    }
}

fn is_value(one: &Requirement, value: &str) -> bool {
    one.accepts(LabelValue::Known(value)).is_yes()
}

fn namespace_reference(name: &str) -> crate::finding::ObjectRef {
    crate::finding::ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        namespace: None,
        name: name.to_owned(),
    }
}
