//! Services and the pods behind them.

use hashbrown::HashMap;

use smol_str::SmolStr;

use super::chart_services::{self, ChartServices};
use super::{Answer, Labels, PodPort, PodSet, Pods, Selector};
use crate::build::Object;
use crate::build::charts::Extent;
use crate::cluster::Cluster;
use crate::finding::Confidence;
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
    /// Its name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Its own labels.
    pub labels: Labels,
    /// Positions of the pods that are certainly behind it.
    pub pods: Vec<usize>,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// Whether there may be other ports.
    pub ports_open: bool,
}

impl ServiceSet<'_> {
    /// For people.
    pub fn shown(&self) -> String {
        format!("Service `{}/{}`", self.namespace, self.name)
    }
}

/// A release that may make Services of which not all is known.
#[derive(Clone, Debug)]
pub struct Maker<'w> {
    /// The HelmRelease.
    pub release: &'w Object,
    /// What is known of its Services; `None` where its chart is not known.
    pub services: Option<ChartServices<'w>>,
}

/// All Services of a cluster that are known, and what may make others.
#[derive(Debug, Default)]
pub struct Services<'w> {
    sets: Vec<ServiceSet<'w>>,
    by_namespace: HashMap<String, Vec<usize>>,
    by_name: HashMap<(String, String), usize>,
    by_pair: HashMap<(SmolStr, SmolStr), Vec<usize>>,
    makers: HashMap<String, Vec<Maker<'w>>>,
}

impl<'w> Services<'w> {
    /// Collects them.
    pub fn of(cluster: &Cluster<'w>, pods: &Pods<'w>) -> Self {
        let mut sets: Vec<ServiceSet<'w>> = cluster.of_kind("", "Service").map(|object| plain(object, pods)).collect();
        for (group, kind, profile) in cluster.profiles().of_kinds() {
            for object in cluster.of_kind(group, kind).filter(|_| profile.services.is_some()) {
                let own = |at: &&usize| pods.get(**at).is_some_and(|set| std::ptr::eq(set.object, object));
                let behind: Vec<usize> = pods.positions(object.namespace()).iter().filter(own).copied().collect();
                let made = chart_services::of_object(cluster, object).into_iter();
                sets.extend(made.map(|set| ServiceSet { pods: behind.clone(), ..set }));
            }
        }
        let mut makers: HashMap<String, Vec<Maker<'w>>> = HashMap::new();
        for release in cluster.releases() {
            if matches!(cluster.makes(release.object, "", "Service"), Extent::Whole(_)) {
                continue;
            }
            let is_modelled = cluster.model(release.object).is_some();
            let services = if is_modelled { None } else { chart_services::of_release(cluster, release) };
            sets.extend(services.iter().flat_map(|services| services.made.iter().cloned()));
            makers.entry(release.namespace.clone()).or_default().push(Maker { release: release.object, services });
        }
        let mut services = Services { sets, makers, ..Services::default() };
        for (at, set) in services.sets.iter().enumerate() {
            services.by_namespace.entry(set.namespace.clone()).or_default().push(at);
            services.by_name.entry((set.namespace.clone(), set.name.clone())).or_insert(at);
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

    /// The Service of a name.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&ServiceSet<'w>> {
        self.sets.get(*self.by_name.get(&(namespace.to_owned(), name.to_owned()))?)
    }

    /// Those of a namespace.
    pub fn in_namespace<'s>(&'s self, namespace: &str) -> impl Iterator<Item = &'s ServiceSet<'w>> + use<'s, 'w> {
        self.by_namespace.get(namespace).into_iter().flatten().filter_map(|at| self.sets.get(*at))
    }

    /// The releases of a namespace that make Services of which not all is known.
    pub fn makers(&self, namespace: &str) -> &[Maker<'w>] {
        self.makers.get(namespace).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a selector selects some of those that are known in a namespace.
    pub fn any_selected(&self, selector: &Selector, namespace: &str) -> Answer {
        Answer::any(self.in_namespace(namespace).map(|set| selector.matches(&set.labels)))
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
    let listed = object.dig("spec.ports");
    let ports = listed.map(Node::items).unwrap_or_default();
    let is_sure = object.modelled.is_none_or(|confidence| confidence > Confidence::Low);
    let labels = Labels::of(object.at(&["metadata", "labels"]));
    ServiceSet {
        object,
        name: object.name.to_string(),
        namespace: object.namespace().to_owned(),
        labels: if is_sure { labels } else { labels.open() },
        pods: selector.map(|selector| pods.selected(&selector, Some(object.namespace()))).unwrap_or_default(),
        ports: ports
            .iter()
            .map(|port| ServicePort {
                name: port.get("name").and_then(Node::as_str).map(ToOwned::to_owned),
                number: port.get("port").and_then(Node::as_int).and_then(|number| u16::try_from(number).ok()),
                target: Target::of(port),
            })
            .collect(),
        ports_open: !is_sure || listed.is_some_and(|listed| listed.is_unknown() || ports.iter().any(Node::is_unknown)),
    }
}
