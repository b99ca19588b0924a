//! Services and the pods behind them.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::{Labels, PodPort, PodSet, Pods, Selector};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// A port of a Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: Option<u16>,
    /// Where it leads.
    pub target: Target,
}

/// Where a port of a Service leads.
#[derive(Clone, Debug)]
pub enum Target {
    /// `targetPort`, or `port` where that is left out.
    Written(Node),
    /// A port of which only the number is known.
    Number(u16),
    /// It cannot be known.
    Unknown,
}

impl Target {
    /// `targetPort`, else `port`, of an entry.
    pub fn of(port: &Node) -> Self {
        port.get("targetPort")
            .or_else(|| port.get("port"))
            .map_or(Target::Unknown, |node| Target::Written(node.clone()))
    }
}

impl ServicePort {
    /// The port of the pods behind it.
    pub fn pod_port(&self, pods: &PodSet<'_>) -> PodPort {
        match &self.target {
            Target::Written(node) => pods.port(node),
            Target::Number(number) => PodPort::tcp(None, Some(*number)),
            Target::Unknown => PodPort::tcp(None, None),
        }
    }
}

/// A Service.
#[derive(Clone, Debug)]
pub struct ServiceSet<'w> {
    /// The object that makes it: itself, a release, a custom resource.
    pub object: &'w Object,
    /// Which Service of that object.
    pub component: Option<String>,
    /// Namespace.
    pub namespace: String,
    /// Its own labels.
    pub labels: Labels,
    /// Positions of the pods that are certainly behind it.
    pub pods: Vec<usize>,
    /// Ports.
    pub ports: Vec<ServicePort>,
}

/// All Services of a cluster that are known.
#[derive(Debug, Default)]
pub struct Services<'w> {
    sets: Vec<ServiceSet<'w>>,
    by_namespace: HashMap<String, Vec<usize>>,
    by_pair: HashMap<(SmolStr, SmolStr), Vec<usize>>,
}

impl<'w> Services<'w> {
    /// Collects them.
    pub fn of(cluster: &Cluster<'w>, pods: &Pods<'w>) -> Self {
        let mut sets: Vec<ServiceSet<'w>> = cluster.of_kind("", "Service").map(|object| plain(object, pods)).collect();
        for object in cluster.of_kind("minio.min.io", "Tenant") {
            sets.push(tenant(object, pods));
        }
        let mut services = Services { sets, ..Services::default() };
        for (at, set) in services.sets.iter().enumerate() {
            services.by_namespace.entry(set.namespace.clone()).or_default().push(at);
            for (key, value) in set.labels.known() {
                services.by_pair.entry((key.into(), value.into())).or_default().push(at);
            }
        }
        services
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceSet<'w>> {
        self.sets.iter()
    }

    /// Those that a selector certainly selects, in one namespace or in all.
    pub fn selected(&self, selector: &Selector, namespace: Option<&str>) -> Vec<&ServiceSet<'w>> {
        let all: Vec<usize>;
        let candidates = match (namespace, selector.pair()) {
            (Some(namespace), _) => self.by_namespace.get(namespace),
            (None, Some((key, value))) => self.by_pair.get(&(key.into(), value.into())),
            (None, None) => {
                all = (0..self.sets.len()).collect();
                Some(&all)
            }
        };
        let sets = candidates.into_iter().flatten().filter_map(|at| self.sets.get(*at));
        sets.filter(|set| selector.matches(&set.labels).is_yes()).collect()
    }
}

fn plain<'w>(object: &'w Object, pods: &Pods<'w>) -> ServiceSet<'w> {
    let selector = object.dig("spec.selector").filter(|node| node.entries().next().is_some()).map(Selector::equal);
    let ports = object.dig("spec.ports").map(Node::items).unwrap_or_default();
    ServiceSet {
        object,
        component: None,
        namespace: object.namespace().to_owned(),
        labels: Labels::of(object.at(&["metadata", "labels"])),
        pods: selector.map(|selector| pods.selected(&selector, Some(object.namespace()))).unwrap_or_default(),
        ports: ports
            .iter()
            .map(|port| ServicePort {
                name: port.get("name").and_then(Node::as_str).map(ToOwned::to_owned),
                number: port.get("port").and_then(Node::as_int).and_then(|number| u16::try_from(number).ok()),
                target: Target::of(port),
            })
            .collect(),
    }
}

/// The Service `minio` of a Tenant. Source: minio/operator 7.1.1, `pkg/resources/services/service.go`.
fn tenant<'w>(object: &'w Object, pods: &Pods<'w>) -> ServiceSet<'w> {
    let own = |at: &&usize| pods.get(**at).is_some_and(|set| std::ptr::eq(set.object, object));
    let port = |name: &str, number| ServicePort {
        name: Some(name.to_owned()),
        number: Some(number),
        target: Target::Number(9000),
    };
    let tls = object.dig("spec.requestAutoCert").and_then(Node::as_bool) != Some(false)
        || object.dig("spec.externalCertSecret").is_some();
    ServiceSet {
        object,
        component: Some("minio".to_owned()),
        namespace: object.namespace().to_owned(),
        labels: Labels::of(object.dig("spec.serviceMetadata.minioServiceLabels")),
        pods: pods.positions(object.namespace()).iter().filter(own).copied().collect(),
        ports: vec![if tls { port("https-minio", 443) } else { port("http-minio", 80) }],
    }
}
