//! What became of the files of a tree: which of them the builds read, and what for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::flux::World;
use super::kustomize::NAMES;
use crate::source::{FileId, Sources, Span, file_name};
use crate::yaml::{Node, Step, Value};

/// What a build made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// A cluster begins here.
    Entry,
    /// It says what a folder is built from.
    Kustomization,
    /// Objects come from it.
    Resource,
    /// It changes objects.
    Patch,
    /// A generator put it into an object.
    Generator,
    /// Values of releases come from it.
    Values,
    /// Variables come from it.
    Variables,
    /// It was read, and no value of an object comes from it.
    Read,
    /// A build asked for it, and it is no text.
    Unreadable,
}

impl Use {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Use::Entry => "entry",
            Use::Kustomization => "kustomization",
            Use::Resource => "resource",
            Use::Patch => "patch",
            Use::Generator => "generator",
            Use::Values => "values",
            Use::Variables => "variables",
            Use::Read => "read",
            Use::Unreadable => "unreadable",
        }
    }
}

/// Every file that a build read, by the path that reports show, and what for.
pub fn uses(world: &World, sources: &Sources) -> BTreeMap<Arc<str>, BTreeSet<Use>> {
    let mut uses = Uses { sources, found: BTreeMap::new() };
    for cluster in &world.clusters {
        if let Some(root) = cluster.kustomizations.first() {
            uses.add(root.spec.place.file, Use::Entry);
        }
        for object in cluster.objects.iter().chain(&cluster.modelled) {
            if object.modelled.is_none() {
                uses.add(object.kind_place().file, Use::Resource);
            }
            uses.node(&object.node);
        }
        for release in &cluster.releases {
            if let Some(object) = cluster.objects.get(release.object) {
                uses.values(&release.values.root, object.kind_place().file);
            }
        }
    }
    for file in world.clusters.iter().flat_map(|cluster| &cluster.files) {
        let path = sources.file(*file).path.clone();
        if sources.file(*file).problem.is_some() {
            uses.add(*file, Use::Unreadable);
        } else if is_kustomization(&path) {
            uses.add(*file, Use::Kustomization);
        } else if !uses.found.contains_key(&path) {
            uses.add(*file, Use::Read);
        }
    }
    uses.found
}

fn is_kustomization(path: &str) -> bool {
    NAMES.contains(&file_name(path))
}

struct Uses<'s> {
    sources: &'s Sources,
    found: BTreeMap<Arc<str>, BTreeSet<Use>>,
}

impl Uses<'_> {
    fn add(&mut self, file: FileId, what: Use) {
        self.found.entry(self.sources.file(file).path.clone()).or_default().insert(what);
    }

    /// The place of a step. Kustomization files order most steps, and are named for that once.
    fn place(&mut self, place: Span, what: Use) {
        if !is_kustomization(&self.sources.file(place.file).path) {
            self.add(place.file, what);
        }
    }

    fn node(&mut self, node: &Node) {
        let chain = node.origin.chain();
        let newer = std::iter::once(None).chain(chain.iter().map(|(step, _)| step.as_ref()));
        for ((step, place), newer) in chain.iter().zip(newer) {
            let place = *place;
            match step {
                Some(Step::Patched | Step::JsonPatched) => self.place(place, Use::Patch),
                Some(Step::Generated) => self.place(place, Use::Generator),
                // The newer one is the text that names the variable.
                Some(Step::Substituted(_)) if matches!(newer, Some(Step::Substituted(_))) => {
                    self.place(place, Use::Variables);
                }
                _ => {}
            }
        }
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.node(item)),
            _ => node.entries().for_each(|entry| self.node(&entry.value)),
        }
    }

    /// Merged values: what is written elsewhere than in the release came through `valuesFrom`.
    fn values(&mut self, node: &Node, own: FileId) {
        if let Some((None, place)) = node.origin.chain().last()
            && place.file != own
        {
            self.place(*place, Use::Values);
        }
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.values(item, own)),
            _ => node.entries().for_each(|entry| self.values(&entry.value, own)),
        }
    }
}
