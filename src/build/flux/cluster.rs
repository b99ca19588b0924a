//! A cluster: from its entry point through nested Kustomizations to its objects.

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::address;
use super::artifact::Artifact;
use super::artifacts::{Artifacts, NoArtifact, Repository};
use super::discover::{EntryPoint, is_flux_kustomization};
use super::entry;
use super::inventory::Inventory;
use super::kustomization::FluxKustomization;
use super::path::missing_path;
use super::reconcile::{Reconciled, Request, files_as_they_are};
use super::releases::{ReleaseBuild, releases};
use super::rendered::rendered;
use super::root::Reading;
use super::variables::Variables;
use super::world::{BuildOptions, ClusterBuild, KustomizationBuild, NotBuilt, State, UndefinedVariable};
use crate::build::kustomize::Brings;
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::{Entry, ReadError};

/// Kustomizations that contain Kustomizations; real trees stay under five.
const MAX_LEVELS: usize = 32;

/// Kustomizations whose folder is applied by one of their parents too, under another name. Real trees have none; a
/// folder that makes two new ones each time would never end.
const MAX_REPEATED: usize = 256;

/// The same along one line of parents.
const MAX_REPEATED_IN_LINE: usize = 8;

/// A Kustomization waiting to be built.
struct Waiting {
    index: usize,
    depth: usize,
}

/// What building one Kustomization gave.
struct Built {
    index: usize,
    variables: Arc<Variables>,
    reconciled: Reconciled,
}

pub struct ClusterBuilder<'b, 's> {
    repository: &'b Repository<'b, 's>,
    options: &'b BuildOptions,
    entry: &'b EntryPoint,
    artifacts: Artifacts<'b, 's>,
    cluster: ClusterBuild,
    // The artifact of each Kustomization that is built.
    homes: Vec<Option<Arc<Artifact>>>,
    inventory: Inventory,
    known: HashMap<(String, String), usize>,
    // How many Kustomizations apply the folder of one of their parents.
    repeated: usize,
}

impl<'b, 's> ClusterBuilder<'b, 's> {
    /// A builder for a cluster.
    pub fn new(repository: &'b Repository<'b, 's>, options: &'b BuildOptions, entry: &'b EntryPoint) -> Self {
        ClusterBuilder {
            repository,
            options,
            entry,
            artifacts: Artifacts::new(repository, entry),
            cluster: ClusterBuild {
                entry: entry.path.as_str().into(),
                kustomizations: Vec::new(),
                objects: Vec::new(),
                releases: Vec::new(),
                modelled: Vec::new(),
                observations: Vec::new(),
                not_built: Vec::new(),
                files: HashSet::new(),
                undefined: Vec::new(),
                undefined_mode: options.undefined_at.get(&entry.path).copied().unwrap_or(options.undefined),
                is_kept: true,
            },
            homes: Vec::new(),
            inventory: Inventory::default(),
            known: HashMap::new(),
            repeated: 0,
        }
    }

    /// Builds it.
    pub fn build(mut self) -> ClusterBuild {
        let mut waiting = self.root();
        loop {
            if waiting.is_empty() {
                waiting.extend(self.now_here().into_iter().map(|index| Waiting { index, depth: 1 }));
            }
            if waiting.is_empty() {
                break;
            }
            // A Kustomization is ready when every object its variables come from is there; if none is, all are built
            // with what there is.
            let (ready, rest): (Vec<Waiting>, Vec<Waiting>) =
                waiting.into_iter().partition(|item| self.is_ready(item.index));
            let (ready, rest) = if ready.is_empty() { (rest, Vec::new()) } else { (ready, rest) };
            let built: Vec<Option<Built>> = ready.par_iter().map(|item| self.build_one(item.index)).collect();
            waiting = rest;
            for (item, built) in ready.iter().zip(built) {
                for child in built.map(|built| self.take(built)).unwrap_or_default() {
                    if item.depth + 1 >= MAX_LEVELS {
                        self.too_deep(child);
                    } else {
                        waiting.push(Waiting { index: child, depth: item.depth + 1 });
                    }
                }
            }
        }
        self.cluster.not_built.sort();
        self.cluster.not_built.dedup();
        let (mut releases, modelled) = releases(self.repository.library, &self.cluster.objects, &self.inventory);
        for ReleaseBuild { chart, .. } in &mut releases {
            chart.is_foreign = chart.url.as_deref().is_some_and(|url| self.artifacts.is_of_owner(url) == Some(false));
        }
        self.cluster.releases = releases;
        self.cluster.modelled = modelled;
        self.cluster
    }

    fn root(&mut self) -> Vec<Waiting> {
        let spec = entry::kustomization(self.repository.library, self.entry);
        // A folder that is applied by hand is no artifact.
        let (state, home) = match self.entry.reading {
            Reading::Flux => self.state_of(&spec),
            _ => (State::Built, Some(files_as_they_are(self.repository.library))),
        };
        self.note_external(&spec, &state);
        let is_built = state == State::Built;
        let index = self.add(spec, None, None, state, home);
        if is_built { vec![Waiting { index, depth: 0 }] } else { Vec::new() }
    }

    fn add(
        &mut self,
        spec: FluxKustomization,
        object: Option<usize>,
        parent: Option<usize>,
        state: State,
        home: Option<Arc<Artifact>>,
    ) -> usize {
        let index = self.cluster.kustomizations.len();
        self.known.insert((spec.namespace.clone(), spec.name.clone()), index);
        self.homes.push(home);
        self.cluster.kustomizations.push(KustomizationBuild {
            spec,
            object,
            state,
            parent,
            by_hand: index == 0 && self.entry.reading != Reading::Flux,
            variables: Arc::default(),
            substitutes: false,
        });
        index
    }

    fn too_deep(&mut self, index: usize) {
        let Some(kustomization) = self.cluster.kustomizations.get_mut(index) else { return };
        kustomization.state = State::Broken;
        let message = format!("Kustomizations apply each other more than {MAX_LEVELS} levels deep");
        let place = kustomization.spec.place;
        self.cluster
            .observations
            .push(Observation::new("limit-exceeded", message, Label::new(place, "")).keyed("depth"));
    }

    fn is_ready(&self, index: usize) -> bool {
        let kustomization = self.cluster.kustomizations.get(index);
        kustomization.is_none_or(|kustomization| Variables::can_load(&kustomization.spec, &self.inventory))
    }

    fn build_one(&self, index: usize) -> Option<Built> {
        let kustomization = self.cluster.kustomizations.get(index).filter(|one| one.state == State::Built)?;
        let artifact = self.homes.get(index)?.as_ref()?;
        let variables = Arc::new(Variables::load(&kustomization.spec, &self.inventory, &self.cluster.objects));
        let request = Request {
            spec: &kustomization.spec,
            artifact,
            reading: if index == 0 { self.entry.reading } else { Reading::Flux },
            variables: &variables,
            undefined: self.cluster.undefined_mode,
            entry: &self.entry.path,
            index,
        };
        let reconciled = request.reconcile(self.repository.library);
        Some(Built { index, variables, reconciled })
    }

    /// Takes a build into the cluster; gives the Kustomizations it holds.
    fn take(&mut self, built: Built) -> Vec<usize> {
        let Built { index, variables, reconciled } = built;
        let Reconciled { outcome, objects, undefined, substitutes, broken, is_kept } = reconciled;
        self.cluster.is_kept &= is_kept;
        let base = self.cluster.objects.len();
        self.cluster.observations.extend(outcome.observations);
        self.cluster.files.extend(outcome.files);
        let shown = self.cluster.kustomizations.get(index).map_or_else(String::new, |one| one.spec.shown());
        for left_out in outcome.open {
            // Whose folder it is tells what it holds, where it is known who we are.
            let is_ours =
                self.artifacts.is_of_owner(&left_out.what) != Some(false) && !address::is_file(&left_out.what);
            let is_published = matches!(left_out.brings, Brings::Published { .. });
            self.cluster.not_built.push(NotBuilt {
                class: "remote",
                what: left_out.what,
                reason: format!("{}, in {shown}", left_out.reason),
                namespace: None,
                brings: if is_published && is_ours { Brings::Anything } else { left_out.brings },
            });
        }
        if let Some(kustomization) = self.cluster.kustomizations.get_mut(index) {
            kustomization.variables = variables;
            kustomization.substitutes = substitutes;
            if broken {
                kustomization.state = State::Broken;
            }
        }
        if broken {
            let mut kinds: Vec<String> = objects.iter().map(|object| object.gvk.kind.to_string()).collect();
            kinds.sort();
            kinds.dedup();
            self.cluster.not_built.push(NotBuilt {
                class: "broken",
                what: shown,
                reason: "Flux would refuse to build it; what could be read was checked".to_owned(),
                namespace: None,
                brings: if outcome.lost { Brings::Kinds(kinds) } else { Brings::Nothing },
            });
        }
        for (object, name, place) in undefined {
            self.cluster.undefined.push(UndefinedVariable { name, place, object: base + object, kustomization: index });
        }
        self.cluster.objects.extend(objects);
        self.render(base);
        for (offset, object) in self.cluster.objects.iter().skip(base).enumerate() {
            self.inventory.add(base + offset, object);
            self.artifacts.learn(object);
        }
        (base..self.cluster.objects.len()).filter_map(|at| self.child(at, index)).collect()
    }

    /// Adds what a renderer made of the HelmReleases from a position on.
    fn render(&mut self, base: usize) {
        for at in base..self.cluster.objects.len() {
            let Some(release) = self.cluster.objects.get(at) else { continue };
            if !release.is("helm.toolkit.fluxcd.io", "HelmRelease") || release.release.is_some() {
                continue;
            }
            let name = (release.namespace().to_owned(), release.name.to_string());
            let (folder, of) = match (self.options.rendered.get(&name), &self.options.rendered_below) {
                (Some(folder), _) => (folder, None),
                (None, Some(folder)) => (folder, Some(format!("{}/{}", name.0, name.1))),
                (None, None) => continue,
            };
            match self.repository.folder(folder) {
                Some(system) => {
                    // Nobody notes which files were read for it.
                    self.cluster.is_kept = false;
                    let (objects, observations) =
                        rendered(self.repository.library, &system, of.as_deref(), release, at);
                    self.cluster.observations.extend(observations);
                    self.cluster.objects.extend(objects);
                }
                None => self.cluster.not_built.push(NotBuilt {
                    class: "chart",
                    what: format!("HelmRelease `{}`", release.full_name()),
                    reason: format!("its rendered manifests are not in `{folder}`"),
                    namespace: None,
                    brings: Brings::Nothing,
                }),
            }
        }
    }

    /// Kustomizations that were put aside before their source turned out to be here.
    fn now_here(&mut self) -> Vec<usize> {
        let mut found = Vec::new();
        for index in 0..self.cluster.kustomizations.len() {
            let Some(kustomization) = self.cluster.kustomizations.get(index) else { continue };
            if !matches!(kustomization.state, State::External(_)) {
                continue;
            }
            let spec = kustomization.spec.clone();
            let (state, home) = self.state_of(&spec);
            if matches!(state, State::External(_)) {
                continue;
            }
            self.cluster.not_built.retain(|part| part.class != "source" || part.what != spec.shown());
            if let (Some(kustomization), Some(place)) =
                (self.cluster.kustomizations.get_mut(index), self.homes.get_mut(index))
            {
                kustomization.state = state.clone();
                *place = home;
            }
            if state == State::Built {
                found.push(index);
            }
        }
        found
    }

    /// Takes in a Kustomization among the objects; its index when it is to be built.
    fn child(&mut self, at: usize, parent: usize) -> Option<usize> {
        let object = self.cluster.objects.get(at)?;
        let id = Id {
            gvk: object.gvk.clone(),
            namespace: object.namespace.clone().unwrap_or_default(),
            name: object.name.clone(),
        };
        if !is_flux_kustomization(&id) || object.left_alone {
            return None;
        }
        let spec = FluxKustomization::read(&object.node);
        let key = (spec.namespace.clone(), spec.name.clone());
        if let Some(known) = self.known.get(&key).copied() {
            // A root that applies itself, or one name twice (which another rule reports).
            if let Some(existing) = self.cluster.kustomizations.get_mut(known) {
                existing.object.get_or_insert(at);
                // The entry's own object as built says whether its objects are decrypted.
                if known == 0 {
                    existing.spec.decrypts |= spec.decrypts;
                }
            }
            return None;
        }
        let in_line = self.same_path_above(&spec, parent);
        self.repeated += usize::from(in_line > 0);
        if in_line > MAX_REPEATED_IN_LINE || self.repeated > MAX_REPEATED {
            self.endless(&spec);
            return None;
        }
        let (state, home) = self.state_of(&spec);
        self.note_external(&spec, &state);
        let is_built = state == State::Built;
        let index = self.add(spec, Some(at), Some(parent), state, home);
        is_built.then_some(index)
    }

    fn note_external(&mut self, spec: &FluxKustomization, state: &State) {
        let State::External(reason) = state else { return };
        let url = spec.source.as_ref().and_then(|source| self.artifacts.url(source)).unwrap_or_default().to_owned();
        let manifests_only = address::is_flux_distribution(&url);
        // Everything of it that has a namespace is in Flux's own.
        let own = || manifests_only.then(|| spec.namespace.clone());
        let brings = if manifests_only {
            Brings::Manifests
        } else if spec.path.is_some() && self.artifacts.is_of_owner(&url) == Some(false) {
            Brings::published([url.as_str(), &spec.name], true)
        } else {
            Brings::Anything
        };
        self.cluster.not_built.push(NotBuilt {
            class: "source",
            what: spec.shown(),
            reason: reason.clone(),
            brings,
            namespace: spec.target_namespace.as_ref().map(|namespace| namespace.text.clone()).or_else(own),
        });
    }

    /// How many Kustomizations from `parent` upwards have the path of this one.
    fn same_path_above(&self, spec: &FluxKustomization, parent: usize) -> usize {
        let above = |index: &usize| self.cluster.kustomizations.get(*index).and_then(|one| one.parent);
        let line = std::iter::successors(Some(parent), above).take(MAX_LEVELS);
        let same = |one: &KustomizationBuild| one.spec.path == spec.path && one.spec.source == spec.source;
        line.filter(|index| self.cluster.kustomizations.get(*index).is_some_and(same)).count()
    }

    /// A folder that applies itself under ever new names: said once a place.
    fn endless(&mut self, spec: &FluxKustomization) {
        let path = spec.path.as_deref().unwrap_or_default();
        let observation = Observation::new(
            "limit-exceeded",
            format!("the folder `{path}` applies itself again and again under new names"),
            Label::new(spec.path_place, "applied again here"),
        )
        .keyed(path.to_owned());
        if self.cluster.observations.contains(&observation) {
            return;
        }
        self.cluster.observations.push(observation);
        self.cluster.not_built.push(NotBuilt {
            class: "broken",
            what: format!("folder `{path}`"),
            reason: "it applies itself again and again under new names".to_owned(),
            namespace: None,
            brings: Brings::Anything,
        });
    }

    fn state_of(&mut self, spec: &FluxKustomization) -> (State, Option<Arc<Artifact>>) {
        let external = |reason: String| (State::External(reason), None);
        if spec.other_cluster {
            return external("it applies to another cluster (kubeConfig)".to_owned());
        }
        let Some(path) = &spec.path else {
            return external("its path holds a variable that is not in the tree".to_owned());
        };
        let artifact = match self.artifacts.find(spec.source.as_ref()) {
            Ok(artifact) => artifact,
            Err(NoArtifact::External(reason)) => return external(reason),
            Err(NoArtifact::Refused { message, place }) => {
                self.not_made(spec, message, place);
                return (State::Broken, None);
            }
        };
        let found = artifact.sources.system().entry(path);
        let error = match found {
            Ok(Entry::Directory) => return (State::Built, Some(artifact)),
            Err(ReadError::Elsewhere(source)) => return external(format!("its path comes from {source}")),
            found => found,
        };
        // The artifact may be of the whole repository all the same.
        let whole = self.artifacts.whole_repository(spec.source.as_ref());
        if let Some(whole) = whole.filter(|whole| whole.sources.system().entry(path) == Ok(Entry::Directory)) {
            return (State::Built, Some(whole));
        }
        self.cluster.observations.push(missing_path(artifact.sources.system(), spec, path, &error));
        self.lost(spec, "its path does not exist");
        (State::Broken, None)
    }

    /// A Kustomization whose artifact nobody makes.
    fn not_made(&mut self, spec: &FluxKustomization, message: String, place: crate::source::Span) {
        self.cluster.observations.push(
            Observation::new("build-failed", message, Label::new(place, ""))
                .related(Label::new(spec.source_place, "builds from the artifact"))
                .about(spec.reference(), "spec.sourceRef")
                .why("The artifact is not made, so nothing of this Kustomization is applied"),
        );
        self.lost(spec, "its artifact is not made");
    }

    fn lost(&mut self, spec: &FluxKustomization, reason: &str) {
        self.cluster.not_built.push(NotBuilt {
            class: "broken",
            what: spec.shown(),
            reason: reason.to_owned(),
            namespace: spec.target_namespace.as_ref().map(|namespace| namespace.text.clone()),
            brings: Brings::Anything,
        });
    }
}
