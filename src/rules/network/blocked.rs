//! A way that policies do not let through, in words: the rule or section to mend, and what to add to it.

use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Labels, PodPort, PodSet, namespace_labels};
use crate::cluster::policies::{
    CILIUM_NAMESPACE, Denial, Dialect, Direction, Namespaces, Peers, Policy, PolicyRule, Ports, Side, Who,
};
use crate::finding::{Confidence, Label, Observation};

/// Labels that only the control plane gives, which nobody should select by.
const OF_CONTROLLERS: [&str; 4] = ["batch.kubernetes.io/", "job-name", "controller-", "statefulset.kubernetes.io/"];

/// A denied way.
#[derive(Clone, Copy)]
pub struct Blocked<'r, 'p, 'w> {
    /// The cluster.
    pub cluster: &'r Cluster<'w>,
    /// Which end denies.
    pub direction: Direction,
    /// Why.
    pub denial: &'r Denial<'p, 'w>,
    /// The source.
    pub from: Side<'r>,
    /// The target.
    pub to: &'r PodSet<'w>,
    /// Its port.
    pub port: &'r PodPort,
    /// The other end, for people: `namespace x`, `the pods of …`.
    pub other: &'r str,
}

/// What about a policy comes nearest to admitting.
enum Nearest<'p> {
    /// A rule admits the other end, on other ports.
    OtherPort(&'p PolicyRule),
    /// A rule is about the port, for others.
    OtherSide(&'p PolicyRule),
    /// There is only the section.
    Section,
}

impl<'p, 'w> Blocked<'_, 'p, 'w> {
    /// A finding: `what` happens, but the policies do not let it.
    pub fn report(&self, rule: &'static str, what: &str, path: &str) -> Observation {
        let other = self.other;
        let word = self.direction.word();
        let mut observation = match (self.denial.denying, self.nearest()) {
            (Some(by), _) => {
                let object = by.policy.object.reference();
                let label = Label::new(by.rule.peers_place, format!("denies {other}"));
                Observation::new(rule, format!("{what}, but {object} denies it to {other}"), label)
                    .about(object, path)
                    .help(format!("take {other} out of the deny rule"))
            }
            (None, Some((policy, nearest))) => {
                let (label, message, help) = self.words(policy, &nearest);
                let found = Observation::new(rule, format!("{what}, but {message}"), label)
                    .about(policy.object.reference(), path)
                    .help(help);
                self.namespace_trap(found)
            }
            // Something isolates: else nothing were denied.
            (None, None) => Observation::new(rule, what.to_owned(), Label::new(self.to.place, format!("no {word}"))),
        };
        if self.cluster.is_open(self.subject_namespace()) || !self.to.verified {
            observation = observation.confidence(Confidence::Medium);
        }
        for policy in self.denial.isolating.iter().skip(1) {
            observation = observation.related(Label::new(policy.object.place(), "isolates the pods too"));
        }
        observation
    }

    fn subject_namespace(&self) -> &str {
        let from = self.from.endpoint().map_or("", |pods| &pods.namespace);
        if self.direction == Direction::Egress { from } else { self.to.namespace() }
    }

    fn other_side(&self) -> Side<'_> {
        if self.direction == Direction::Egress { Side::Pods(self.to) } else { self.from }
    }

    fn rules(&self) -> impl Iterator<Item = (&'p Policy<'w>, &'p PolicyRule)> {
        let direction = self.direction;
        let isolating = self.denial.isolating.iter();
        isolating.flat_map(move |policy| direction.section(policy).allow.iter().map(move |rule| (*policy, rule)))
    }

    /// The policy and rule that should admit: one that is about the other end, else about the port, else the narrowest.
    fn nearest(&self) -> Option<(&'p Policy<'w>, Nearest<'p>)> {
        let (policies, other) = (self.cluster.policies(), self.other_side());
        let admits = |(policy, rule): &(&Policy<'w>, &PolicyRule)| {
            matches!(rule.peers, Peers::Listed(_)) && policies.admits(policy, rule, other).is_yes()
        };
        if let Some((policy, rule)) = self.rules().find(admits) {
            return Some((policy, Nearest::OtherPort(rule)));
        }
        let about_port = |(_, rule): &(&Policy<'w>, &PolicyRule)| {
            rule.has_port(Side::Pods(self.to), self.port) == Answer::Yes && !is_empty(rule)
        };
        let mut candidates: Vec<(&Policy<'w>, &PolicyRule)> = self.rules().filter(about_port).collect();
        // A rule that speaks of namespaces is nearer than one for the own pods, one with a port nearer than one without.
        candidates.sort_by_key(|(_, rule)| (!names_namespace(rule), !matches!(rule.ports, Ports::Listed(_))));
        if let Some((policy, rule)) = candidates.first() {
            return Some((policy, Nearest::OtherSide(rule)));
        }
        let narrowest = self.denial.isolating.iter().max_by_key(|policy| policy.subject.requirements.len().min(1))?;
        Some((narrowest, Nearest::Section))
    }

    fn words(&self, policy: &Policy<'w>, nearest: &Nearest<'_>) -> (Label, String, String) {
        let (other, word) = (self.other, self.direction.word());
        let none = match self.direction {
            Direction::Ingress => format!("no network policy admits {other}"),
            Direction::Egress => format!("no network policy lets it out to {other}"),
        };
        let add = || format!("add to `{word}`: `{}`", self.rule_text(policy));
        match nearest {
            Nearest::OtherPort(rule) => {
                let place = match &rule.ports {
                    Ports::Listed(ports) => ports.first().map_or(rule.peers_place, |port| port.place),
                    Ports::Any | Ports::None => rule.peers_place,
                };
                let message = match self.direction {
                    Direction::Ingress => format!("the policies admit {other} on other ports only"),
                    Direction::Egress => format!("the policies let it out to {other} on other ports only"),
                };
                let help = format!("add to the ports of the rule: `{}`", self.port_text(policy));
                (Label::new(place, "not this port"), message, help)
            }
            Nearest::OtherSide(rule) => (Label::new(rule.peers_place, format!("not {other}")), none, add()),
            Nearest::Section => (Label::new(self.direction.section(policy).place, format!("not {other}")), none, add()),
        }
    }

    /// The port as the policy's own language writes it.
    fn port_text(&self, policy: &Policy<'w>) -> String {
        let port = match (self.port.number, &self.port.name) {
            (Some(number), _) if policy.dialect.is_cilium() => format!("\"{number}\""),
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.clone(),
            (None, None) => String::new(),
        };
        format!("{{port: {port}, protocol: {}}}", self.port.protocol)
    }

    /// The rule to add, in the policy's own language and with the namespace key it already uses.
    fn rule_text(&self, policy: &Policy<'w>) -> String {
        let port = self.port_text(policy);
        let (from, prefix) = if self.direction == Direction::Egress { ("to", "to") } else { ("from", "from") };
        let Some(pods) = self.other_side().endpoint() else {
            return format!("{{{prefix}Entities: [{}], toPorts: [{{ports: [{port}]}}]}}", self.other);
        };
        let is_own = pods.namespace == self.subject_namespace();
        // Where the labels are not known, and for another namespace as a source, the namespace tells enough.
        let label = if is_own || self.direction == Direction::Egress { telling(&pods.labels) } else { None };
        if policy.dialect == Dialect::Kubernetes {
            let namespace =
                format!("namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {}}}}}", pods.namespace);
            let selector = label.map(|label| format!("podSelector: {{matchLabels: {{{label}}}}}"));
            let peer = match (is_own, selector) {
                (true, selector) => selector.unwrap_or_else(|| "podSelector: {}".to_owned()),
                (false, Some(selector)) => format!("{namespace}, {selector}"),
                (false, None) => namespace,
            };
            return format!("{{{from}: [{{{peer}}}], ports: [{port}]}}");
        }
        let text = self.cluster.sources().text(policy.object.node.span());
        let key = if text.contains(&format!("k8s:{CILIUM_NAMESPACE}")) { "k8s:" } else { "" };
        let namespace = (!is_own).then(|| format!("{key}{CILIUM_NAMESPACE}: {}", pods.namespace));
        let labels: Vec<String> = namespace.into_iter().chain(label).collect();
        let peer = if labels.is_empty() { String::new() } else { format!("matchLabels: {{{}}}", labels.join(", ")) };
        format!("{{{prefix}Endpoints: [{{{peer}}}], toPorts: [{{ports: [{port}]}}]}}")
    }

    /// A selector over namespaces that asks the other end's own for a label it does not carry.
    fn namespace_trap(&self, observation: Observation) -> Observation {
        let Some(pods) = self.other_side().endpoint() else { return observation };
        let namespace = &pods.namespace;
        let object = self.cluster.get("", "Namespace", "", namespace);
        let labels = namespace_labels(self.cluster, namespace);
        let target = Side::Pods(self.to);
        for (policy, rule) in self.rules().filter(|(_, rule)| !rule.has_port(target, self.port).is_no()) {
            let Peers::Listed(peers) = &rule.peers else { continue };
            for peer in peers {
                let Who::Pods { namespaces: Namespaces::Labelled(selector), .. } = &peer.who else { continue };
                let Some(wrong) = selector.requirements.iter().find(|one| {
                    selector.pair().is_some_and(|(key, value)| key == one.key && value == namespace)
                        && one.accepts(labels.value(&one.key)).is_no()
                }) else {
                    continue;
                };
                let mut found = observation;
                found.object = Some(policy.object.reference());
                found.primary = Label::new(wrong.place, format!("`{namespace}` has no such label"));
                found.message = format!("{}: its Namespace does not carry the label `{}`", found.message, wrong.shown);
                found.help =
                    Some(format!("write `kubernetes.io/metadata.name: {namespace}`, a label that every Namespace has"));
                return match object {
                    Some(object) => found.related(Label::new(object.place(), "the namespace")),
                    None => found,
                };
            }
        }
        observation
    }
}

/// A rule that names nobody, and is there to isolate.
fn is_empty(rule: &PolicyRule) -> bool {
    matches!(&rule.peers, Peers::Listed(peers) if peers.is_empty())
}

/// The label that tells pods best, as it is written.
fn telling(labels: &Labels) -> Option<String> {
    let known = || labels.known().filter(|(key, _)| !OF_CONTROLLERS.iter().any(|prefix| key.starts_with(prefix)));
    let usual = ["app.kubernetes.io/name", "app", "k8s-app", "cnpg.io/cluster", "v1.min.io/tenant"];
    let best = known().min_by_key(|(key, _)| usual.iter().position(|usual| usual == key).unwrap_or(usual.len()));
    best.map(|(key, value)| format!("{key}: {value}"))
}

/// Whether a rule names namespaces at all.
fn names_namespace(rule: &PolicyRule) -> bool {
    match &rule.peers {
        Peers::Listed(peers) => peers
            .iter()
            .any(|peer| matches!(&peer.who, Who::Pods { namespaces: Namespaces::Labelled(_) | Namespaces::All, .. })),
        Peers::Any | Peers::Unknown => false,
    }
}

/// A way through a target, for fingerprints: `ingress[ns/name/part:9000]`.
pub fn way_path(direction: Direction, to: &PodSet<'_>, port: &PodPort) -> String {
    let part = to.component.as_deref().map(|part| format!("/{part}")).unwrap_or_default();
    let number = port.number.map_or_else(|| port.name.clone().unwrap_or_default(), |number| number.to_string());
    format!("{}[{}{part}:{number}]", direction.word(), to.object.full_name())
}
