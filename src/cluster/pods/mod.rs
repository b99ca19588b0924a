//! The pods of a cluster: where they run, which labels and ports they have, as far as the tree says.

mod answer;
mod chart_services;
mod charts;
mod labels;
mod meant;
mod operators;
mod services;
mod workloads;

use hashbrown::HashMap;

use smol_str::SmolStr;

use crate::build::Object;
use crate::build::flux::NotBuilt;
use crate::build::kustomize::Brings;
use crate::cluster::Cluster;
use crate::finding::ObjectRef;
use crate::source::Span;
use crate::yaml::Node;

pub use answer::Answer;
pub use chart_services::{ChartServices, ServicesSpec, services_of};
pub use charts::PodsSpec;
pub use labels::{LabelValue, Labels, Requirement, Selector, Test};
pub use meant::{carried, meant, telling_labels};
pub use operators::makes_no_pods;
pub use services::{Maker, ServicePort, ServiceSet, Services, Target};
pub use workloads::{flag, kinds};

pub use super::release::Release;

/// Namespaces that something outside of every tree puts pods into: the distribution itself, and Flux's bootstrap.
const FILLED_FROM_OUTSIDE: [&str; 3] = ["kube-system", "kube-public", "flux-system"];

/// A port that a pod listens on, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodPort {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

impl PodPort {
    /// A TCP port.
    pub fn tcp(name: Option<&str>, number: Option<u16>) -> Self {
        PodPort { name: name.map(ToOwned::to_owned), number, protocol: "TCP".to_owned() }
    }
}

/// What network policies see of a pod.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Namespace.
    pub namespace: String,
    /// Labels.
    pub labels: Labels,
    /// Whether it uses the node's network.
    pub host_network: Answer,
    /// Its service account, where it is known.
    pub service_account: Option<String>,
}

impl Endpoint {
    /// A pod of its own network.
    pub fn new(namespace: impl Into<String>, labels: Labels) -> Self {
        Endpoint { namespace: namespace.into(), labels, host_network: Answer::No, service_account: None }
    }
}

/// Pods that are alike: what one workload, one controller of a release or one custom resource makes.
#[derive(Clone, Debug)]
pub struct PodSet<'w> {
    /// The object that makes them.
    pub object: &'w Object,
    /// Which part of that object: a controller, a component of a chart.
    pub component: Option<String>,
    /// The place to point at.
    pub place: Span,
    /// Namespace, labels and network.
    pub endpoint: Endpoint,
    /// Ports of their containers.
    pub ports: Vec<PodPort>,
    /// Whether there may be other ports.
    pub ports_open: bool,
    /// `metadata.annotations` of the pods, where they are written.
    pub annotations: Option<Node>,
    /// What makes them may also bring network policies that were not read.
    pub own_policies: bool,
    /// Whether what is said of them was checked for the very version of what makes them.
    pub verified: bool,
}

impl<'w> PodSet<'w> {
    /// Pods of an object.
    pub fn new(object: &'w Object, endpoint: Endpoint) -> Self {
        PodSet {
            object,
            component: None,
            place: object.place(),
            endpoint,
            ports: Vec::new(),
            ports_open: true,
            annotations: None,
            own_policies: false,
            verified: true,
        }
    }

    /// Pods of which only the namespace is known.
    pub fn unknown(object: &'w Object, namespace: &str) -> Self {
        let mut pods = PodSet::new(object, Endpoint::new(namespace, Labels::unknown()));
        pods.endpoint.host_network = Answer::Unknown;
        pods
    }

    /// Namespace.
    pub fn namespace(&self) -> &str {
        &self.endpoint.namespace
    }

    /// Labels.
    pub fn labels(&self) -> &Labels {
        &self.endpoint.labels
    }

    /// For people.
    pub fn shown(&self) -> String {
        match &self.component {
            Some(component) if *component != self.object.name => {
                format!("`{component}` of {}", self.object.reference())
            }
            _ => self.object.reference().to_string(),
        }
    }

    /// The port of a number, with its name where it has one.
    pub fn port_of(&self, number: u16) -> PodPort {
        let known = self.ports.iter().find(|port| port.number == Some(number));
        known.cloned().unwrap_or_else(|| PodPort::tcp(None, Some(number)))
    }

    /// The port of a name or number.
    pub fn port(&self, wanted: &Node) -> PodPort {
        let number = wanted.as_int().and_then(|number| u16::try_from(number).ok());
        let text = wanted.scalar_text();
        let number = number.or_else(|| text.as_deref().and_then(|text| text.parse().ok()));
        match (number, text) {
            (Some(number), _) => {
                let name =
                    self.ports.iter().find(|port| port.number == Some(number)).and_then(|port| port.name.clone());
                PodPort::tcp(name.as_deref(), Some(number))
            }
            (None, Some(name)) => {
                let found = self.ports.iter().find(|port| port.name.as_deref() == Some(&*name));
                found.cloned().unwrap_or_else(|| PodPort::tcp(Some(&name), None))
            }
            (None, None) => PodPort::tcp(None, None),
        }
    }
}

/// All pods of a cluster.
#[derive(Debug, Default)]
pub struct Pods<'w> {
    sets: Vec<PodSet<'w>>,
    by_namespace: HashMap<String, Vec<usize>>,
    by_pair: HashMap<(SmolStr, SmolStr), Vec<usize>>,
}

impl<'w> Pods<'w> {
    /// Collects them.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let mut sets = workloads::pods(cluster);
        // What was rendered are objects of their own.
        for release in cluster.releases().iter().filter(|release| !cluster.is_rendered(release.object)) {
            sets.extend(charts::pods(cluster, release));
        }
        sets.extend(operators::pods(cluster));
        let mut pods = Pods { sets, ..Pods::default() };
        for (at, set) in pods.sets.iter().enumerate() {
            pods.by_namespace.entry(set.namespace().to_owned()).or_default().push(at);
            for (key, value) in set.labels().known() {
                pods.by_pair.entry((key.into(), value.into())).or_default().push(at);
            }
        }
        pods
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &PodSet<'w>> {
        self.sets.iter()
    }

    /// By position.
    pub fn get(&self, at: usize) -> Option<&PodSet<'w>> {
        self.sets.get(at)
    }

    /// Positions of those of a namespace.
    pub fn positions(&self, namespace: &str) -> &[usize] {
        self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default()
    }

    /// Those of a namespace.
    pub fn in_namespace<'p>(&'p self, namespace: &str) -> impl Iterator<Item = &'p PodSet<'w>> + use<'p, 'w> {
        self.positions(namespace).iter().filter_map(|at| self.sets.get(*at))
    }

    /// Those of an object.
    pub fn of_object<'p>(&'p self, object: &'p ObjectRef) -> impl Iterator<Item = &'p PodSet<'w>> {
        self.sets.iter().filter(move |set| set.object.name == object.name && set.object.reference() == *object)
    }

    /// Positions of those that a selector certainly selects, in one namespace or in all.
    pub fn selected(&self, selector: &Selector, namespace: Option<&str>) -> Vec<usize> {
        let all: Vec<usize>;
        let near = namespace.map(|namespace| self.positions(namespace));
        let labelled = selector
            .pair()
            .map(|(key, value)| self.by_pair.get(&(key.into(), value.into())).map(Vec::as_slice).unwrap_or_default());
        let candidates = match (near, labelled) {
            (Some(near), Some(labelled)) if near.len() < labelled.len() => near,
            (_, Some(found)) | (Some(found), None) => found,
            (None, None) => {
                all = (0..self.sets.len()).collect();
                &all
            }
        };
        let certain = |at: &&usize| {
            self.sets.get(**at).is_some_and(|set| {
                namespace.is_none_or(|namespace| namespace == set.namespace())
                    && selector.matches(set.labels()).is_yes()
            })
        };
        candidates.iter().filter(certain).copied().collect()
    }
}

/// Whether pods that the tree does not show may run in a namespace.
pub fn is_filled_from_outside(cluster: &Cluster<'_>, namespace: &str) -> bool {
    FILLED_FROM_OUTSIDE.contains(&namespace) || may_bring_into(cluster, namespace)
}

/// Whether something that was not looked at may bring pods or policies into a namespace.
///
/// Narrower than [`Cluster::is_open`]: a broken Kustomization was still read, and a remote input of a Kustomization
/// belongs where the rest of that Kustomization does. A claim made beside one of these is of medium confidence.
pub fn may_bring_into(cluster: &Cluster<'_>, namespace: &str) -> bool {
    let parts = cluster.build().not_built.iter();
    let brings = |part: &&NotBuilt| part.class != "broken" && part.brings != Brings::Definitions;
    parts.filter(brings).any(|not_built| {
        if let Some(only) = &not_built.namespace {
            return only == namespace;
        }
        let named = |spec: &crate::build::flux::FluxKustomization| {
            not_built.class == "remote" && not_built.reason.ends_with(&format!("`{}/{}`", spec.namespace, spec.name))
        };
        match cluster.kustomizations().iter().position(|one| named(&one.spec)) {
            Some(at) => brings_into(cluster, at, namespace),
            None => true,
        }
    })
}

/// Whether a Kustomization is at home in a namespace: it stands there, is meant for it, or has objects there.
fn brings_into(cluster: &Cluster<'_>, at: usize, namespace: &str) -> bool {
    let is_home = cluster.kustomizations().get(at).is_some_and(|one| {
        let target = one.spec.target_namespace.as_ref().map(|target| target.text.as_str());
        target.unwrap_or(&one.spec.namespace) == namespace
    });
    is_home || cluster.in_namespace(namespace).any(|object| object.kustomization == at)
}

/// Labels of a namespace: those that its object writes, and the automatic one. One that the tree does not define may
/// have any others.
pub fn namespace_labels(cluster: &Cluster<'_>, namespace: &str) -> Labels {
    let object = cluster.get("", "Namespace", "", namespace);
    let mut labels = Labels::of(object.and_then(|object| object.at(&["metadata", "labels"])));
    if object.is_none() {
        labels = labels.open();
    }
    labels.with("kubernetes.io/metadata.name", Some(namespace))
}
