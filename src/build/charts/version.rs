//! Versions of charts, as far as a release pins them.

/// A version: a part that is not pinned is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Major number.
    pub major: u64,
    /// Minor number, where one version is pinned.
    pub minor: Option<u64>,
}

impl Version {
    /// Reads `5.1.0`, `v5.1`, and ranges that stay below one major number: `^5.1.0`, `~5.1`, `5.x`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = text.trim_start_matches(['^', '~', '=', 'v', ' ']);
        let is_range = text.starts_with(['^', '~']) || plain.contains([' ', ',', '|', '*', 'x', 'X']);
        if plain.contains("||") || plain.contains(['<', '>']) {
            return None;
        }
        let mut parts = plain.split(['.', '-', '+', ' ', '@']);
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next().and_then(|part| part.parse().ok());
        Some(Version { major, minor: minor.filter(|_| !is_range) })
    }

    /// Whether it is this version or a later one. A minor number that is not known counts as the newest.
    pub fn is_at_least(self, major: u64, minor: u64) -> bool {
        (self.major, self.minor.unwrap_or(u64::MAX)) >= (major, minor)
    }
}

/// The numbers of a version that is pinned: `v1.2.3`, `1.2`; `None` for a range.
pub fn numbers(version: &str) -> Option<Vec<u64>> {
    let plain = version.trim().trim_start_matches('v');
    let plain = plain.split(['-', '+']).next()?;
    plain.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_within_one_major_number_has_no_minor_number() {
        let read = |text: &str| Version::parse(text).map(|version| (version.major, version.minor));
        assert_eq!(read("5.1.0"), Some((5, Some(1))));
        assert_eq!(read("v4.0.1-beta.1"), Some((4, Some(0))));
        assert_eq!(read("5"), Some((5, None)));
        for range in ["^5.1.0", "~5.1", "5.x", "5.1.x", "5.*"] {
            assert_eq!(read(range), Some((5, None)), "{range}");
        }
        for unclear in ["*", ">=4.0.0", ">=4 <6", "4.x || 5.x", "latest", ""] {
            assert_eq!(read(unclear), None, "{unclear}");
        }
    }
}
