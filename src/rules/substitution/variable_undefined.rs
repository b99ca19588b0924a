//! Each `${VAR}` without default is defined. Card: rules/substitution/substitution-variable-undefined.md

use serde::Deserialize;

use super::undefined::{by_object, weigh};
use crate::cluster::Cluster;
use crate::config::nearest;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionVariableUndefined {}

impl Rule for SubstitutionVariableUndefined {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for (object, kustomization, uses) in by_object(cluster) {
            // One object, one purpose: where some of its variables are the application's, all are taken to be.
            if uses.iter().any(|found| found.evidence.is_some()) {
                continue;
            }
            let Some(kustomization) = cluster.kustomizations().get(kustomization) else { continue };
            for found in &uses {
                let message = format!(
                    "{} uses `${{{}}}`, which Kustomization `{}/{}` does not define",
                    object.reference(),
                    found.name,
                    kustomization.spec.namespace,
                    kustomization.spec.name
                );
                let mut observation = Observation::new("substitution-variable-undefined", message, Label::new(found.place, "no value, no default"))
                    .about(object.reference(), format!("${{{}}}", found.name))
                    .related(Label::new(kustomization.spec.place, "substitutes here"));
                if let Some(near) = nearest(found.name, kustomization.variables.names()) {
                    observation = observation.help(format!("did you mean `${{{near}}}`?"));
                }
                out.report(weigh(cluster, observation, "the value became empty"));
            }
        }
    }
}
