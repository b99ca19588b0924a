//! Everything that runs is in the account. Card: rules/budget/budget-uncounted.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::budget::{Contributor, Measure, shown};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// So many reasons stand in a message.
const REASONS: usize = 2;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetUncounted {}

impl Rule for BudgetUncounted {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let account = cluster.account();
        for one in &account.uncounted {
            let what = shown(one.object, &one.part);
            out.report(finding(&what, &one.reason, one.object.place()).about(one.object.reference(), one.part.clone()));
        }
        for one in &account.contributors {
            let gaps = gaps(one);
            if gaps.is_empty() {
                continue;
            }
            let more = gaps.len().saturating_sub(REASONS);
            let mut reason = gaps.iter().take(REASONS).map(String::as_str).collect::<Vec<_>>().join("; ");
            if more > 0 {
                reason.push_str(&format!("; and {more} more"));
            }
            let what = shown(one.object, &one.part);
            out.report(finding(&what, &reason, place(one)).about(one.object.reference(), one.part.clone()));
        }
    }
}

/// Why what it requests is not all counted.
fn gaps(one: &Contributor<'_>) -> Vec<String> {
    let mut gaps: Vec<String> = Vec::new();
    for measure in [Measure::Requests("cpu"), Measure::Requests("memory"), Measure::Storage] {
        for gap in one.share(measure).gaps.into_iter().chain(one.copies.gap.clone()) {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    gaps
}

/// Where its first container that states nothing stands.
fn place(one: &Contributor<'_>) -> Span {
    let containers = one.pod.iter().flat_map(|pod| &pod.containers);
    let mut silent = containers.filter(|one| !one.requests.contains_key("cpu") || !one.requests.contains_key("memory"));
    silent.next().map_or_else(|| one.object.place(), |container| container.place)
}

fn finding(what: &str, reason: &str, place: Span) -> Observation {
    let message = format!("{what} is not all in the account: {reason}");
    Observation::new("budget-uncounted", message, Label::new(place, "not counted"))
}
