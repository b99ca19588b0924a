//! What the rules about values of known charts share: each thing a model finds wrong is a finding.

use crate::build::Object;
use crate::build::charts::{Note, Trouble};
use crate::cluster::Cluster;
use crate::cluster::nearest::nearest_name;
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::Sink;

/// Identifiers that are listed.
const MOST_LISTED: usize = 8;

/// Reports what the models of charts find wrong with values, of some sorts.
pub fn check(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, troubles: &[(Trouble, &str)]) {
    for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
        let Some(knowledge) = cluster.model(release) else { continue };
        // Values that are not known may hold what seems to be missing.
        if knowledge.confidence == Confidence::Low {
            continue;
        }
        for note in &knowledge.notes {
            let Some((_, effect)) = troubles.iter().find(|(trouble, _)| *trouble == note.trouble) else { continue };
            let found = observation(rule, cluster, release, note, effect);
            out.report(if knowledge.confidence < Confidence::High {
                found.confidence(Confidence::Medium)
            } else {
                found
            });
        }
    }
}

fn observation(rule: &'static str, cluster: &Cluster<'_>, release: &Object, note: &Note, effect: &str) -> Observation {
    let message = format!("HelmRelease `{}` sets `{}`, but {}", release.full_name(), note.path, note.message);
    let message = match note.trouble {
        Trouble::Missing => format!("HelmRelease `{}` lacks `{}`: {}", release.full_name(), note.path, note.message),
        _ => message,
    };
    let mut found = Observation::new(rule, message, Label::new(note.place, effect.to_owned()))
        .about(release.reference(), format!("spec.values.{}", note.path));
    if note.known.is_empty() {
        return found;
    }
    let written = cluster.sources().text(note.place).trim_matches(['"', '\'']).to_owned();
    if let Some(near) = nearest_name(&written, note.known.iter().map(String::as_str)) {
        found = found.help(format!("did you mean `{near}`?"));
    } else {
        let listed: Vec<String> = note.known.iter().take(MOST_LISTED).map(|known| format!("`{known}`")).collect();
        found = found.help(format!("there is {}", listed.join(", ")));
    }
    match note.known.as_slice() {
        [only] if note.trouble == Trouble::NoSuchItem => found.fix(Fix {
            title: format!("write `{only}`"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit { span: note.place, text: only.clone() }],
        }),
        _ => found,
    }
}
