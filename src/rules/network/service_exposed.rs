//! Stores of data are not open to what is outside of the cluster. Card: rules/network/service-exposed.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::PodPort;
use crate::cluster::policies::Side;
use crate::cluster::reach::Reach;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{EachPath, Node};

const ID: &str = "service-exposed";
/// Ports on which only stores of data listen: SQL Server, etcd, MySQL, NATS, PostgreSQL, CouchDB, Redis, InfluxDB,
/// Cassandra, Kafka, Memcached, CockroachDB, MongoDB. Those of ClickHouse, MinIO and Elasticsearch serve others as well.
const PORTS: [u16; 14] = [1433, 2379, 3306, 4222, 5432, 5984, 6379, 6380, 8086, 9042, 9092, 11211, 26257, 27017];
/// Charts that run a store of data.
const CHARTS: [&str; 17] = [
    "postgresql",
    "postgresql-ha",
    "mysql",
    "mariadb",
    "redis",
    "valkey",
    "mongodb",
    "minio",
    "elasticsearch",
    "opensearch",
    "clickhouse",
    "rabbitmq",
    "kafka",
    "nats",
    "influxdb",
    "influxdb2",
    "memcached",
];
/// Paths of the type of a Service in their values.
const TYPES: [&str; 3] = ["service.type", "primary.service.type", "master.service.type"];

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceExposed {
    /// What is meant to be open, as `namespace/name`.
    allow: Vec<String>,
}

impl Rule for ServiceExposed {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let is_allowed = |name: &str| self.allow.iter().any(|allowed| allowed == name);
        for exposed in
            services(cluster).into_iter().chain(tenants(cluster)).chain(databases(cluster)).chain(releases(cluster))
        {
            if is_allowed(&exposed.name) {
                continue;
            }
            let world = Side::Entity("world");
            let shut = |(at, port): &(usize, PodPort)| {
                let set = cluster.pods().get(*at);
                set.is_some_and(|set| Reach::of(cluster, world, Side::Pods(set), port).passes().is_no())
            };
            if exposed.behind.iter().any(shut) {
                continue;
            }
            let message = format!("{} is open to the outside of the cluster by its {}", exposed.shown, exposed.how);
            out.report(
                Observation::new(ID, message, Label::new(exposed.place, "opens it to the outside"))
                    .about(exposed.object.reference(), format!("exposed[{}]", exposed.name))
                    .help("keep it inside of the cluster, or shut others out with a network policy"),
            );
        }
    }
}

struct Exposed<'w> {
    object: &'w Object,
    name: String,
    shown: String,
    how: &'static str,
    place: Span,
    behind: Vec<(usize, PodPort)>,
}

/// How a Service is open, where it is.
fn opens(node: Option<&Node>) -> Option<&'static str> {
    match node?.as_str()? {
        "LoadBalancer" => Some("LoadBalancer"),
        "NodePort" => Some("NodePort"),
        _ => None,
    }
}

fn services<'w>(cluster: &Cluster<'w>) -> Vec<Exposed<'w>> {
    let mut found = Vec::new();
    for object in cluster.of_kind("", "Service") {
        let of = object.dig("spec.type");
        let (Some(how), Some(node)) = (opens(of), of) else { continue };
        let Some(service) = cluster.services().get(object.namespace(), &object.name) else { continue };
        let sets = || service.pods.iter().filter_map(|at| Some((*at, cluster.pods().get(*at)?)));
        let behind: Vec<(usize, PodPort)> = service
            .ports
            .iter()
            .flat_map(|port| sets().map(move |(at, set)| (at, port.pod_port(set))))
            .filter(|(_, port)| port.number.is_some_and(|number| PORTS.contains(&number)))
            .collect();
        let by_number = service.ports.iter().any(|port| port.number.is_some_and(|number| PORTS.contains(&number)));
        if by_number || !behind.is_empty() {
            let (name, shown) = (object.full_name(), object.reference().to_string());
            found.push(Exposed { object, name, shown, how, place: node.span(), behind });
        }
    }
    found
}

/// Source: minio/operator `pkg/resources/services/service.go`.
fn tenants<'w>(cluster: &Cluster<'w>) -> Vec<Exposed<'w>> {
    let mut found = Vec::new();
    for object in cluster.of_kind("minio.min.io", "Tenant") {
        for (key, number) in [("minio", 9000), ("console", 9090)] {
            let Some(node) = object.at(&["spec", "exposeServices", key]) else { continue };
            if node.as_bool() != Some(true) {
                continue;
            }
            let own = |at: &usize| cluster.pods().get(*at).is_some_and(|set| std::ptr::eq(set.object, object));
            let sets = cluster.pods().positions(object.namespace()).iter().copied().filter(own);
            found.push(Exposed {
                object,
                name: object.full_name(),
                shown: object.reference().to_string(),
                how: "LoadBalancer",
                place: node.span(),
                behind: sets.map(|at| (at, PodPort::tcp(None, Some(number)))).collect(),
            });
        }
    }
    found
}

fn releases<'w>(cluster: &Cluster<'w>) -> Vec<Exposed<'w>> {
    let mut found = Vec::new();
    for release in cluster.releases() {
        let is_store = release.chart.is_some_and(|chart| CHARTS.contains(&chart));
        let Some(values) = cluster.values(release.object).filter(|_| is_store) else { continue };
        for path in TYPES {
            let node = values.root.dig(path);
            if let (Some(how), Some(node)) = (opens(node), node) {
                let name = release.object.full_name();
                let shown = release.object.reference().to_string();
                found.push(Exposed {
                    object: release.object,
                    name,
                    shown,
                    how,
                    place: node.span(),
                    behind: Vec::new(),
                });
            }
        }
    }
    found
}

/// Services that CNPG makes besides its own. Source: cloudnative-pg `api/v1/cluster_types.go`.
fn databases<'w>(cluster: &Cluster<'w>) -> Vec<Exposed<'w>> {
    let mut found = Vec::new();
    let types = EachPath::parse("spec.managed.services.additional[].serviceTemplate.spec.type");
    for object in cluster.of_kind("postgresql.cnpg.io", "Cluster") {
        for node in types.each(&object.node) {
            let Some(how) = opens(Some(node)) else { continue };
            let own = |at: &usize| cluster.pods().get(*at).is_some_and(|set| std::ptr::eq(set.object, object));
            let sets = cluster.pods().positions(object.namespace()).iter().copied().filter(own);
            found.push(Exposed {
                object,
                name: object.full_name(),
                shown: object.reference().to_string(),
                how,
                place: node.span(),
                behind: sets.map(|at| (at, PodPort::tcp(None, Some(5432)))).collect(),
            });
        }
    }
    found
}
