//! A `${NAME}` meant for the application reaches it. Card: rules/substitution/substitution-swallows-app-variable.md

use std::collections::BTreeSet;

use serde::Deserialize;

use super::undefined::{Evidence, by_object, weigh};
use crate::cluster::Cluster;
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionSwallowsAppVariable {}

/// A second dollar before each use, where all stand in manifests as they are.
fn escaped(cluster: &Cluster<'_>, places: &[Span]) -> Option<Fix> {
    let sources = cluster.sources();
    let mut starts = BTreeSet::new();
    for place in places {
        let file = sources.file(place.file);
        let is_manifest = file.path.ends_with(".yaml") || file.path.ends_with(".yml");
        if !is_manifest || !file.slice(*place).starts_with("${") {
            return None;
        }
        starts.insert((place.file, place.start));
    }
    let insert = |(file, start)| Edit { span: Span { file, start, end: start }, text: "$".to_owned() };
    let edits: Vec<Edit> = starts.into_iter().map(insert).collect();
    let title = "escape it: Flux turns `$$` into `$`".to_owned();
    (!edits.is_empty()).then_some(Fix { title, applicability: Applicability::Unsafe, edits })
}

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
            let places: Vec<Span> = uses.iter().map(|found| found.place).collect();
            if let Some(fix) = escaped(cluster, &places) {
                observation = observation.fix(fix);
            }
            out.report(weigh(cluster, observation, "the text was emptied"));
        }
    }
}
