//! Forms of texts that the API server checks in code, as formats of JSON Schema, each with its rule in words.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regex::Regex;
use std::sync::LazyLock;

use super::instance::Manifest;

/// A form of texts.
pub struct Form {
    /// Its name in schemas.
    pub name: &'static str,
    /// Whether a text has it.
    fits: fn(&str) -> bool,
    /// What it is called: "is `x`, which is no …".
    pub called: &'static str,
    /// Its rule, in the imperative.
    pub help: &'static str,
}

const LABEL: &str = "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends";
const QUALIFIED: &str = "use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";

/// Forms of names: Kubernetes apimachinery `pkg/util/validation/validation.go`, `pkg/api/validation/path/name.go`, and
/// `pkg/apis/batch/validation/validation.go` (`CronJob`). Forms of CRDs: kube-openapi `pkg/validation/strfmt/default.go`.
const FORMS: &[Form] = &[
    Form { name: "dns-label", fits: is_label, called: "DNS label", help: LABEL },
    Form {
        name: "dns-label-1035",
        fits: is_label_1035,
        called: "DNS label as names of Services have to be",
        help: "use at most 63 lower-case letters, digits and `-`, with a letter at the front and a letter or digit at the end",
    },
    Form {
        name: "dns-subdomain",
        fits: is_subdomain,
        called: "DNS subdomain",
        help: "use at most 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of every part",
    },
    Form {
        name: "cronjob-name",
        fits: |text| is_subdomain(text) && text.len() <= 52,
        called: "name of a CronJob",
        help: "use at most 52 lower-case letters, digits, `-` and `.`: the names of its Jobs get 11 more",
    },
    Form {
        name: "path-segment",
        fits: |text| !matches!(text, "." | "..") && !text.contains(['/', '%']),
        called: "part of a path",
        help: "leave `/` and `%` out",
    },
    Form {
        name: "label-key",
        fits: is_qualified,
        called: "key of a label or an annotation",
        help: "write `name`, or `example.org/name` with a DNS name before the slash",
    },
    Form {
        name: "label-value",
        fits: |text| text.is_empty() || is_name(text),
        called: "value of a label",
        help: QUALIFIED,
    },
    Form {
        name: "config-key",
        fits: |text| {
            text.len() <= 253 && !text.starts_with("..") && text != "." && !text.is_empty() && text.chars().all(in_key)
        },
        called: "key of a ConfigMap or Secret",
        help: "use at most 253 letters, digits, `-`, `_` and `.`",
    },
    Form {
        name: "cron",
        fits: super::cron::is_schedule,
        called: "schedule",
        help: "write five fields, such as `0 3 * * *`",
    },
    Form {
        name: "byte",
        fits: is_base64,
        called: "base64",
        help: "encode the value with base64, or write it under `stringData` of a Secret",
    },
    Form {
        name: "cidr",
        fits: is_network,
        called: "network",
        help: "write an address and a length, such as `10.0.0.0/8`",
    },
    Form {
        name: "ipv4",
        fits: |text| text.parse::<Ipv4Addr>().is_ok(),
        called: "IPv4 address",
        help: "write `10.0.0.1`",
    },
    Form {
        name: "ipv6",
        fits: |text| text.parse::<Ipv6Addr>().is_ok(),
        called: "IPv6 address",
        help: "write `fd00::1`",
    },
    Form { name: "duration", fits: is_duration, called: "duration", help: "write a duration such as `90s` or `1h30m`" },
    Form {
        name: "date-time",
        fits: |text| matches(&DATE_TIME, text),
        called: "time",
        help: "write a time such as `2024-04-01T00:00:00Z`",
    },
    Form { name: "date", fits: is_date, called: "date", help: "write a date such as `2024-04-01`" },
    Form {
        name: "uuid",
        fits: |text| matches(&UUID, text),
        called: "UUID",
        help: "write 32 hexadecimal digits in five groups",
    },
    Form { name: "mac", fits: |text| matches(&MAC, text), called: "MAC address", help: "write `00:00:5e:00:53:01`" },
];

/// Formats that the library knows and the API server takes as they come, or knows in another way.
const OPEN: [&str; 13] = [
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
];

type Pattern = LazyLock<Option<Regex>>;
static DATE_TIME: Pattern = LazyLock::new(|| {
    Regex::new(r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?$").ok()
});
static UUID: Pattern =
    LazyLock::new(|| Regex::new("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$").ok());
static MAC: Pattern = LazyLock::new(|| Regex::new("(?i)^([0-9a-f]{2}[:.-]?){5,19}[0-9a-f]{2}$").ok());

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

impl Form {
    /// Whether a text has it.
    pub fn takes(&self, text: &str) -> bool {
        (self.fits)(text)
    }
}

/// The form of a format.
pub fn form(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.name == name)
}

/// The same options, with all formats.
pub fn add<'i>(
    options: jsonschema::ValidationOptions<'i, std::sync::Arc<dyn jsonschema::Retrieve>, Manifest>,
) -> jsonschema::ValidationOptions<'i, std::sync::Arc<dyn jsonschema::Retrieve>, Manifest> {
    let options = FORMS.iter().fold(options, |options, form| options.with_format(form.name, form.fits));
    OPEN.iter().fold(options, |options, name| options.with_format(*name, |_| true))
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_label_1035(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_subdomain(text: &str) -> bool {
    // Only the whole has a length here: parts may be longer than a label.
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let part =
        |part: &str| !part.is_empty() && part.chars().all(inner) && !part.starts_with('-') && !part.ends_with('-');
    text.len() <= 253 && text.split('.').all(part)
}

fn is_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len()) && text.chars().all(in_key) && text.starts_with(ends) && text.ends_with(ends)
}

fn in_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Annotation keys may have upper-case letters before the slash, so the prefix is read without case.
fn is_qualified(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(&prefix.to_ascii_lowercase()) && is_name(name),
        None => is_name(text),
    }
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    // Line ends are passed over, as Go's decoder does.
    let text: Cow<'_, str> =
        if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], "").into() } else { text.into() };
    base64::engine::general_purpose::STANDARD.decode(text.as_bytes()).is_ok()
}

fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => length <= 32,
        Ok(IpAddr::V6(_)) => length <= 128,
        Err(_) => false,
    }
}

/// A day of the calendar. Source: kube-openapi `pkg/validation/strfmt/date.go`.
pub fn is_date(text: &str) -> bool {
    let number = |part: Option<&str>, length: usize| {
        let part = part.filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let mut parts = text.split('-');
    let day = (number(parts.next(), 4), number(parts.next(), 2), number(parts.next(), 2));
    let ((Some(year), Some(month), Some(day)), None) = (day, parts.next()) else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Durations of Go, and the longer words that the reader of CRDs takes besides.
pub fn is_duration(text: &str) -> bool {
    static GO: Pattern = LazyLock::new(|| Regex::new(r"^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$").ok());
    static WORDS: Pattern = LazyLock::new(|| {
        Regex::new(r"(?i)^\s*(\d+(\.\d+)?\s*(nanos?|nanoseconds?|ns|micros?|microseconds?|us|µs|millis?|milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)\s*)+$").ok()
    });
    matches(&GO, text) || matches(&WORDS, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_takes_what_it_should_and_nothing_else() {
        let long = "a".repeat(64);
        for (name, good, bad) in [
            ("dns-label", vec!["web", "1web", "a-b"], vec!["", "Web", "-web", "web-", "web.x", &long]),
            ("dns-label-1035", vec!["web1"], vec!["1web", "web.x"]),
            ("dns-subdomain", vec!["web", "web.example.org", &long], vec!["web..x", ".web", "web_x", "Web"]),
            ("cronjob-name", vec!["nightly"], vec!["a23456789012345678901234567890123456789012345678901234"]),
            ("path-segment", vec!["system:node", "A b"], vec!["a/b", "..", "50%"]),
            ("label-key", vec!["app", "example.org/app", "Example.org/App_1"], vec!["a b", "/app", "x/y/z", "", &long]),
            ("label-value", vec!["", "web", "1.0_x"], vec!["-web", "web-", "a b", "a/b", &long]),
            ("config-key", vec!["a.b", "_x", ".env"], vec!["a b", "..x", "a/b", ""]),
            ("byte", vec!["", "dG9rZW4=", "dG9r\nZW4=\n"], vec!["dG9rZW4", "not base64", "dG9r ZW4="]),
            ("cidr", vec!["10.0.0.0/8", "10.0.0.1/8", "fd00::/64"], vec!["10.0.0.0", "10.0.0.0/33", "x/8"]),
            ("ipv4", vec!["10.0.0.1"], vec!["10.0.0", "fd00::1"]),
            ("ipv6", vec!["fd00::1"], vec!["10.0.0.1"]),
            ("duration", vec!["1h30m", "0", "500ms", "-1.5h", "3 days"], vec!["1x", "", "h", "10"]),
            ("date-time", vec!["2024-04-01T00:00:00Z", "2024-04-01T00:00:00.5+02:00"], vec!["2024-04-01", "now"]),
            ("date", vec!["2024-04-01", "2024-02-29"], vec!["1.4.2024", "2023-02-29", "2024-13-01", "2024-1-1"]),
            ("uuid", vec!["123e4567-e89b-12d3-a456-426614174000"], vec!["123e4567"]),
            ("mac", vec!["00:00:5e:00:53:01"], vec!["00:00"]),
            ("cron", vec!["0 3 * * *", "@daily", "@every 5m"], vec!["0 25 * * *", "daily"]),
        ] {
            let form = form(name).unwrap();
            for text in good {
                assert!((form.fits)(text), "{name}: {text}");
            }
            for text in bad {
                assert!(!(form.fits)(text), "{name}: {text}");
            }
        }
        assert_eq!(FORMS.len(), 18);
    }
}
