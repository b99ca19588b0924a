//! Who scrapes, and what is scraped: the pods and ports behind monitors.

use std::collections::BTreeMap;

use super::pods::{Endpoint, Labels, PodPort, PodSet, Pods, Release, Selector, Services};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::source::Span;
use crate::yaml::Node;

/// What a scraper understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScraperKind {
    /// Named in the configuration: taken for everything.
    Configured,
    /// Prometheus, through its operator.
    Prometheus,
    /// Victoria Metrics: its own monitors, and those of Prometheus that its operator converts.
    Victoria,
    /// A scraper with its own configuration.
    Other,
}

/// Pods that scrape.
#[derive(Clone, Debug)]
pub struct Scraper {
    /// For people.
    pub shown: String,
    /// What it understands.
    pub kind: ScraperKind,
    /// Namespace and labels.
    pub endpoint: Endpoint,
    /// Where it is written down.
    pub place: Option<Span>,
}

/// One port of some pods that is scraped.
#[derive(Clone, Debug)]
pub struct ScrapeTarget<'w> {
    /// What asks for it: a monitor, a release, the pods themselves.
    pub monitor: &'w Object,
    /// The place to point at.
    pub place: Span,
    /// Whether Victoria Metrics alone understands it.
    pub is_victoria: bool,
    /// Position of the pods.
    pub pods: usize,
    /// The port.
    pub port: PodPort,
}

/// The monitoring of a cluster.
#[derive(Debug, Default)]
pub struct Monitoring<'w> {
    /// Scrapers.
    pub scrapers: Vec<Scraper>,
    /// What they scrape.
    pub targets: Vec<ScrapeTarget<'w>>,
}

impl<'w> Monitoring<'w> {
    /// Finds it.
    pub fn of(cluster: &Cluster<'w>, pods: &Pods<'w>, services: &Services<'w>) -> Self {
        let releases = cluster.releases();
        let scrapers = scrapers(cluster, releases);
        if scrapers.is_empty() {
            return Monitoring::default();
        }
        let mut collector = Collector { pods, services, targets: Vec::new() };
        collector.monitors(cluster);
        collector.releases(cluster, releases);
        collector.clusters(cluster);
        if reads_annotations(cluster, releases) {
            collector.annotations();
        }
        Monitoring { scrapers, targets: collector.targets }
    }

    /// The scrapers that a target can be meant for.
    pub fn scrapers_of(&self, target: &ScrapeTarget<'w>) -> Vec<&Scraper> {
        let of = |kinds: &[ScraperKind]| -> Vec<&Scraper> {
            self.scrapers.iter().filter(|scraper| kinds.contains(&scraper.kind)).collect()
        };
        use ScraperKind::{Configured, Other, Prometheus, Victoria};
        let first =
            if target.is_victoria { of(&[Configured, Victoria]) } else { of(&[Configured, Prometheus, Victoria]) };
        if first.is_empty() { of(&[Configured, Prometheus, Victoria, Other]) } else { first }
    }
}

fn scrapers(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> Vec<Scraper> {
    if let Some(monitoring) = cluster.declared().monitoring.filter(|monitoring| !monitoring.namespaces.is_empty()) {
        let mut labels = Labels::unknown();
        for (key, value) in &monitoring.pod_labels {
            labels = labels.with(key, Some(value));
        }
        let of = |namespace: &String| Scraper {
            shown: format!("the pods of namespace `{namespace}`"),
            kind: ScraperKind::Configured,
            endpoint: Endpoint::new(namespace, labels.clone()),
            place: None,
        };
        return monitoring.namespaces.iter().map(of).collect();
    }
    let mut scrapers: Vec<Scraper> = releases.iter().filter_map(|release| of_release(cluster, release)).collect();
    let objects = [
        ("monitoring.coreos.com", "Prometheus", "prometheus"),
        ("monitoring.coreos.com", "PrometheusAgent", "prometheus"),
        ("operator.victoriametrics.com", "VMAgent", "vmagent"),
        ("operator.victoriametrics.com", "VMSingle", "vmsingle"),
    ];
    for (group, kind, name) in objects {
        for object in cluster.of_kind(group, kind) {
            let mut labels = Labels::unknown().with("app.kubernetes.io/name", Some(name));
            labels.add(object.dig("spec.podMetadata.labels"));
            scrapers.push(Scraper {
                shown: object.reference().to_string(),
                kind: if group == "monitoring.coreos.com" { ScraperKind::Prometheus } else { ScraperKind::Victoria },
                endpoint: Endpoint::new(object.namespace(), labels),
                place: Some(object.place()),
            });
        }
    }
    scrapers
}

fn of_release(cluster: &Cluster<'_>, release: &Release<'_>) -> Option<Scraper> {
    let values = cluster.values(release.object)?;
    let off = |path: &str| values.root.dig(path).and_then(Node::as_bool) == Some(false);
    let mut labels = Labels::unknown();
    let kind = match release.chart? {
        "kube-prometheus-stack" if !off("prometheus.enabled") => {
            labels = labels.with("app.kubernetes.io/name", Some("prometheus"));
            labels.add(values.root.dig("prometheus.prometheusSpec.podMetadata.labels"));
            ScraperKind::Prometheus
        }
        "victoria-metrics-k8s-stack" if !off("vmagent.enabled") => {
            labels = labels.with("app.kubernetes.io/name", Some("vmagent"));
            ScraperKind::Victoria
        }
        "prometheus" | "vmagent" | "victoria-metrics-agent" | "alloy" | "k8s-monitoring" => ScraperKind::Other,
        _ => return None,
    };
    let mut endpoint = Endpoint::new(&release.namespace, labels);
    if kind == ScraperKind::Prometheus {
        endpoint.host_network = super::pods::flag(values.root.dig("prometheus.prometheusSpec.hostNetwork"));
    }
    Some(Scraper { shown: release.object.reference().to_string(), kind, endpoint, place: Some(release.object.place()) })
}

/// Whether a scraper goes by the annotations of pods: the chart that does so of itself, or a configuration that names
/// them.
fn reads_annotations(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> bool {
    let of_release = |release: &Release<'_>| {
        let Some(scraper) = release.chart else { return false };
        match scraper {
            "prometheus" => true,
            "kube-prometheus-stack"
            | "victoria-metrics-k8s-stack"
            | "vmagent"
            | "victoria-metrics-agent"
            | "alloy"
            | "k8s-monitoring" => cluster.values(release.object).is_some_and(|values| names_annotation(&values.root)),
            _ => false,
        }
    };
    let agents = [("operator.victoriametrics.com", "VMAgent"), ("operator.victoriametrics.com", "VMSingle")];
    releases.iter().any(of_release)
        || agents.iter().any(|(group, kind)| cluster.of_kind(group, kind).any(|object| names_annotation(&object.node)))
}

fn names_annotation(node: &Node) -> bool {
    node.as_str().is_some_and(|text| text.contains("prometheus_io_scrape"))
        || node.items().iter().any(names_annotation)
        || node.entries().any(|entry| names_annotation(&entry.value))
}

struct Collector<'p, 'w> {
    pods: &'p Pods<'w>,
    services: &'p Services<'w>,
    targets: Vec<ScrapeTarget<'w>>,
}

impl<'w> Collector<'_, 'w> {
    fn add(&mut self, monitor: &'w Object, place: Span, pods: usize, port: PodPort) {
        // A pod that has no port of the name is no target, and one whose ports are not known may be none.
        if port.number.is_none() {
            return;
        }
        let is_victoria = monitor.gvk.group == "operator.victoriametrics.com";
        self.targets.push(ScrapeTarget { monitor, place, is_victoria, pods, port });
    }

    /// ServiceMonitor, PodMonitor and their Victoria Metrics kin.
    fn monitors(&mut self, cluster: &Cluster<'w>) {
        for (group, kind) in
            [("monitoring.coreos.com", "ServiceMonitor"), ("operator.victoriametrics.com", "VMServiceScrape")]
        {
            for monitor in cluster.of_kind(group, kind) {
                self.service_monitor(monitor);
            }
        }
        for (group, kind) in [("monitoring.coreos.com", "PodMonitor"), ("operator.victoriametrics.com", "VMPodScrape")]
        {
            for monitor in cluster.of_kind(group, kind) {
                self.pod_monitor(monitor);
            }
        }
    }

    fn service_monitor(&mut self, monitor: &'w Object) {
        let Some(selector) = monitor.dig("spec.selector") else { return };
        let selector = Selector::of(Some(selector));
        let services = self.services;
        for namespace in namespaces(monitor) {
            for service in services.selected(&selector, namespace.as_deref()) {
                for endpoint in monitor.dig("spec.endpoints").map(Node::items).unwrap_or_default() {
                    let wanted = endpoint.get("port").and_then(Node::scalar_text);
                    let direct = endpoint.get("targetPort").filter(|port| !port.is_null());
                    for &at in &service.pods {
                        let Some(pods) = self.pods.get(at) else { continue };
                        let port = match (&wanted, direct) {
                            (Some(name), _) => {
                                let named = service.ports.iter().find(|port| port.name.as_deref() == Some(name));
                                named.map(|port| port.pod_port(pods))
                            }
                            (None, Some(direct)) => Some(pods.port(direct)),
                            (None, None) => None,
                        };
                        if let Some(port) = port {
                            self.add(monitor, monitor.place(), at, port);
                        }
                    }
                }
            }
        }
    }

    fn pod_monitor(&mut self, monitor: &'w Object) {
        let Some(selector) = monitor.dig("spec.selector") else { return };
        let selector = Selector::of(Some(selector));
        for namespace in namespaces(monitor) {
            for at in self.pods.selected(&selector, namespace.as_deref()) {
                for endpoint in monitor.dig("spec.podMetricsEndpoints").map(Node::items).unwrap_or_default() {
                    let wanted = ["port", "portNumber", "targetPort"].iter().find_map(|key| endpoint.get(key));
                    if let (Some(wanted), Some(pods)) = (wanted, self.pods.get(at)) {
                        self.add(monitor, monitor.place(), at, pods.port(wanted));
                    }
                }
            }
        }
    }

    /// Monitors that releases make from their values.
    fn releases(&mut self, cluster: &Cluster<'w>, releases: &[Release<'w>]) {
        for release in releases {
            if let Some(values) = cluster.values(release.object) {
                self.profile(release, &values.root);
            }
        }
    }

    /// Charts whose pods and ports are known, with the value that makes their monitor.
    fn profile(&mut self, release: &Release<'w>, values: &Node) {
        let (path, number) = match release.chart {
            Some("loki") => ("monitoring.serviceMonitor.enabled", 3100),
            Some("tempo") => ("serviceMonitor.enabled", 3200),
            Some("minio") => ("metrics.serviceMonitor.enabled", 9000),
            _ => return,
        };
        let Some(switch) = values.dig(path).filter(|switch| switch.as_bool() == Some(true)) else { return };
        for &at in self.pods.positions(&release.namespace) {
            let Some(pods) = self.pods.get(at) else { continue };
            if !std::ptr::eq(pods.object, release.object) {
                continue;
            }
            if let Some(port) = pods.ports.iter().find(|port| port.number == Some(number)) {
                let name = port.name.clone();
                self.add(release.object, switch.span(), at, PodPort::tcp(name.as_deref(), Some(number)));
            }
        }
    }

    /// CNPG makes a monitor for its pods when asked to.
    fn clusters(&mut self, cluster: &Cluster<'w>) {
        for object in cluster.of_kind("postgresql.cnpg.io", "Cluster") {
            let switch = object.dig("spec.monitoring.enablePodMonitor").filter(|switch| switch.as_bool() == Some(true));
            let Some(switch) = switch else { continue };
            for &at in self.pods.positions(object.namespace()) {
                if self.pods.get(at).is_some_and(|pods| std::ptr::eq(pods.object, object)) {
                    self.add(object, switch.span(), at, PodPort::tcp(Some("metrics"), Some(9187)));
                }
            }
        }
    }

    /// Pods that ask for it by annotation.
    fn annotations(&mut self) {
        let asked: Vec<(&'w Object, Span, usize, PodPort)> = self
            .pods
            .iter()
            .enumerate()
            .filter_map(|(at, pods)| {
                let annotations = pods.annotations.as_ref()?;
                let scrape = annotations.get("prometheus.io/scrape")?;
                (scrape.scalar_text()? == "true").then_some(())?;
                let port = annotations.get("prometheus.io/port").map(|port| pods.port(port))?;
                Some((pods.object, scrape.span(), at, port))
            })
            .collect();
        for (object, place, at, port) in asked {
            self.add(object, place, at, port);
        }
    }
}

/// The namespaces a monitor looks into; `None` is every one.
pub fn namespaces(monitor: &Object) -> Vec<Option<String>> {
    let selector = monitor.dig("spec.namespaceSelector");
    if selector.and_then(|selector| selector.get("any")).and_then(Node::as_bool) == Some(true) {
        return vec![None];
    }
    let names = selector.and_then(|selector| selector.get("matchNames")).map(Node::items).unwrap_or_default();
    let names: Vec<Option<String>> =
        names.iter().filter_map(Node::scalar_text).map(|name| Some(name.into_owned())).collect();
    if names.is_empty() { vec![Some(monitor.namespace().to_owned())] } else { names }
}

/// Pods by position, and a port of theirs by number, or by name where the number is not known.
pub type PortKey = (usize, Option<u16>, Option<String>);

/// Targets by pods and port, each with every monitor that asks for it.
pub fn by_port<'t, 'w>(targets: &'t [ScrapeTarget<'w>]) -> BTreeMap<PortKey, Vec<&'t ScrapeTarget<'w>>> {
    let mut groups: BTreeMap<PortKey, Vec<&ScrapeTarget<'w>>> = BTreeMap::new();
    for target in targets {
        let name = if target.port.number.is_some() { None } else { target.port.name.clone() };
        groups.entry((target.pods, target.port.number, name)).or_default().push(target);
    }
    groups
}

/// For a sentence: `port 9000 (metrics)`.
pub fn shown_port(port: &PodPort, pods: &PodSet<'_>) -> String {
    let name = port.name.clone().or_else(|| {
        pods.ports
            .iter()
            .find(|known| known.number.is_some() && known.number == port.number)
            .and_then(|known| known.name.clone())
    });
    match (port.number, name) {
        (Some(number), Some(name)) => format!("port {number} (`{name}`)"),
        (Some(number), None) => format!("port {number}"),
        (None, Some(name)) => format!("port `{name}`"),
        (None, None) => "its port".to_owned(),
    }
}
