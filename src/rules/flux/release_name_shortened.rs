//! A Helm release name that Flux has to shorten. Card: rules/flux/release-name-shortened.md

use serde::Deserialize;

use crate::build::flux::ReleaseNames;
use crate::cluster::flux::HELM;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReleaseNameShortened {}

impl Rule for ReleaseNameShortened {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind(HELM, "HelmRelease") {
            let Some(full) = full_name(object) else { continue };
            let Some(name) = ReleaseNames::of(object).name.filter(|name| *name != full) else { continue };
            let node = object.dig("spec.releaseName").or_else(|| object.at(&["metadata", "name"]));
            let node = node.unwrap_or(&object.node);
            let mut observation = Observation::new(
                "release-name-shortened",
                format!(
                    "HelmRelease `{}` would be installed as `{full}`, which has {} characters; Flux calls it `{name}`",
                    object.full_name(),
                    full.chars().count()
                ),
                Label::new(node.span(), "too long for Helm"),
            )
            .about(object.reference(), "spec.releaseName")
            .trail(trail(node));
            if let Some(target) =
                object.dig("spec.targetNamespace").filter(|_| object.dig("spec.releaseName").is_none())
            {
                observation = observation.related(Label::new(target.span(), "put before the name"));
            }
            out.report(observation);
        }
    }
}

/// The name of the release before it is shortened.
fn full_name(object: &crate::build::Object) -> Option<String> {
    let text = |path: &str| {
        let node = object.dig(path).filter(|node| !node.is_null())?;
        node.scalar_text().map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
    };
    if object.dig("spec.releaseName").is_some_and(|node| !node.is_null()) {
        return text("spec.releaseName");
    }
    Some(match text("spec.targetNamespace") {
        Some(target) => format!("{target}-{}", object.name),
        None => object.name.to_string(),
    })
}
