//! Schedules of CronJobs. Source: robfig/cron v3 `parser.go` (`ParseStandard`), which batch validation asks.

/// Names that months and days of the week have.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field: lowest and highest number, and names for numbers from the lowest on.
type Field = (u32, u32, &'static [&'static str]);

const FIELDS: [Field; 5] = [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 6, &DAYS)];

/// Whether a text is a schedule.
pub fn is_schedule(text: &str) -> bool {
    // A time zone in front is read by the parser; that it is refused for new objects is another matter.
    let text = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest).trim(),
        None => text,
    };
    if let Some(word) = text.strip_prefix('@') {
        let is_name = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"].contains(&word);
        return is_name || word.strip_prefix("every ").is_some_and(super::formats::is_duration);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    fields.len() == FIELDS.len()
        && fields.iter().zip(FIELDS).all(|(text, field)| text.split(',').all(|one| fits(one, field)))
}

/// `*`, `?`, `n`, `n-m`, each with a step.
fn fits(text: &str, field: Field) -> bool {
    let (least, most, _) = field;
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (text, None),
    };
    if !step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0)) {
        return false;
    }
    let ends = match range {
        "*" | "?" => Some((least, most)),
        _ => match range.split_once('-') {
            Some((from, to)) => number(from, field).zip(number(to, field)),
            None => number(range, field).map(|one| (one, one)),
        },
    };
    ends.is_some_and(|(from, to)| least <= from && from <= to && to <= most)
}

fn number(text: &str, (least, _, names): Field) -> Option<u32> {
    let name = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match name.and_then(|at| u32::try_from(at).ok()) {
        Some(at) => Some(least + at),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_those_that_the_parser_takes() {
        for text in [
            "0 3 * * *",
            "*/5 * * * *",
            "0 0 1,15 * 1-5",
            "0 0 * jan-mar sun",
            "@daily",
            "@every 1h30m",
            "5/15 * * * ?",
            "TZ=Europe/Vienna 0 3 * * *",
            "0  3 * * *",
        ] {
            assert!(is_schedule(text), "{text}");
        }
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "0 24 * * *",
            "0 0 0 * *",
            "0 0 * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "@often",
            "daily",
            "0 3 * * mo",
        ] {
            assert!(!is_schedule(text), "{text}");
        }
    }
}
