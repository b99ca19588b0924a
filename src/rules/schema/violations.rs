//! What the rules about schemas share: violations as findings, and kinds without a schema.

use crate::cluster::Cluster;
use crate::cluster::schemas::{Trouble, Violation};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;

/// Reports every violation of one sort.
pub fn report(rule: &'static str, cluster: &Cluster<'_>, trouble: Trouble, out: &mut Sink) {
    for violation in
        cluster.judged().iter().flat_map(|judged| &judged.violations).filter(|violation| violation.trouble == trouble)
    {
        out.observations.extend(finding(rule, cluster, violation));
    }
}

/// One violation as a finding.
pub fn finding(rule: &'static str, cluster: &Cluster<'_>, violation: &Violation) -> Option<Observation> {
    let object = cluster.object(violation.object)?;
    let label = match violation.trouble {
        Trouble::Field => "no such field",
        Trouble::Value => "not allowed",
        Trouble::Missing => "lacks it",
    };
    let found = Observation::new(rule, violation.message.clone(), Label::new(violation.place, label))
        .about(object.reference(), violation.path.clone())
        .trail(violation.trail.clone());
    let found = violation.related.iter().fold(found, |found, label| found.related(label.clone()));
    let found = match &violation.help {
        Some(help) => found.help(help.clone()),
        None => found,
    };
    // A CRD of the tree may be another version than that of the cluster.
    Some(if violation.is_of_tree { found.confidence(Confidence::Medium) } else { found })
}

/// Kinds whose objects nobody can judge, and kinds that are judged by another schema than the one that is asked for.
pub fn undecided(cluster: &Cluster<'_>, out: &mut Sink) {
    let Some(judged) = cluster.judged() else { return };
    for (kind, count) in &judged.without {
        let objects = if *count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        let why = match (judged.unusable.contains(kind), judged.unpulled.contains(kind)) {
            (true, _) => "its schema cannot be used: it refers to others, or too often to itself, or is none",
            (_, true) => "no schema is here: `flux-vet schemas pull` asks the network",
            _ => "no schema is here",
        };
        out.undecided(cluster, "schema", format!("the fields of {objects} of kind {kind}"), why);
    }
    for object in &judged.endless {
        out.undecided(cluster, "schema", format!("the fields of {object}"), "its schema takes too many steps");
    }
    let others = judged.unpulled.iter().filter(|kind| !judged.without.contains_key(*kind)).count();
    if others > 0 {
        let kinds = if others == 1 { "1 kind".to_owned() } else { format!("{others} kinds") };
        let why = "it is not pulled, and a later one is taken: run `flux-vet schemas pull`";
        out.undecided(cluster, "schema", format!("the fields of {kinds} by the first schema that is asked for"), why);
    }
}
