//! Which versions of APIs came and went with which release: the table and its answers.

use hashbrown::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::build::Object;
use crate::build::charts::numbers;

/// A version of an API that some release does not serve.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiVersion {
    group: String,
    version: String,
    #[serde(default)]
    kinds: Vec<String>,
    /// Names of the chart whose versions these are.
    #[serde(default)]
    pub charts: Vec<String>,
    /// The first release that serves it.
    pub since: Option<String>,
    /// The first release that does not serve it any more.
    pub removed: Option<String>,
    /// The `apiVersion` that replaces it.
    #[serde(rename = "use")]
    pub replacement: Option<String>,
    use_since: Option<String>,
    #[serde(default)]
    compatible: bool,
}

/// A field that versions of a kind do not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoneField {
    group: String,
    kind: String,
    versions: Vec<String>,
    /// Its path.
    pub field: String,
    /// The path of the field that replaces it; empty where none does.
    #[serde(rename = "use")]
    pub replacement: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    flux: Vec<ApiVersion>,
    kubernetes: Vec<ApiVersion>,
    charts: Vec<ApiVersion>,
    fields: Vec<GoneField>,
}

static TABLES: LazyLock<Result<Tables, String>> =
    LazyLock::new(|| table!("api-versions").map_err(|error| error.to_string()));

/// Rows by group and version.
type ByVersion = HashMap<(&'static str, &'static str), Vec<&'static ApiVersion>>;

/// Rows of one program.
#[derive(Debug)]
pub struct ApiVersions {
    rows: ByVersion,
}

impl ApiVersions {
    fn of(pick: fn(&'static Tables) -> &'static [ApiVersion]) -> Self {
        let mut rows: ByVersion = HashMap::new();
        // A table that cannot be read is caught by a test; it is a part of the program.
        for row in TABLES.as_ref().map(pick).unwrap_or_default() {
            rows.entry((&row.group, &row.version)).or_default().push(row);
        }
        ApiVersions { rows }
    }

    /// The row about the `apiVersion` of an object.
    pub fn row(&self, object: &Object) -> Option<&'static ApiVersion> {
        let rows = self.rows.get(&(object.gvk.group.as_str(), object.gvk.version.as_str()))?;
        let is_it = |row: &&&ApiVersion| row.kinds.is_empty() || row.kinds.iter().any(|kind| kind == object.kind());
        rows.iter().find(is_it).copied()
    }
}

/// Versions of the Flux API, by releases of Flux.
pub fn flux() -> &'static ApiVersions {
    static ROWS: LazyLock<ApiVersions> = LazyLock::new(|| ApiVersions::of(|tables| &tables.flux));
    &ROWS
}

/// Versions of built-in APIs, by releases of Kubernetes.
pub fn kubernetes() -> &'static ApiVersions {
    static ROWS: LazyLock<ApiVersions> = LazyLock::new(|| ApiVersions::of(|tables| &tables.kubernetes));
    &ROWS
}

/// Versions of custom APIs, by versions of the chart that brings them.
pub fn charts() -> &'static ApiVersions {
    static ROWS: LazyLock<ApiVersions> = LazyLock::new(|| ApiVersions::of(|tables| &tables.charts));
    &ROWS
}

/// Fields that the version of an object does not have.
pub fn gone_fields(object: &Object) -> impl Iterator<Item = &'static GoneField> {
    of_kind(object).filter(|row| row.versions.iter().any(|version| *version == object.gvk.version))
}

fn of_kind(object: &Object) -> impl Iterator<Item = &'static GoneField> {
    let fields = TABLES.as_ref().map(|tables| tables.fields.as_slice()).unwrap_or_default();
    fields.iter().filter(|row| object.is(&row.group, &row.kind))
}

impl ApiVersion {
    /// Whether only the `apiVersion` of this object has to be changed, for a release that is known or not.
    pub fn is_renamed_only(&self, object: &Object, running: Option<&[u64]>) -> bool {
        let use_since = self.use_since.as_deref().and_then(numbers).unwrap_or_default();
        self.compatible
            && running.is_none_or(|running| running >= use_since.as_slice())
            && !of_kind(object).any(|row| object.dig(&row.field).is_some())
    }

    /// Whether a release is one of those that do not serve it any more.
    pub fn is_removed_in(&self, running: &[u64]) -> bool {
        self.removed.as_deref().and_then(numbers).is_some_and(|removed| running >= removed.as_slice())
    }

    /// Whether a release is one of those that do not serve it yet.
    pub fn is_missing_in(&self, running: &[u64]) -> bool {
        self.since.as_deref().and_then(numbers).is_some_and(|since| running < since.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_hold_only_releases() {
        let tables = TABLES.as_ref().unwrap_or_else(|error| panic!("{error}"));
        for row in tables.flux.iter().chain(&tables.kubernetes).chain(&tables.charts) {
            for release in [&row.since, &row.removed, &row.use_since].into_iter().flatten() {
                assert!(numbers(release).is_some(), "{release}");
            }
            assert!(row.since.is_some() || row.removed.is_some(), "{}/{}", row.group, row.version);
        }
        assert!(tables.charts.iter().all(|row| !row.charts.is_empty()));
        assert!(!tables.fields.is_empty());
    }
}
