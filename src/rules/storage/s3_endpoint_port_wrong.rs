//! The port of an S3 endpoint is a port of the Service it names. Card: rules/storage/s3-endpoint-port-wrong.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Connection, Found, Host, Service, Storage};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3EndpointPortWrong {}

impl Rule for S3EndpointPortWrong {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        for connection in storage.connections() {
            let Host::Service { namespace, name } = &connection.host else { continue };
            // A Service that is missing, or may be, is told by its own rule.
            let Found::Service(service) = storage.services.find(cluster, namespace, name) else { continue };
            let Some(ports) = &service.ports else {
                let what = format!("port of `{}` of {}", connection.endpoint.host, connection.object);
                out.undecided(
                    cluster,
                    "chart",
                    what,
                    format!("the ports of Service `{namespace}/{name}` are not known"),
                );
                continue;
            };
            let Some(port) = connection.endpoint.effective_port(connection.insecure) else { continue };
            if !ports.contains(&port) {
                out.report(wrong(cluster, storage, &connection, service, ports, port));
            }
        }
    }
}

fn wrong(
    cluster: &Cluster<'_>,
    storage: &Storage,
    connection: &Connection,
    service: &Service,
    ports: &[u16],
    port: u16,
) -> Observation {
    let listed: Vec<String> = ports.iter().take(5).map(u16::to_string).collect();
    let listed =
        if ports.len() > 5 { format!("{} and {} more", listed.join(", "), ports.len() - 5) } else { listed.join(", ") };
    let at = connection.endpoint.port.as_ref().map_or(connection.endpoint.host_at.clone(), |(_, at)| at.clone());
    let stands = if connection.endpoint.port.is_some() { "port" } else { "the default port" };
    let mut found = Observation::new(
        "s3-endpoint-port-wrong",
        format!(
            "{} connects to {stands} {port} of Service `{}/{}`, which has {} {listed}",
            connection.object,
            service.namespace,
            service.name,
            if ports.len() == 1 { "only port" } else { "ports" },
        ),
        Label::new(connection.text.narrow(cluster, at), "no such port"),
    )
    .about(connection.object.clone(), connection.path.clone())
    .trail(connection.text.trail.clone())
    .related(service.place.clone());
    if connection.confidence < Confidence::High {
        found = found.confidence(connection.confidence);
    }
    if let Some(note) = &service.note {
        found = found.why(format!("{note}: every connection to port {port} is refused."));
    }
    let other = storage
        .services
        .of_store(&service.store)
        .find(|other| other.is_store && other.ports.as_ref().is_some_and(|ports| ports.contains(&port)));
    let here = match ports {
        [only] => format!("use port {only}"),
        _ => format!("use one of the ports {listed}"),
    };
    found.help(match other {
        Some(other) => format!("{here}, or name the Service `{}`, which has port {port}", other.name),
        None => here,
    })
}
