//! The text of labels: made harmless, cut to a length, and measured.

use crate::report::escape;

/// Longest label (characters); names in Kubernetes may have 253.
const LONGEST: usize = 56;

/// A label on one line.
pub fn label(text: &str) -> String {
    sentence(text, LONGEST)
}

/// Text on one line, of so many characters at most.
pub fn sentence(text: &str, longest: usize) -> String {
    escape::cut(&escape::line(text), longest).into_owned()
}

/// Width in pixels at a size of monospaced letters. Those of wide scripts take two cells.
pub fn width(text: &str, size: f64) -> f64 {
    let cells: f64 = text.chars().map(|c| if is_wide(c) { 2.0 } else { 1.0 }).sum();
    // The widest of the fonts that are asked for has cells of 0.602 of its size.
    cells * size * 0.605
}

fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}
