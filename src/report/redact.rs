//! Which bytes of a file are never printed: the values of Secrets, and credentials in other places.

use std::ops::Range;

use crate::cluster::secrets::{in_file, secret_data};

/// What stands in place of a hidden value.
pub(super) const HIDDEN: &str = "<redacted>";

/// How much of the labelled lines is hidden besides the data of Secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hide {
    /// Nothing else.
    SecretData,
    /// Every value: the finding is about plain text that should not be readable.
    AllValues,
}

/// What is hidden in a text, in order and without overlap.
pub(super) fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut ranges = [secret_data(text), in_file(text)].concat();
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    ranges
}
