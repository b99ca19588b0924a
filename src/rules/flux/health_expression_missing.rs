//! A kind that says nothing about its state has an expression that does. Card: rules/flux/health-expression-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealthExpressionMissing {}

/// Kinds without conditions that Flux can read. Source: minio/operator `pkg/apis/minio.min.io/v2/types.go`.
const WITHOUT_CONDITIONS: &[(&str, &str)] = &[("minio.min.io", "Tenant")];

impl Rule for HealthExpressionMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for (group, kind) in WITHOUT_CONDITIONS {
            for object in cluster.of_kind(group, kind) {
                let Some(owner) = cluster.kustomization_of(object).and_then(|owner| owner.object) else { continue };
                let Some(owner) = cluster.object(owner) else { continue };
                let Some(wait) = owner.dig("spec.wait").filter(|wait| wait.as_bool() == Some(true)) else { continue };
                // The version of an expression does not count.
                let is_for = |entry: &Node| {
                    let api_version = entry.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
                    let (own, _) = api_version.split_once('/').unwrap_or_default();
                    own == *group && entry.get("kind").and_then(Node::as_str) == Some(kind)
                };
                if owner.dig("spec.healthCheckExprs").map(Node::items).unwrap_or_default().iter().any(is_for) {
                    continue;
                }
                out.report(
                    Observation::new(
                        "health-expression-missing",
                        format!(
                            "{} waits for {}, whose status Flux cannot read: it counts as ready at once",
                            owner.reference(),
                            object.reference()
                        ),
                        Label::new(wait.span(), "waits"),
                    )
                    .about(owner.reference(), format!("spec.healthCheckExprs[{group}/{kind}]"))
                    .related(Label::new(object.kind_place(), "has no conditions")),
                );
            }
        }
    }
}
