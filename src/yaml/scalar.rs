//! Plain scalars as go-yaml v3 and v2 type them. Source: yaml/go-yaml v3.0.4 and v2.4.4 `resolve.go`.

use super::Mode;

/// A typed plain scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `~`, `null`, nothing.
    Null,
    /// `true`, `false`; in v2 also `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// Fits a signed 64-bit number.
    Int(i64),
    /// Above `i64::MAX`, fits an unsigned one.
    Uint(u64),
    /// Everything else that is a number. Infinities and NaN cannot be converted to JSON.
    Float(f64),
    /// A time: v3 prints it in RFC 3339, v2 keeps the text.
    Time(String),
    /// The value of the merge key.
    Merge,
    /// The text itself.
    Text,
}

/// Types a plain scalar.
pub fn resolve(text: &str, mode: Mode) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, mode),
        b'<' if text == "<<" => Scalar::Merge,
        b'.' => dotted(text),
        b'+' | b'-' | b'0'..=b'9' => signed_infinity(text).unwrap_or_else(|| number(text, mode)),
        _ => Scalar::Text,
    }
}

fn word(text: &str, mode: Mode) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if mode == Mode::V2 => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if mode == Mode::V2 => Scalar::Bool(false),
        _ => Scalar::Text,
    }
}

fn dotted(text: &str) -> Scalar {
    match text {
        ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        _ => dotted_float(text).map_or(Scalar::Text, Scalar::Float),
    }
}

/// Go's own reader of floats is asked here: `_` may stand between digits.
fn dotted_float(text: &str) -> Option<f64> {
    let fits = !text.ends_with('_')
        && text.as_bytes().windows(3).all(|window| match window {
            [before, b'_', after] => before.is_ascii_digit() && after.is_ascii_digit(),
            _ => true,
        });
    if fits { float(&text.replace('_', "")) } else { None }
}

fn signed_infinity(text: &str) -> Option<Scalar> {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => Some(Scalar::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Scalar::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn number(text: &str, mode: Mode) -> Scalar {
    if let Some(time) = time(text) {
        return match mode {
            Mode::V3 => Scalar::Time(time),
            Mode::V2 => Scalar::Text,
        };
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(int) = integer(&plain) {
        return int;
    }
    if let Some(value) = float(&plain) {
        return Scalar::Float(value);
    }
    sign_behind_prefix(&plain, mode).unwrap_or(Scalar::Text)
}

/// `0b-1`, and in v3 `0o-7`: a prefix that Go's number reader does not take is cut off, and the rest read again.
fn sign_behind_prefix(text: &str, mode: Mode) -> Option<Scalar> {
    let (rest, radix) = match text.strip_prefix("0b") {
        Some(rest) => (rest, 2),
        None if mode == Mode::V3 => (text.strip_prefix("0o")?, 8),
        None => return None,
    };
    rest.starts_with(['-', '+']).then(|| i64::from_str_radix(rest, radix).ok().map(Scalar::Int))?
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: prefixes `0x`, `0b`, `0o`, and a leading `0` is octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(int)) => Some(Scalar::Int(int)),
        (false, Err(_)) => Some(Scalar::Uint(magnitude)),
        (true, Ok(int)) => Some(Scalar::Int(-int)),
        (true, Err(_)) if magnitude == 1 << 63 => Some(Scalar::Int(i64::MIN)),
        (true, Err(_)) => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, without overflow.
fn float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (body.get(..at)?, Some(body.get(at + 1..)?)),
        None => (body, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let shaped = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !shaped || !exponent_fits {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The RFC 3339 form of a text that go-yaml reads as a time, or `None`.
fn time(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes.get(4) != Some(&b'-') || !bytes.iter().take(4).all(u8::is_ascii_digit) {
        return None;
    }
    let year: u32 = text.get(..4)?.parse().ok()?;
    let (month, rest) = small_number(text.get(5..)?)?;
    let (day, rest) = small_number(rest.strip_prefix('-')?)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let (clock, zone) = match rest.as_bytes().first()? {
        b'T' | b't' => {
            let rest = rest.get(1..)?;
            let at = rest.find(['Z', '+', '-'])?;
            (rest.get(..at)?, rest.get(at..)?)
        }
        b' ' => (rest.trim_start_matches(' '), "Z"),
        _ => return None,
    };
    let (hour, clock) = small_number(clock)?;
    let (minute, clock) = small_number(clock.strip_prefix(':')?)?;
    let (second, clock) = small_number(clock.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = match clock.strip_prefix(['.', ',']) {
        None if clock.is_empty() => String::new(),
        Some(fraction) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            let kept = fraction.get(..9.min(fraction.len()))?.trim_end_matches('0');
            if kept.is_empty() { String::new() } else { format!(".{kept}") }
        }
        _ => return None,
    };
    let zone = match zone {
        "Z" | "+00:00" | "-00:00" => "Z".to_owned(),
        zone => {
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            let fits = |text: &str, limit: u32| {
                text.len() == 2
                    && text.bytes().all(|b| b.is_ascii_digit())
                    && text.parse::<u32>().is_ok_and(|number| number <= limit)
            };
            if !(fits(hours, 24) && fits(minutes, 60)) {
                return None;
            }
            zone.to_owned()
        }
    };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn small_number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let number = text.get(..length)?.parse().ok()?;
    Some((number, text.get(length..)?))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A number as Go's `encoding/json` prints it.
pub fn float_text(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn v3(text: &str) -> Scalar {
        resolve(text, Mode::V3)
    }

    #[test]
    fn words_of_yaml_1_1_are_booleans_only_after_substitution() {
        for text in ["y", "Yes", "on", "ON"] {
            assert_eq!(v3(text), Scalar::Text);
            assert_eq!(resolve(text, Mode::V2), Scalar::Bool(true));
        }
        assert_eq!(v3("tRue"), Scalar::Text);
        assert_eq!(v3("nULL"), Scalar::Text);
        assert_eq!(v3(""), Scalar::Null);
    }

    #[test]
    fn integers_know_every_prefix_and_ignore_underscores() {
        for (text, value) in [
            ("0777", 511),
            ("010", 8),
            ("0o777", 511),
            ("-0o7", -7),
            ("0x1F", 31),
            ("0b101", 5),
            ("-0b11", -3),
            ("1_000", 1000),
            ("0_7", 7),
            ("1__0", 10),
            ("0777_7", 4095),
            ("+1", 1),
            ("-0", 0),
        ] {
            assert_eq!(v3(text), Scalar::Int(value), "{text}");
        }
        for text in ["0b12", "0x", "_1", "1:60", "190:20:30", "1.2.3", "0.1e", ".", "1e400", "="] {
            assert_eq!(v3(text), Scalar::Text, "{text}");
        }
    }

    #[test]
    fn what_is_no_octal_falls_through_to_float() {
        assert_eq!(v3("08"), Scalar::Float(8.0));
        assert_eq!(v3("1e3"), Scalar::Float(1000.0));
        assert_eq!(v3(".5"), Scalar::Float(0.5));
        assert_eq!(v3("1."), Scalar::Float(1.0));
        assert_eq!(v3("1_2.5"), Scalar::Float(12.5));
        assert_eq!(v3("12345678901234567890"), Scalar::Uint(12_345_678_901_234_567_890));
    }

    #[test]
    fn dates_become_times_in_the_build_and_stay_text_after_substitution() {
        assert_eq!(v3("2024-04-01"), Scalar::Time("2024-04-01T00:00:00Z".into()));
        assert_eq!(v3("2024-04-01 10:00:00"), Scalar::Time("2024-04-01T10:00:00Z".into()));
        assert_eq!(v3("2024-4-1T1:2:3.50+02:00"), Scalar::Time("2024-04-01T01:02:03.5+02:00".into()));
        assert_eq!(v3("2024-13-45"), Scalar::Text);
        assert_eq!(resolve("2024-04-01", Mode::V2), Scalar::Text);
    }

    #[test]
    fn odd_forms_are_read_as_go_reads_them() {
        assert_eq!(v3(".1_0"), Scalar::Float(0.1));
        assert_eq!(v3("._10"), Scalar::Text);
        assert_eq!(v3("0b-11"), Scalar::Int(-3));
        assert_eq!(v3("0o-7"), Scalar::Int(-7));
        assert_eq!(resolve("0o-7", Mode::V2), Scalar::Text);
        assert_eq!(v3("2024-04-01  1:2:3,5"), Scalar::Time("2024-04-01T01:02:03.5Z".into()));
        assert_eq!(v3("2024-04-01T1:2:3+ab:cd"), Scalar::Text);
        assert_eq!(v3("2024-04-01T1:2:3+25:00"), Scalar::Text);
        assert_eq!(v3("2024-04-01T1:2:3Z01:00"), Scalar::Text);
    }

    #[test]
    fn numbers_print_as_go_prints_them() {
        for (value, text) in [(1.1, "1.1"), (1000.0, "1000"), (1e21, "1e+21"), (1e-7, "1e-7"), (0.5, "0.5")] {
            assert_eq!(float_text(value), text);
        }
    }
}
