//! `wait: true` makes Flux ignore `healthChecks`. Card: rules/flux/health-checks-ignored.md

use serde::Deserialize;

use super::edits::remove_entry;
use crate::cluster::Cluster;
use crate::cluster::flux::KUSTOMIZE;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealthChecksIgnored {}

impl Rule for HealthChecksIgnored {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind(KUSTOMIZE, "Kustomization") {
            let Some(spec) = object.dig("spec") else { continue };
            let Some(wait) = spec.get("wait").filter(|wait| wait.as_bool() == Some(true)) else { continue };
            let Some(list) = spec.as_map().and_then(|spec| spec.entry("healthChecks")) else { continue };
            if Node::items(&list.value).is_empty() {
                continue;
            }
            let mut observation = Observation::new(
                "health-checks-ignored",
                format!(
                    "Kustomization `{}` has `healthChecks` that Flux does not read, because `wait` is true",
                    object.full_name()
                ),
                Label::new(list.key_span, "not read"),
            )
            .about(object.reference(), "spec.healthChecks")
            .related(Label::new(wait.span(), "waits for everything"));
            observation.fix = remove_entry(cluster, spec, "healthChecks", "remove `healthChecks`".to_owned());
            out.report(observation);
        }
    }
}
