//! A disruption budget lets some pod go. Card: rules/workloads/pdb-blocking.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::budget::Account;
use crate::cluster::pods::{Answer, Selector};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PdbBlocking {}

impl Rule for PdbBlocking {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for budget in cluster.of_kind("policy", "PodDisruptionBudget") {
            if let Some(found) = blocking(cluster, budget) {
                out.report(weighed(cluster, budget, Confidence::Medium, found));
            }
        }
    }
}

fn blocking(cluster: &Cluster<'_>, budget: &Object) -> Option<Observation> {
    let (key, node) = ["maxUnavailable", "minAvailable"]
        .iter()
        .find_map(|key| Some((*key, budget.at(&["spec", key]).filter(|node| !node.is_null())?)))?;
    let written = node.scalar_text()?;
    let finding = |what: &str| {
        Observation::new(
            "pdb-blocking",
            format!("{} {what}", budget.reference()),
            Label::new(node.span(), "no pod may go"),
        )
        .about(budget.reference(), format!("spec.{key}"))
        .trail(trail(node))
    };
    match (key, written.trim_end_matches('%').parse::<u64>().ok()?, written.ends_with('%')) {
        ("maxUnavailable", 0, _) => Some(finding(&format!("lets `{written}` pods be unavailable"))),
        ("minAvailable", share, true) if share >= 100 => Some(finding("needs all pods to stay")),
        ("minAvailable", wanted, false) if wanted > 0 => {
            let (copies, workload) = copies(cluster, cluster.account(), budget)?;
            let many = if copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") };
            let found = finding(&format!("needs {wanted} of at most {copies} pods to stay"));
            (wanted >= copies).then(|| found.related(Label::new(workload.place(), many)))
        }
        _ => None,
    }
}

/// The most pods that a budget can speak of, and the first workload; `None` where that is not known.
fn copies<'w>(cluster: &Cluster<'w>, account: &Account<'w>, budget: &Object) -> Option<(u64, &'w Object)> {
    let selector = Selector::of(budget.dig("spec.selector"));
    let (mut sum, mut first) = (0_u64, None);
    let mut counted = BTreeSet::new();
    for pods in cluster.pods().in_namespace(budget.namespace()) {
        match selector.matches(pods.labels()) {
            Answer::No => continue,
            Answer::Unknown => return None,
            Answer::Yes => {}
        }
        let reference = pods.object.reference();
        let own = account.contributors.iter().filter(|one| std::ptr::eq(one.object, pods.object) && one.pod.is_some());
        let own: Vec<_> = own.collect();
        let [only] = own.as_slice() else { return None };
        if only.copies.gap.is_some() || pods.component.is_some() {
            return None;
        }
        if counted.insert(reference) {
            sum = sum.saturating_add(only.copies.most);
            first = first.or(Some(pods.object));
        }
    }
    Some((sum, first?))
}
