//! Ports of rules are those of pods. Card: rules/network/network-policy-service-port.md

use hashbrown::{HashMap, HashSet};
use std::cell::LazyCell;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::monitoring::shown_port;
use crate::cluster::pods::{PodPort, PodSet, ServiceSet, Target};
use crate::cluster::policies::{Dialect, Namespaces, Peers, Policy, PolicyRule, PortNumber, Ports, Side, Who};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

const ID: &str = "network-policy-service-port";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicyServicePort {}

impl Rule for NetworkPolicyServicePort {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let services = by_pods(cluster);
        let policies = cluster.policies();
        let mut seen = HashSet::new();
        for policy in policies.iter() {
            for rule in policy.ingress.allow.iter().chain(&policy.egress.allow) {
                let Ports::Listed(ports) = &rule.ports else { continue };
                if !ports.iter().any(|port| matches!(port.number, PortNumber::Range(number, last) if number == last)) {
                    continue;
                }
                let is_egress = policy.egress.allow.iter().any(|other| std::ptr::eq(other, rule));
                for (at, set) in candidates(cluster, policy, rule, is_egress) {
                    for port in ports {
                        let PortNumber::Range(number, last) = port.number else { continue };
                        if number != last || set.ports.iter().any(|own| own.number == Some(number)) {
                            continue;
                        }
                        let Some((service, target)) = translated(services.get(&at), set, number) else { continue };
                        // Both written side by side do no harm.
                        if rule.has_port(Side::Pods(set), &target).is_no() && seen.insert(port.place) {
                            out.report(report(policy.object, port.place, number, (service, set), &target));
                        }
                    }
                }
            }
        }
    }
}

/// Services by the positions of the pods behind them.
fn by_pods<'c, 'w>(cluster: &'c Cluster<'w>) -> HashMap<usize, Vec<&'c ServiceSet<'w>>> {
    let mut found: HashMap<usize, Vec<&ServiceSet<'w>>> = HashMap::new();
    for service in cluster.services().iter() {
        for at in &service.pods {
            found.entry(*at).or_default().push(service);
        }
    }
    found
}

/// The pods whose ports a rule means: those of the policy, or those that it lets them out to.
fn candidates<'c, 'w>(
    cluster: &'c Cluster<'w>,
    policy: &Policy<'w>,
    rule: &PolicyRule,
    is_egress: bool,
) -> Vec<(usize, &'c PodSet<'w>)> {
    let (policies, pods) = (cluster.policies(), cluster.pods());
    let near = pods.positions(policy.object.namespace());
    let far = LazyCell::new(|| pods.iter().enumerate().map(|(at, _)| at).collect::<Vec<usize>>());
    let mut found: BTreeMap<usize, &PodSet<'w>> = BTreeMap::new();
    let mut take = |places: &[usize], is_meant: &dyn Fn(&PodSet<'w>) -> bool| {
        let sets = places.iter().filter_map(|at| Some((*at, pods.get(*at)?)));
        found.extend(sets.filter(|(_, set)| is_meant(set)));
    };
    let is_plain = policy.dialect == Dialect::Kubernetes;
    if !is_egress {
        let selects = |set: &PodSet<'w>| policies.selects(policy, &set.endpoint).is_yes();
        match policy.dialect {
            Dialect::Kubernetes => take(&pods.selected(&policy.subject, Some(policy.object.namespace())), &selects),
            Dialect::Cilium => take(near, &selects),
            Dialect::CiliumClusterwide => take(&far, &selects),
        }
    } else if let Peers::Listed(peers) = &rule.peers {
        for peer in peers {
            let Who::Pods { namespaces, pods: selector } = &peer.who else { continue };
            let is_meant = |set: &PodSet<'w>| policies.is_peer(policy, peer, &set.endpoint).is_yes();
            match namespaces {
                Namespaces::Own if is_plain => {
                    take(&pods.selected(selector, Some(policy.object.namespace())), &is_meant);
                }
                _ if is_plain => take(&pods.selected(selector, None), &is_meant),
                Namespaces::Own => take(near, &is_meant),
                _ => take(&far, &is_meant),
            }
        }
    }
    found.into_iter().collect()
}

/// The Service whose port a number is, where it leads to another one of the pods, and none leads to that very number.
fn translated<'c, 'w>(
    services: Option<&Vec<&'c ServiceSet<'w>>>,
    set: &PodSet<'w>,
    number: u16,
) -> Option<(&'c ServiceSet<'w>, PodPort)> {
    let services = services?;
    let is_plain =
        |service: &&ServiceSet<'_>| service.object.dig("spec.clusterIP").and_then(Node::as_str) != Some("None");
    let mut targets = services.iter().flat_map(|service| service.ports.iter().map(|port| port.pod_port(set)));
    if targets.any(|target| target.number.is_none_or(|own| own == number)) {
        return None;
    }
    services.iter().filter(|service| is_plain(service)).find_map(|service| {
        let known = |port: &&crate::cluster::pods::ServicePort| !matches!(port.target, Target::Unknown);
        let port = service.ports.iter().filter(known).find(|port| port.number == Some(number))?;
        Some((*service, port.pod_port(set)))
    })
}

fn report(
    policy: &Object,
    place: Span,
    number: u16,
    (service, set): (&ServiceSet<'_>, &PodSet<'_>),
    target: &PodPort,
) -> Observation {
    let object = policy.reference();
    let arrives = shown_port(target, set);
    let message = format!(
        "{object} admits port {number}, but that is the port of {}: its traffic arrives at {arrives} of {}",
        service.shown(),
        set.shown()
    );
    let to = target.number.map(|number| number.to_string()).or_else(|| target.name.clone()).unwrap_or_default();
    Observation::new(ID, message, Label::new(place, "port of the Service"))
        .about(object, format!("ports[{number}]"))
        .related(Label::new(service.object.place(), "its port is translated"))
        .help(format!("write `{to}`: policies see traffic after the port of the Service was translated"))
}
