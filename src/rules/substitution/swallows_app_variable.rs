//! A `${NAME}` meant for the application reaches it. Card: rules/substitution/substitution-swallows-app-variable.md

use serde::Deserialize;

use super::undefined::{Evidence, by_object, weigh};
use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionSwallowsAppVariable {}

impl Rule for SubstitutionSwallowsAppVariable {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for (object, kustomization, uses) in by_object(cluster) {
            let Some(first) = uses.iter().find(|found| found.evidence.is_some()) else { continue };
            let Some(kustomization) = cluster.kustomizations().get(kustomization) else { continue };
            let mut names: Vec<&str> = uses.iter().map(|found| found.name).collect();
            names.sort_unstable();
            names.dedup();
            let shown: Vec<String> = names.iter().take(5).map(|name| format!("`${{{name}}}`")).collect();
            let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
            let message = format!(
                "Flux substitutes {}{more} in {}, which is meant for the application",
                shown.join(", "),
                object.reference()
            );
            let mut observation = Observation::new(
                "substitution-swallows-app-variable",
                message,
                Label::new(first.place, "taken by Flux"),
            )
            .about(object.reference(), names.join(" "));
            for found in &uses {
                observation = observation.related(Label::new(found.place, "this one too"));
                observation = match &found.evidence {
                    Some(Evidence::Key(place)) => observation.related(Label::new(*place, "the application's key")),
                    Some(Evidence::Environment(place)) => {
                        observation.related(Label::new(*place, "the container's variable"))
                    }
                    _ => observation,
                };
            }
            observation = observation.related(Label::new(kustomization.spec.place, "substitutes here"));
            observation.related.truncate(8);
            if object.is("", "ConfigMap") {
                observation = observation.help(
                    "switch substitution off for the object: annotation `kustomize.toolkit.fluxcd.io/substitute: disabled` (in `generatorOptions` for a generated ConfigMap)",
                );
            } else {
                observation = observation.help(format!("escape it: `$${{{}}}`", first.name));
            }
            out.report(weigh(cluster, observation, "the text was emptied"));
        }
    }
}
