//! Every cluster of a repository, as Flux would apply it.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::artifacts::Repository;
use super::cluster::ClusterBuilder;
use super::discover::survey;
use super::kustomization::{FluxKustomization, SourceKey};
use super::releases::ReleaseBuild;
use super::variables::Variables;
use crate::build::kustomize::Brings;
use crate::build::manifests::Library;
use crate::build::object::Object;
use crate::finding::Observation;
use crate::source::{FileId, Span};

/// What became of a Kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Built as Flux builds it.
    Built,
    /// Flux would refuse it: nothing of it is applied. What could be built is there.
    Broken,
    /// Its input is not in this tree.
    External(String),
}

/// A part of the cluster that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotBuilt {
    /// `source`, `remote`, `broken`, `variable`.
    pub class: &'static str,
    /// The thing.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The only namespace it can bring objects into, where that is known.
    pub namespace: Option<String>,
    /// What it can bring.
    pub brings: Brings,
}

impl NotBuilt {
    /// Whether an object of this group and kind in this namespace could come from here: any of them where there is no
    /// name.
    pub fn could_bring(&self, group: &str, kind: &str, namespace: &str, name: Option<&str>) -> bool {
        self.namespace.as_deref().is_none_or(|only| only == namespace)
            && self.brings.could_bring(group, kind, namespace, name)
    }
}

/// A Flux Kustomization of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct KustomizationBuild {
    /// What it asks for.
    pub spec: FluxKustomization,
    /// Its object among the cluster's objects; `None` for a root that nothing writes down.
    pub object: Option<usize>,
    /// What became of it.
    pub state: State,
    /// The Kustomization that applies it.
    pub parent: Option<usize>,
    /// It is a folder that somebody applies by hand, not an object of the cluster.
    pub by_hand: bool,
    /// Its variables.
    pub variables: Arc<Variables>,
    /// Whether substitution runs over its objects.
    pub substitutes: bool,
}

/// A variable without value and default.
#[derive(Clone, Debug, PartialEq)]
pub struct UndefinedVariable {
    /// Its name.
    pub name: String,
    /// The text it stands in.
    pub place: Span,
    /// The object.
    pub object: usize,
    /// The Kustomization that substitutes.
    pub kustomization: usize,
}

/// A cluster as Flux would apply it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterBuild {
    /// Entry path.
    pub entry: Arc<str>,
    /// Kustomizations; the first is the entry itself.
    pub kustomizations: Vec<KustomizationBuild>,
    /// Objects, in the order of their Kustomizations.
    pub objects: Vec<Object>,
    /// The HelmReleases among them.
    pub releases: Vec<ReleaseBuild>,
    /// What models of charts say that the releases make.
    pub modelled: Vec<Object>,
    /// What the build itself has to say.
    pub observations: Vec<Observation>,
    /// What was not looked at.
    pub not_built: Vec<NotBuilt>,
    /// Files that the builds read.
    pub files: HashSet<FileId>,
    /// Variables without value and default, where every source of variables is known.
    pub undefined: Vec<UndefinedVariable>,
    /// What they do.
    pub undefined_mode: Undefined,
    /// Every Kustomization that was built is a build of an earlier check, of files that are as they were.
    pub is_kept: bool,
}

/// Everything that was built.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Clusters, by entry path.
    pub clusters: Vec<ClusterBuild>,
}

/// What a variable without value and default does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undefined {
    /// It fails the build from Flux 2.9 on, and nothing says which version runs: its value is not known.
    #[default]
    FailsSince29,
    /// It fails the build.
    Fails,
    /// It becomes the empty text.
    Blank,
}

/// What the configuration says about the build.
#[derive(Clone, Debug, Default)]
pub struct BuildOptions {
    /// Entry paths; found by itself where empty.
    pub entries: Vec<String>,
    /// What an undefined variable does.
    pub undefined: Undefined,
    /// The same for single entries.
    pub undefined_at: HashMap<String, Undefined>,
    /// Folders that stand for sources; they may lie beside the root (`../shared`).
    pub sources: BTreeMap<SourceKey, String>,
    /// Folders of rendered manifests, by namespace and name of the HelmRelease.
    pub rendered: BTreeMap<(String, String), String>,
    /// A folder with rendered manifests below namespace and name of HelmReleases.
    pub rendered_below: Option<String>,
}

/// Builds every cluster of the tree.
pub fn world(library: &Library<'_>, options: &BuildOptions) -> World {
    if let Some(builds) = library.builds() {
        builds.begin(library.sources);
    }
    let survey = survey(library, &options.entries);
    let repository = Repository::new(library, &options.sources, survey.sources);
    let build = |entry| ClusterBuilder::new(&repository, options, entry).build();
    World { clusters: survey.entries.par_iter().map(build).collect() }
}
