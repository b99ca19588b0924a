//! Where Flux keeps tenants apart, sources are in the namespace of what uses them.
//! Card: rules/flux/source-cross-namespace.md

use serde::Deserialize;

use super::reference::Named;
use super::source_missing::SOURCE_FIELDS;
use crate::cluster::flux::{HELM, KUSTOMIZE};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceCrossNamespace {
    /// Whether references to other namespaces are refused; where left out, what the controllers of the tree say.
    multitenant: Option<bool>,
}

impl Rule for SourceCrossNamespace {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for field in SOURCE_FIELDS {
            let setting = match self.multitenant {
                Some(false) => None,
                Some(true) => Some(None),
                None => refused(cluster, field.group).map(Some),
            };
            let Some(setting) = setting else { continue };
            for object in cluster.of_kind(field.group, field.kind) {
                let Some(entry) = object.dig(field.path) else { continue };
                let Named { namespace: Some(namespace), has_namespace: true, name } = Named::of(object, entry) else {
                    continue;
                };
                if namespace == object.namespace() {
                    continue;
                }
                let node = entry.get("namespace").unwrap_or(entry);
                let kind = entry.get("kind").and_then(Node::as_str).unwrap_or_default();
                let mut observation = Observation::new(
                    "source-cross-namespace",
                    format!(
                        "{} uses {kind} `{namespace}/{}` of another namespace, which Flux refuses here",
                        object.reference(),
                        name.unwrap_or_default()
                    ),
                    Label::new(node.span(), "another namespace"),
                )
                .about(object.reference(), field.path)
                .trail(trail(node));
                if let Some(place) = setting {
                    observation = observation.related(Label::new(place, "keeps namespaces apart"));
                }
                out.report(observation);
            }
        }
    }
}

/// Where it is set that the controller of a group refuses references to other namespaces. Source: flags of
/// kustomize-controller and helm-controller (`--no-cross-namespace-refs`); flux-operator `spec.cluster.multitenant`.
fn refused(cluster: &Cluster<'_>, group: &str) -> Option<Span> {
    let instance = cluster
        .of_kind("fluxcd.controlplane.io", "FluxInstance")
        .filter_map(|instance| instance.dig("spec.cluster.multitenant"))
        .find(|node| node.as_bool() == Some(true));
    if let Some(node) = instance {
        return Some(node.span());
    }
    let controller = match group {
        KUSTOMIZE => "kustomize-controller",
        HELM => "helm-controller",
        _ => return None,
    };
    let containers = cluster
        .of_kind("apps", "Deployment")
        .filter(|deployment| deployment.name == controller)
        .filter_map(|deployment| deployment.dig("spec.template.spec.containers"));
    let mut arguments =
        containers.flat_map(Node::items).filter_map(|container| container.get("args")).flat_map(Node::items);
    arguments
        .find(|argument| {
            matches!(argument.as_str(), Some("--no-cross-namespace-refs" | "--no-cross-namespace-refs=true"))
        })
        .map(Node::span)
}
