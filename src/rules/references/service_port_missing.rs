//! The port of a host inside the cluster is one of its Service. Card: rules/references/service-port-missing.md

use serde::Deserialize;

use super::hosts::wanted;
use crate::build::Object;
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServicePortMissing {}

impl Rule for ServicePortMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for host in wanted(cluster) {
            let Some((port, place)) = host.port else { continue };
            let Existence::Here(service) = cluster.existence("", "Service", &host.namespace, &host.name) else {
                continue;
            };
            let Some(ports) = ports(service).filter(|ports| !ports.iter().any(|(known, _)| *known == port)) else {
                continue;
            };
            let listed: Vec<String> = ports.iter().map(|(known, _)| format!("`{known}`")).collect();
            let mut found = Observation::new(
                "service-port-missing",
                format!(
                    "{} connects to port {port} of Service `{}`, which has {}",
                    host.from.reference(),
                    service.full_name(),
                    listed.join(", ")
                ),
                Label::new(place.unwrap_or(host.place), format!("port {port}")),
            )
            .about(host.from.reference(), format!("{}[{}.{}:{port}]", host.path, host.name, host.namespace))
            .confidence(Confidence::Medium)
            .trail(trail(host.node));
            for (known, node) in &ports {
                found = found.related(Label::new(node.span(), format!("port {known}")));
            }
            let found = found.help("write a port of the Service: clients cannot reach the port of its pods through it");
            out.report(match (ports.as_slice(), place) {
                ([(only, _)], Some(place)) if host.node.origin.is_source() => found.fix(Fix {
                    title: format!("write port {only}"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: place, text: only.to_string() }],
                }),
                _ => found,
            });
        }
    }
}

/// The ports of a Service; `None` where it passes every port on, where another host answers, or where they are not known.
fn ports(service: &Object) -> Option<Vec<(u16, &Node)>> {
    let spec = service.dig("spec")?;
    let is_plain = spec.get("clusterIP").and_then(Node::as_str) != Some("None")
        && spec.get("type").is_none_or(|of| of.as_str().is_some_and(|of| of != "ExternalName"))
        && service.modelled != Some(Confidence::Low);
    let listed = spec.get("ports").map(Node::items).unwrap_or_default();
    let ports: Option<Vec<(u16, &Node)>> = listed
        .iter()
        .map(|entry| {
            let port = entry.get("port")?;
            Some((u16::try_from(port.as_int()?).ok()?, port))
        })
        .collect();
    ports.filter(|ports| is_plain && !ports.is_empty())
}
