//! What is known about charts and custom resources, as data: which values name buckets and endpoints.

use std::sync::LazyLock;

use serde::Deserialize;

/// One file of the data: what some charts or kinds read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Names of charts.
    pub charts: Vec<String>,
    /// `group/Kind`.
    pub kinds: Vec<String>,
    /// Where clients get buckets and endpoints from.
    pub consumers: Vec<Row>,
    /// Other maps that hold a bucket beside an endpoint are read, too.
    pub others: bool,
    /// Where buckets are listed that the chart or the operator makes on its own store.
    pub buckets: Vec<String>,
}

/// One bucket or endpoint, as paths below the values of a release or below an object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// Parent of the other paths; `x[]` stands for each item of a list.
    pub each: Option<String>,
    /// A text below `each` that holds YAML; the paths below lead into it.
    pub text: Option<String>,
    /// The bucket: a name, a list of names with commas, or an `s3://` URL.
    pub bucket: Option<String>,
    /// The endpoint; the first path that has a value counts.
    pub endpoint: Vec<Source>,
    /// A flag that tells whether the connection is plain.
    pub insecure: Option<String>,
    /// Any of these that holds switches the row off.
    pub unless: Vec<Condition>,
    /// How sure it is that the client reads these values.
    pub confidence: Sure,
}

/// How sure a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// The chart's templates or the API say so.
    #[default]
    High,
    /// The values look like it.
    Medium,
}

/// Where an endpoint stands.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// At a path below `each`, or with a leading `/` below the root.
    Path(String),
    /// In a list of arguments, behind a flag.
    Flag {
        /// Path of the list.
        list: String,
        /// The flag, without `=`.
        flag: String,
    },
    /// In a Secret.
    Secret {
        /// Path of the Secret's name.
        secret: String,
        /// The key.
        key: String,
    },
}

/// A condition on the values.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// The value's path.
    pub path: String,
    /// It holds when the value is one of these.
    pub is: Vec<String>,
    /// It holds when the value is none of these.
    pub not: Vec<String>,
    /// It holds when there is a value at all.
    pub set: bool,
    /// The value where none is given.
    pub default: Option<String>,
}

const FILES: &[(&str, &str)] = &[
    ("cloudnative-pg", include_str!("../../../rules/charts/storage/cloudnative-pg.yaml")),
    ("crunchy", include_str!("../../../rules/charts/storage/crunchy.yaml")),
    ("dragonfly", include_str!("../../../rules/charts/storage/dragonfly.yaml")),
    ("flux", include_str!("../../../rules/charts/storage/flux.yaml")),
    ("harbor", include_str!("../../../rules/charts/storage/harbor.yaml")),
    ("langfuse", include_str!("../../../rules/charts/storage/langfuse.yaml")),
    ("loki", include_str!("../../../rules/charts/storage/loki.yaml")),
    ("loki-simple-scalable", include_str!("../../../rules/charts/storage/loki-simple-scalable.yaml")),
    ("longhorn", include_str!("../../../rules/charts/storage/longhorn.yaml")),
    ("mimir", include_str!("../../../rules/charts/storage/mimir.yaml")),
    ("minio", include_str!("../../../rules/charts/storage/minio.yaml")),
    ("minio-tenant", include_str!("../../../rules/charts/storage/minio-tenant.yaml")),
    ("tempo", include_str!("../../../rules/charts/storage/tempo.yaml")),
    ("tempo-distributed", include_str!("../../../rules/charts/storage/tempo-distributed.yaml")),
    ("thanos", include_str!("../../../rules/charts/storage/thanos.yaml")),
    ("velero", include_str!("../../../rules/charts/storage/velero.yaml")),
];

// A file that does not parse counts as empty; the test below keeps that from happening.
static PROFILES: LazyLock<Vec<Profile>> =
    LazyLock::new(|| FILES.iter().filter_map(|(_, text)| serde_yaml::from_str(text).ok()).collect());

/// The profiles of a chart.
pub fn of_chart(chart: &str) -> impl Iterator<Item = &'static Profile> {
    PROFILES.iter().filter(move |profile| profile.charts.iter().any(|name| name == chart))
}

/// The profiles with the kinds they speak of.
pub fn of_kinds() -> impl Iterator<Item = (&'static str, &'static str, &'static Profile)> {
    PROFILES.iter().flat_map(|profile| {
        profile.kinds.iter().filter_map(move |kind| kind.split_once('/').map(|(group, kind)| (group, kind, profile)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_data_is_read() {
        for (name, text) in FILES {
            let profile: Result<Profile, _> = serde_yaml::from_str(text);
            assert!(profile.is_ok(), "{name}: {:?}", profile.err());
        }
    }
}
