//! The table of fields that name other objects, as `rules/references.yaml` holds it.

use hashbrown::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::yaml::EachPath;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    on: Vec<String>,
    at: Vec<String>,
    to: Option<String>,
    #[serde(default)]
    kinds: Vec<String>,
    // Only references of this API group are meant, where they tell one.
    group: Option<String>,
    #[serde(default = "name")]
    name: String,
    namespace: Option<String>,
    key: Option<String>,
    default_key: Option<String>,
    #[serde(default)]
    items: bool,
}

fn name() -> String {
    "name".to_owned()
}

/// A kind: group and name.
pub type Kind = (String, String);

/// A field that names an object.
#[derive(Debug)]
pub struct Field {
    /// The path, below the pod for fields of pods.
    pub path: EachPath,
    /// The path as text.
    pub text: String,
    /// The kinds that can be meant; the first where the reference tells none.
    pub kinds: Vec<Kind>,
    /// The reference tells its kind.
    pub tells_kind: bool,
    /// The API group a reference has to be of, where it tells one.
    pub group: Option<String>,
    /// Key of the name.
    pub name: String,
    /// Key of the namespace.
    pub namespace: Option<String>,
    /// Key of the key that is asked for.
    pub key: Option<String>,
    /// The key where none is written.
    pub default_key: Option<String>,
    /// It lists keys under `items`.
    pub items: bool,
}

/// Fields by the kind that holds them.
#[derive(Debug, Default)]
pub struct Table {
    pods: Vec<Field>,
    kinds: HashMap<Kind, Vec<Field>>,
}

impl Table {
    /// The fields of pods.
    pub fn of_pods(&self) -> &[Field] {
        &self.pods
    }

    /// The fields of a kind.
    pub fn of_kind(&self, group: &str, kind: &str) -> &[Field] {
        self.kinds.get(&(group.to_owned(), kind.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }
}

fn kind(text: &str) -> Kind {
    let (group, kind) = text.rsplit_once('/').unwrap_or(("", text));
    (group.to_owned(), kind.to_owned())
}

fn fields(row: &Row) -> Vec<Field> {
    let kinds: Vec<Kind> = row.to.iter().chain(&row.kinds).map(|text| kind(text)).collect();
    let field = |text: &String| Field {
        path: EachPath::parse(text),
        text: text.clone(),
        kinds: kinds.clone(),
        tells_kind: row.to.is_none(),
        group: row.group.clone(),
        name: row.name.clone(),
        namespace: row.namespace.clone(),
        key: row.key.clone(),
        default_key: row.default_key.clone(),
        items: row.items,
    };
    row.at.iter().map(field).collect()
}

fn read() -> Result<Table, serde_json::Error> {
    let rows: Vec<Row> = table!("references")?;
    let mut table = Table::default();
    for row in &rows {
        for on in &row.on {
            if on == "pods" {
                table.pods.extend(fields(row));
            } else {
                table.kinds.entry(kind(on)).or_default().extend(fields(row));
            }
        }
    }
    Ok(table)
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // A table that cannot be read is caught by a test; it is a part of the program.
    read().unwrap_or_default()
});

/// The table.
pub fn table() -> &'static Table {
    &TABLE
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_can_be_read_and_every_field_means_something() {
        let table = super::read().unwrap();
        assert!(table.pods.len() > 8 && table.kinds.len() > 10);
        for field in table.pods.iter().chain(table.kinds.values().flatten()) {
            assert!(!field.kinds.is_empty(), "{field:?}");
        }
    }
}
