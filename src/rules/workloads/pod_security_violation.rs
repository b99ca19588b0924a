//! Pods satisfy the level that their namespace enforces. Card: rules/workloads/pod-security-violation.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pod_security::{Level, Violation, violations};
use crate::cluster::templates::Template;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Source: kubernetes/pod-security-admission `api/constants.go`.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// So many things stand in a message, and so many places are shown.
const MOST: usize = 4;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PodSecurityViolation {}

impl Rule for PodSecurityViolation {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for template in cluster.templates() {
            let Some((namespace, level)) = enforced(cluster, template.object.namespace()) else { continue };
            // One finding for each container, and one for the pod.
            let mut by_container: BTreeMap<Option<String>, Vec<Violation>> = BTreeMap::new();
            for violation in violations(&template, level) {
                by_container.entry(violation.container.clone()).or_default().push(violation);
            }
            for (container, found) in by_container {
                out.observations.extend(finding(&template, namespace, level, container.as_deref(), &found));
            }
        }
    }
}

/// The level that a namespace of the tree enforces.
fn enforced<'w>(cluster: &Cluster<'w>, namespace: &str) -> Option<(&'w Object, Level)> {
    let object = cluster.get("", "Namespace", "", namespace)?;
    let level = Level::parse(object.label(ENFORCE)?)?;
    (level > Level::Privileged).then_some((object, level))
}

fn finding(
    template: &Template<'_>,
    namespace: &Object,
    level: Level,
    container: Option<&str>,
    found: &[Violation],
) -> Option<Observation> {
    let first = found.first()?;
    let whose = template.object.reference();
    let subject = match container {
        Some(name) => format!("container `{name}` of {whose}"),
        None => whose.to_string(),
    };
    let more = found.len().saturating_sub(MOST);
    let mut what = found.iter().take(MOST).map(|one| one.what.as_str()).collect::<Vec<_>>().join(", ");
    if more > 0 {
        what.push_str(&format!(", and {more} more"));
    }
    let message = format!("{subject} {what}; namespace `{}` enforces `{}`", namespace.name, level.word());
    let mut observation = Observation::new("pod-security-violation", message, Label::new(first.place, "is refused"))
        .about(whose, format!("{}.{}", container.unwrap_or_default(), first.field));
    for other in found.iter().skip(1).take(MOST) {
        observation = observation.related(Label::new(other.place, "and this"));
    }
    let label =
        namespace.at(&["metadata", "labels", ENFORCE]).map_or_else(|| namespace.place(), crate::yaml::Node::span);
    observation = observation.related(Label::new(label, format!("enforces `{}`", level.word())));
    Some(match template.object.modelled {
        Some(confidence) => observation.confidence(confidence),
        None => observation,
    })
}
