//! Names of ports are names to Kubernetes. Card: rules/workloads/port-name-invalid.md

use serde::Deserialize;

use super::ports::{is_template, refused, refused_of_service};
use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortNameInvalid {}

impl Rule for PortNameInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let sure = |object: &Object| object.modelled != Some(Confidence::Low);
        for template in cluster.templates().filter(|template| sure(template.object)) {
            for container in template.containers() {
                for port in container.node.get("ports").map(Node::items).unwrap_or_default() {
                    let Some((node, name, why)) = wrong(port.get("name"), refused) else { continue };
                    let whose = format!("container `{}` of {}", container.name(), template.object.reference());
                    let path = template.path_of(&container, &format!("ports[{name}].name"));
                    let found = finding(template.object, &format!("port `{name}` of {whose}"), node, why, path);
                    out.report(weighed(cluster, template.object, Confidence::High, found));
                }
            }
        }
        for service in cluster.of_kind("", "Service").filter(|service| sure(service)) {
            for port in service.dig("spec.ports").map(Node::items).unwrap_or_default() {
                if let Some((node, name, why)) = wrong(port.get("name"), refused_of_service) {
                    let path = format!("spec.ports[{name}].name");
                    let found = finding(service, &format!("port `{name}` of {}", service.reference()), node, why, path);
                    out.report(weighed(cluster, service, Confidence::High, found));
                }
                if let Some((node, name, why)) = wrong(port.get("targetPort"), refused) {
                    let path = format!("spec.ports[{name}].targetPort");
                    let what = format!("target port `{name}` of {}", service.reference());
                    let found = finding(service, &what, node, why, path);
                    out.report(weighed(cluster, service, Confidence::High, found));
                }
            }
        }
    }
}

/// A text that is refused as a name, and why.
fn wrong(node: Option<&Node>, refused: fn(&str) -> Option<&'static str>) -> Option<(&Node, &str, &'static str)> {
    let node = node?;
    let name = node.as_str().filter(|name| !is_template(name))?;
    Some((node, name, refused(name)?))
}

fn finding(object: &Object, what: &str, node: &Node, why: &str, path: String) -> Observation {
    Observation::new("port-name-invalid", format!("{what} {why}"), Label::new(node.span(), "is refused"))
        .about(object.reference(), path)
        .trail(trail(node))
}
