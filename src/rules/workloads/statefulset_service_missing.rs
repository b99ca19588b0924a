//! The Service of a StatefulSet exists. Card: rules/workloads/statefulset-service-missing.md

use serde::Deserialize;

use super::ports::is_template;
use crate::build::Object;
use crate::cluster::nearest::{Meant, Wanted};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::{rewrite, weighed};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StatefulsetServiceMissing {}

impl Rule for StatefulsetServiceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for set in cluster.of_kind("apps", "StatefulSet") {
            if set.modelled == Some(Confidence::Low) {
                continue;
            }
            if let Some(found) = missing(cluster, set) {
                out.report(weighed(cluster, set, Confidence::Medium, found));
            }
        }
    }
}

fn missing(cluster: &Cluster<'_>, set: &Object) -> Option<Observation> {
    let node = set.dig("spec.serviceName")?;
    let name = node.as_str().filter(|name| !name.is_empty() && !is_template(name))?;
    // What a chart writes by itself is none of the user's doing.
    if set.modelled.is_some() && !node.origin.is_source() {
        return None;
    }
    let namespace = set.namespace();
    let asker = Some(set).filter(|_| set.release.is_none());
    if !cluster.existence_for(asker, "", "Service", namespace, name).is_absent() {
        return None;
    }
    let found = Observation::new(
        "statefulset-service-missing",
        format!("{} names Service `{namespace}/{name}`, which does not exist", set.reference()),
        Label::new(node.span(), "no such Service"),
    )
    .about(set.reference(), "spec.serviceName")
    .trail(trail(node));
    let reference = set.reference();
    let wanted = Wanted { group: "", kind: "Service", namespace, name, others: &[], by: Some(&reference) };
    let near = match cluster.meant(&wanted) {
        Some(Meant::Near(near)) if near.namespace() == namespace => Some(near),
        _ => headless(cluster, set),
    };
    let Some(near) = near else { return Some(found) };
    let found = found
        .related(Label::new(near.place(), "Service of its pods"))
        .help(format!("write `{}`, or make a headless Service of that name", near.name));
    Some(match rewrite(node, "Service", &near.name) {
        Some(fix) => found.fix(fix),
        None => found,
    })
}

/// The one Service of the pods that has no address of its own.
fn headless<'w>(cluster: &Cluster<'w>, set: &Object) -> Option<&'w Object> {
    let labels = set.at(&["spec", "template", "metadata", "labels"])?;
    let selects = |service: &&Object| {
        let selector = service.at(&["spec", "selector"]);
        let mut wanted = selector.into_iter().flat_map(Node::entries).peekable();
        wanted.peek().is_some()
            && wanted.all(|entry| labels.get(&entry.key).is_some_and(|label| label.same_value(&entry.value)))
    };
    let is_headless = |service: &&Object| service.dig("spec.clusterIP").and_then(Node::as_str) == Some("None");
    let services = cluster.in_namespace(set.namespace()).filter(|object| object.is("", "Service"));
    let mut services = services.filter(is_headless).filter(selects);
    let first = services.next()?;
    services.next().is_none().then_some(first)
}
