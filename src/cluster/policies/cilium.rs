//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy. Source: cilium `pkg/policy/api` and `pkg/k8s/apis/cilium.io/utils`.

use super::kubernetes::port_number;
use super::{
    CILIUM_NAMESPACE, Dialect, Dns, Namespaces, Peer, Peers, Policy, PolicyRule, PortNumber, PortRule, Ports, Section,
    Who,
};
use crate::build::Object;
use crate::cluster::pods::{Answer, Requirement, Selector, Test};
use crate::yaml::Node;

/// Reads `spec` and `specs`. One about nodes is about no pods and left out.
pub fn policies(object: &Object, dialect: Dialect) -> Vec<Policy<'_>> {
    let mut specs: Vec<&Node> = object.at(&["spec"]).into_iter().filter(|spec| !spec.is_null()).collect();
    specs.extend(object.at(&["specs"]).map(Node::items).unwrap_or_default());
    specs
        .into_iter()
        .filter(|spec| spec.get("nodeSelector").is_none())
        .map(|spec| policy(object, dialect, spec))
        .collect()
}

fn policy<'w>(object: &'w Object, dialect: Dialect, spec: &Node) -> Policy<'w> {
    let subject = spec.get("endpointSelector");
    Policy {
        object,
        dialect,
        subject: selector(subject),
        subject_place: subject.unwrap_or(spec).span(),
        ingress: section(object, dialect, spec, "ingress", "from"),
        egress: section(object, dialect, spec, "egress", "to"),
    }
}

fn section(object: &Object, dialect: Dialect, spec: &Node, key: &str, prefix: &str) -> Section {
    let entry = spec.as_map().and_then(|spec| spec.entry(key));
    let rules = |key: &str| spec.get(key).map(Node::items).unwrap_or_default();
    let denying = format!("{key}Deny");
    let allow: Vec<PolicyRule> = rules(key).iter().map(|node| rule(node, dialect, prefix)).collect();
    let deny: Vec<PolicyRule> = rules(&denying).iter().map(|node| rule(node, dialect, prefix)).collect();
    let written = spec.at(&["enableDefaultDeny", key]).filter(|node| !node.is_null());
    let isolates = match written {
        Some(node) => node.as_bool().map_or(Answer::Unknown, Answer::from),
        None if [key, denying.as_str()].iter().any(|key| spec.get(key).is_some_and(Node::is_unknown)) => {
            Answer::Unknown
        }
        None => Answer::from(!allow.is_empty() || !deny.is_empty()),
    };
    Section { place: entry.map_or_else(|| object.place(), |entry| entry.key_span), isolates, allow, deny }
}

fn rule(node: &Node, dialect: Dialect, prefix: &str) -> PolicyRule {
    let key = |suffix: &str| format!("{prefix}{suffix}");
    let mut listed: Vec<Peer> = Vec::new();
    let (mut place, mut unknown, mut any) = (None, node.is_unknown(), true);
    for entry in node.entries().filter(|entry| entry.key.starts_with(prefix) && entry.key != "toPorts") {
        if entry.value.is_null() {
            continue;
        }
        any = false;
        place.get_or_insert(entry.key_span);
        let items = entry.value.items();
        // An empty list of peers was read differently over time.
        unknown |= entry.value.is_unknown() || items.is_empty();
        let name = entry.key.as_str();
        listed.extend(items.iter().map(|item| Peer {
            place: item.span(),
            who: if name == key("Endpoints") {
                endpoints(item, dialect)
            } else if name == key("Entities") {
                item.as_str().map_or(Who::Unknown, |entity| Who::Entity(entity.to_owned()))
            } else if name == key("CIDR") || name == key("CIDRSet") {
                Who::Addresses { world: holds_world(item), pods: Answer::No }
            } else if [key("FQDNs"), key("Groups"), key("Nodes")].iter().any(|known| known == name) {
                Who::Addresses { world: Answer::Unknown, pods: Answer::No }
            } else {
                Who::Unknown
            },
        }));
    }
    let ports = ports(node);
    // A rule with nothing in it isolates and admits nobody. Source: cilium
    // `cilium-cli/connectivity/builder/manifests/deny-all-ingress.yaml`.
    let empty = any && matches!(ports, Ports::Any);
    let peers = match (unknown, any) {
        (true, _) => Peers::Unknown,
        (false, true) if !empty => Peers::Any,
        (false, _) => Peers::Listed(listed),
    };
    let narrowed = node.get(&key("Requires")).is_some() || node.get("authentication").is_some() || has_l7(node);
    PolicyRule {
        place: node.span(),
        peers_place: place.unwrap_or_else(|| node.span()),
        peers,
        ports,
        narrowed,
        dns: dns(node),
    }
}

/// Whether a block of addresses is all of IPv4 or of IPv6. Cilium takes no pods by their addresses.
fn holds_world(item: &Node) -> Answer {
    let block = item.as_str().or_else(|| item.get("cidr").and_then(Node::as_str));
    let whole = block.is_some_and(|block| matches!(block, "0.0.0.0/0" | "::/0")) && item.get("except").is_none();
    if whole { Answer::Yes } else { Answer::Unknown }
}

fn dns(node: &Node) -> Dns {
    let names = node.as_map().and_then(|map| map.entry("toFQDNs")).filter(|entry| !entry.value.items().is_empty());
    let lists = node.get("toPorts").map(Node::items).unwrap_or_default();
    let is_read = lists.iter().any(|list| list.at(&["rules", "dns"]).is_some_and(|dns| !dns.is_null()));
    Dns { names: names.map(|entry| entry.key_span), is_read }
}

fn has_l7(node: &Node) -> bool {
    let lists = node.get("toPorts").map(Node::items).unwrap_or_default();
    lists.iter().any(|list| {
        list.get("serverNames").is_some()
            || list.get("rules").is_some_and(|rules| rules.entries().any(|entry| entry.key != "dns"))
    })
}

fn ports(node: &Node) -> Ports {
    let present = |key: &str| node.get(key).filter(|value| !value.is_null());
    let Some(lists) = present("toPorts") else {
        return if present("icmps").is_some() { Ports::None } else { Ports::Any };
    };
    let mut ports = Vec::new();
    for list in lists.items() {
        let items = list.get("ports").map(Node::items).unwrap_or_default();
        if items.is_empty() {
            return Ports::Any;
        }
        ports.extend(items.iter().map(port));
    }
    if lists.is_unknown() {
        ports.push(PortRule { place: lists.span(), protocol: None, number: PortNumber::Unknown });
    }
    if ports.is_empty() { Ports::Any } else { Ports::Listed(ports) }
}

fn port(node: &Node) -> PortRule {
    let protocol = node.get("protocol").and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
    let written = node.get("port").filter(|port| !port.is_null());
    let number = match written.map(|port| port_number(port, node.get("endPort"))) {
        None | Some(PortNumber::Range(0, _)) => PortNumber::All,
        Some(number) => number,
    };
    PortRule { place: written.unwrap_or(node).span(), protocol: protocol.filter(|protocol| protocol != "ANY"), number }
}

/// Pods of a peer: where no namespace is named, those of the policy's own.
fn endpoints(item: &Node, dialect: Dialect) -> Who {
    let pods = selector(Some(item));
    let reserved = pods.requirements.iter().find_map(|one| one.key.strip_prefix("reserved:"));
    if let (Some(entity), [_]) = (reserved, pods.requirements.as_slice()) {
        return Who::Entity(entity.to_owned());
    }
    let names_namespace = pods.requirements.iter().any(|one| {
        one.key == CILIUM_NAMESPACE
            || one.key.starts_with("io.cilium.k8s.namespace.labels.")
            || one.test == Test::Unreadable
    });
    let namespaces =
        if dialect == Dialect::CiliumClusterwide || names_namespace { Namespaces::All } else { Namespaces::Own };
    Who::Pods { namespaces, pods }
}

/// An endpoint selector; the source of a label is taken off its name.
fn selector(node: Option<&Node>) -> Selector {
    let mut selector = Selector::of(node);
    for one in &mut selector.requirements {
        normalise(one);
    }
    selector
}

fn normalise(one: &mut Requirement) {
    match one.key.split_once(':') {
        Some(("k8s" | "any", key)) => one.key = key.to_owned(),
        // Identities that Cilium reserves: no pod has them.
        Some(("reserved", _)) => one.test = Test::Never,
        Some(_) => one.test = Test::Unreadable,
        None => {}
    }
}
