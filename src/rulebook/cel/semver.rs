//! Versions as semver.org has them, and functions over them. Source: Kubernetes apiserver `pkg/cel/library/semverlib.go`.

use std::cmp::Ordering;
use std::fmt;

use smol_str::SmolStr;

use super::functions::Function;
use super::value::{Outcome, Stop, Value};

/// A version. What stands behind a plus is left out: it does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semver {
    numbers: [u64; 3],
    pre: SmolStr,
}

impl Semver {
    /// Reads a version.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, (!pre.is_empty()).then_some(pre)?),
            None => (text, ""),
        };
        let mut parts = numbers.split('.');
        let mut next = || {
            let part = parts.next()?;
            let is_plain =
                part.bytes().all(|byte| byte.is_ascii_digit()) && (part.len() == 1 || !part.starts_with('0'));
            is_plain.then(|| part.parse().ok()).flatten()
        };
        let numbers = [next()?, next()?, next()?];
        parts.next().is_none().then(|| Semver { numbers, pre: pre.into() })
    }
}

impl PartialOrd for Semver {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Semver {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            // What comes before a release is older than it.
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let part = |part: &str| {
                    part.parse::<u64>().map_or((1, 0, part.to_owned()), |number| (0, number, String::new()))
                };
                self.pre.split('.').map(part).cmp(other.pre.split('.').map(part))
            }
        })
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if self.pre.is_empty() { Ok(()) } else { write!(f, "-{}", self.pre) }
    }
}

/// Calls a function over versions; `None` where it is another one.
pub fn call<'w>(function: Function, arguments: &[Value<'w>]) -> Option<Outcome<'w>> {
    let number = |number: u64| Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    Some(match (function, arguments) {
        (Function::Semver, [Value::Str(text)]) => match Semver::parse(text) {
            Some(version) => Ok(Value::Semver(version)),
            None => Err(Stop::error(format!("`{text}` is no version"))),
        },
        (Function::IsSemver, [Value::Str(text)]) => Ok(Value::Bool(Semver::parse(text).is_some())),
        (Function::Major, [Value::Semver(Semver { numbers: [major, ..], .. })]) => number(*major),
        (Function::Minor, [Value::Semver(Semver { numbers: [_, minor, _], .. })]) => number(*minor),
        (Function::Patch, [Value::Semver(Semver { numbers: [.., patch], .. })]) => number(*patch),
        (Function::CompareTo, [Value::Semver(a), Value::Semver(b)]) => Ok(Value::Int(a.cmp(b) as i64)),
        (Function::IsGreaterThan, [Value::Semver(a), Value::Semver(b)]) => Ok(Value::Bool(a > b)),
        (Function::IsLessThan, [Value::Semver(a), Value::Semver(b)]) => Ok(Value::Bool(a < b)),
        _ => return None,
    })
}
