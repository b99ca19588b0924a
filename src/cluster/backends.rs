//! A Service that something names: whether it is there, and what was probably meant where it is not.

use super::Cluster;
use super::pods::{ServiceSet, Services};
use super::producers::{Wanted, custom, is_related};
use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Presence;
use crate::source::Span;

/// Shortest names that a slip of one and of two letters is told from.
const SLIPS: [(usize, usize); 2] = [(4, 1), (8, 2)];

/// What is known of a Service that something names.
#[derive(Clone, Debug)]
pub enum Named<'s, 'w> {
    /// It is there.
    Service(&'s ServiceSet<'w>),
    /// Something makes it or may make it; what, as a clause.
    Unknown(String),
    /// Nothing makes it. It is not sure where releases of unknown charts stand beside it, whose Services are called
    /// otherwise as a rule.
    Missing {
        /// Whether everything that could make it was looked into.
        is_sure: bool,
    },
}

/// A Service that is meant by somebody.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The object that names it, which does not make it itself.
    pub asker: Option<&'a Object>,
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl<'w> Services<'w> {
    /// What is known of a Service.
    pub fn find(&self, cluster: &Cluster<'w>, address: Address<'_>) -> Named<'_, 'w> {
        let Address { asker, namespace, name } = address;
        if let Some(set) = self.get(namespace, name) {
            return Named::Service(set);
        }
        if [namespace, name].iter().any(|text| text.contains("${") || text.contains("{{")) {
            return Named::Unknown("its name is not known".to_owned());
        }
        if matches!(cluster.presence("", "Service", namespace, name), Presence::Unknown) {
            return Named::Unknown("a part of the cluster that could hold it was not built".to_owned());
        }
        if let Some(by) = cluster.products().find("", "Service", namespace, name).and_then(|own| cluster.object(own.by))
        {
            return Named::Unknown(format!("{} makes it", by.reference()));
        }
        // Where the tree runs nothing, whatever fills the namespace stands elsewhere.
        let runs = |object: &Object| matches!(object.gvk.group.as_str(), "apps" | "batch");
        let mut is_sure = self.in_namespace(namespace).next().is_some()
            || !self.makers(namespace).is_empty()
            || cluster.in_namespace(namespace).any(runs);
        // A release that is written without namespace may be installed in any.
        for maker in self.makers(namespace).iter().chain(self.makers("")) {
            if asker.is_some_and(|asker| std::ptr::eq(asker, maker.release)) {
                return Named::Unknown("it belongs to the release itself".to_owned());
            }
            let may = match &maker.services {
                Some(services) => services.may_make(name) || services.made.iter().any(|set| set.name == name),
                None => {
                    is_sure = false;
                    is_related(cluster, maker.release, &ReleaseNames::of(maker.release), name)
                }
            };
            if may {
                return Named::Unknown(format!("{} may make it", maker.release.reference()));
            }
        }
        let wanted = Wanted { asker, group: "", kind: "Service", namespace, name };
        match custom(cluster, &wanted) {
            Some(object) => Named::Unknown(format!("{} may make it", object.reference())),
            None if cluster.used_namespaces().contains(namespace) && !cluster.runs_in(namespace) => {
                Named::Unknown(format!("the tree runs nothing in namespace `{namespace}`"))
            }
            None => Named::Missing { is_sure },
        }
    }

    /// The Service that was probably meant: of the same name in another namespace, or of the nearest name.
    pub fn meant(&self, namespace: &str, name: &str) -> Option<&ServiceSet<'w>> {
        let here = self.in_namespace(namespace).map(|set| set.name.as_str());
        let near = super::nearest::nearest_name(name, here);
        self.elsewhere(namespace, name).or_else(|| self.get(namespace, near?))
    }

    fn elsewhere(&self, namespace: &str, name: &str) -> Option<&ServiceSet<'w>> {
        let same = self.iter().filter(|set| set.name == name && set.namespace != namespace);
        same.min_by(|a, b| a.namespace.cmp(&b.namespace))
    }

    /// Whether a name is a slip: there is a Service of that name in another namespace, or one in this namespace whose
    /// name differs by a letter or two.
    pub fn is_slip(&self, namespace: &str, name: &str) -> bool {
        let letters = |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
        let limit = SLIPS.iter().rev().find(|(length, _)| name.len() >= *length).map_or(0, |(_, limit)| *limit);
        let near = |set: &ServiceSet<'_>| {
            // `web-1` beside `web-2` is another name.
            letters(&set.name) != letters(name) && strsim::levenshtein(&set.name, name) <= limit
        };
        self.elsewhere(namespace, name).is_some() || self.in_namespace(namespace).any(near)
    }

    /// Services of that name or of that namespace which a value of a release switches off.
    pub fn switched_off<'s>(&'s self, namespace: &str, name: &'s str) -> impl Iterator<Item = (&'s str, Span)> {
        let known = self.makers(namespace).iter().filter_map(|maker| maker.services.as_ref());
        let off = known.flat_map(|services| &services.off).map(|(off, place)| (off.as_str(), *place));
        off.filter(move |(off, _)| off.contains(name) || name.contains(*off))
    }
}
