//! What a name that leads nowhere probably means: the same name elsewhere, or the nearest one.

use smol_str::SmolStr;

use super::{Cluster, FileDocument};
use crate::build::Object;
use crate::finding::ObjectRef;

/// An object that something names and that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'q> {
    /// API group.
    pub group: &'q str,
    /// Kind.
    pub kind: &'q str,
    /// Namespace.
    pub namespace: &'q str,
    /// Name.
    pub name: &'q str,
    /// Other kinds, with their groups, that are taken for this one.
    pub others: &'q [(&'q str, &'q str)],
    /// Who names it: never the answer.
    pub by: Option<&'q ObjectRef>,
}

/// What was probably meant.
#[derive(Clone, Debug)]
pub enum Meant<'w> {
    /// The same name and kind in other namespaces, sorted.
    Elsewhere(Vec<&'w Object>),
    /// The same name, of one of the other kinds.
    OtherKind(&'w Object),
    /// A document that no build of this cluster reaches.
    Unbuilt(&'w FileDocument),
    /// The nearest name of the kind.
    Near(&'w Object),
}

impl<'w> Cluster<'w> {
    /// What was probably meant, as far as objects of that very name tell: true whatever else there may be.
    pub fn misdirected(&self, wanted: &Wanted<'_>) -> Option<Meant<'w>> {
        let mut same_kind: Vec<&Object> =
            self.named(wanted.name).filter(|object| object.is(wanted.group, wanted.kind)).collect();
        same_kind.sort_by(|a, b| a.namespace().cmp(b.namespace()));
        same_kind.dedup_by(|a, b| a.namespace() == b.namespace());
        if !same_kind.is_empty() {
            return Some(Meant::Elsewhere(same_kind));
        }
        self.named(wanted.name)
            .filter(|object| wanted.others.iter().any(|(group, kind)| object.is(group, kind)))
            .min_by_key(|object| (object.namespace() != wanted.namespace, object.namespace().to_owned()))
            .map(Meant::OtherKind)
    }

    /// What was probably meant, in a cluster of which everything is known.
    pub fn meant(&self, wanted: &Wanted<'_>) -> Option<Meant<'w>> {
        self.misdirected(wanted)
            .or_else(|| self.written(wanted.group, wanted.kind, wanted.name).next().map(Meant::Unbuilt))
            .or_else(|| self.near(wanted).map(Meant::Near))
    }

    /// The object of the kind whose name is nearest.
    fn near(&self, wanted: &Wanted<'_>) -> Option<&'w Object> {
        self.of_kind(wanted.group, wanted.kind)
            .filter(|object| wanted.by.is_none_or(|by| object.reference() != *by))
            .filter_map(|object| {
                let score = nearness(wanted.name, &object.name)?;
                Some((score, object.namespace() != wanted.namespace, object.full_name(), object))
            })
            .min_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)))
            .map(|(.., object)| object)
    }
}

/// How near a name is to the one that is wanted, the nearest being 0; `None` where it is another name altogether.
pub fn nearness(wanted: &str, other: &str) -> Option<usize> {
    let limit = (wanted.len() / 3).clamp(2, 4);
    if wanted.len().abs_diff(other.len()) <= limit {
        let distance = strsim::levenshtein(other, wanted);
        if distance <= limit {
            return Some(distance);
        }
    }
    (is_part(other, wanted) || is_part(wanted, other)).then_some(limit.max(4) + 1)
}

/// The nearest of some names.
pub fn nearest_name<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .filter(|name| *name != wanted)
        .filter_map(|name| Some((nearness(wanted, name)?, name)))
        .min()
        .map(|(_, name)| name)
}

/// Whether a name is another one with something before or behind it.
fn is_part(long: &str, short: &str) -> bool {
    short.len() >= 3
        && (long.strip_suffix(short).is_some_and(|head| head.ends_with('-'))
            || long.strip_prefix(short).is_some_and(|tail| tail.starts_with('-')))
}

/// Group, kind and name of a document, as the index of documents has it.
pub(super) type DocumentKey = (SmolStr, SmolStr, SmolStr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_by_letters_or_by_an_affix() {
        assert_eq!(nearness("minio-tenant", "minio-tenants"), Some(1));
        assert_eq!(nearness("apps", "cluster-apps"), Some(5));
        assert_eq!(nearness("loki", "tempo"), None);
        assert_eq!(nearest_name("lokii", ["tempo", "loki", "loki-gateway"].into_iter()), Some("loki"));
    }
}
