//! What the rules about selectors of pods share: whether one selects anything, and what it was probably meant for.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{
    Answer, LabelValue, PodSet, Pods, Requirement, Selector, carried, is_filled_from_outside, meant, telling_labels,
};
use crate::finding::{Confidence, Label, Observation};
use crate::source::Span;

/// Words in labels that a program gives its own pods at run time.
const AT_RUN_TIME: [&str; 6] = ["active", "leader", "master", "primary", "replica", "role"];

/// The pods of a cluster, to be selected from.
pub struct Selection<'c, 'w> {
    cluster: &'c Cluster<'w>,
    /// All of them.
    pub pods: &'c Pods<'w>,
}

/// A selector in a sentence.
pub struct Subject<'s, 'w> {
    /// The rule.
    pub rule: &'static str,
    /// The object that selects.
    pub object: &'w Object,
    /// What it does, such as `selects`.
    pub verb: &'s str,
    /// What comes of it, as a clause.
    pub effect: &'s str,
    /// The selector.
    pub selector: &'s Selector,
    /// Its place, where none of its parts has one.
    pub place: Span,
    /// Its path.
    pub path: String,
}

impl<'c, 'w> Selection<'c, 'w> {
    /// Collects the pods.
    pub fn of(cluster: &'c Cluster<'w>) -> Self {
        Selection { cluster, pods: cluster.pods() }
    }

    /// Whether a selector selects pods of a namespace.
    pub fn selects(&self, namespace: &str, selector: &Selector) -> Answer {
        let mut sets = self.pods.in_namespace(namespace).peekable();
        if sets.peek().is_none() || is_filled_from_outside(self.cluster, namespace) {
            // What runs there comes from elsewhere.
            return Answer::any(sets.map(|set| matches(selector, set))).or(Answer::Unknown);
        }
        Answer::any(sets.map(|set| matches(selector, set)))
    }

    /// A finding about a selector that selects nothing in a namespace.
    pub fn observation(&self, subject: &Subject<'_, '_>, namespace: &str) -> Observation {
        let sets: Vec<&PodSet<'_>> = self.pods.in_namespace(namespace).collect();
        let meant = meant(subject.selector, &sets);
        let failing = failing(subject.selector, meant.first().copied());
        let object = subject.object.reference();
        let asked = subject.selector.shown();
        let message = format!(
            "{object} {} `{asked}`, which no pod in namespace `{namespace}` carries: {}",
            subject.verb, subject.effect
        );
        let place = failing.map_or(subject.place, |one| one.place);
        let mut found = Observation::new(subject.rule, message, Label::new(place, "no pod carries this"))
            .about(object, format!("{}[{asked}]", subject.path));
        if let Some(first) = meant.first() {
            let carried = carried(first);
            found = found.help(format!("select a label of the pods of {}: {}", first.shown(), carried.join(", ")));
        }
        for set in meant {
            let label = telling_labels(set).into_iter().next();
            let label = label.map_or_else(|| "its pods".to_owned(), |label| format!("carries {label}"));
            found = found.related(Label::new(set.place, label));
        }
        match sets.iter().any(|set| !set.verified) || self.cluster.is_open(namespace) {
            true => found.confidence(Confidence::Low),
            false => found,
        }
    }
}

/// Whether a selector selects a set of pods; unknown where only labels are missing that the pods may get at run time.
pub fn matches(selector: &Selector, set: &PodSet<'_>) -> Answer {
    let answer = |one: &Requirement| {
        let value = set.labels().value(&one.key);
        let is_late = value == LabelValue::Unset && AT_RUN_TIME.iter().any(|word| one.key.contains(word));
        if is_late { Answer::Unknown } else { one.accepts(value) }
    };
    Answer::all(selector.requirements.iter().map(answer))
}

/// The requirement to mend: the first that the pods probably meant do not fulfil.
fn failing<'s>(selector: &'s Selector, meant: Option<&PodSet<'_>>) -> Option<&'s Requirement> {
    let fails = |one: &&Requirement| meant.is_none_or(|set| !one.accepts(set.labels().value(&one.key)).is_yes());
    selector.requirements.iter().find(fails).or_else(|| selector.requirements.first())
}
