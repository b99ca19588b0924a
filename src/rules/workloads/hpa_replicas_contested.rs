//! What an autoscaler scales has no fixed number of copies. Card: rules/workloads/hpa-replicas-contested.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::rules::flux::edits::remove_entry;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HpaReplicasContested {}

impl Rule for HpaReplicasContested {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let scalers =
            cluster.of_kind("autoscaling", "HorizontalPodAutoscaler").chain(cluster.of_kind("keda.sh", "ScaledObject"));
        for scaler in scalers {
            if let Some(found) = contested(cluster, scaler) {
                out.report(weighed(cluster, scaler, Confidence::Medium, found));
            }
        }
    }
}

fn contested(cluster: &Cluster<'_>, scaler: &Object) -> Option<Observation> {
    let target = scaler.dig("spec.scaleTargetRef")?;
    let name = target.get("name")?.as_str()?;
    let kind = target.get("kind").and_then(Node::as_str).unwrap_or("Deployment");
    // Helm writes the number only when its own value changes, Flux in every round.
    let workload = cluster.get("apps", kind, scaler.namespace(), name).filter(|workload| workload.release.is_none())?;
    let replicas =
        workload.dig("spec.replicas").filter(|replicas| replicas.as_int().is_some_and(|number| number > 0))?;
    let found = Observation::new(
        "hpa-replicas-contested",
        format!(
            "{} fixes {} copies, and {} scales it",
            workload.reference(),
            replicas.scalar_text().unwrap_or_default(),
            scaler.reference()
        ),
        Label::new(replicas.span(), "set back in every round"),
    )
    .about(workload.reference(), "spec.replicas")
    .trail(trail(replicas))
    .related(Label::new(target.get("name")?.span(), "scaled by this"));
    let fix =
        remove_entry(cluster, workload.at(&["spec"])?, "replicas", "leave the number to the autoscaler".to_owned());
    Some(match fix.filter(|_| replicas.origin.is_source()) {
        Some(fix) => found.fix(fix),
        None => found,
    })
}
