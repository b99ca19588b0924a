//! The order in which go-yaml prints the keys of a map.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

/// Compares two keys: numbers in them by value, letters after everything else.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let (before, rest_a) = a.split_at_checked(common).unwrap_or((a, ""));
    let rest_b = b.get(common..).unwrap_or_default();
    let (Some(first_a), Some(first_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.len().cmp(&rest_b.len());
    };
    match (is_letter(first_a), is_letter(first_b)) {
        (true, true) => return first_a.cmp(&first_b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero inside a number is a digit of it; a leading one is not.
    let inside_number = (first_a == '0' || first_b == '0')
        && before.chars().rev().take_while(|c| is_digit(*c)).any(|digit| digit != '0');
    let (number_a, digits_a) = leading_number(rest_a, inside_number);
    let (number_b, digits_b) = leading_number(rest_b, inside_number);
    number_a.cmp(&number_b).then(digits_a.cmp(&digits_b)).then(first_a.cmp(&first_b))
}

/// The digits at the start as a number, and how many they are. Wraps around as Go does.
fn leading_number(text: &str, inside_number: bool) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold((i64::from(inside_number), 0), |(number, count), digit| {
        let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(digit), count + 1)
    })
}

fn is_letter(c: char) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{L}").ok());
    if c.is_ascii() { c.is_ascii_alphabetic() } else { is_in(&LETTER, c) }
}

fn is_digit(c: char) -> bool {
    static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{Nd}").ok());
    if c.is_ascii() { c.is_ascii_digit() } else { is_in(&DIGIT, c) }
}

/// Rust's own character classes are wider than the Unicode categories that Go asks for.
fn is_in(class: &LazyLock<Option<Regex>>, c: char) -> bool {
    class.as_ref().is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4])))
}

/// Sorts by an order that may run in a circle (`a2` < `a12` < `a1b` < `a2`), where the standard sort may panic.
///
/// For such keys Go's own result changes from run to run; ours does not.
pub fn sort<T: Copy>(items: &mut Vec<T>, order: impl Fn(T, T) -> Ordering) {
    if items.is_sorted_by(|a, b| order(*a, *b).is_le()) {
        return;
    }
    let mut merged = Vec::with_capacity(items.len());
    let mut run = 1;
    while run < items.len() {
        for pair in items.chunks(2 * run) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            merge(left, right, &order, &mut merged);
        }
        std::mem::swap(items, &mut merged);
        merged.clear();
        run *= 2;
    }
}

fn merge<T: Copy>(mut left: &[T], mut right: &[T], order: impl Fn(T, T) -> Ordering, merged: &mut Vec<T>) {
    while let ([a, after_a @ ..], [b, after_b @ ..]) = (left, right) {
        if order(*b, *a).is_lt() {
            merged.push(*b);
            right = after_b;
        } else {
            merged.push(*a);
            left = after_a;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'k>(keys: &[&'k str]) -> Vec<&'k str> {
        let mut keys = keys.to_vec();
        sort(&mut keys, natural_order);
        keys
    }

    #[test]
    fn numbers_in_keys_compare_by_value() {
        assert_eq!(sorted(&["a10", "a9", "a1", "a01", "a"]), ["a", "a1", "a01", "a9", "a10"]);
    }

    #[test]
    fn letters_stand_after_everything_else() {
        assert_eq!(sorted(&["ab", "a_", "a.", "a-", "a1", "B", "a"]), ["B", "a", "a-", "a.", "a_", "a1", "ab"]);
    }

    #[test]
    fn long_lists_are_sorted_too() {
        let keys: Vec<String> = (0..1000).map(|n| format!("key-{}", n * 7919 % 1000)).collect();
        let sorted = sorted(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(sorted.iter().enumerate().all(|(at, key)| *key == format!("key-{at}")));
    }

    #[test]
    fn keys_that_run_in_a_circle_are_all_kept() {
        let keys: Vec<String> = (0..200).flat_map(|n| [format!("a{n}"), format!("a{n}b"), format!("a0{n}")]).collect();
        let mut sorted = sorted(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 600);
    }
}
