//! Object storage of a cluster: the stores, who makes buckets on them, and who uses which.

mod access;
mod client;
mod consumers;
mod container;
mod endpoint;
mod policy;
mod provisioners;
mod services;
mod table;
mod tenants;
mod text;
mod tls;

use crate::cluster::Cluster;
use crate::yaml::{Node, Value};

pub use access::{Policy, SecretKey, User};
pub use client::{Client, Key, Switch};
pub use consumers::Consumer;
pub use endpoint::{Endpoint, Host, Scheme};
pub use provisioners::{Made, Open};
pub use services::{Found, Service, Services};
pub use table::{Form, StorageSpec};
pub use tenants::Tenant;
pub use text::Text;
pub use tls::Tls;

/// An endpoint that something connects to.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The object that says so.
    pub object: crate::finding::ObjectRef,
    /// Path of the endpoint in the object.
    pub path: String,
    /// The text of the endpoint.
    pub text: Text,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Where it leads.
    pub host: Host,
    /// Whether it is plain, where a flag tells.
    pub insecure: Option<bool>,
    /// How sure it is that a client reads it.
    pub confidence: crate::finding::Confidence,
    /// What else is known of the client.
    pub client: Client,
}

/// Object storage of a cluster.
#[derive(Debug)]
pub struct Storage {
    /// The Services.
    pub services: Services,
    /// Who uses which bucket.
    pub consumers: Vec<Consumer>,
    /// The buckets that are made.
    pub made: Vec<Made>,
    /// What makes buckets of unknown names.
    pub open: Vec<Open>,
    /// The users of the stores.
    pub users: Vec<User>,
    /// Which stores speak TLS, by name of the store.
    pub tls: std::collections::BTreeMap<String, Tls>,
    script_endpoints: Vec<(crate::finding::ObjectRef, String, Text)>,
}

impl Storage {
    /// Reads what a cluster has.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let releases = cluster.releases();
        let containers = container::containers(cluster, releases);
        let services = Services::new(cluster, releases);
        let consumers = consumers::consumers(cluster, releases, &containers);
        let found = provisioners::Provisioners::new(cluster, releases, &containers, &services);
        let tls = tls::of_stores(cluster, releases);
        Storage {
            services,
            consumers,
            made: found.made,
            open: found.open,
            users: found.users,
            tls,
            script_endpoints: found.endpoints,
        }
    }

    /// Where an endpoint leads for a client in a namespace.
    pub fn host(&self, endpoint: &Endpoint, namespace: &str) -> Host {
        endpoint.host(namespace, &|name| self.services.is_namespace(name))
    }

    /// Every endpoint inside the cluster that something connects to, each place once.
    pub fn connections(&self) -> Vec<Connection> {
        let mut found: Vec<Connection> = Vec::new();
        let mut seen = hashbrown::HashSet::new();
        let consumers = self.consumers.iter().filter_map(|consumer| {
            let text = consumer.endpoint.as_ref()?;
            Some((
                &consumer.object,
                consumer.namespace.as_str(),
                text,
                consumer.insecure,
                consumer.confidence,
                consumer.client.clone(),
            ))
        });
        let scripts = self.script_endpoints.iter().map(|(object, namespace, text)| {
            (object, namespace.as_str(), text, None, crate::finding::Confidence::High, Client::default())
        });
        for (object, namespace, text, insecure, confidence, client) in consumers.chain(scripts) {
            let Some(endpoint) = text.endpoint() else { continue };
            let host = self.host(&endpoint, namespace);
            if host == Host::External || !seen.insert(text.span) {
                continue;
            }
            let path = format!("endpoint {}", endpoint.host);
            found.push(Connection {
                object: object.clone(),
                path,
                text: text.clone(),
                endpoint,
                host,
                insecure,
                confidence,
                client,
            });
        }
        found
    }
}

/// The nodes at a path of keys: `x[]` stands for each item of a list, `x{}` for each value of a map.
fn select<'n>(root: &'n Node, path: &str) -> Vec<&'n Node> {
    let mut nodes = vec![root];
    for part in path.split('.') {
        let (key, each) = match (part.strip_suffix("[]"), part.strip_suffix("{}")) {
            (Some(key), _) | (_, Some(key)) => (key, true),
            _ => (part, false),
        };
        nodes = nodes
            .into_iter()
            .filter_map(|node| node.get(key))
            .flat_map(|node| match (&node.value, each) {
                (_, false) => vec![node],
                (Value::Seq(items), true) => items.iter().collect(),
                (Value::Map(map), true) => map.iter().map(|entry| &entry.value).collect(),
                _ => Vec::new(),
            })
            .collect();
    }
    nodes
}
