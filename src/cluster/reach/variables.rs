//! Hosts that containers are told by a variable of their own, without scheme: `DB_HOST: db` beside `DB_PORT: "5432"`.

use hashbrown::HashMap;

use super::targets::{Wanted, behind};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::PodPort;
use crate::source::Span;
use crate::yaml::Node;

/// How the names of variables end that hold a host.
const HOSTS: [&str; 4] = ["HOST", "HOSTNAME", "_ADDR", "_SERVER"];
/// Paths of containers below workloads.
const CONTAINERS: [&str; 6] = [
    "spec.template.spec.containers[]",
    "spec.template.spec.initContainers[]",
    "spec.jobTemplate.spec.template.spec.containers[]",
    "spec.jobTemplate.spec.template.spec.initContainers[]",
    "spec.containers[]",
    "spec.initContainers[]",
];

/// A host that a variable holds.
pub struct Told<'w> {
    /// Position of the pods that are told.
    pub from: usize,
    /// Their object.
    pub object: &'w Object,
    /// The pods that the host leads to, with the port.
    pub to: Vec<(usize, PodPort)>,
    /// Place of the host.
    pub place: Span,
}

/// Every such host that is a Service of the tree.
pub fn told<'w>(cluster: &Cluster<'w>) -> Vec<Told<'w>> {
    let mut found = Vec::new();
    for (from, set) in cluster.pods().iter().enumerate() {
        let object = set.object;
        if !matches!(object.gvk.group.as_str(), "" | "apps" | "batch") {
            continue;
        }
        for container in CONTAINERS.iter().flat_map(|path| object.node.each(path)) {
            let of = |node: &'w Node| Some((node.get("name")?.as_str()?, node.get("value")?));
            let variables = container.get("env").map(Node::items).unwrap_or_default();
            let known: HashMap<&str, &Node> = variables.iter().filter_map(of).collect();
            for (name, node) in variables.iter().filter_map(of) {
                let Some(ending) = HOSTS.iter().find(|ending| name.ends_with(**ending)) else { continue };
                let Some(host) = node.as_str().filter(|host| is_host(host)) else { continue };
                let start = name.strip_suffix(ending).unwrap_or_default();
                let port =
                    known.get(format!("{start}PORT").as_str()).or_else(|| known.get(format!("{start}_PORT").as_str()));
                let number = port.and_then(|port| port.scalar_text()).and_then(|text| text.parse().ok());
                let wanted = number.map_or(Wanted::Only, Wanted::Number);
                let (service, namespace) = host.split_once('.').unwrap_or((host, set.namespace()));
                let to = behind(cluster, namespace, service, wanted);
                if !to.is_empty() {
                    found.push(Told { from, object, to, place: node.span() });
                }
            }
        }
    }
    found
}

/// `NAME` or `NAME.NAMESPACE`: longer ones are told by their form.
fn is_host(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    text.chars().all(is_plain) && text.matches('.').count() < 2 && text != "localhost"
}
