//! The patches of a cluster as they are written: those of each kustomization file that is read, those of each Flux
//! Kustomization, and those that patches give to Flux Kustomizations.

use hashbrown::HashSet;

use super::Cluster;
use crate::build::Id;
use crate::build::flux::is_flux_kustomization;
use crate::build::kustomize::{NAMES, PatchEntry, Target, Text, patch_entry, read_spec};
use crate::source::{Span, file_name, join, parent};
use crate::yaml::{Mode, Node, Value};

/// Patches that are written beside each other, in the order in which they are applied.
#[derive(Debug)]
pub struct PatchList {
    /// The patches.
    pub patches: Vec<Patch>,
}

/// One entry with its text.
#[derive(Debug)]
pub struct Patch {
    /// The entry.
    pub entry: PatchEntry,
    /// What it changes.
    pub body: Body,
}

/// The text of a patch.
#[derive(Debug)]
pub enum Body {
    /// Objects to be merged in.
    Strategic(Vec<Node>),
    /// JSON 6902 operations.
    Operations(Vec<Node>),
}

/// Every list of patches, each once however many builds read it.
pub fn lists(cluster: &Cluster<'_>) -> Vec<PatchList> {
    let sources = cluster.sources();
    let mut paths: Vec<String> =
        cluster.build().files.iter().map(|file| sources.file(*file).path.to_string()).collect();
    paths.retain(|path| NAMES.contains(&file_name(path)));
    paths.sort();
    let mut reader = Reader { cluster, seen: HashSet::new(), lists: Vec::new() };
    for path in paths {
        let Ok(spec) = read_spec(cluster.library(), &path) else { continue };
        let entries = spec.strategic_patches.iter().chain(&spec.patches).chain(&spec.json_patches);
        reader.read(parent(&path), entries.cloned().collect());
    }
    for kustomization in cluster.kustomizations() {
        reader.read("", kustomization.spec.patches.clone());
    }
    // The object of an entry as it is built, with what its own folder makes of it.
    let root = cluster.kustomizations().first().and_then(|root| cluster.object(root.object?));
    root.into_iter().for_each(|object| reader.given(&object.node));
    reader.lists
}

struct Reader<'c, 'w> {
    cluster: &'c Cluster<'w>,
    // A parent may give the same patches to all of its children.
    seen: HashSet<Span>,
    lists: Vec<PatchList>,
}

impl Reader<'_, '_> {
    fn read(&mut self, directory: &str, entries: Vec<PatchEntry>) {
        if !entries.first().is_some_and(|first| self.seen.insert(first.span)) {
            return;
        }
        let patches: Vec<Patch> = entries
            .into_iter()
            .filter_map(|entry| {
                let body = body(self.cluster, directory, &entry)?;
                Some(Patch { entry, body })
            })
            .collect();
        for patch in &patches {
            if let Body::Strategic(documents) = &patch.body {
                documents.iter().for_each(|document| self.given(document));
            }
        }
        self.lists.push(PatchList { patches });
    }

    /// The patches that an object, or a patch for it, gives to a Flux Kustomization.
    fn given(&mut self, document: &Node) {
        if is_flux_kustomization(&Id::of(document)) {
            let entries = document.at(&["spec", "patches"]).map(Node::items).unwrap_or_default();
            self.read("", entries.iter().map(patch_entry).collect());
        }
    }
}

fn body(cluster: &Cluster<'_>, directory: &str, entry: &PatchEntry) -> Option<Body> {
    let manifests = match (&entry.patch, &entry.path) {
        (Some(patch), None) => cluster.library().embedded(patch, Mode::V3)?,
        (None, Some(path)) => cluster.library().load(&join(directory, &path.text)?, Mode::V3).ok()?,
        _ => return None,
    };
    if manifests.broken {
        return None;
    }
    match manifests.documents.first().map(|first| &first.value) {
        Some(Value::Seq(operations)) => Some(Body::Operations(operations.to_vec())),
        _ => Some(Body::Strategic(manifests.documents.clone())),
    }
}

/// A text of a target that is no pattern: it selects itself alone.
pub fn exact(text: Option<&Text>) -> Option<&Text> {
    text.filter(|text| {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        !text.text.is_empty() && text.text.chars().all(is_plain)
    })
}

/// The kind and the name of the only object that a target can select.
pub fn only_object(target: &Target) -> Option<(&Text, &Text)> {
    let is_wide = target.labels.is_some() || target.annotations.is_some();
    exact(target.kind.as_ref()).zip(exact(target.name.as_ref())).filter(|_| !is_wide)
}
