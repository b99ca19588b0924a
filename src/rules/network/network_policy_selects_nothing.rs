//! A policy selects some pods. Card: rules/network/network-policy-selects-nothing.md

use std::collections::HashMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Endpoint, PodSet, Pods, Requirement, Test, is_filled_from_outside};
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
        let policies = Policies::of(cluster);
        if policies.iter().next().is_none() {
            return;
        }
        let pods = Pods::of(cluster);
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
                    out.report(report(cluster, &policies, policy, &namespace, &sets, shared));
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
    policies: &Policies<'_, 'w>,
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
    let meant = meant(policy, sets);
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
                let label = labels(set)
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

/// The pods that were probably meant: those that fulfil the most of the selector, or are named like what it asks for.
fn meant<'s, 'w>(policy: &Policy<'_>, sets: &[&'s PodSet<'w>]) -> Vec<&'s PodSet<'w>> {
    let asked: Vec<&str> = policy
        .subject
        .requirements
        .iter()
        .flat_map(|one| match &one.test {
            Test::In(values) => values.as_slice(),
            _ => &[],
        })
        .filter_map(Option::as_deref)
        .collect();
    let score = |set: &PodSet<'_>| {
        let fulfilled =
            policy.subject.requirements.iter().filter(|one| one.accepts(set.labels().value(&one.key)).is_yes()).count();
        let is_named = asked.iter().any(|value| set.object.name == *value || set.component.as_deref() == Some(*value));
        let carries = set.labels().known().any(|(_, value)| asked.contains(&value));
        let similar =
            asked.iter().any(|value| set.object.name.contains(value) || value.contains(set.object.name.as_str()));
        4 * fulfilled + 3 * usize::from(is_named) + 2 * usize::from(carries) + usize::from(similar)
    };
    let scores: Vec<usize> = sets.iter().map(|set| score(set)).collect();
    let best = scores.iter().copied().max().unwrap_or_default();
    if best == 0 {
        return Vec::new();
    }
    sets.iter().zip(&scores).filter(|(_, score)| **score == best).map(|(set, _)| *set).take(3).collect()
}

/// The labels by which pods are told apart, the most telling first.
fn labels(set: &PodSet<'_>) -> Vec<String> {
    let mut labels: Vec<(&str, &str)> = set.labels().known().collect();
    let telling = |key: &str| matches!(key, "app.kubernetes.io/name" | "app" | "k8s-app" | "cnpg.io/cluster");
    labels.sort_by_key(|(key, value)| (!(telling(key) || *value == set.object.name), !telling(key)));
    labels.into_iter().map(|(key, value)| format!("`{key}: {value}`")).collect()
}

fn carried(set: &PodSet<'_>) -> Vec<String> {
    let mut labels = labels(set);
    labels.truncate(3);
    if labels.is_empty() {
        // A pod template without labels, as a Job's may be.
        labels.push("it carries none, so give it one".to_owned());
    }
    labels
}
