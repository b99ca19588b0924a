//! What a monitor was probably meant to select.

use crate::cluster::monitors::{Monitor, Scraped};
use crate::cluster::pods::{Requirement, Test};

/// Of all there is in its namespaces: what fulfils the most of its selector, or is called like what it asks for.
pub fn meant<'s, 'w>(monitor: &Monitor<'w>, there: &[Scraped<'s, 'w>]) -> Option<Scraped<'s, 'w>> {
    let asked: Vec<&str> = monitor
        .selector
        .requirements
        .iter()
        .flat_map(|one| match &one.test {
            Test::In(values) => values.as_slice(),
            _ => &[],
        })
        .filter_map(Option::as_deref)
        .collect();
    let score = |one: &Scraped<'_, '_>| {
        let fulfils = |requirement: &&Requirement| requirement.accepts(one.labels().value(&requirement.key)).is_yes();
        let fulfilled = monitor.selector.requirements.iter().filter(fulfils).count();
        let is_named = asked.contains(&one.name()) || monitor.object.name == one.name();
        let carries = one.labels().known().any(|(_, value)| asked.contains(&value));
        let of_same = one.object().release.is_some() && one.object().release == monitor.object.release;
        4 * fulfilled + 3 * usize::from(is_named) + 2 * usize::from(carries) + usize::from(of_same)
    };
    let scored = there.iter().map(|one| (score(one), one)).filter(|(score, _)| *score > 0);
    // Of equals the first.
    scored.rev().max_by_key(|(score, _)| *score).map(|(_, one)| *one)
}
