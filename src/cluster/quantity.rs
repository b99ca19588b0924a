//! Amounts as Kubernetes writes them, exact to a billionth. Source: apimachinery `pkg/api/resource/quantity.go`.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

const NANO: i128 = 1_000_000_000;

/// The family of suffixes an amount was written with, and is printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// `Ki`, `Mi`, `Gi`, …
    Binary,
    /// `m`, `k`, `M`, …
    Decimal,
    /// `e3`
    Exponent,
}

/// An exact amount.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    family: Family,
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nano: 0, family: Family::Decimal };

    /// A whole number of things.
    pub fn count(number: u64) -> Self {
        Quantity { nano: i128::from(number) * NANO, family: Family::Decimal }
    }

    /// A whole number of mebibytes.
    pub fn mebibytes(number: u64) -> Self {
        Quantity { nano: i128::from(number) * 1024 * 1024 * NANO, family: Family::Binary }
    }

    /// Reads an amount. What is finer than a billionth is rounded up, as Kubernetes does.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let digits: i128 =
            if whole.len() + fraction.len() > 30 { return None } else { format!("{whole}{fraction}").parse().ok()? };
        let places = i32::try_from(fraction.len()).ok()?;
        let (family, power, factor) = suffix_of(suffix)?;
        // digits × factor × 10^(power + 9 - places)
        let scaled = digits.checked_mul(factor)?;
        let exponent = power + 9 - places;
        let ten = 10i128.checked_pow(exponent.unsigned_abs())?;
        let nano = if exponent >= 0 { scaled.checked_mul(ten)? } else { divide_up(scaled, ten) };
        let nano = if text.starts_with('-') { -nano } else { nano };
        Some(Quantity { nano, family })
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    /// So many times this.
    #[must_use]
    pub fn times(self, copies: u64) -> Self {
        Quantity { nano: self.nano.saturating_mul(i128::from(copies)), family: self.family }
    }

    /// A share of it in percent, exact to a billionth.
    #[must_use]
    pub fn percent(self, percent: u8) -> Self {
        Quantity { nano: self.nano.saturating_mul(i128::from(percent)) / 100, family: self.family }
    }

    /// Its share of a whole in tenths of a percent, rounded down; `None` where the whole is nothing.
    pub fn per_mille(self, whole: Self) -> Option<u64> {
        let share = self.nano.saturating_mul(1000).checked_div(whole.nano)?;
        u64::try_from(share).ok()
    }

    /// The amount for people: exact where that is short, else with one decimal, rounded up.
    pub fn shown(self) -> String {
        let exact = self.to_string();
        if exact.bytes().filter(u8::is_ascii_digit).count() <= 5 || self.nano < NANO {
            return exact;
        }
        let unit = |factor: i128, suffix: &str| {
            let tenths = divide_up(self.nano.saturating_mul(10), factor.saturating_mul(NANO));
            let (whole, tenth) = (tenths / 10, tenths % 10);
            if tenth == 0 { format!("{whole}{suffix}") } else { format!("{whole}.{tenth}{suffix}") }
        };
        match self.family {
            Family::Binary => {
                let fits = |power: &usize| self.nano >= NANO << (10 * power);
                let power = (1..BINARY.len()).rev().find(fits).unwrap_or_default();
                // One unit lower where that stays short: 1500.8Mi tells more than 1.5Gi.
                let power = if self.nano < NANO << (10 * power + 4) { power.saturating_sub(1) } else { power };
                unit(1i128 << (10 * power), BINARY.get(power).copied().unwrap_or_default())
            }
            Family::Decimal | Family::Exponent => unit(1, ""),
        }
    }
}

/// Family, power of ten, and factor of a suffix.
fn suffix_of(suffix: &str) -> Option<(Family, i32, i128)> {
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Family::Decimal, *power, 1));
    }
    if let Some(power) = BINARY.iter().position(|name| !name.is_empty() && *name == suffix) {
        return Some((Family::Binary, 0, 1 << (10 * power)));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let power: i32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    (power.abs() <= 27).then_some((Family::Exponent, power, 1))
}

fn divide_up(value: i128, by: i128) -> i128 {
    value / by + i128::from(value % by > 0)
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        // What is no whole number of bytes is written in decimal, so that nothing of it is lost.
        if self.family == Family::Binary && self.nano.abs() >= 1024 * NANO && self.nano % NANO == 0 {
            let mut value = self.nano / NANO;
            let mut power = 0;
            while value % 1024 == 0 && power + 1 < BINARY.len() {
                value /= 1024;
                power += 1;
            }
            return write!(f, "{value}{}", BINARY.get(power).copied().unwrap_or_default());
        }
        let mut value = self.nano;
        let mut power = -9;
        while value % 1000 == 0 && power < 18 {
            value /= 1000;
            power += 3;
        }
        match self.family {
            Family::Exponent if power != 0 => write!(f, "{value}e{power}"),
            _ => {
                let suffix = DECIMAL.iter().find(|(_, own)| *own == power).map_or("", |(name, _)| name);
                write!(f, "{value}{suffix}")
            }
        }
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Quantity::ZERO
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl Quantity {
    /// The family of a sum: binary as soon as one side is, else that of the side that is not nothing.
    fn joint(self, other: Self) -> Family {
        if self.family == Family::Binary || other.family == Family::Binary {
            Family::Binary
        } else if self.is_zero() {
            other.family
        } else {
            self.family
        }
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Quantity { nano: self.nano.saturating_add(other.nano), family: self.joint(other) }
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Quantity { nano: self.nano.saturating_sub(other.nano), family: self.joint(other) }
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Quantity::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Quantity::parse(text).map(|quantity| quantity.to_string())
    }

    #[test]
    fn amounts_print_as_kubernetes_prints_them() {
        for (text, expected) in [
            ("0", "0"),
            ("0Gi", "0"),
            ("600m", "600m"),
            ("0.6", "600m"),
            (".5", "500m"),
            ("1.", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("8", "8"),
            ("2304Mi", "2304Mi"),
            ("2.25Gi", "2304Mi"),
            ("1.5Gi", "1536Mi"),
            ("4096Mi", "4Gi"),
            ("150Gi", "150Gi"),
            ("1024", "1024"),
            ("1Ki", "1Ki"),
            ("0.5Ki", "512"),
            ("1Ei", "1Ei"),
            ("1E", "1E"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("1e+09", "1e9"),
            ("5e-3", "5e-3"),
            ("12e0", "12"),
            ("129M", "129M"),
            ("128974848", "128974848"),
            ("100u", "100u"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("-1Gi", "-1Gi"),
            ("+5", "5"),
            ("1000k", "1M"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["", "Gi", ".", "1.2.3", "1K", "1 Gi", "1gi", "abc", "1e", "1e1.5", "--1", "1GiB", "${X}", "1_000"]
        {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_of_different_spelling_are_equal() {
        for (a, b) in [("1Gi", "1024Mi"), ("1", "1000m"), ("1k", "1e3"), ("0.5Gi", "536870912"), ("1G", "1000M")] {
            assert_eq!(Quantity::parse(a), Quantity::parse(b), "{a} {b}");
        }
        assert!(Quantity::parse("1Gi") > Quantity::parse("1G"));
        assert!(Quantity::parse("999m") < Quantity::parse("1"));
    }

    #[test]
    fn sums_keep_the_family_people_expect() {
        let sum = |texts: &[&str]| texts.iter().filter_map(|text| Quantity::parse(text)).sum::<Quantity>();
        assert_eq!(sum(&["256Mi", "2Gi"]).to_string(), "2304Mi");
        assert_eq!(sum(&["250m", "350m"]).to_string(), "600m");
        assert_eq!(sum(&["100Gi", "50Gi"]).to_string(), "150Gi");
        assert_eq!(sum(&["500M", "1Gi"]).shown(), "1500.9Mi");
        assert_eq!(Quantity::parse("2Gi").unwrap().percent(90).shown(), "1843.2Mi");
        assert_eq!(Quantity::parse("150Gi").unwrap().times(3).shown(), "450Gi");
        assert_eq!(Quantity::parse("9830.4Mi").unwrap().shown(), "9830.4Mi");
    }
}
