//! Texts with a shape of their own: versions, dates, names, patterns. A wrong one is refused at its own place.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::finding::ObjectRef;

/// A version as `major.minor`; a leading `v` and a patch level are read and dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Before the first dot.
    pub major: u32,
    /// After it.
    pub minor: u32,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Option<Vec<u32>> = text.strip_prefix('v').unwrap_or(text).split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor] | &[major, minor, _]) => Ok(Version { major, minor }),
            _ => Err(format!("`{text}` is no version, expected one like \"2.9\"")),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A number of digits only: no sign, no blanks.
fn number<N: FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day that exists.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        (1..=days).contains(&day).then_some(Date { year, month, day })
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '-');
        let mut part = |length: usize| parts.next().filter(|part| part.len() == length).and_then(number::<u16>);
        let (year, month, day) = (part(4), part(2), part(2));
        let (Some(year), Some(month), Some(day)) = (year, month, day) else {
            return Err(format!("`{text}` is no date, expected one like 2027-01-31"));
        };
        // Two digits fit.
        Date::new(year, month as u8, day as u8).ok_or_else(|| format!("the day `{text}` does not exist"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A share in whole percent, at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub u8);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = text.strip_suffix('%').and_then(number).filter(|value| *value <= 100);
        value.map(Percent).ok_or_else(|| format!("`{text}` is no share, expected one like 10%"))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// `namespace/name` of a HelmRelease or a Kustomization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespacedName {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl FromStr for NamespacedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match parts(text).as_deref() {
            Some(&[namespace, name]) => Ok(NamespacedName { namespace: namespace.into(), name: name.into() }),
            _ => Err(format!("`{text}` names no object here, expected namespace/name")),
        }
    }
}

impl fmt::Display for NamespacedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// `Kind/namespace/name` of a Flux source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName {
    /// Kind: `GitRepository`, `OCIRepository`, `Bucket`, …
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl FromStr for SourceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match parts(text).as_deref() {
            Some(&[kind, namespace, name]) => {
                Ok(SourceName { kind: kind.into(), namespace: namespace.into(), name: name.into() })
            }
            _ => Err(format!("`{text}` names no source, expected Kind/namespace/name")),
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// The parts between slashes; `None` when one is empty or holds white space.
fn parts(text: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = text.split('/').collect();
    parts.iter().all(|part| !part.is_empty() && !part.contains(char::is_whitespace)).then_some(parts)
}

/// The name of a resource that containers request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource(String);

impl Resource {
    /// Names without a domain; `hugepages-<size>` besides.
    const PLAIN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Resource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let extended = matches!(parts(text).as_deref(), Some([_, _]));
        if extended || text.starts_with("hugepages-") || Self::PLAIN.contains(&text) {
            Ok(Resource(text.to_owned()))
        } else {
            // In serde's words, so that the reader adds what was meant as it does for every other key.
            Err(format!("unknown field `{text}`, expected one of `{}`", Self::PLAIN.join("`, `")))
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Objects by `Kind/namespace/name`, or `Kind/name` for cluster-scoped ones; globs in every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPattern {
    kind: Pattern,
    namespace: Option<Pattern>,
    name: Pattern,
}

impl ObjectPattern {
    /// Whether it covers an object. An object without namespace is also covered by the namespace `*`.
    pub fn matches(&self, object: &ObjectRef) -> bool {
        let namespace = match (&self.namespace, &object.namespace) {
            (Some(pattern), Some(namespace)) => pattern.matches(namespace),
            (Some(pattern), None) => pattern.as_str() == "*",
            (None, namespace) => namespace.is_none(),
        };
        namespace && self.kind.matches(&object.kind) && self.name.matches(&object.name)
    }
}

impl FromStr for ObjectPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, namespace, name) = match parts(text).as_deref() {
            Some(&[kind, namespace, name]) => (kind, Some(namespace), name),
            Some(&[kind, name]) => (kind, None, name),
            _ => return Err(format!("`{text}` names no object, expected Kind/namespace/name or Kind/name")),
        };
        let namespace = namespace.map(glob).transpose()?;
        Ok(ObjectPattern { kind: glob(kind)?, namespace, name: glob(name)? })
    }
}

impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

/// Files by path from the root. `*` stays within one folder, `**` does not; a folder without globs covers what is
/// below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    pattern: Pattern,
    /// The folder, where the pattern is one.
    folder: Option<String>,
}

impl PathPattern {
    /// Whether it covers a file.
    pub fn matches(&self, path: &str) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        self.pattern.matches_with(path, options)
            || self
                .folder
                .as_ref()
                .is_some_and(|folder| path.strip_prefix(folder.as_str()).is_some_and(|below| below.starts_with('/')))
    }
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(format!("the pattern `{text}` matches nothing: paths begin at the root of the repository"));
        }
        let folder = (!path.contains(['*', '?', '['])).then(|| path.to_owned());
        Ok(PathPattern { pattern: glob(path)?, folder })
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pattern.as_str())
    }
}

fn glob(text: &str) -> Result<Pattern, String> {
    // They would be taken for themselves, and the pattern would silently match nothing.
    if text.contains(['{', '}', '\\']) {
        return Err(format!("the pattern `{text}` is invalid, only `*`, `**`, `?` and `[…]` are known"));
    }
    Pattern::new(text).map_err(|error| format!("the pattern `{text}` is invalid, {}", error.msg))
}

/// Reads a text, or a number as it is written. The visitor refuses it, so that the reader of YAML notes the place.
fn read<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(input: D, expected: &'static str) -> Result<T, D::Error> {
    struct Text<T>(&'static str, PhantomData<T>);

    impl<T: FromStr<Err = String>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    input.deserialize_str(Text(expected, PhantomData))
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "a version")
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "a date")
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "a share in percent")
    }
}

impl<'de> Deserialize<'de> for NamespacedName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "namespace/name")
    }
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "Kind/namespace/name")
    }
}

impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "a resource")
    }
}

impl<'de> Deserialize<'de> for ObjectPattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "Kind/namespace/name")
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, "a path pattern")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
        ObjectRef {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: namespace.map(Into::into),
            name: name.into(),
        }
    }

    #[test]
    fn versions_read_with_v_and_patch_and_sort_by_number() {
        let version = |text: &str| text.parse::<Version>();
        assert_eq!(version("v2.9.1"), Ok(Version { major: 2, minor: 9 }));
        assert!(version("2.10").unwrap() > version("2.9").unwrap());
        assert_eq!(version("2.10").unwrap().to_string(), "2.10");
        for wrong in ["", "2", "2.", "2.x", "2.9.1.4", "+2.9", "2.9-rc.1", "99999999999.1"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_days_that_exist_are_dates() {
        let date = |text: &str| text.parse::<Date>();
        assert_eq!(date("2028-02-29").unwrap().to_string(), "2028-02-29");
        assert!(date("2027-01-31").unwrap() < date("2027-02-01").unwrap());
        for wrong in ["2027-02-29", "2100-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "2027-04-00"] {
            assert!(date(wrong).unwrap_err().contains("does not exist"), "{wrong}");
        }
        for wrong in ["2027-1-1", "31.1.2027", "2027-01", "2027-01-01T00:00:00Z", "", "2027-+1-01"] {
            assert!(date(wrong).unwrap_err().contains("no date"), "{wrong}");
        }
    }

    #[test]
    fn a_share_has_a_percent_sign() {
        assert_eq!("10%".parse(), Ok(Percent(10)));
        for wrong in ["10", "101%", "-1%", "%", "1.5%", "300%"] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn object_patterns_match_part_by_part() {
        let covers = |pattern: &str, object: &ObjectRef| pattern.parse::<ObjectPattern>().unwrap().matches(object);
        let secret = object("Secret", Some("flux-system"), "cluster-secrets");
        let node = object("Node", None, "rack-1");
        assert!(covers("Secret/flux-system/cluster-secrets", &secret));
        assert!(covers("Secret/*/cluster-*", &secret));
        assert!(covers("*/*/*", &secret));
        assert!(!covers("Secret/flux/cluster-secrets", &secret));
        assert!(!covers("Secret/cluster-secrets", &secret));
        assert!(covers("Node/rack-?", &node));
        assert!(covers("*/*/*", &node));
        assert!(!covers("Node/default/rack-1", &node));
        for wrong in ["Secret", "a/b/c/d", "/x", "Secret//x", "Secret/a b", "Secret/x/[", "{Secret,ConfigMap}/x"] {
            assert!(wrong.parse::<ObjectPattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn path_patterns_cover_folders() {
        let covers = |pattern: &str, path: &str| pattern.parse::<PathPattern>().unwrap().matches(path);
        for pattern in ["kubernetes/test/**", "kubernetes/test", "./kubernetes/test/", "**/test/**"] {
            assert!(covers(pattern, "kubernetes/test/apps/ks.yaml"), "{pattern}");
            assert!(covers(pattern, "kubernetes/test/.hidden.yaml"), "{pattern}");
            assert!(!covers(pattern, "kubernetes/tests/ks.yaml"), "{pattern}");
        }
        assert!(covers("**/*.sops.yaml", "secret.sops.yaml"));
        assert!(covers("**/*.sops.yaml", "a/b/secret.sops.yaml"));
        assert!(covers("apps/*.yaml", "apps/ks.yaml"));
        assert!(!covers("apps/*.yaml", "apps/web/ks.yaml"));
        for wrong in [
            "",
            ".",
            "/",
            "./",
            "/apps",
            "apps//x",
            "../apps",
            "apps/../x",
            "a/**b",
            "a/[",
            "apps/{a,b}/**",
            "apps\\web",
        ] {
            assert!(wrong.parse::<PathPattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_resource_is_known_or_has_a_domain() {
        for name in ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu", "hugepages-2Mi"] {
            assert!(name.parse::<Resource>().is_ok(), "{name}");
        }
        for name in ["memry", "storage", "gpu", "/gpu"] {
            assert!(name.parse::<Resource>().is_err(), "{name}");
        }
    }
}
