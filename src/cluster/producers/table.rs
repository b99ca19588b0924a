//! The table of who makes what, as `rules/producers.yaml` holds it.

use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::yaml::EachPath;

/// A kind of object that makes others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// What it makes.
    pub makes: Vec<Made>,
}

/// A kind of object that is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Kind.
    pub kind: String,
    /// API group.
    #[serde(default)]
    pub group: String,
    /// Texts with paths in braces; the first whose paths all lead somewhere names it.
    pub name: Vec<String>,
    /// `own`, `any`, or a text with a path.
    #[serde(default = "own")]
    pub namespace: String,
    /// Nothing is made where a path has one of these values.
    #[serde(default)]
    pub unless: BTreeMap<String, Vec<String>>,
    /// When it is made.
    #[serde(default)]
    pub when: When,
    /// Its keys; not known where absent.
    pub keys: Option<KeyRules>,
}

fn own() -> String {
    "own".to_owned()
}

/// When an object is made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// The path leads somewhere.
    pub with: Option<String>,
    /// One of the paths does.
    #[serde(default)]
    pub with_any: Vec<String>,
    /// The path leads nowhere.
    pub without: Option<String>,
}

/// Which keys an object has that is made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRules {
    /// Always the same.
    #[serde(default)]
    pub fixed: Vec<String>,
    /// Paths to their names.
    #[serde(default)]
    pub each: Vec<String>,
    /// Paths to maps that have them.
    #[serde(default)]
    pub of: Vec<String>,
    /// Where one of these leads somewhere, there are others.
    #[serde(default)]
    pub open: Vec<String>,
}

/// Rows by group and kind, or why the table cannot be read.
type Table = Result<HashMap<(String, String), Producer>, String>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Producer> = table!("producers").map_err(|error| error.to_string())?;
    Ok(rows.into_iter().map(|row| ((row.group.clone(), row.kind.clone()), row)).collect())
});

/// The row of a kind.
pub fn producer(group: &str, kind: &str) -> Option<&'static Producer> {
    // A table that cannot be read is caught by a test; it is a part of the program.
    TABLE.as_ref().ok()?.get(&(group.to_owned(), kind.to_owned()))
}

/// A path of the table.
pub fn path(text: &str) -> EachPath {
    EachPath::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_names_something_in_each_row() {
        let table = TABLE.as_ref().unwrap();
        assert!(table.len() > 30);
        for made in table.values().flat_map(|row| &row.makes) {
            assert!(!made.name.is_empty() && !made.kind.is_empty(), "{made:?}");
        }
    }
}
