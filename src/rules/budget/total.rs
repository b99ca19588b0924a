//! Words about a sum, for the rules that compare one with a bound.

use crate::cluster::budget::{Part, Sum, shown};
use crate::cluster::quantity::Quantity;
use crate::finding::{Confidence, Label};

/// At most so many places are shown.
const SHOWN: usize = 5;

/// The places of the largest parts.
pub fn largest(sum: &Sum<'_>, most: bool) -> Vec<Label> {
    let share = |part: &Part<'_>| if most { part.most } else { part.least };
    let mut parts: Vec<&Part<'_>> = sum.parts.iter().filter(|part| !share(part).is_zero()).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(share(part)));
    parts.into_iter().take(SHOWN).map(|part| Label::new(part.place, words(part, share(part)))).collect()
}

fn words(part: &Part<'_>, share: Quantity) -> String {
    let total = share.shown();
    let each = part.each.shown();
    match (total == each, part.by_default) {
        (true, false) => total,
        (true, true) => format!("{total} by default"),
        (false, false) => format!("{total} in all copies"),
        (false, true) => format!("{total} by default in all"),
    }
}

/// The largest contributors, for the advice.
pub fn names(sum: &Sum<'_>, most: bool) -> String {
    let share = |part: &Part<'_>| if most { part.most } else { part.least };
    let mut parts: Vec<&Part<'_>> = sum.parts.iter().filter(|part| !share(part).is_zero()).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(share(part)));
    let listed: Vec<String> = parts
        .iter()
        .take(3)
        .map(|part| format!("{} {}", shown(part.object, &part.part), share(part).shown()))
        .collect();
    listed.join(", ")
}

/// The weight of the proof that a sum is above a bound: the best that carries it alone.
pub fn confidence(sum: &Sum<'_>, most: bool, is_over: &dyn Fn(Quantity) -> bool) -> Confidence {
    let of = |least: Confidence| -> Quantity {
        let parts = sum.parts.iter().filter(|part| part.trust >= least);
        parts.map(|part| if most { part.most } else { part.least }).sum()
    };
    let levels = [Confidence::High, Confidence::Medium];
    levels.into_iter().find(|level| is_over(of(*level))).unwrap_or(Confidence::Low)
}
