//! The pods that a selector was probably written for, and the labels by which it could tell them.

use super::{PodSet, Selector, Test};

/// Labels of a set of pods that are shown.
const MOST_SHOWN: usize = 3;

/// The pods that were probably meant: those that fulfil the most of the selector, or are named like what it asks for.
pub fn meant<'s, 'w>(selector: &Selector, sets: &[&'s PodSet<'w>]) -> Vec<&'s PodSet<'w>> {
    let asked: Vec<&str> = selector
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
            selector.requirements.iter().filter(|one| one.accepts(set.labels().value(&one.key)).is_yes()).count();
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
    sets.iter().zip(&scores).filter(|(_, score)| **score == best).map(|(set, _)| *set).take(MOST_SHOWN).collect()
}

/// The labels by which pods are told apart, the most telling first.
pub fn telling_labels(set: &PodSet<'_>) -> Vec<String> {
    let mut labels: Vec<(&str, &str)> = set.labels().known().collect();
    let telling = |key: &str| matches!(key, "app.kubernetes.io/name" | "app" | "k8s-app" | "cnpg.io/cluster");
    labels.sort_by_key(|(key, value)| (!(telling(key) || *value == set.object.name), !telling(key)));
    labels.into_iter().map(|(key, value)| format!("`{key}: {value}`")).collect()
}

/// The labels of a set of pods, for advice.
pub fn carried(set: &PodSet<'_>) -> Vec<String> {
    let mut labels = telling_labels(set);
    labels.truncate(MOST_SHOWN);
    if labels.is_empty() {
        // A pod template without labels, as a Job's may be.
        labels.push("it carries none, so give it one".to_owned());
    }
    labels
}
