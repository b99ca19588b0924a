//! Ends of connections as people name them: workloads, Services, releases, namespaces and entities.

use std::collections::BTreeSet;

use super::targets::{Wanted, behind};
use crate::cluster::Cluster;
use crate::cluster::pods::{PodPort, PodSet};
use crate::cluster::policies::Side;

/// Entities of Cilium. Source: cilium `pkg/policy/api/entity.go`.
const ENTITIES: [&str; 10] = [
    "world",
    "world-ipv4",
    "world-ipv6",
    "host",
    "remote-node",
    "kube-apiserver",
    "ingress",
    "health",
    "init",
    "unmanaged",
];

/// An end that a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Pods, by position.
    Pods(usize),
    /// Pods behind a Service.
    Service {
        /// Position of the pods.
        at: usize,
        /// Namespace of the Service.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// An entity.
    Entity(&'static str),
}

/// A port as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Number or name.
    pub text: String,
    /// Protocol.
    pub protocol: String,
}

impl Port {
    /// Splits `NAME:PORT`; the port may have a protocol behind it: `53/udp`.
    pub fn split(text: &str) -> (&str, Option<Port>) {
        let Some((name, port)) = text.rsplit_once(':') else { return (text, None) };
        let (port, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        (name, Some(Port { text: port.to_owned(), protocol: protocol.to_uppercase() }))
    }
}

impl Found {
    /// As policies see it.
    pub fn side<'s>(&self, cluster: &'s Cluster<'_>) -> Option<Side<'s>> {
        match self {
            Found::Pods(at) | Found::Service { at, .. } => cluster.pods().get(*at).map(Side::Pods),
            Found::Entity(entity) => Some(Side::Entity(entity)),
        }
    }

    /// The port of the pods that is meant, and what is to be said of it.
    pub fn port(&self, cluster: &Cluster<'_>, asked: &Port) -> (PodPort, Option<String>) {
        let number = asked.text.parse::<u16>().ok();
        let name = if number.is_none() { Some(asked.text.clone()) } else { None };
        let plain = PodPort { name, number, protocol: asked.protocol.clone() };
        let own = |set: &PodSet<'_>| {
            let is_it = |port: &&PodPort| {
                port.protocol == plain.protocol
                    && (port.number.is_some() && port.number == plain.number
                        || port.name.is_some() && port.name == plain.name)
            };
            set.ports.iter().find(is_it).cloned()
        };
        let (at, service) = match self {
            Found::Entity(_) => return (plain, None),
            Found::Pods(at) => (*at, None),
            Found::Service { at, namespace, name } => (*at, Some((namespace, name))),
        };
        if let (Some((namespace, name)), Some(number)) = (service, number) {
            let arrives = behind(cluster, namespace, name, Wanted::Number(number));
            if let Some((_, port)) = arrives.into_iter().find(|(to, _)| *to == at)
                && port.number != Some(number)
            {
                let to = port.number.map(|number| number.to_string()).or_else(|| port.name.clone()).unwrap_or_default();
                let note = format!("port {number} of Service `{namespace}/{name}` is port {to} of the pods");
                return (port, Some(note));
            }
        }
        (cluster.pods().get(at).and_then(own).unwrap_or(plain), None)
    }
}

/// What a name means: `namespace/name`, `Kind/namespace/name`, a namespace with one workload, or an entity.
pub fn resolve(cluster: &Cluster<'_>, text: &str) -> Vec<Found> {
    if let Some(entity) = ENTITIES.iter().find(|entity| **entity == text) {
        return vec![Found::Entity(entity)];
    }
    let pods = cluster.pods();
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [namespace] => match pods.positions(namespace) {
            [only] => vec![Found::Pods(*only)],
            _ => Vec::new(),
        },
        [namespace, name] => named(cluster, None, namespace, name),
        [kind, namespace, name] => named(cluster, Some(kind), namespace, name),
        _ => Vec::new(),
    }
}

fn named(cluster: &Cluster<'_>, kind: Option<&str>, namespace: &str, name: &str) -> Vec<Found> {
    let is_service = kind.is_none_or(|kind| kind.eq_ignore_ascii_case("Service"));
    let service = cluster.services().get(namespace, name).filter(|service| is_service && !service.pods.is_empty());
    let sets = cluster.pods().positions(namespace).iter().copied();
    let fits = |at: &usize| {
        cluster.pods().get(*at).is_some_and(|set| {
            let release = set.object.release.and_then(|at| cluster.object(at));
            let objects = [Some(set.object), release];
            let is_object = objects
                .into_iter()
                .flatten()
                .any(|object| object.name == name && kind.is_none_or(|kind| object.kind().eq_ignore_ascii_case(kind)));
            is_object || kind.is_none() && set.component.as_deref() == Some(name)
        })
    };
    let workloads: Vec<usize> = sets.filter(fits).collect();
    let of_service = |at: usize| Found::Service { at, namespace: namespace.to_owned(), name: name.to_owned() };
    match service {
        // A Service is often called like what is behind it.
        Some(service) if workloads.is_empty() || workloads.iter().all(|at| service.pods.contains(at)) => {
            service.pods.iter().map(|at| of_service(*at)).collect()
        }
        _ => workloads.into_iter().map(Found::Pods).collect(),
    }
}

/// Names that [`resolve`] knows, of all namespaces or of one.
pub fn known(cluster: &Cluster<'_>, namespace: Option<&str>) -> Vec<String> {
    let is_asked = |own: &str| namespace.is_none_or(|namespace| namespace == own);
    let sets = cluster.pods().iter().filter(|set| is_asked(set.namespace()));
    let mut names: BTreeSet<String> = sets.map(|set| format!("{}/{}", set.namespace(), set.object.name)).collect();
    if namespace.is_none() {
        names.extend(cluster.services().iter().map(|service| format!("{}/{}", service.namespace, service.name)));
        names.extend(ENTITIES.iter().map(|entity| (*entity).to_owned()));
    }
    names.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_stands_behind_a_colon() {
        let port = |text: &str, protocol: &str| Some(Port { text: text.to_owned(), protocol: protocol.to_owned() });
        assert_eq!(Port::split("a/b:80"), ("a/b", port("80", "TCP")));
        assert_eq!(Port::split("a/b:53/udp"), ("a/b", port("53", "UDP")));
        assert_eq!(Port::split("world"), ("world", None));
    }
}
