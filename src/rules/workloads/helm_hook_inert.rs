//! Annotations of Helm's hooks stand on objects that Helm renders. Card: rules/workloads/helm-hook-inert.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::finding::{Applicability, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::flux::edits::remove_entry;
use crate::yaml::Node;

const HOOK: &str = "helm.sh/hook";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HelmHookInert {}

impl Rule for HelmHookInert {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // What a renderer of a chart made is Helm's.
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            out.observations.extend(inert(cluster, object));
        }
    }
}

fn inert(cluster: &Cluster<'_>, object: &Object) -> Option<Observation> {
    let annotations = object.at(&["metadata", "annotations"])?;
    let hook = annotations.as_map()?.entry(HOOK)?;
    let when = hook.value.as_str().unwrap_or_default();
    let mut found = Observation::new(
        "helm-hook-inert",
        format!(
            "{} is a Helm hook (`{when}`), but no chart holds it: it is applied like any other object",
            object.reference()
        ),
        Label::new(hook.key_span, "Flux does not read this"),
    )
    .about(object.reference(), format!("metadata.annotations[{HOOK}]"));
    let others = annotations.entries().filter(|entry| entry.key.starts_with("helm.sh/hook-"));
    for other in others {
        found = found.related(Label::new(other.key_span, "nor this"));
    }
    if let Some(fix) = fix(cluster, annotations) {
        found = found.fix(fix);
    }
    Some(found)
}

/// Takes the annotations out where others stay.
fn fix(cluster: &Cluster<'_>, annotations: &Node) -> Option<Fix> {
    let keys: Vec<&str> =
        annotations.entries().map(|entry| entry.key.as_str()).filter(|key| key.starts_with(HOOK)).collect();
    if annotations.as_map()?.len() == keys.len() {
        return None;
    }
    let title = "remove the annotations of Helm".to_owned();
    let mut edits = Vec::new();
    for key in keys {
        edits.extend(remove_entry(cluster, annotations, key, title.clone())?.edits);
    }
    Some(Fix { title, applicability: Applicability::Safe, edits })
}
