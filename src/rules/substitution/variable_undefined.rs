//! Each `${VAR}` without default is defined. Card: rules/substitution/substitution-variable-undefined.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::undefined::{by_object, weigh};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::config::nearest;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Further uses that are shown.
const MOST_USES: usize = 4;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionVariableUndefined {}

impl Rule for SubstitutionVariableUndefined {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // One finding for a variable of a Kustomization, however often it is used.
        let mut by_variable: BTreeMap<(usize, &str), Vec<(&Object, Span)>> = BTreeMap::new();
        for (object, kustomization, uses) in by_object(cluster) {
            // One object, one purpose: where some of its variables are the application's, all are taken to be.
            if uses.iter().any(|found| found.evidence.is_some()) {
                continue;
            }
            for found in &uses {
                by_variable.entry((kustomization, found.name)).or_default().push((object, found.place));
            }
        }
        for ((kustomization, name), uses) in by_variable {
            let Some(kustomization) = cluster.kustomizations().get(kustomization) else { continue };
            let Some((object, place)) = uses.first() else { continue };
            let more = if uses.len() > 1 { format!(" ({} uses)", uses.len()) } else { String::new() };
            let message = format!(
                "{} uses `${{{name}}}`{more}, which Kustomization `{}/{}` does not define",
                object.reference(),
                kustomization.spec.namespace,
                kustomization.spec.name
            );
            let mut observation = Observation::new(
                "substitution-variable-undefined",
                message,
                Label::new(*place, "no value, no default"),
            )
            .about(object.reference(), format!("${{{name}}}"))
            .related(Label::new(kustomization.spec.place, "substitutes here"));
            for (_, place) in uses.iter().skip(1).take(MOST_USES) {
                observation = observation.related(Label::new(*place, "used here too"));
            }
            if let Some(near) = nearest(name, kustomization.variables.names()) {
                observation = observation.help(format!("did you mean `${{{near}}}`?"));
            }
            out.report(weigh(cluster, observation, "the value became empty"));
        }
    }
}
