//! Named forms of texts. Source: Kubernetes apiserver `pkg/cel/library/format.go`.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::functions::Function;
use super::url::Url;
use super::value::{Outcome, Value};
use crate::cluster::schemas::{form, is_date};

/// A form: its name in expressions, the function that gives it, what it asks.
#[derive(Debug)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    function: Function,
    fits: fn(&str) -> bool,
    /// What a text is not: "is no …".
    called: &'static str,
}

macro_rules! formats {
    ($($name:literal, $function:ident, $fits:expr, $called:literal;)*) => {
        const ALL: &[Format] =
            &[$(Format { name: $name, function: Function::$function, fits: $fits, called: $called },)*];
    };
}

formats! {
    "dns1123Label", Dns1123Label, |text| fits("dns-label", text), "DNS label";
    "dns1123Subdomain", Dns1123Subdomain, |text| fits("dns-subdomain", text), "DNS subdomain";
    "dns1035Label", Dns1035Label, |text| fits("dns-label-1035", text), "DNS label that begins with a letter";
    "qualifiedName", QualifiedName, is_qualified, "qualified name";
    "dns1123LabelPrefix", Dns1123LabelPrefix, |text| fits("dns-label", &begun(text)), "begin of a DNS label";
    "dns1123SubdomainPrefix", Dns1123SubdomainPrefix, |text| fits("dns-subdomain", &begun(text)), "begin of a DNS subdomain";
    "dns1035LabelPrefix", Dns1035LabelPrefix, |text| fits("dns-label-1035", &begun(text)), "begin of a DNS label that begins with a letter";
    "labelValue", LabelValue, |text| fits("label-value", text), "value of a label";
    "uri", Uri, |text| Url::parse(text).is_some(), "URI";
    "uuid", Uuid, |text| fits("uuid", text), "UUID";
    "byte", Byte, is_base64, "base64";
    "date", Date, is_date, "date";
    "datetime", DateTime, is_date_time, "time";
}

/// Calls a function over forms; `None` where it is another one.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Option<Outcome<'w>> {
    Some(Ok(match (function, arguments) {
        (Function::FormatNamed, [Value::Str(name)]) => match ALL.iter().find(|format| format.name == name) {
            Some(format) => Value::some(Value::Format(format)),
            None => Value::Optional(None),
        },
        // The API server says why in words of its own; how many there are is the same for almost all texts.
        (Function::Validate, [Value::Format(format), Value::Str(text)]) => match (format.fits)(text) {
            true => Value::Optional(None),
            false => Value::some(Value::list(vec![Value::text(format!("`{text}` is no {}", format.called))])),
        },
        (function, []) => Value::Format(ALL.iter().find(|format| format.function == function)?),
        _ => return None,
    }))
}

fn fits(name: &str, text: &str) -> bool {
    form(name).is_some_and(|form| form.takes(text))
}

/// A name that something is added to: a dash at its end stands for what comes. Source: apimachinery
/// `pkg/api/validation/generic.go` (`maskTrailingDash`), which takes the letter before the dash away too.
fn begun(text: &str) -> String {
    match text.strip_suffix('-').and_then(|rest| rest.split_at_checked(rest.len().checked_sub(1)?)) {
        Some((rest, _)) => format!("{rest}a"),
        None => text.to_owned(),
    }
}

/// Unlike keys of annotations, with a prefix in lower-case letters.
fn is_qualified(text: &str) -> bool {
    let is_lower = text.split_once('/').is_none_or(|(prefix, _)| fits("dns-subdomain", prefix));
    is_lower && fits("label-key", text)
}

/// Source: govalidator `patterns.go` (`Base64`), which takes neither nothing nor line ends, and any bits at the end.
fn is_base64(text: &str) -> bool {
    const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    !text.is_empty() && GeneralPurpose::new(&base64::alphabet::STANDARD, LAX).decode(text).is_ok()
}

/// Source: kube-openapi `pkg/validation/strfmt/time.go` (`IsDateTime`): what stands behind a second `T` does not count, and
/// fractions may follow any character.
fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let two = |at: usize, most: &str| {
        time.get(at..at + 2).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && part <= most)
    };
    let colon = |at: usize| time.get(at..=at) == Some(":");
    let is_clock = two(0, "23") && colon(2) && two(3, "59") && colon(5) && two(6, "59");
    is_date(date) && is_clock && time.get(8..).is_some_and(|rest| is_zone(rest) || is_zone(fraction(rest)))
}

/// What follows a fraction of seconds; nothing where there is none.
fn fraction(text: &str) -> &str {
    let mut rest = text.chars();
    let is_begun = rest.next().is_some_and(|first| first != '\n');
    let rest = rest.as_str();
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if is_begun && after.len() < rest.len() { after } else { "" }
}

fn is_zone(text: &str) -> bool {
    match text.split_at_checked(1) {
        Some(("z", "")) => true,
        Some(("+" | "-", rest)) => {
            let form = |(at, byte): (usize, u8)| if at == 2 { byte == b':' } else { byte.is_ascii_digit() };
            rest.len() == 5 && rest.bytes().enumerate().all(form)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text was given to the library of apiserver v0.33.0, and 20,000 variations of them.
    #[test]
    fn texts_have_the_forms_that_the_api_server_sees_in_them() {
        let (label, long) = ("a".repeat(63), "a".repeat(64));
        let (dashed, longer) = (format!("{label}-"), format!("{long}-"));
        let subdomain = "a".repeat(254);
        for (name, good, bad) in [
            ("dns1123Label", vec!["web", "1web", &label], vec!["", "a-", "Web", "web.x", "web\n", "ü", &long]),
            ("dns1123Subdomain", vec!["web.x", "9", &long], vec!["web..x", ".a", "a.", "a_b", &subdomain]),
            ("dns1035Label", vec!["web1"], vec!["1web", "", "web-"]),
            (
                "qualifiedName",
                vec!["a_b", "Web", "example.org/App_1"],
                vec!["Example.org/app", "x/y/z", "/app", "", &long],
            ),
            ("dns1123LabelPrefix", vec!["a-", "a--", "A-", "web", &dashed], vec!["-", "-a-", "", "aé-", &longer]),
            ("dns1123SubdomainPrefix", vec!["web.x-"], vec!["a.", "-"]),
            ("dns1035LabelPrefix", vec!["ab-"], vec!["9ab-", "-"]),
            ("labelValue", vec!["", "1.0_x"], vec!["-web", "a b", &long]),
            ("uuid", vec!["123E4567E89B12D3A456426614174000"], vec!["123e4567", ""]),
            ("byte", vec!["YQ==", "YR==", "+/+/"], vec!["", "aGVsbG8", "aGVs\nbG8=", "-_-_", "YQ==YQ=="]),
            ("date", vec!["2024-02-29", "0000-01-01"], vec!["2021-02-29", "2024-13-01", "2024-1-1", "12024-01-01", ""]),
            (
                "datetime",
                vec![
                    "2021-01-01t00:00:00z",
                    "2021-01-01T23:59:59.123+99:99",
                    "2021-01-01T00:00:00x5Z",
                    "2021-01-01T00:00:00ZT1",
                ],
                vec![
                    "2021-01-01T23:59:59",
                    "2021-01-01T24:00:00Z",
                    "2021-02-30T00:00:00Z",
                    "2021-01-01T00:00:00+0200",
                    "2021-01-01",
                    "now",
                ],
            ),
            (
                "uri",
                vec![
                    "mailto:a@b",
                    "*",
                    "/x?y z",
                    "//ho st/x",
                    "http:",
                    "http://",
                    "http://a/b c",
                    "http://a?b=%zz",
                    "h-t+p.x://y",
                    "http://[::1]:80/x",
                    "http://[fe80::1%25en0]/",
                    "http://a:1:2/",
                    "http://u:p@h:1",
                    "http://é.org/",
                    "http://a<b/",
                    "http://a%250b",
                ],
                vec![
                    "",
                    "path",
                    "?x",
                    ":x",
                    "://x",
                    "1http://x",
                    "-a:b",
                    "http://a b/",
                    "http://a/%zz",
                    "http://[::1/x",
                    "http://a:b/",
                    "http://a#frag",
                    "http://a%20b/",
                    "http://[fe80::1%en0]/",
                    "http://a|b",
                    "http://us er@host/",
                    "http://u%zz@h",
                    "http://[::1]x",
                    "http://a\n",
                ],
            ),
        ] {
            let format = ALL.iter().find(|format| format.name == name).unwrap();
            good.iter().for_each(|text| assert!((format.fits)(text), "{name}: {text}"));
            bad.iter().for_each(|text| assert!(!(format.fits)(text), "{name}: {text}"));
        }
        assert_eq!(ALL.len(), 13);
    }
}
