//! Key values of list elements, and what kyaml makes of those that are not complete.
//!
//! Source: kyaml `yaml/walk/associative_sequence.go` (`mergeValues`, `validateKeys`).

use smol_str::SmolStr;

/// Values of the merge keys of one element, one a key; empty where the element has none.
pub type Tuple = Vec<SmolStr>;

/// Key values with gaps take over what a tuple says that shares a value with them and contradicts none.
pub fn merge_tuples(tuples: &mut [Tuple]) {
    for one in 0..tuples.len() {
        let Some(before) = tuples.get(one).cloned() else { return };
        for other in 0..tuples.len() {
            let Some(merged) = tuples.get(other).and_then(|other| compatible(&before, other)) else { continue };
            for slot in [one, other] {
                if let Some(tuple) = tuples.get_mut(slot) {
                    tuple.clone_from(&merged);
                }
            }
        }
    }
}

fn compatible(one: &Tuple, other: &Tuple) -> Option<Tuple> {
    let pairs = || one.iter().zip(other);
    let contradicts = pairs().any(|(a, b)| a != b && !a.is_empty() && !b.is_empty());
    // Two gaps count as a value in common.
    let shares = pairs().any(|(a, b)| a == b);
    let merged = || pairs().map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() }).collect();
    (!contradicts && shares).then(merged)
}

/// Keys that some tuple has a value for, and the values of one tuple for them. All keys where none has.
pub fn valid_keys<'k>(tuples: &[Tuple], values: &Tuple, keys: &[&'k str]) -> (Vec<&'k str>, Tuple) {
    let used: Vec<bool> = (0..keys.len())
        .map(|index| tuples.iter().any(|tuple| tuple.get(index).is_some_and(|value| !value.is_empty())))
        .collect();
    if !used.contains(&true) {
        return (keys.to_vec(), values.clone());
    }
    let valid = keys.iter().zip(&used).filter(|(_, used)| **used).map(|(key, _)| *key).collect();
    let kept = |(value, used): &(&SmolStr, &bool)| **used || !value.is_empty();
    (valid, values.iter().zip(&used).filter(kept).map(|(value, _)| value.clone()).collect())
}
