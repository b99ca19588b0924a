//! Policies let the scraper reach what it scrapes. Card: rules/network/network-policy-blocks-monitoring.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::monitoring::{Monitoring, ScrapeTarget, Scraper, by_port, shown_port};
use crate::cluster::pods::{Answer, PodPort, PodSet, Pods, Services, namespace_labels};
use crate::cluster::policies::{
    Admission, CILIUM_NAMESPACE, Denial, Dialect, Namespaces, Peers, Policies, Policy, PolicyRule, Ports, Source,
    Verdict, Who,
};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

const ID: &str = "network-policy-blocks-monitoring";

/// Options: none. Where the monitoring stack runs is a fact about the cluster and stands in the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyBlocksMonitoring {}

impl Rule for NetworkPolicyBlocksMonitoring {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies = Policies::of(cluster);
        if policies.iter().next().is_none() {
            return;
        }
        let pods = Pods::of(cluster);
        let services = Services::of(cluster, &pods);
        let monitoring = Monitoring::of(cluster, &pods, &services);
        for ((at, ..), targets) in by_port(&monitoring.targets) {
            let (Some(set), [first, ..]) = (pods.get(at), targets.as_slice()) else { continue };
            // Each monitor must be served by one of its scrapers; the first that is not speaks for the port.
            let blocked = targets.iter().find_map(|target| {
                blocked(&monitoring.scrapers_of(target), &policies, set, &target.port).map(|found| (*target, found))
            });
            match blocked {
                None => {}
                Some((target, Ok((scraper, denial)))) => {
                    let seen = Seen { cluster, policies: &policies, scraper, pods: set, port: &target.port };
                    out.report(seen.report(&denial, target, &targets));
                }
                Some((_, Err(why))) => {
                    out.undecided(
                        cluster,
                        "policy",
                        format!("scraping {} by {}", set.shown(), first.monitor.reference()),
                        why,
                    );
                }
            }
        }
    }
}

/// `None` when some scraper gets through, an error when that cannot be known, else the first scraper and its denial.
fn blocked<'s, 'p, 'w>(
    scrapers: &[&'s Scraper],
    policies: &'p Policies<'_, 'w>,
    pods: &PodSet<'w>,
    port: &PodPort,
) -> Option<Result<(&'s Scraper, Denial<'p, 'w>), String>> {
    let (mut first, mut unknown) = (None, None);
    for scraper in scrapers {
        match policies.ingress(Source::Pods(&scraper.endpoint), pods, port) {
            Verdict::Allowed(_) => return None,
            Verdict::Unknown(why) => unknown = unknown.or(Some(why)),
            Verdict::Denied(denial) => first = first.or(Some((*scraper, denial))),
        }
    }
    match unknown {
        Some(why) => Some(Err(why)),
        None => first.map(Ok),
    }
}

/// A denied way, to be put into words.
struct Seen<'r, 'c, 'w> {
    cluster: &'r Cluster<'w>,
    policies: &'r Policies<'c, 'w>,
    scraper: &'r Scraper,
    pods: &'r PodSet<'w>,
    port: &'r PodPort,
}

/// What about a policy comes nearest to admitting the scraper.
enum Nearest<'p> {
    /// A rule admits the scraper, on other ports.
    OtherPort(&'p PolicyRule),
    /// A rule is about the port, for other sources.
    OtherSource(&'p PolicyRule),
    /// There is only the section.
    Section,
}

impl<'w> Seen<'_, '_, 'w> {
    fn report(&self, denial: &Denial<'_, 'w>, target: &ScrapeTarget<'w>, targets: &[&ScrapeTarget<'w>]) -> Observation {
        let namespace = &self.scraper.endpoint.namespace;
        let port = shown_port(self.port, self.pods);
        let scrapes = if std::ptr::eq(target.monitor, self.pods.object) {
            format!("{} is scraped on {port}", self.pods.shown())
        } else {
            format!("{} has {port} of {} scraped", target.monitor.reference(), self.pods.shown())
        };
        let about = |policy: &Policy<'w>| {
            let place = self.pods.component.as_deref().map(|part| format!("/{part}")).unwrap_or_default();
            let number = self
                .port
                .number
                .map_or_else(|| self.port.name.clone().unwrap_or_default(), |number| number.to_string());
            (policy.object.reference(), format!("ingress[{}{place}:{number}]", self.pods.object.full_name()))
        };
        let mut observation = match (denial.denying, self.nearest(denial)) {
            (Some(Admission { policy, rule }), _) => {
                let (object, path) = about(policy);
                Observation::new(
                    ID,
                    format!("{scrapes}, but {object} denies it to namespace `{namespace}`"),
                    Label::new(rule.peers_place, format!("denies namespace `{namespace}`")),
                )
                .about(object, path)
                .help(format!("take namespace `{namespace}` out of the deny rule"))
            }
            (None, Some((policy, nearest))) => {
                let (object, path) = about(policy);
                let (label, message, help) = self.words(policy, &nearest);
                let found =
                    Observation::new(ID, format!("{scrapes}, but {message}"), label).about(object, path).help(help);
                self.namespace_trap(denial, found)
            }
            // Something isolates: else nothing were denied.
            (None, None) => Observation::new(ID, scrapes, Label::new(self.pods.place, "isolated")),
        };
        let mut named = BTreeSet::new();
        for target in targets {
            if named.insert(target.monitor.full_name()) && !std::ptr::eq(target.monitor, self.pods.object) {
                observation = observation.related(Label::new(target.place, "scraped by this"));
            }
        }
        observation = observation.related(Label::new(self.pods.place, "scraped pods"));
        if let Some(place) = self.scraper.place {
            observation = observation.related(Label::new(place, "the scraper"));
        }
        if self.cluster.is_open(self.pods.namespace()) || !self.pods.verified {
            observation = observation.confidence(Confidence::Medium);
        }
        for policy in denial.isolating.iter().skip(1) {
            observation = observation.related(Label::new(policy.object.place(), "isolates the pods too"));
        }
        observation
    }

    /// The policy and rule that should admit: one that is about the scraper, else about the port, else the narrowest.
    fn nearest<'p>(&self, denial: &Denial<'p, 'w>) -> Option<(&'p Policy<'w>, Nearest<'p>)> {
        let source = Source::Pods(&self.scraper.endpoint);
        let rules =
            || denial.isolating.iter().flat_map(|policy| policy.ingress.allow.iter().map(move |rule| (*policy, rule)));
        let admits = |(policy, rule): &(&Policy<'w>, &PolicyRule)| {
            matches!(rule.peers, Peers::Listed(_)) && self.policies.admits_source(policy, rule, source).is_yes()
        };
        if let Some((policy, rule)) = rules().find(admits) {
            return Some((policy, Nearest::OtherPort(rule)));
        }
        let about_port =
            |(_, rule): &(&Policy<'w>, &PolicyRule)| Policies::has_port(rule, self.pods, self.port) == Answer::Yes;
        let mut candidates: Vec<(&Policy<'w>, &PolicyRule)> = rules().filter(about_port).collect();
        // A rule that speaks of namespaces is nearer than one for the own pods, one with a port nearer than one without.
        candidates.sort_by_key(|(_, rule)| (!names_namespace(rule), !matches!(rule.ports, Ports::Listed(_))));
        if let Some((policy, rule)) = candidates.first() {
            return Some((policy, Nearest::OtherSource(rule)));
        }
        let narrowest = denial.isolating.iter().max_by_key(|policy| policy.subject.requirements.len().min(1))?;
        Some((narrowest, Nearest::Section))
    }

    fn words(&self, policy: &Policy<'w>, nearest: &Nearest<'_>) -> (Label, String, String) {
        let namespace = &self.scraper.endpoint.namespace;
        let none = format!("no network policy admits namespace `{namespace}`");
        match nearest {
            Nearest::OtherPort(rule) => {
                let place = match &rule.ports {
                    Ports::Listed(ports) => ports.first().map_or(rule.peers_place, |port| port.place),
                    Ports::Any | Ports::None => rule.peers_place,
                };
                let message = format!("the policies admit namespace `{namespace}` on other ports only");
                (
                    Label::new(place, "not the scraped port"),
                    message,
                    format!("add to the ports of the rule: `{}`", self.port_text(policy)),
                )
            }
            Nearest::OtherSource(rule) => {
                let label = Label::new(rule.peers_place, format!("not namespace `{namespace}`"));
                (label, none, format!("add to `ingress`: `{}`", self.rule_text(policy)))
            }
            Nearest::Section => {
                let label = Label::new(policy.ingress.place, format!("not namespace `{namespace}`"));
                (label, none, format!("add to `ingress`: `{}`", self.rule_text(policy)))
            }
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
        format!("{{port: {port}, protocol: TCP}}")
    }

    /// The rule to add, in the policy's own language and with the namespace key it already uses.
    fn rule_text(&self, policy: &Policy<'w>) -> String {
        let namespace = &self.scraper.endpoint.namespace;
        let port = self.port_text(policy);
        if policy.dialect == Dialect::Kubernetes {
            return format!(
                "{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}], ports: [{port}]}}"
            );
        }
        let text = self.cluster.sources().text(policy.object.node.span());
        let prefix = if text.contains(&format!("k8s:{CILIUM_NAMESPACE}")) { "k8s:" } else { "" };
        format!(
            "{{fromEndpoints: [{{matchLabels: {{{prefix}{CILIUM_NAMESPACE}: {namespace}}}}}], toPorts: [{{ports: [{port}]}}]}}"
        )
    }

    /// A selector over namespaces that asks the scraper's own for a label it does not carry.
    fn namespace_trap(&self, denial: &Denial<'_, 'w>, observation: Observation) -> Observation {
        let namespace = &self.scraper.endpoint.namespace;
        let object = self.cluster.get("", "Namespace", "", namespace);
        let labels = namespace_labels(self.cluster, namespace);
        for policy in &denial.isolating {
            let about = |rule: &&PolicyRule| !Policies::has_port(rule, self.pods, self.port).is_no();
            let peers = policy.ingress.allow.iter().filter(about).filter_map(|rule| match &rule.peers {
                Peers::Listed(peers) => Some(peers),
                Peers::Any | Peers::Unknown => None,
            });
            for peer in peers.flatten() {
                let Who::Pods { namespaces: Namespaces::Labelled(selector), .. } = &peer.who else { continue };
                let meant = |value: &str| value == namespace;
                let Some(wrong) = selector.requirements.iter().find(|one| {
                    selector.pair().is_some_and(|(key, value)| key == one.key && meant(value))
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

/// Whether a rule names namespaces at all.
fn names_namespace(rule: &PolicyRule) -> bool {
    match &rule.peers {
        Peers::Listed(peers) => peers
            .iter()
            .any(|peer| matches!(&peer.who, Who::Pods { namespaces: Namespaces::Labelled(_) | Namespaces::All, .. })),
        Peers::Any | Peers::Unknown => false,
    }
}
