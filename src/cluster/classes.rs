//! Storage classes and snapshot classes: those of the tree, those that charts make, and whether there may be others.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::pods::Release;
use super::{Cluster, Presence};
use crate::build::Object;
use crate::source::{Span, file_name};
use crate::yaml::{Node, Value};

/// A chart that makes classes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Maker {
    charts: Vec<String>,
    #[serde(default)]
    storage: Vec<Made>,
    #[serde(default)]
    snapshot: Vec<Made>,
    #[serde(default)]
    prefixes: Vec<String>,
    // Where that is written.
    #[expect(dead_code, reason = "for the readers of the table")]
    source: String,
}

/// Classes that a chart makes from its values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Made {
    #[serde(default)]
    named: Vec<String>,
    at: Option<String>,
    name: Option<String>,
    name_default: Option<String>,
    on: Option<String>,
    #[serde(default)]
    default: Vec<String>,
}

static TABLE: LazyLock<Result<Vec<Maker>, String>> =
    LazyLock::new(|| table!("classes").map_err(|error| error.to_string()));

/// Words in the name of a chart that probably brings a driver, and with it classes.
const DRIVERS: [&str; 20] = [
    "ceph",
    "cinder",
    "csi",
    "efs",
    "ebs",
    "juicefs",
    "linstor",
    "local-path",
    "longhorn",
    "lvm",
    "mayastor",
    "nfs",
    "openebs",
    "piraeus",
    "portworx",
    "provisioner",
    "seaweedfs",
    "storage",
    "trident",
    "zfs",
];

/// Classes that distributions and clouds bring along, before anything of the tree.
const OF_DISTRIBUTIONS: [&str; 27] = [
    "azurefile",
    "azurefile-csi",
    "azurefile-csi-premium",
    "azurefile-premium",
    "civo-volume",
    "default",
    "do-block-storage",
    "do-block-storage-xfs",
    "gp2",
    "gp3",
    "hcloud-volumes",
    "hostpath",
    "linode-block-storage",
    "linode-block-storage-retain",
    "local-path",
    "managed",
    "managed-csi",
    "managed-csi-premium",
    "managed-premium",
    "microk8s-hostpath",
    "oci-bv",
    "premium-rwo",
    "scw-bssd",
    "standard",
    "standard-rwo",
    "vsphere-csi",
    "vultr-block-storage",
];

/// The two kinds of class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    /// `StorageClass`.
    Storage,
    /// `VolumeSnapshotClass`.
    Snapshot,
}

impl ClassKind {
    /// Group and kind.
    pub fn id(self) -> (&'static str, &'static str) {
        match self {
            ClassKind::Storage => ("storage.k8s.io", "StorageClass"),
            ClassKind::Snapshot => ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
        }
    }
}

/// Whether a class exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is made.
    Here,
    /// It may be; why, as a clause.
    Unknown(String),
    /// It is not.
    Missing,
}

/// The classes of one kind in a cluster.
#[derive(Debug)]
pub struct Classes<'w> {
    kind: ClassKind,
    known: BTreeMap<String, Span>,
    prefixes: Vec<&'static str>,
    /// Releases that may make others, and classes whose name is not known.
    open: Vec<&'w Object>,
    /// Names that the values of a release write as those of a class.
    named: BTreeMap<String, &'w Object>,
}

impl<'w> Classes<'w> {
    /// Reads the objects and the releases of a cluster.
    pub fn of(cluster: &Cluster<'w>, kind: ClassKind) -> Self {
        let (group, name) = kind.id();
        let (known, open) =
            cluster.of_kind(group, name).partition::<Vec<&Object>, _>(|class| !class.name.contains("${"));
        let known = known.into_iter().map(|class| (class.name.to_string(), class.place())).collect();
        let mut classes = Classes { kind, known, prefixes: Vec::new(), open, named: BTreeMap::new() };
        for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            if cluster.model(release).is_none() && !cluster.is_rendered(release) {
                classes.add(cluster, release);
            }
        }
        classes
    }

    fn add(&mut self, cluster: &Cluster<'w>, release: &'w Object) {
        let chart = Release::of(cluster, release).and_then(|release| release.chart);
        let values = cluster.values(release);
        let maker = chart.and_then(|chart| {
            // A table that cannot be read is caught by a test; it is a part of the program.
            let rows = TABLE.as_ref().map(Vec::as_slice).unwrap_or_default();
            rows.iter().find(|row| row.charts.iter().any(|own| own == file_name(chart)))
        });
        let Some(maker) = maker else {
            let is_driver = |text: &str| DRIVERS.iter().any(|word| text.contains(word));
            if chart.is_none_or(is_driver) || is_driver(&release.name) {
                self.open.push(release);
            }
            if let Some(values) = values {
                self.name_all(&values.root, "", release);
            }
            return;
        };
        self.prefixes.extend(maker.prefixes.iter().map(String::as_str));
        let made = match self.kind {
            ClassKind::Storage => &maker.storage,
            ClassKind::Snapshot => &maker.snapshot,
        };
        if !made.is_empty() && values.is_none_or(|values| !values.is_closed()) {
            self.open.push(release);
        }
        for made in made {
            let place = release.place();
            self.known.extend(made.named.iter().map(|name| (name.clone(), place)));
            if let Some(at) = &made.at {
                let maps = values.map(|values| values.root.each(at)).unwrap_or_default();
                let is_written = values.is_some_and(|values| {
                    let list = at.strip_suffix("[]").unwrap_or(at);
                    values.root.dig(list).is_some_and(|node| !node.is_null())
                });
                if !is_written {
                    self.known.extend(made.default.iter().map(|name| (name.clone(), place)));
                }
                maps.into_iter().for_each(|map| self.take(made, map, release));
            }
        }
    }

    fn take(&mut self, made: &Made, map: &Node, release: &'w Object) {
        let switch = made.on.as_ref().map(|on| map.dig(on));
        match switch {
            Some(None) => return,
            Some(Some(switch)) if switch.as_bool() == Some(false) => return,
            _ => {}
        }
        match made.name.as_ref().and_then(|name| map.dig(name)) {
            Some(name) => match name.as_str() {
                Some(text) => drop(self.known.insert(text.to_owned(), name.span())),
                None => self.open.push(release),
            },
            None => self.known.extend(made.name_default.iter().map(|name| (name.clone(), map.span()))),
        }
    }

    /// Names under a key that speaks of a class, in the values of any other chart.
    fn name_all(&mut self, node: &Node, key: &str, release: &'w Object) {
        match &node.value {
            Value::Map(map) => {
                for entry in map.iter() {
                    let is_name = entry.key == "name" && key.to_ascii_lowercase().contains("class");
                    if let Some(name) = entry.value.as_str().filter(|_| is_name) {
                        self.named.insert(name.to_owned(), release);
                    }
                    self.name_all(&entry.value, &entry.key, release);
                }
            }
            Value::Seq(items) => items.iter().for_each(|item| self.name_all(item, key, release)),
            _ => {}
        }
    }

    /// Whether a class exists.
    pub fn find(&self, cluster: &Cluster<'_>, name: &str) -> Found {
        if self.known.contains_key(name) {
            return Found::Here;
        }
        let (group, kind) = self.kind.id();
        let is_made = cluster.products().find(group, kind, "", name).is_some();
        if is_made || !matches!(cluster.presence(group, kind, "", name), Presence::Absent) {
            return Found::Unknown("it may be made outside of what was built".to_owned());
        }
        if self.kind == ClassKind::Storage && OF_DISTRIBUTIONS.binary_search(&name).is_ok() {
            return Found::Unknown("the distribution may bring it".to_owned());
        }
        if self.prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            return Found::Unknown("a chart makes classes called so".to_owned());
        }
        if let Some(release) = self.named.get(name).or(self.open.first()) {
            return Found::Unknown(format!("{} may be it, or make it", release.reference()));
        }
        if self.known.is_empty() {
            return Found::Unknown("nothing in the tree makes such classes".to_owned());
        }
        Found::Missing
    }

    /// The classes that are known, each with its place.
    pub fn known(&self) -> impl Iterator<Item = (&str, Span)> {
        self.known.iter().map(|(name, place)| (name.as_str(), *place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_the_lists_are_sorted() {
        let table = TABLE.as_ref().unwrap();
        assert!(table.len() > 8);
        assert!(OF_DISTRIBUTIONS.is_sorted());
        for made in table.iter().flat_map(|row| row.storage.iter().chain(&row.snapshot)) {
            assert!(!made.named.is_empty() || (made.at.is_some() && made.name.is_some()), "{made:?}");
        }
    }
}
