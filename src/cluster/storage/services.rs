//! The Services that may stand for an object store, with their ports, and what cannot be told about them.

use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};

use super::endpoint::Host;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::backends::{Address, Named};
use crate::cluster::pods::ServiceSet;
use crate::cluster::release::Release;
use crate::finding::{Confidence, Label, ObjectRef};
use crate::yaml::Node;

/// A Service that the tree has or that something of the tree makes.
#[derive(Clone, Debug)]
pub struct Service {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its ports, sorted; `None` where they cannot be known.
    pub ports: Option<Vec<u16>>,
    /// What stands behind it: Services of one store share it.
    pub store: String,
    /// What makes it.
    pub maker: ObjectRef,
    /// The place that decides its ports.
    pub place: Label,
    /// Why it has these ports, as a clause.
    pub note: Option<String>,
    /// Whether it is known to speak S3.
    pub is_store: bool,
}

/// What is known about the Service of a host.
#[derive(Debug)]
pub enum Found<'s> {
    /// It is known.
    Service(&'s Service),
    /// It does not exist.
    Missing {
        /// Whether everything that could make it was looked into; otherwise its name has nothing in common with what
        /// may make Services there.
        is_sure: bool,
    },
    /// Something that was not looked into may make it; why, as a clause.
    Unknown(String),
}

/// All Services.
#[derive(Debug, Default)]
pub struct Services {
    known: BTreeMap<(String, String), Service>,
    namespaces: BTreeSet<String>,
}

impl Services {
    /// Reads the Services of a cluster.
    pub fn new(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> Self {
        let mut services = Services { namespaces: cluster.namespaces().into_iter().collect(), ..Services::default() };
        for object in cluster.of_kind("", "Service") {
            services.add(plain(object));
        }
        for tenant in cluster.of_kind("minio.min.io", "Tenant") {
            let name = tenant.name.to_string();
            for service in
                tenant_services(tenant.reference(), tenant.namespace(), &name, tenant.dig("spec"), tenant.place())
            {
                services.add(service);
            }
        }
        for store in cluster.of_kind("ceph.rook.io", "CephObjectStore") {
            let gateway = store.dig("spec.gateway");
            services.add(ceph(store.reference(), store.namespace(), &store.name, gateway, store.place()));
        }
        for release in releases {
            services.of_release(release);
        }
        let stores: HashSet<*const Object> =
            releases.iter().filter(|one| is_store(cluster, one)).map(|one| ptr(one.object)).collect();
        for set in cluster.services().iter() {
            services.add(of_profile(set, stores.contains(&ptr(set.object))));
        }
        services
    }

    fn add(&mut self, service: Service) {
        self.known.entry((service.namespace.clone(), service.name.clone())).or_insert(service);
    }

    fn of_release(&mut self, release: &Release<'_>) {
        if release.is("minio") {
            for service in minio_chart(release, &full_name(release), release.values) {
                self.add(service);
            }
        }
        if release.is("tenant") {
            let spec = release.values.get("tenant");
            let name = release.text("tenant.name").unwrap_or_else(|| "myminio".to_owned());
            let place = release.object.place();
            let chart = tenant_services(release.object.reference(), &release.namespace, &name, spec, place);
            for mut service in chart {
                service.ports = service.ports.filter(|_| release.is_closed);
                self.add(service);
            }
        }
        if super::provisioners::has_own_minio(release) {
            let none = Node::empty_map(crate::yaml::Origin::Source(release.object.place()));
            let values = release.values.get("minio").unwrap_or(&none);
            for service in minio_chart(release, &format!("{}-minio", release.shown_name()), values) {
                self.add(service);
            }
        }
        if release.is("rook-ceph-cluster") {
            for store in release.values.get("cephObjectStores").map(Node::items).unwrap_or_default() {
                if let Some(name) = store.get("name").and_then(Node::as_str) {
                    let place = store.get("name").unwrap_or(store).span();
                    let reference = release.object.reference();
                    self.add(ceph(reference, &release.namespace, name, store.dig("spec.gateway"), place));
                }
            }
        }
    }

    /// Whether the tree names a namespace.
    pub fn is_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    /// The identity of the store behind a host; hosts of Services that are not known stand for themselves.
    pub fn store(&self, host: &Host) -> Option<String> {
        match host {
            Host::External => None,
            Host::Service { namespace, name } => Some(match self.known.get(&(namespace.clone(), name.clone())) {
                Some(service) => service.store.clone(),
                None => format!("Service {namespace}/{name}"),
            }),
        }
    }

    /// The Services of a store.
    pub fn of_store<'s>(&'s self, store: &'s str) -> impl Iterator<Item = &'s Service> {
        self.known.values().filter(move |service| service.store == store)
    }

    /// All Services.
    pub fn all(&self) -> impl Iterator<Item = &Service> {
        self.known.values()
    }

    /// All Services that are known to speak S3.
    pub fn of_stores(&self) -> impl Iterator<Item = &Service> {
        self.known.values().filter(|service| service.is_store)
    }

    /// What is known about a Service.
    pub fn find(&self, cluster: &Cluster<'_>, namespace: &str, name: &str) -> Found<'_> {
        if let Some(service) = self.known.get(&(namespace.to_owned(), name.to_owned())) {
            return Found::Service(service);
        }
        match cluster.services().find(cluster, Address { asker: None, namespace, name }) {
            Named::Service(set) => Found::Unknown(format!("{} makes it", set.object.reference())),
            Named::Unknown(why) => Found::Unknown(why),
            Named::Missing { .. } if !self.is_namespace(namespace) => {
                Found::Unknown(format!("the tree has nothing in namespace `{namespace}`"))
            }
            Named::Missing { is_sure } => Found::Missing { is_sure },
        }
    }
}

fn ptr(object: &Object) -> *const Object {
    std::ptr::from_ref(object)
}

/// Whether the profile of a chart says that its Services speak S3.
fn is_store(cluster: &Cluster<'_>, release: &Release<'_>) -> bool {
    let fit = cluster.profiles().of_release(release);
    fit.is_some_and(|fit| fit.profile.storage.store)
}

/// What a profile or a model of a chart says of a Service.
fn of_profile(set: &ServiceSet<'_>, is_store: bool) -> Service {
    let numbers: Option<Vec<u16>> = set.ports.iter().map(|port| port.number).collect();
    let pods: Vec<String> = set.pods.iter().map(ToString::to_string).collect();
    let maker = set.object.reference();
    Service {
        namespace: set.namespace.clone(),
        name: set.name.clone(),
        ports: numbers.map(sorted).filter(|ports| !set.ports_open && !ports.is_empty()),
        store: format!("{maker} {}", pods.join(",")),
        place: Label::new(set.object.place(), "makes the Service"),
        maker,
        note: None,
        is_store,
    }
}

fn plain(object: &Object) -> Service {
    let spec = object.dig("spec");
    let external = spec.and_then(|spec| spec.get("externalName")).is_some_and(|node| !node.is_null());
    let listed = spec.and_then(|spec| spec.get("ports")).map(Node::items).unwrap_or_default();
    let numbers: Option<Vec<u16>> = listed.iter().map(|port| port.get("port").and_then(number)).collect();
    // Pods are told apart by the selector: two Services with the same one lead to the same store.
    let selector = spec.and_then(|spec| spec.get("selector")).map(|selector| {
        let mut labels: Vec<String> = selector
            .entries()
            .map(|entry| format!("{}={}", entry.key, entry.value.shown().unwrap_or_default()))
            .collect();
        labels.sort();
        labels.join(",")
    });
    let behind = selector.filter(|labels| !labels.is_empty()).unwrap_or_else(|| object.name.to_string());
    let is_sure = object.modelled.is_none_or(|confidence| confidence > Confidence::Low);
    // A headless Service passes every port of its pods.
    let headless = spec.and_then(|spec| spec.get("clusterIP")).and_then(Node::as_str) == Some("None");
    let place = spec.and_then(|spec| spec.get("ports")).map_or(object.place(), |_| object.place());
    Service {
        namespace: object.namespace().to_owned(),
        name: object.name.to_string(),
        ports: numbers.map(sorted).filter(|ports| is_sure && !external && !headless && !ports.is_empty()),
        store: format!("pods {}/{behind}", object.namespace()),
        maker: object.reference(),
        place: Label::new(place, "the Service"),
        note: None,
        is_store: false,
    }
}

fn tenant_services(
    maker: ObjectRef,
    namespace: &str,
    tenant: &str,
    spec: Option<&Node>,
    place: crate::source::Span,
) -> Vec<Service> {
    let request =
        spec.and_then(|spec| spec.get("requestAutoCert").or_else(|| spec.get("certificate")?.get("requestAutoCert")));
    let certificates = spec
        .and_then(|spec| spec.get("externalCertSecret").or_else(|| spec.get("certificate")?.get("externalCertSecret")));
    let external = certificates.is_some_and(|list| !list.items().is_empty() || list.is_unknown());
    let tls = match request {
        None => Some(true),
        Some(node) if node.is_null() => Some(true),
        Some(node) => node.as_bool().map(|auto| auto || external),
    };
    let (ports, label, note) = match tls {
        Some(true) => {
            (Some(vec![443]), "TLS: port 443", "the operator serves TLS, and Service `minio` listens on 443 only")
        }
        Some(false) => {
            (Some(vec![80]), "no TLS: port 80", "without TLS Service `minio` of the operator listens on 80 only")
        }
        None => (None, "TLS or not", ""),
    };
    let decided = request.map_or(place, Node::span);
    let service = |name: String, ports: Option<Vec<u16>>, label: Label, note: &str, is_store: bool| Service {
        namespace: namespace.to_owned(),
        name,
        ports,
        store: format!("Tenant {namespace}/{tenant}"),
        maker: maker.clone(),
        place: label,
        note: (!note.is_empty()).then(|| note.to_owned()),
        is_store,
    };
    let named = Label::new(place, "the Tenant");
    vec![
        service("minio".to_owned(), ports, Label::new(decided, label), note, true),
        service(format!("{tenant}-hl"), Some(vec![9000]), named.clone(), "", true),
        service(format!("{tenant}-console"), Some(vec![9090, 9443]), named, "", false),
    ]
}

/// `fullname` of a release, or what stands for it where that cannot be known.
pub fn full_name(release: &Release<'_>) -> String {
    release.full_name(63).unwrap_or_else(|| release.shown_name().to_owned())
}

fn minio_chart(release: &Release<'_>, name: &str, values: &Node) -> Vec<Service> {
    let bitnami = release.source.url.as_deref().is_some_and(|url| url.contains("bitnami"))
        || values.get("defaultBuckets").is_some()
        || values.dig("service.ports").is_some();
    let given = |path: &str| values.dig(path).map(number);
    let port = given("service.port");
    let place = values.dig("service.port").map_or(release.object.place(), Node::span);
    let api = match port {
        Some(port) => port,
        None => Some(9000),
    };
    // The chart of Bitnami moved its console between releases: only the names are sure.
    let known = |number: Option<u16>| number.filter(|_| release.is_closed && !bitnami).map(|number| vec![number]);
    let service = |suffix: &str, ports: Option<Vec<u16>>, is_store: bool| Service {
        namespace: release.namespace.clone(),
        name: format!("{name}{suffix}"),
        ports,
        store: format!("HelmRelease {}/{name}", release.namespace),
        maker: release.object.reference(),
        place: Label::new(place, "the chart's Service"),
        note: None,
        is_store,
    };
    vec![
        service("", known(api), true),
        service(
            "-svc",
            known(Some(9000)).map(|mut ports| {
                ports.extend(api);
                sorted(ports)
            }),
            true,
        ),
        service("-console", None, false),
    ]
}

fn ceph(maker: ObjectRef, namespace: &str, store: &str, gateway: Option<&Node>, place: crate::source::Span) -> Service {
    let ports: Vec<&Node> =
        ["port", "securePort"].iter().filter_map(|key| gateway?.get(key)).filter(|node| !node.is_null()).collect();
    let numbers: Option<Vec<u16>> = ports.iter().map(|node| number(node)).collect();
    Service {
        namespace: namespace.to_owned(),
        name: format!("rook-ceph-rgw-{store}"),
        ports: numbers
            .map(|ports| sorted(ports.into_iter().filter(|port| *port > 0).collect()))
            .filter(|ports| !ports.is_empty()),
        store: format!("CephObjectStore {namespace}/{store}"),
        maker,
        place: Label::new(ports.first().map_or(place, |node| node.span()), "the object store"),
        note: None,
        is_store: true,
    }
}

fn number(node: &Node) -> Option<u16> {
    node.scalar_text()?.parse().ok()
}

fn sorted(mut ports: Vec<u16>) -> Vec<u16> {
    ports.sort_unstable();
    ports.dedup();
    ports
}
