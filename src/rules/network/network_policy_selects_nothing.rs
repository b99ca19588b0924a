//! A policy selects some pods. Card: rules/network/network-policy-selects-nothing.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{
    Answer, Endpoint, PodSet, Requirement, Test, carried, is_filled_from_outside, meant, telling_labels,
};
use crate::cluster::policies::{CILIUM_NAMESPACE, Dialect, Policies, Policy};
use crate::finding::{Confidence, Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Labels of pods that come and go without an object in the tree: solvers of cert-manager.
const ON_DEMAND: &str = "acme.cert-manager.io/";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkPolicySelectsNothing {}

impl Rule for NetworkPolicySelectsNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies = cluster.policies();
        if policies.is_empty() {
            return;
        }
        let pods = cluster.pods();
        let mut uses: HashMap<Span, usize> = HashMap::new();
        for policy in policies.iter() {
            *uses.entry(policy.subject_place).or_default() += 1;
        }
        let on_demand =
            |policy: &Policy<'_>| policy.subject.requirements.iter().any(|one| one.key.starts_with(ON_DEMAND));
        for policy in policies.iter().filter(|policy| !policy.subject.is_empty() && !on_demand(policy)) {
            let Some(namespace) = namespace(policy) else { continue };
            let sets: Vec<&PodSet<'_>> = pods.in_namespace(&namespace).collect();
            if sets.is_empty() {
                // Nothing of the namespace is in the tree: what runs there comes from elsewhere.
                continue;
            }
            let selected = Answer::any(sets.iter().map(|set| policies.selects(policy, &set.endpoint)));
            let selected =
                if is_filled_from_outside(cluster, &namespace) { selected.or(Answer::Unknown) } else { selected };
            match selected {
                Answer::Yes => {}
                Answer::Unknown => out.undecided(
                    cluster,
                    "policy",
                    format!("what {} selects", policy.object.reference()),
                    "pods with unknown labels run in its namespace",
                ),
                Answer::No => {
                    let shared = uses.get(&policy.subject_place).is_some_and(|count| *count > 1);
                    out.report(report(cluster, policies, policy, &namespace, &sets, shared));
                }
            }
        }
    }
}

/// The one namespace whose pods a policy can select.
fn namespace(policy: &Policy<'_>) -> Option<String> {
    if policy.dialect != Dialect::CiliumClusterwide {
        return Some(policy.object.namespace().to_owned());
    }
    policy.subject.requirements.iter().find_map(|one| match &one.test {
        Test::In(values) if one.key == CILIUM_NAMESPACE => match values.as_slice() {
            [only] => only.clone(),
            _ => None,
        },
        _ => None,
    })
}

fn report<'w>(
    cluster: &Cluster<'w>,
    policies: &Policies<'w>,
    policy: &Policy<'w>,
    namespace: &str,
    sets: &[&PodSet<'_>],
    shared: bool,
) -> Observation {
    let on_host = sets.iter().find(|set| {
        let endpoint = Endpoint { host_network: Answer::No, ..set.endpoint.clone() };
        policies.selects(policy, &endpoint).is_yes()
    });
    let effect = match (policy.ingress.isolates, policy.egress.isolates) {
        (Answer::No, Answer::No) => "it has no effect",
        _ => "it isolates nothing",
    };
    let object = policy.object.reference();
    let asked = policy.subject.shown();
    let message = match on_host {
        Some(set) => format!(
            "{object} selects `{asked}`, but {} uses the node's network, which no policy covers: {effect}",
            set.shown()
        ),
        None => format!("{object} selects `{asked}`, which no pod in namespace `{namespace}` carries: {effect}"),
    };
    let meant = meant(&policy.subject, sets);
    let failing = failing(policy, meant.first().copied());
    let label = if on_host.is_some() { "pods on the node's network" } else { "no pod carries this" };
    let mut observation = Observation::new(
        "network-policy-selects-nothing",
        message,
        Label::new(failing.map_or(policy.subject_place, |one| one.place), label),
    )
    .about(object, format!("selector[{asked}]"));
    match (on_host, meant.first()) {
        (Some(set), _) => observation = observation.related(Label::new(set.place, "on the node's network")),
        (None, Some(first)) => {
            let carried = carried(first);
            observation =
                observation.help(format!("select a label of the pods of {}: {}", first.shown(), carried.join(", ")));
            for set in &meant {
                let label = telling_labels(set)
                    .into_iter()
                    .next()
                    .map_or_else(|| "its pods".to_owned(), |label| format!("carries {label}"));
                observation = observation.related(Label::new(set.place, label));
            }
        }
        (None, None) => {}
    }
    if cluster.is_open(namespace) || sets.iter().any(|set| !set.verified) {
        observation = observation.confidence(Confidence::Low);
    }
    if shared {
        // One file for many namespaces: in some of them there is nothing to select.
        observation = observation.severity(Severity::Info);
    } else if effect == "it has no effect" {
        observation = observation.severity(Severity::Warning);
    }
    observation
}

/// The requirement to mend: the first that the pods probably meant do not fulfil.
fn failing<'p>(policy: &'p Policy<'_>, meant: Option<&PodSet<'_>>) -> Option<&'p Requirement> {
    let requirements = policy.subject.requirements.iter().filter(|one| one.key != CILIUM_NAMESPACE);
    let fails = |one: &&Requirement| meant.is_none_or(|set| !one.accepts(set.labels().value(&one.key)).is_yes());
    requirements.clone().find(fails).or_else(|| requirements.clone().next())
}
