//! Monitors: which Services or pods each selects, and whether that is all that it can select.

use super::Cluster;
use super::pods::{
    Answer, Labels, PodSet, Pods, Requirement, Selector, ServiceSet, Services, Test, is_filled_from_outside,
};
use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::yaml::Node;

/// Group, kind, the key of its endpoints, and whether it selects pods.
const KINDS: [(&str, &str, &str, bool); 4] = [
    ("monitoring.coreos.com", "ServiceMonitor", "endpoints", false),
    ("operator.victoriametrics.com", "VMServiceScrape", "endpoints", false),
    ("monitoring.coreos.com", "PodMonitor", "podMetricsEndpoints", true),
    ("operator.victoriametrics.com", "VMPodScrape", "podMetricsEndpoints", true),
];

const INSTANCE: &str = "app.kubernetes.io/instance";

/// A label that no other chart gives to Services. Source: bjw-s-labs/helm-charts `charts/library/common`,
/// `templates/classes/_service.tpl`.
const SERVICE: &str = "app.kubernetes.io/service";

/// A monitor.
#[derive(Clone, Debug)]
pub struct Monitor<'w> {
    /// The object.
    pub object: &'w Object,
    /// Whether it selects pods, and not Services.
    pub of_pods: bool,
    /// What it selects.
    pub selector: Selector,
    /// Where it looks; `None` is every namespace.
    pub namespaces: Vec<Option<String>>,
    /// Its endpoints.
    pub endpoints: &'w [Node],
}

/// Something with ports that a monitor may select.
#[derive(Clone, Copy, Debug)]
pub enum Scraped<'s, 'w> {
    /// A Service.
    Service(&'s ServiceSet<'w>),
    /// Pods.
    Pods(&'s PodSet<'w>),
}

impl<'w> Scraped<'_, 'w> {
    /// Its labels.
    pub fn labels(&self) -> &Labels {
        match self {
            Scraped::Service(set) => &set.labels,
            Scraped::Pods(set) => set.labels(),
        }
    }

    /// The object that it is, or that makes it.
    pub fn object(&self) -> &'w Object {
        match self {
            Scraped::Service(set) => set.object,
            Scraped::Pods(set) => set.object,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Scraped::Service(set) => &set.name,
            Scraped::Pods(set) => set.component.as_deref().unwrap_or(&set.object.name),
        }
    }

    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Scraped::Service(set) => set.shown(),
            Scraped::Pods(set) => format!("the pods of {}", set.shown()),
        }
    }

    /// The names of its ports, where all are known.
    pub fn ports(&self) -> Option<Vec<&str>> {
        match self {
            Scraped::Service(set) if !set.ports_open => {
                Some(set.ports.iter().filter_map(|port| port.name.as_deref()).collect())
            }
            Scraped::Pods(set) if !set.ports_open => {
                Some(set.ports.iter().filter_map(|port| port.name.as_deref()).collect())
            }
            Scraped::Service(_) | Scraped::Pods(_) => None,
        }
    }
}

/// Services and pods of a cluster, as monitors see them.
pub struct Targets<'c, 'w> {
    cluster: &'c Cluster<'w>,
    services: &'c Services<'w>,
    pods: &'c Pods<'w>,
}

/// What a monitor selects.
pub struct Selected<'s, 'w> {
    /// What it selects for certain.
    pub certain: Vec<Scraped<'s, 'w>>,
    /// Everything known in its namespaces.
    pub there: Vec<Scraped<'s, 'w>>,
    /// Why it may select more, as a clause.
    pub open: Option<String>,
}

/// Every monitor of a cluster with a selector that can be read.
pub fn monitors<'w>(cluster: &Cluster<'w>) -> Vec<Monitor<'w>> {
    let mut all = Vec::new();
    for (group, kind, endpoints, of_pods) in KINDS {
        for object in cluster.of_kind(group, kind) {
            let Some(selector) = object.dig("spec.selector").filter(|selector| !selector.is_null()) else { continue };
            let endpoints = object.at(&["spec", endpoints]).map(Node::items).unwrap_or_default();
            let namespaces = super::monitoring::namespaces(object);
            all.push(Monitor { object, of_pods, selector: Selector::of(Some(selector)), namespaces, endpoints });
        }
    }
    all
}

impl<'c, 'w> Targets<'c, 'w> {
    /// Of a cluster.
    pub fn new(cluster: &'c Cluster<'w>, services: &'c Services<'w>, pods: &'c Pods<'w>) -> Self {
        Targets { cluster, services, pods }
    }

    /// What a monitor selects.
    pub fn selected(&self, monitor: &Monitor<'w>) -> Selected<'c, 'w> {
        let mut there: Vec<Scraped<'c, 'w>> = Vec::new();
        let mut open = None;
        for namespace in &monitor.namespaces {
            let in_namespace = |own: &str| namespace.as_deref().is_none_or(|wanted| wanted == own);
            match (monitor.of_pods, namespace) {
                (true, Some(namespace)) => there.extend(self.pods.in_namespace(namespace).map(Scraped::Pods)),
                (true, None) => there.extend(self.pods.iter().map(Scraped::Pods)),
                (false, _) => {
                    let own = self.services.iter().filter(|set| in_namespace(&set.namespace));
                    there.extend(own.map(Scraped::Service));
                }
            }
            open = open.or_else(|| match namespace {
                Some(namespace) => self.open(monitor, namespace),
                None => self.cluster.namespaces().iter().find_map(|namespace| self.open(monitor, namespace)),
            });
        }
        let answer = |one: &Scraped<'_, '_>| monitor.selector.matches(one.labels());
        let certain: Vec<Scraped<'c, 'w>> = there.iter().filter(|one| answer(one).is_yes()).copied().collect();
        let unclear = there.iter().find(|one| answer(one) == Answer::Unknown);
        let unclear = unclear.map(|one| format!("the labels of {} are not all known", one.shown()));
        if there.is_empty() {
            open = open.or_else(|| Some("the tree has nothing in the namespaces it looks into".to_owned()));
        }
        Selected { certain, there, open: open.or(unclear) }
    }

    /// What may bring targets into a namespace that are not known.
    fn open(&self, monitor: &Monitor<'w>, namespace: &str) -> Option<String> {
        if is_filled_from_outside(self.cluster, namespace) {
            return Some("something that was not looked at may bring it".to_owned());
        }
        if monitor.of_pods {
            // What is not known of pods stands among them, with unknown labels.
            let homeless = self.pods.in_namespace("").next();
            return homeless.map(|set| format!("the namespace of {} is not known", set.shown()));
        }
        let asks = |key: &str| monitor.selector.requirements.iter().find(|one| one.key == key);
        let by_template = asks(SERVICE).is_some();
        // A release that is written without namespace may be installed in any.
        for maker in self.services.makers(namespace).iter().chain(self.services.makers("")) {
            let is_open = maker.services.as_ref().is_none_or(|services| services.is_open());
            let chart = self.cluster.chart(maker.release).and_then(|chart| chart.name.as_deref());
            let is_other = asks(INSTANCE).is_some_and(|asked| !may_be(asked, &ReleaseNames::of(maker.release)));
            let is_other_chart = by_template && chart.is_some_and(|chart| chart != "app-template");
            if is_open && !is_other && !is_other_chart {
                return Some(format!("{} may make it", maker.release.reference()));
            }
        }
        if by_template {
            return None;
        }
        let mut made = self.cluster.products().names("Service", namespace);
        if let Some(name) = made.find(|name| self.services.get(namespace, name).is_none()) {
            return Some(format!("the labels of Service `{namespace}/{name}` are not known"));
        }
        super::producers::any_custom(self.cluster, namespace)
            .map(|object| format!("{} may make it", object.reference()))
    }
}

/// Whether a release may be the instance that a requirement asks for.
fn may_be(asked: &Requirement, names: &ReleaseNames) -> bool {
    match (&asked.test, &names.name) {
        (Test::In(values), Some(name)) => values.iter().any(|value| value.as_ref().is_none_or(|value| value == name)),
        _ => true,
    }
}
