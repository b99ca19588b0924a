//! Pods that are not let out freely may ask cluster DNS. Card: rules/network/network-policy-dns-missing.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Endpoint, Labels, PodPort, PodSet};
use crate::cluster::policies::{
    Admission, Dialect, Direction, Peers, PolicyRule, PortNumber, Ports, Side, Verdict, Who,
};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

const ID: &str = "network-policy-dns-missing";
/// Port of DNS.
const PORT: u16 = 53;
/// Most workloads that one finding points at.
const MOST_SHOWN: usize = 5;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyDnsMissing {}

impl Rule for NetworkPolicyDnsMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.policies().is_empty() {
            return;
        }
        let dns = dns();
        let mut found: BTreeMap<(Span, bool), (Observation, usize)> = BTreeMap::new();
        for set in cluster.pods().iter().filter(|set| asks_cluster_dns(set)) {
            let rules = rules(cluster, set);
            let cut = cut_off(cluster, set, &rules, &dns).map(|found| (found, false));
            let blind = || blind(cluster, set, &rules).map(|found| (found, true));
            let Some((observation, is_blind)) = cut.or_else(blind) else { continue };
            let key = (observation.primary.span, is_blind);
            let entry = found.entry(key).or_insert((observation, 0));
            entry.1 += 1;
            if entry.1 <= MOST_SHOWN {
                let mut seen = entry.0.clone();
                seen = seen.related(Label::new(set.place, "these pods"));
                entry.0 = seen;
            }
        }
        for (observation, _) in found.into_values() {
            out.report(observation);
        }
    }
}

/// The pods of cluster DNS, however they are called. Source: kubernetes `cluster/addons/dns`.
fn dns() -> Endpoint {
    Endpoint::new("kube-system", Labels::unknown())
}

/// Whether pods ask cluster DNS: not those on the node's network, nor those that are told otherwise.
fn asks_cluster_dns(set: &PodSet<'_>) -> bool {
    let paths = ["spec.template.spec.dnsPolicy", "spec.jobTemplate.spec.template.spec.dnsPolicy", "spec.dnsPolicy"];
    let policy = paths.iter().find_map(|path| set.object.dig(path));
    let is_default = policy.is_none_or(|policy| policy.as_str().is_some_and(|text| text.starts_with("ClusterFirst")));
    is_default && set.endpoint.host_network.is_no()
}

/// The rules that let some pods out, or may.
fn rules<'c, 'w>(cluster: &'c Cluster<'w>, set: &PodSet<'w>) -> Vec<Admission<'c, 'w>> {
    let policies = cluster.policies();
    let over =
        policies.about(&set.endpoint).into_iter().filter(|policy| !policies.selects(policy, &set.endpoint).is_no());
    over.flat_map(|policy| policy.egress.allow.iter().map(move |rule| Admission { policy, rule })).collect()
}

fn query(protocol: &str) -> PodPort {
    PodPort { name: None, number: Some(PORT), protocol: protocol.to_owned() }
}

/// Whether a rule names the port of DNS itself: whoever wrote it thought of it.
fn names_dns(rule: &PolicyRule) -> bool {
    let Ports::Listed(ports) = &rule.ports else { return false };
    ports.iter().any(|port| match &port.number {
        PortNumber::Range(from, to) => (*from..=*to).contains(&PORT),
        PortNumber::Name(name) => name.contains("dns") || name.contains("domain"),
        PortNumber::All | PortNumber::Unknown => true,
    })
}

/// Whether a rule is about something that is found by its name: other pods, or names of the outside.
fn needs_names(rule: &PolicyRule) -> bool {
    match &rule.peers {
        Peers::Listed(peers) => {
            rule.dns.names.is_some() || peers.iter().any(|peer| matches!(peer.who, Who::Pods { .. }))
        }
        Peers::Any | Peers::Unknown => false,
    }
}

/// Pods that are let out to something with a name, but not to DNS.
fn cut_off<'w>(
    cluster: &Cluster<'w>,
    set: &PodSet<'w>,
    rules: &[Admission<'_, 'w>],
    dns: &Endpoint,
) -> Option<Observation> {
    if rules.iter().any(|by| names_dns(by.rule)) || !rules.iter().any(|by| needs_names(by.rule)) {
        return None;
    }
    let way = (Side::Pods(set), Side::Endpoint(dns));
    let Verdict::Denied(denial) = cluster.policies().verdict(cluster, Direction::Egress, way, &query("UDP")) else {
        return None;
    };
    let named = denial.isolating.iter().find(|policy| policy.egress.allow.iter().any(needs_names))?;
    let object = named.object.reference();
    let message = format!("{object} lets {} out, but no network policy lets it out to cluster DNS", set.shown());
    let rule = match named.dialect {
        Dialect::Kubernetes => {
            "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: \
             {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}"
        }
        _ => {
            "{toEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: kube-system, k8s-app: kube-dns}}], toPorts: \
             [{ports: [{port: \"53\", protocol: ANY}]}]}"
        }
    };
    let found = Observation::new(ID, message, Label::new(named.egress.place, "not cluster DNS"))
        .about(object, format!("egress[{}:dns]", set.object.full_name()))
        .help(format!("add to `egress`: `{rule}`"));
    Some(if cluster.has_losses() { found.confidence(Confidence::Low) } else { found })
}

/// Rules over names of DNS, where nothing lets Cilium read the answers that they are matched with.
/// Source: cilium `Documentation/security/policy/layer3.rst`.
fn blind<'w>(cluster: &Cluster<'w>, set: &PodSet<'w>, rules: &[Admission<'_, 'w>]) -> Option<Observation> {
    let policies = cluster.policies();
    let by = rules.iter().find(|by| {
        by.rule.dns.names.is_some()
            && policies.selects(by.policy, &set.endpoint).and(by.policy.egress.isolates).is_yes()
    })?;
    let world = Side::Entity("world");
    let otherwise = rules.iter().any(|other| {
        let ports = other.rule.dns.names.is_none() && overlaps(other.rule, by.rule);
        ports && !policies.admits(other.policy, other.rule, world).is_no()
    });
    if rules.iter().any(|other| other.rule.dns.is_read) || otherwise || cluster.has_losses() {
        return None;
    }
    let is_isolated = policies
        .over(set.namespace())
        .map(|policy| policies.selects(policy, &set.endpoint).and(policy.egress.isolates));
    if !Answer::any(is_isolated).is_yes() {
        return None;
    }
    let object = by.policy.object.reference();
    let message =
        format!("{object} lets {} out to names, but no rule lets Cilium read the answers of DNS", set.shown());
    Some(
        Observation::new(ID, message, Label::new(by.rule.dns.names?, "matches no address"))
            .about(object, format!("egress[{}:toFQDNs]", set.object.full_name()))
            .help("add `rules: {dns: [{matchPattern: \"*\"}]}` to the ports of the rule for cluster DNS"),
    )
}

/// Whether two rules share a port.
fn overlaps(one: &PolicyRule, other: &PolicyRule) -> bool {
    let Ports::Listed(ports) = &other.ports else { return true };
    ports.iter().any(|port| match port.number {
        PortNumber::Range(from, _) => {
            let asked = PodPort::tcp(None, Some(from));
            !one.has_port(Side::Entity("world"), &asked).is_no()
        }
        _ => true,
    })
}
