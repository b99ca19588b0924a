//! What decided about a connection, end by end: a sentence, and the places in the policies.

use super::Reach;
use crate::cluster::pods::{Answer, PodSet};
use crate::cluster::policies::{Admission, Direction, Policy, Side, Verdict};
use crate::finding::Label;

/// Most rules that are shown of one end.
const MOST_SHOWN: usize = 4;

/// What one end says.
#[derive(Clone, Debug)]
pub struct End {
    /// Which one.
    pub direction: Direction,
    /// Whether it lets the traffic through.
    pub passes: Answer,
    /// Why.
    pub sentence: String,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// The places that decided.
    pub labels: Vec<Label>,
}

/// Explains both ends, the source first.
pub fn explain(reach: &Reach<'_, '_>, from: Side<'_>, to: Side<'_>) -> [End; 2] {
    reach.verdicts().map(|(direction, verdict)| end(direction, verdict, (from, to)))
}

/// How to call an end.
pub fn shown(side: Side<'_>) -> String {
    match side {
        Side::Pods(set) if is_unknown(set) => format!("pods with unknown labels of {}", set.shown()),
        Side::Pods(set) => set.shown(),
        Side::Endpoint(endpoint) => format!("pods in namespace `{}`", endpoint.namespace),
        Side::Entity(entity) => format!("entity `{entity}`"),
    }
}

/// Whether nothing but the namespace is known of pods.
pub fn is_unknown(set: &PodSet<'_>) -> bool {
    set.labels().is_open() && set.labels().known().next().is_none()
}

fn end(direction: Direction, verdict: &Verdict<'_, '_>, (from, to): (Side<'_>, Side<'_>)) -> End {
    let subject = if direction == Direction::Egress { from } else { to };
    let word = direction.word();
    let policies = |all: &[&Policy<'_>]| -> Vec<String> {
        let mut names: Vec<String> = all.iter().map(|policy| policy.object.reference().to_string()).collect();
        names.dedup();
        names
    };
    let (sentence, policies, labels) = match verdict {
        Verdict::Allowed(by) if by.is_empty() => (nothing(direction, subject), Vec::new(), Vec::new()),
        Verdict::Allowed(by) => {
            let names = policies(&by.iter().map(|one| one.policy).collect::<Vec<_>>());
            let labels = by.iter().take(MOST_SHOWN).map(|one| admits(direction, one)).collect();
            (format!("{word}: admitted by {}", names.join(", ")), names, labels)
        }
        Verdict::Denied(denial) => match denial.denying {
            Some(by) => {
                let names = policies(&[by.policy]);
                let label = Label::new(by.rule.peers_place, format!("{word}: denies it"));
                (format!("{word}: denied by a rule of {}", names.join(", ")), names, vec![label])
            }
            None => {
                let names = policies(&denial.isolating);
                let places = denial.isolating.iter().take(MOST_SHOWN).map(|policy| direction.section(policy).place);
                let labels = places.map(|place| Label::new(place, format!("{word}: admits others only"))).collect();
                (format!("{word}: isolated by {}, and no rule admits it", names.join(", ")), names, labels)
            }
        },
        Verdict::Unknown(doubt) => {
            let names = policies(&doubt.policy.into_iter().collect::<Vec<_>>());
            let place = match (doubt.rule, doubt.policy) {
                (Some(rule), _) => Some(rule.peers_place),
                (None, Some(policy)) => Some(policy.subject_place),
                (None, None) => None,
            };
            let labels = place.map(|place| Label::new(place, format!("{word}: not to be known"))).into_iter().collect();
            (format!("{word}: {}", doubt.why), names, labels)
        }
    };
    End { direction, passes: verdict.passes(), sentence, policies, labels }
}

fn admits(direction: Direction, by: &Admission<'_, '_>) -> Label {
    Label::new(by.rule.peers_place, format!("{}: admits it", direction.word()))
}

fn nothing(direction: Direction, subject: Side<'_>) -> String {
    let word = direction.word();
    match subject {
        Side::Entity(entity) => format!("{word}: no policy of pods covers entity `{entity}`"),
        _ if subject.endpoint().is_some_and(|pods| pods.host_network.is_yes()) => {
            format!("{word}: {} uses the node's network, which no policy of pods covers", shown(subject))
        }
        _ => format!("{word}: no policy isolates {}", shown(subject)),
    }
}
