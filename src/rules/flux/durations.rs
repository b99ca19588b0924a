//! Durations as the Flux API takes them.

use std::time::Duration;

/// A duration of the API: numbers with `ms`, `s`, `m` or `h`. Source: the patterns of the Flux CRDs,
/// `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`.
pub fn parse(text: &str) -> Option<Duration> {
    let parts = parts(text)?;
    let seconds = |(number, unit): (f64, &str)| match unit {
        "ms" => Some(number / 1000.0),
        "s" => Some(number),
        "m" => Some(number * 60.0),
        "h" => Some(number * 3600.0),
        _ => None,
    };
    let mut total = 0.0;
    for part in parts {
        total += seconds(part)?;
    }
    Duration::try_from_secs_f64(total).ok()
}

/// The numbers of a text with their units, whatever these are; `None` where it is no list of such.
pub fn parts(text: &str) -> Option<Vec<(f64, &str)>> {
    let mut rest = text;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let well_formed = number.starts_with(|c: char| c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit())
            && number.matches('.').count() <= 1;
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        if !well_formed {
            return None;
        }
        parts.push((number.parse().ok()?, unit));
        rest = next;
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_knows_no_days() {
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("1.5m"), Some(Duration::from_secs(90)));
        for text in ["1d", "10", "", "m", "1 h", ".5s", "1h-2m", "5min"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
