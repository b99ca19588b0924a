//! Names of the objects, version by version. Source: bjw-s-labs/helm-charts, `charts/library/common/templates/lib`:
//! `common/_determineResourceNameFromValues.tpl` from 4.0 on, `<type>/_valuesToObject.tpl` before.

use super::items::{Item, Type};
use crate::build::charts::go::{given, given_at, is_true};
use crate::build::charts::version::Version;
use crate::yaml::Node;

/// Longest name of a release's objects.
const LONGEST: usize = 63;

/// What all names of a release are made of.
#[derive(Clone, Debug)]
pub struct Names {
    version: Version,
    /// Value of the label `app.kubernetes.io/name`.
    pub name: String,
    /// The name that the others begin with.
    pub full_name: String,
    always_with_identifier: bool,
}

impl Names {
    /// Those of a release; `None` where they hold what is not known.
    pub fn new(root: &Node, release: &str, version: Version) -> Option<Self> {
        let text = |path: &[&str]| given_at(root, path).map(|node| node.scalar_text().map(|text| text.into_owned()));
        // The chart sets this one to the name of the release where it is not set, so that the one at the root is dead.
        let name = shortened(&text(&["global", "nameOverride"]).unwrap_or_else(|| Some(release.to_owned()))?);
        let full = text(&["global", "fullnameOverride"]).or_else(|| text(&["fullnameOverride"]));
        let full_name = match full {
            Some(given) => given?,
            None if release.contains(&name) => release.to_owned(),
            None => format!("{release}-{name}"),
        };
        let always =
            given_at(root, &["global", "alwaysAppendIdentifierToResourceName"]).filter(|_| version.is_at_least(4, 1));
        if always.is_some_and(Node::is_unknown) {
            return None;
        }
        Some(Names { version, name, full_name: shortened(&full_name), always_with_identifier: always.is_some() })
    }

    /// Gives each item of a type its name.
    pub fn assign(&self, of: Type, items: &mut [Item]) {
        let count = items.len();
        for item in items {
            item.name = match self.version.major {
                4.. => self.current(item, count),
                3 => self.third(of, item, count),
                _ => self.second(of, item),
            };
        }
    }

    /// From 4.0 on: one rule for all types.
    fn current(&self, item: &Item, count: usize) -> Option<String> {
        let text = |key: &str| given(&item.values, key).map(|node| node.scalar_text().map(|text| text.into_owned()));
        if let Some(name) = text("forceRename") {
            return Some(name?.to_lowercase());
        }
        let mut name = self.full_name.clone();
        if let Some(prefix) = text("prefix") {
            let prefix = prefix?;
            if prefix != name {
                name = format!("{prefix}-{name}");
            }
        }
        if count > 1 || self.always_with_identifier {
            // 4.0 did not compare the whole name.
            let is_same = self.version.is_at_least(4, 1) && name == item.id;
            if !is_same {
                name = with_suffix(name, &item.id);
            }
        }
        if let Some(suffix) = text("suffix") {
            name = with_suffix(name, &suffix?);
        }
        Some(name.to_lowercase())
    }

    fn with_identifier(&self, id: &str) -> String {
        if self.full_name == id { self.full_name.clone() } else { format!("{}-{id}", self.full_name) }
    }

    /// `nameOverride` of an item.
    fn overridden(&self, item: &Item) -> Option<Option<String>> {
        let text = given(&item.values, "nameOverride")?.scalar_text();
        Some(text.map(|text| format!("{}-{text}", self.full_name)))
    }

    fn third(&self, of: Type, item: &Item, count: usize) -> Option<String> {
        let is_primary = given(&item.values, "primary").is_some_and(is_true);
        let plain = || self.full_name.clone();
        match of {
            Type::Account => return self.account(item),
            Type::ConfigMap | Type::Secret => {
                if let Some(name) = given(&item.values, "forceRename") {
                    return name.scalar_text().map(|text| text.into_owned());
                }
            }
            Type::Claim if given(&item.values, "nameOverride").and_then(Node::as_str) == Some("-") => {
                return Some(plain());
            }
            _ => {}
        }
        if let Some(name) = self.overridden(item) {
            return name;
        }
        Some(match of {
            Type::Service | Type::Route if count == 1 || is_primary => plain(),
            Type::Service | Type::Route => format!("{}-{}", self.full_name, item.id),
            Type::Claim | Type::ConfigMap | Type::Secret | Type::Raw => self.with_identifier(&item.id),
            _ if count == 1 => plain(),
            _ => self.with_identifier(&item.id),
        })
    }

    fn second(&self, of: Type, item: &Item) -> Option<String> {
        let is_primary = given(&item.values, "primary").is_some_and(is_true);
        if of == Type::Account {
            return self.account(item);
        }
        if of == Type::Claim && given(&item.values, "nameOverride").and_then(Node::as_str) == Some("-") {
            return Some(self.full_name.clone());
        }
        if let Some(name) = self.overridden(item) {
            return name;
        }
        let is_plain = match of {
            Type::Service => is_primary,
            Type::Claim | Type::Raw => false,
            _ => item.id == "main",
        };
        Some(if is_plain { self.full_name.clone() } else { format!("{}-{}", self.full_name, item.id) })
    }

    /// A service account before 4.0.
    fn account(&self, item: &Item) -> Option<String> {
        if let Some(name) = given(&item.values, "name") {
            return name.scalar_text().map(|text| text.into_owned());
        }
        let is_default = item.id == "default";
        Some(if is_default { self.full_name.clone() } else { format!("{}-{}", self.full_name, item.id) })
    }
}

fn with_suffix(name: String, suffix: &str) -> String {
    if name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('-')) { name } else { format!("{name}-{suffix}") }
}

/// As Helm shortens names: cut, and no dash at the end.
fn shortened(name: &str) -> String {
    let cut: String = name.chars().take(LONGEST).collect();
    cut.strip_suffix('-').unwrap_or(&cut).to_owned()
}
