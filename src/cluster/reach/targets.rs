//! From a Service and its port to the pods behind it and theirs.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{PodPort, ServicePort, ServiceSet, Target};
use crate::yaml::Node;

/// Port of PostgreSQL.
const POSTGRES: u16 = 5432;

/// A port of a Service, as somebody names it.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// By number.
    Number(u16),
    /// By name or number, as it is written.
    Written(&'a Node),
    /// The only one.
    Only,
}

/// Pods behind a Service, with the port that a connection arrives at. None where either is not known.
pub fn behind(cluster: &Cluster<'_>, namespace: &str, name: &str, wanted: Wanted<'_>) -> Vec<(usize, PodPort)> {
    if let Some(found) = postgres(cluster, namespace, name) {
        return found;
    }
    let Some(service) = cluster.services().get(namespace, name) else { return Vec::new() };
    let Some(port) = port_of(service, wanted) else { return Vec::new() };
    let is_headless = service.object.dig("spec.clusterIP").and_then(Node::as_str) == Some("None");
    let own = |at: usize| {
        let set = cluster.pods().get(at)?;
        let arrives = match (&port.target, port.number, wanted) {
            // Clients of a headless Service get the addresses of the pods: nothing is translated.
            (_, _, Wanted::Number(number)) if is_headless => PodPort::tcp(None, Some(number)),
            (Target::Unknown, Some(number), _) if set.ports.iter().any(|own| own.number == Some(number)) => {
                PodPort::tcp(None, Some(number))
            }
            _ => port.pod_port(set),
        };
        (arrives.number.is_some() || arrives.name.is_some()).then_some((at, arrives))
    };
    if service.pods.is_empty() {
        // What a chart runs behind its own Service, as far as its labels are known.
        let made = cluster.pods().positions(namespace).iter().copied();
        let is_own = |at: &usize| {
            cluster.pods().get(*at).is_some_and(|set| {
                std::ptr::eq(set.object, service.object)
                    && set.labels().known().next().is_some()
                    && set.ports.iter().any(|own| own.number.is_some() && own.number == port.number)
            })
        };
        return made.filter(is_own).filter_map(own).collect();
    }
    service.pods.iter().filter_map(|at| own(*at)).collect()
}

fn port_of(service: &ServiceSet<'_>, wanted: Wanted<'_>) -> Option<ServicePort> {
    let text = match wanted {
        Wanted::Written(node) => node.scalar_text(),
        Wanted::Number(_) | Wanted::Only => None,
    };
    let number = match wanted {
        Wanted::Number(number) => Some(number),
        _ => text.as_deref().and_then(|text| text.parse().ok()),
    };
    let is_it = |port: &&ServicePort| match (number, &text) {
        (Some(number), _) => port.number == Some(number),
        (None, Some(name)) => port.name.as_deref() == Some(name),
        (None, None) => service.ports.len() == 1 && !service.ports_open,
    };
    service.ports.iter().find(is_it).cloned()
}

/// The Services of a CNPG cluster. Source: cloudnative-pg `pkg/specs/services.go`.
fn postgres(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Option<Vec<(usize, PodPort)>> {
    let (owner, kind) = name.rsplit_once('-')?;
    let object: &Object = cluster.get("postgresql.cnpg.io", "Cluster", namespace, owner)?;
    if !matches!(kind, "rw" | "ro" | "r") {
        return None;
    }
    let own = |at: &usize| cluster.pods().get(*at).is_some_and(|set| std::ptr::eq(set.object, object));
    let port = PodPort::tcp(Some("postgresql"), Some(POSTGRES));
    Some(cluster.pods().positions(namespace).iter().copied().filter(own).map(|at| (at, port.clone())).collect())
}
