//! Who connects to whom, as far as the tree says: every edge with the pods, the port, and the place that says so.

use hashbrown::HashSet;

use super::gateways::Proxies;
use super::sources::Sources;
use super::targets::{Wanted, behind};
use super::variables::told;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::gateway::Backend;
use crate::cluster::monitoring::Monitoring;
use crate::cluster::pods::{Answer, Endpoint, PodPort};
use crate::cluster::policies::Side;
use crate::cluster::storage::Host;
use crate::source::Span;
use crate::yaml::Node;

/// Who connects.
#[derive(Clone, Debug)]
pub enum From {
    /// One of these pods, by position.
    Pods(Vec<usize>),
    /// Pods that something makes outside of what is known of the tree, and how to call them.
    Endpoint(Box<Endpoint>, String),
    /// A Cilium entity.
    Entity(&'static str),
}

/// What kind of connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Object storage.
    Storage,
    /// A host that a text names.
    Host,
    /// Metrics.
    Metrics,
    /// A route or an Ingress.
    Route,
    /// A webhook, or an API that the API server passes on.
    Webhook,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Edge<'w> {
    /// Who connects.
    pub from: From,
    /// Position of the pods that it leads to.
    pub to: usize,
    /// The port of these pods.
    pub port: PodPort,
    /// What for.
    pub purpose: Purpose,
    /// The object that says so.
    pub object: &'w Object,
    /// Where it says so.
    pub place: Span,
}

impl From {
    /// The possible ends.
    pub fn sides<'s>(&'s self, cluster: &'s Cluster<'_>) -> Vec<Side<'s>> {
        match self {
            From::Pods(sets) => sets.iter().filter_map(|at| cluster.pods().get(*at)).map(Side::Pods).collect(),
            From::Endpoint(endpoint, _) => vec![Side::Endpoint(endpoint)],
            From::Entity(entity) => vec![Side::Entity(entity)],
        }
    }
}

/// Webhooks with the paths of their Services.
const WEBHOOKS: [(&str, &str, &str); 3] = [
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "webhooks[].clientConfig.service"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "webhooks[].clientConfig.service"),
    ("apiregistration.k8s.io", "APIService", "spec.service"),
];

/// Port of the Service of a webhook where none is written. Source: Kubernetes `admissionregistration/v1/types.go`.
const WEBHOOK_PORT: u16 = 443;

/// Every edge of a cluster, in a fixed order.
pub fn edges<'w>(cluster: &Cluster<'w>) -> Vec<Edge<'w>> {
    let mut collector = Collector { cluster, sources: Sources::new(cluster), found: Vec::new(), seen: HashSet::new() };
    collector.storage();
    collector.hosts();
    collector.variables();
    collector.metrics();
    collector.routes();
    collector.webhooks();
    collector.found
}

struct Collector<'c, 'w> {
    cluster: &'c Cluster<'w>,
    sources: Sources<'c, 'w>,
    found: Vec<Edge<'w>>,
    seen: HashSet<(Span, usize, Option<u16>)>,
}

impl<'w> Collector<'_, 'w> {
    fn add(&mut self, from: From, targets: Vec<(usize, PodPort)>, purpose: Purpose, object: &'w Object, place: Span) {
        if matches!(&from, From::Pods(sets) if sets.is_empty()) {
            return;
        }
        for (to, port) in targets {
            let is_itself = matches!(&from, From::Pods(sets) if sets.contains(&to));
            if !is_itself && self.seen.insert((place, to, port.number)) {
                self.found.push(Edge { from: from.clone(), to, port, purpose, object, place });
            }
        }
    }

    fn storage(&mut self) {
        for connection in self.cluster.storage().connections() {
            let Host::Service { namespace, name } = &connection.host else { continue };
            let reference = &connection.object;
            let (group, _) = reference.api_version.rsplit_once('/').unwrap_or(("", ""));
            let own = reference.namespace.as_deref().unwrap_or_default();
            let Some(object) = self.cluster.get(group, &reference.kind, own, &reference.name) else { continue };
            let Some(port) = connection.endpoint.effective_port(connection.insecure) else { continue };
            let targets = behind(self.cluster, namespace, name, Wanted::Number(port));
            let place = connection.text.narrow(self.cluster, connection.endpoint.host_at.clone());
            let from = From::Pods(self.sources.of(object, connection.text.span));
            self.add(from, targets, Purpose::Storage, object, place);
        }
    }

    fn hosts(&mut self) {
        for host in self.cluster.hosts() {
            let wanted = host.port.map_or(Wanted::Only, |(port, _)| Wanted::Number(port));
            let targets = behind(self.cluster, &host.namespace, &host.name, wanted);
            if targets.is_empty() {
                continue;
            }
            let from = From::Pods(self.sources.of(host.from, host.node.span()));
            self.add(from, targets, Purpose::Host, host.from, host.place);
        }
    }

    fn variables(&mut self) {
        for told in told(self.cluster) {
            self.add(From::Pods(vec![told.from]), told.to, Purpose::Host, told.object, told.place);
        }
    }

    fn metrics(&mut self) {
        let monitoring = Monitoring::of(self.cluster, self.cluster.pods(), self.cluster.services());
        for target in &monitoring.targets {
            for scraper in monitoring.scrapers_of(target) {
                let from = From::Endpoint(Box::new(scraper.endpoint.clone()), scraper.shown.clone());
                self.add(
                    from,
                    vec![(target.pods, target.port.clone())],
                    Purpose::Metrics,
                    target.monitor,
                    target.place,
                );
            }
        }
    }

    fn routes(&mut self) {
        let (proxies, gateways) = (Proxies::new(self.cluster), self.cluster.gateways());
        for route in &gateways.routes {
            for from in proxies.of_route(gateways, route) {
                for backend in Backend::of_route(route) {
                    self.backend(from.clone(), &backend, route.object);
                }
            }
        }
        for ingress in self.cluster.of_kind("networking.k8s.io", "Ingress") {
            let Some(from) = proxies.of_ingress(ingress) else { continue };
            for backend in Backend::of_ingress(ingress) {
                self.backend(from.clone(), &backend, ingress);
            }
        }
    }

    fn backend(&mut self, from: From, backend: &Backend<'w>, object: &'w Object) {
        let Some(name) = backend.name.as_str().filter(|_| backend.is_service()) else { return };
        let wanted = backend.port.map_or(Wanted::Only, Wanted::Written);
        let targets = behind(self.cluster, &backend.namespace, name, wanted);
        self.add(from, targets, Purpose::Route, object, backend.name.span());
    }

    fn webhooks(&mut self) {
        for (group, kind, path) in WEBHOOKS {
            for object in self.cluster.of_kind(group, kind) {
                for service in object.node.each(path) {
                    let text = |key: &str| service.get(key).and_then(Node::as_str);
                    let (Some(namespace), Some(name)) = (text("namespace"), text("name")) else { continue };
                    let wanted = service.get("port").map_or(Wanted::Number(WEBHOOK_PORT), Wanted::Written);
                    let targets = behind(self.cluster, namespace, name, wanted);
                    self.add(From::Entity("kube-apiserver"), targets, Purpose::Webhook, object, service.span());
                }
            }
        }
    }
}

impl Edge<'_> {
    /// How to call who connects.
    pub fn who(&self, cluster: &Cluster<'_>) -> String {
        match &self.from {
            From::Pods(sets) => match sets.as_slice() {
                [only] => cluster.pods().get(*only).map(|set| set.shown()).unwrap_or_default(),
                _ => self.object.reference().to_string(),
            },
            From::Endpoint(_, shown) => shown.clone(),
            From::Entity("kube-apiserver") => "the API server".to_owned(),
            From::Entity(entity) => format!("entity `{entity}`"),
        }
    }

    /// Whether every possible source is known not to be on a node's network.
    pub fn is_of_pods(&self, cluster: &Cluster<'_>) -> Answer {
        let sides = self.from.sides(cluster);
        Answer::all(sides.iter().filter_map(|side| side.endpoint()).map(|pods| pods.host_network.negated()))
    }
}
