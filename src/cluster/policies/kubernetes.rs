//! NetworkPolicy. Source: Kubernetes `pkg/apis/networking/types.go` and `v1/defaults.go`.

use std::net::Ipv4Addr;

use super::{Dialect, Dns, Namespaces, Peer, Peers, Policy, PolicyRule, PortNumber, PortRule, Ports, Section, Who};
use crate::build::Object;
use crate::cluster::pods::{Answer, Selector};
use crate::yaml::Node;

/// Reads a NetworkPolicy.
pub fn policy(object: &Object) -> Policy<'_> {
    let spec = object.at(&["spec"]);
    let subject = spec.and_then(|spec| spec.get("podSelector"));
    Policy {
        object,
        dialect: Dialect::Kubernetes,
        subject: Selector::of(subject),
        subject_place: subject.map_or_else(|| object.place(), Node::span),
        ingress: section(object, spec, "ingress", "from", "Ingress"),
        egress: section(object, spec, "egress", "to", "Egress"),
    }
}

fn section(object: &Object, spec: Option<&Node>, key: &str, peers: &str, word: &str) -> Section {
    let entry = spec.and_then(Node::as_map).and_then(|spec| spec.entry(key));
    let rules = entry.map(|entry| entry.value.items()).unwrap_or_default();
    let types = spec.and_then(|spec| spec.get("policyTypes"));
    let isolates = match types {
        Some(types) if types.holds_unknown() => Answer::Unknown,
        Some(types) if !types.items().is_empty() => {
            Answer::from(types.items().iter().any(|one| one.as_str() == Some(word)))
        }
        _ => Answer::from(word == "Ingress" || !rules.is_empty()),
    };
    let mut allow: Vec<PolicyRule> = rules.iter().map(|node| rule(node, peers)).collect();
    if let Some(entry) = entry.filter(|entry| entry.value.is_unknown()) {
        allow.push(unknown_rule(&entry.value));
    }
    Section { place: entry.map_or_else(|| object.place(), |entry| entry.key_span), isolates, allow, deny: Vec::new() }
}

fn unknown_rule(node: &Node) -> PolicyRule {
    PolicyRule {
        place: node.span(),
        peers_place: node.span(),
        peers: Peers::Unknown,
        ports: Ports::Any,
        narrowed: false,
        dns: Dns::default(),
    }
}

fn rule(node: &Node, key: &str) -> PolicyRule {
    if node.is_unknown() {
        return unknown_rule(node);
    }
    let entry = node.as_map().and_then(|map| map.entry(key));
    let peers = match entry.map(|entry| &entry.value) {
        Some(list) if list.is_unknown() => Peers::Unknown,
        Some(list) if !list.items().is_empty() => Peers::Listed(list.items().iter().map(peer).collect()),
        _ => Peers::Any,
    };
    let ports = match node.get("ports") {
        Some(list) if list.is_unknown() => Ports::Listed(vec![port(list)]),
        Some(list) if !list.items().is_empty() => Ports::Listed(list.items().iter().map(port).collect()),
        _ => Ports::Any,
    };
    let peers_place = entry.map_or_else(|| node.span(), |entry| entry.key_span);
    PolicyRule { place: node.span(), peers_place, peers, ports, narrowed: false, dns: Dns::default() }
}

fn peer(node: &Node) -> Peer {
    let present = |key: &str| node.get(key).filter(|value| !value.is_null());
    let who = match (present("ipBlock"), present("namespaceSelector"), present("podSelector")) {
        (Some(block), _, _) => Who::Addresses {
            world: if is_everything(block) { Answer::Yes } else { Answer::Unknown },
            // Cilium takes no pods by their addresses, others do.
            pods: if is_public(block) { Answer::No } else { Answer::Unknown },
        },
        (None, None, None) => Who::Unknown,
        (None, Some(namespaces), pods) => {
            Who::Pods { namespaces: Namespaces::Labelled(Selector::of(Some(namespaces))), pods: Selector::of(pods) }
        }
        (None, None, pods) => Who::Pods { namespaces: Namespaces::Own, pods: Selector::of(pods) },
    };
    Peer { place: node.span(), who }
}

fn is_everything(block: &Node) -> bool {
    let excepts = block.get("except").map(Node::items).unwrap_or_default();
    excepts.is_empty()
        && block.get("cidr").and_then(Node::as_str).is_some_and(|cidr| matches!(cidr, "0.0.0.0/0" | "::/0"))
}

/// Whether a block holds only addresses that no cluster gives to pods.
fn is_public(block: &Node) -> bool {
    let Some((address, bits)) = block.get("cidr").and_then(Node::as_str).and_then(|cidr| cidr.split_once('/')) else {
        return false;
    };
    let (Ok(address), Ok(bits)) = (address.parse::<Ipv4Addr>(), bits.parse::<u8>()) else { return false };
    let shared = address.octets().starts_with(&[100]) || address.octets().starts_with(&[198]);
    bits >= 16 && !address.is_private() && !shared && !address.is_loopback() && !address.is_link_local()
}

fn port(node: &Node) -> PortRule {
    let protocol = node.get("protocol").and_then(Node::scalar_text).map_or_else(|| "TCP".to_owned(), Into::into);
    let written = node.get("port").filter(|port| !port.is_null());
    let number = match written {
        None => PortNumber::All,
        Some(port) => port_number(port, node.get("endPort")),
    };
    PortRule { place: written.unwrap_or(node).span(), protocol: Some(protocol), number }
}

/// A port by number, by number as text, or by name.
pub fn port_number(port: &Node, end: Option<&Node>) -> PortNumber {
    let number = |node: &Node| node.scalar_text().and_then(|text| text.parse::<u16>().ok());
    match (number(port), port.as_str()) {
        (Some(from), _) => match end.filter(|end| !end.is_null()) {
            None => PortNumber::Range(from, from),
            Some(end) => number(end).map_or(PortNumber::Unknown, |end| PortNumber::Range(from, end.max(from))),
        },
        (None, Some(name)) => PortNumber::Name(name.to_owned()),
        (None, None) => PortNumber::Unknown,
    }
}
