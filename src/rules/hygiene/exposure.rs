//! Ports that are open to more than the cluster.

use super::seen::{Of, Seen, rule};
use crate::build::Object;
use crate::yaml::Node;

rule!(HostPortTaken, "host-port-taken", containers host_port);
rule!(PortPrivileged, "port-privileged", containers privileged);
rule!(PortSsh, "port-ssh", containers ssh);
rule!(ServiceNodePort, "service-node-port", [("", "Service")], open);
rule!(IngressTlsMissing, "ingress-tls-missing", [("networking.k8s.io", "Ingress")], without_tls);

/// The first port of a container whose number passes a test.
fn port<'w>(of: &Of<'_, 'w>, key: &str, is_meant: fn(i64) -> bool) -> Option<(&'w Node, i64)> {
    let ports = of.get(&["ports"]).map(Node::items).unwrap_or_default();
    let numbers = ports.iter().filter_map(|port| port.get(key)).filter_map(|node| Some((node, node.as_int()?)));
    numbers.into_iter().find(|(_, number)| is_meant(*number))
}

fn host_port(of: &Of<'_, '_>) -> Option<Seen> {
    let (node, number) = port(of, "hostPort", |number| number != 0)?;
    Some(Seen::at(node, "ports", format!("takes port {number} of its node"), "of the node"))
}

fn privileged(of: &Of<'_, '_>) -> Option<Seen> {
    let (node, number) = port(of, "containerPort", |number| (1..1024).contains(&number))?;
    Some(Seen::at(node, "ports", format!("listens on port {number}, which is below 1024"), "below 1024"))
}

fn ssh(of: &Of<'_, '_>) -> Option<Seen> {
    let (node, _) = port(of, "containerPort", |number| number == 22)?;
    Some(Seen::at(node, "ports", "listens on port 22", "SSH"))
}

fn open(service: &Object) -> Option<Seen> {
    let node = service.dig("spec.type")?;
    let of = node.as_str().filter(|of| matches!(*of, "NodePort" | "LoadBalancer"))?;
    Some(Seen::at(node, "spec.type", format!("is of type `{of}`"), "open to the outside"))
}

fn without_tls(ingress: &Object) -> Option<Seen> {
    let tls = ingress.dig("spec.tls");
    let is_there = tls.is_some_and(|tls| tls.is_unknown() || !tls.items().is_empty());
    let node = ingress.at(&["metadata", "name"])?;
    (!is_there).then(|| Seen::at(node, "spec.tls", "has no TLS", "plain text"))
}
