//! Clusters: from each entry point through nested Kustomizations to the objects of the cluster.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use smol_str::SmolStr;

use super::discover::{EntryPoint, entry_points, is_flux_kustomization};
use super::kustomization::{FluxKustomization, SourceKey};
use super::root::{self, Reading};
use super::sops;
use super::substitute::substitute;
use super::variables::Variables;
use crate::build::kustomize::{Brings, Builder, Options, Outcome, Resource, Text};
use crate::build::manifests::Library;
use crate::build::object::{Id, Object};
use crate::build::scope;
use crate::finding::{Label, Observation};
use crate::source::{Entry, FileId, Span};
use crate::yaml::{Node, Origin, Step};

/// Kustomizations that contain Kustomizations; real trees stay under five.
const MAX_LEVELS: usize = 32;

/// Kustomizations whose folder is applied by one of their parents too, under another name. Real trees have none; a
/// folder that makes two new ones each time would never end.
const MAX_REPEATED: usize = 256;

/// The same along one line of parents.
const MAX_REPEATED_IN_LINE: usize = 8;

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
    /// Whether an object of this group and kind in this namespace could come from here.
    pub fn could_bring(&self, group: &str, kind: &str, namespace: &str) -> bool {
        let is_flux = group.ends_with(".toolkit.fluxcd.io");
        self.namespace.as_deref().is_none_or(|only| only == namespace)
            && match &self.brings {
                Brings::Nothing => false,
                Brings::Manifests => !is_flux,
                Brings::Kinds(kinds) => !is_flux || kinds.iter().any(|held| held == kind),
                Brings::Anything => true,
            }
    }
}

/// A Flux Kustomization of a cluster.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct ClusterBuild {
    /// Entry path.
    pub entry: Arc<str>,
    /// Kustomizations; the first is the entry itself.
    pub kustomizations: Vec<KustomizationBuild>,
    /// Objects, in the order of their Kustomizations.
    pub objects: Vec<Object>,
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
}

/// Builds every cluster of the tree.
pub fn world(library: &Library<'_>, options: &BuildOptions) -> World {
    let entries = entry_points(library, &options.entries);
    World { clusters: entries.par_iter().map(|entry| ClusterBuilder::new(library, options, entry).build()).collect() }
}

/// A Kustomization waiting to be built.
struct Waiting {
    index: usize,
    depth: usize,
}

/// What building one Kustomization gave.
struct Built {
    index: usize,
    outcome: Outcome,
    objects: Vec<Object>,
    undefined: Vec<(usize, String, Span)>,
    variables: Arc<Variables>,
    substitutes: bool,
    broken: bool,
}

struct ClusterBuilder<'b, 's> {
    library: &'b Library<'s>,
    entry: &'b EntryPoint,
    sources: HashSet<SourceKey>,
    // URLs of this repository, in a form that can be compared.
    urls: HashSet<String>,
    cluster: ClusterBuild,
    // Objects by kind, namespace and name, for variables.
    by_name: HashMap<(SmolStr, SmolStr, SmolStr), usize>,
    // ExternalSecrets and their like: Secrets whose keys are known and whose values are not.
    made: HashMap<(SmolStr, SmolStr), usize>,
    known: HashMap<(String, String), usize>,
    // How many Kustomizations apply the folder of one of their parents.
    repeated: usize,
}

impl<'b, 's> ClusterBuilder<'b, 's> {
    fn new(library: &'b Library<'s>, options: &'b BuildOptions, entry: &'b EntryPoint) -> Self {
        ClusterBuilder {
            library,
            entry,
            sources: entry.sources.iter().cloned().collect(),
            urls: entry.url.as_deref().map(comparable_url).into_iter().collect(),
            cluster: ClusterBuild {
                entry: entry.path.as_str().into(),
                kustomizations: Vec::new(),
                objects: Vec::new(),
                observations: Vec::new(),
                not_built: Vec::new(),
                files: HashSet::new(),
                undefined: Vec::new(),
                undefined_mode: options.undefined_at.get(&entry.path).copied().unwrap_or(options.undefined),
            },
            by_name: HashMap::new(),
            made: HashMap::new(),
            known: HashMap::new(),
            repeated: 0,
        }
    }

    fn build(mut self) -> ClusterBuild {
        let root = self.root_kustomization();
        self.add_kustomization(root, None, None);
        let mut waiting = vec![Waiting { index: 0, depth: 0 }];
        loop {
            if waiting.is_empty() {
                waiting.extend(self.now_local().into_iter().map(|index| Waiting { index, depth: 1 }));
            }
            if waiting.is_empty() {
                break;
            }
            // A Kustomization is ready when every object its variables come from is there; if none is, all are built
            // with what there is.
            let (ready, rest): (Vec<Waiting>, Vec<Waiting>) =
                waiting.into_iter().partition(|item| self.is_ready(item.index));
            let (ready, rest) = if ready.is_empty() { (rest, Vec::new()) } else { (ready, rest) };
            let built: Vec<Built> = ready.par_iter().map(|item| self.build_one(item.index)).collect();
            let depths: HashMap<usize, usize> = ready.iter().map(|item| (item.index, item.depth)).collect();
            waiting = rest;
            for built in built {
                let depth = depths.get(&built.index).copied().unwrap_or_default();
                for child in self.take(built) {
                    if depth + 1 >= MAX_LEVELS {
                        self.too_deep(child);
                    } else {
                        waiting.push(Waiting { index: child, depth: depth + 1 });
                    }
                }
            }
        }
        self.cluster.not_built.sort();
        self.cluster.not_built.dedup();
        self.cluster
    }

    /// The Kustomization of the entry point: as written, or as a FluxInstance makes it.
    fn root_kustomization(&self) -> FluxKustomization {
        if let Some(object) = &self.entry.object {
            return FluxKustomization { path: Some(self.entry.path.clone()), ..FluxKustomization::read(object) };
        }
        let place = self.entry.place;
        let synthetic = |text: &str| Node::text_node(text, Origin::derived(Step::Added, place, None));
        let mut object = Node::empty_map(Origin::derived(Step::Added, place, None));
        for (path, value) in [
            (["apiVersion", ""], "kustomize.toolkit.fluxcd.io/v1"),
            (["kind", ""], "Kustomization"),
            (["metadata", "name"], "flux-system"),
            (["metadata", "namespace"], "flux-system"),
            (["spec", "path"], self.entry.path.as_str()),
        ] {
            let [first, second] = path;
            let parent = if second.is_empty() { Some(&mut object) } else { object.child_mut(first) };
            let key = if second.is_empty() { first } else { second };
            if let Some(map) = parent.and_then(Node::as_map_mut) {
                map.set(key, place, synthetic(value));
            }
        }
        if let Some(patches) = &self.entry.instance_patches {
            let mut resources = vec![Resource::new(object.clone())];
            for patch in patches.items() {
                let entry = crate::build::kustomize::patch_entry(patch);
                crate::build::kustomize::apply_patch(self.library, &entry, None, &mut resources, false);
            }
            if let Some(patched) = resources.into_iter().next() {
                object = patched.node;
            }
        }
        FluxKustomization { path: Some(self.entry.path.clone()), ..FluxKustomization::read(&object) }
    }

    fn add_kustomization(&mut self, spec: FluxKustomization, object: Option<usize>, parent: Option<usize>) -> usize {
        let index = self.cluster.kustomizations.len();
        self.known.insert((spec.namespace.clone(), spec.name.clone()), index);
        self.cluster.kustomizations.push(KustomizationBuild {
            spec,
            object,
            state: State::Built,
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
        let Some(kustomization) = self.cluster.kustomizations.get(index) else { return true };
        let spec = &kustomization.spec;
        spec.substitute_from.iter().all(|from| {
            from.name.as_ref().is_none_or(|name| {
                let key = (from.kind.as_str().into(), spec.namespace.as_str().into(), name.as_str().into());
                self.by_name.contains_key(&key) || (from.kind == "Secret" && self.made.contains_key(&(key.1, key.2)))
            })
        })
    }

    fn variables(&self, spec: &FluxKustomization) -> Variables {
        let mut variables = Variables::default();
        for from in &spec.substitute_from {
            let Some(name) = &from.name else {
                variables.open = true;
                continue;
            };
            let key = (from.kind.as_str().into(), spec.namespace.as_str().into(), name.as_str().into());
            let source = self.by_name.get(&key).and_then(|index| self.cluster.objects.get(*index));
            match (source, from.kind.as_str()) {
                (Some(object), "ConfigMap") => {
                    if let Some(data) = object.at(&["data"]) {
                        variables.add_map(data);
                    }
                }
                (Some(object), _) => {
                    if let Some(data) = object.at(&["data"]) {
                        variables.add_encoded(data);
                    }
                    if let Some(data) = object.at(&["stringData"]) {
                        variables.add_map(data);
                    }
                }
                (None, "Secret") => {
                    match self.made.get(&(key.1, key.2)).and_then(|index| self.cluster.objects.get(*index)) {
                        Some(producer) => produced_keys(producer, &mut variables),
                        None => variables.open = true,
                    }
                }
                (None, _) => variables.open = true,
            }
        }
        if let Some(inline) = &spec.substitute {
            variables.add_map(inline);
        }
        variables
    }

    fn build_one(&self, index: usize) -> Built {
        let empty = || Built {
            index,
            outcome: Outcome::default(),
            objects: Vec::new(),
            undefined: Vec::new(),
            variables: Arc::default(),
            substitutes: false,
            broken: false,
        };
        let Some(kustomization) = self.cluster.kustomizations.get(index) else { return empty() };
        if kustomization.state != State::Built {
            return empty();
        }
        let spec = &kustomization.spec;
        let Some(directory) = &spec.path else { return empty() };
        let reading = if index == 0 { self.entry.reading } else { Reading::Flux };
        let root = root::spec(self.library, directory, Some(spec), reading, spec.path_place);
        // What is applied by hand may be built with programs that Flux does not run.
        let options = Options { programs: reading != Reading::Flux, ..Options::flux() };
        let mut outcome = Builder::new(self.library, options).build(&root);
        let variables = Arc::new(self.variables(spec));
        let substitutes = spec.has_post_build && (!variables.is_empty() || spec.substitute_always);
        let mut broken = outcome.broken;
        let mut undefined = Vec::new();
        let mut objects: Vec<Object> = Vec::with_capacity(outcome.resources.len());
        let mode = self.cluster.undefined_mode;
        for resource in std::mem::take(&mut outcome.resources) {
            let written = resource.original();
            let mut node = resource.node;
            let encrypted = sops::is_encrypted(&node);
            if encrypted {
                sops::hide_encrypted(&mut node);
            }
            if substitutes && !switched_off(&node) {
                let result = substitute(&node, &variables, mode != Undefined::Blank);
                node = result.node;
                broken |= mode == Undefined::Fails && !result.undefined.is_empty();
                let mut seen = HashSet::new();
                for (found, place) in result.undefined {
                    if seen.insert((found.name.clone(), place)) {
                        undefined.push((objects.len(), found.name, place));
                    }
                }
                if let Some((error, place, nth)) = result.error {
                    broken = true;
                    let id = Id::of(&node);
                    outcome.observations.push(
                        Observation::new(
                            "substitution-syntax-invalid",
                            format!("{} `{}` holds a `${{…}}` that Flux cannot read: {error}", id.gvk.kind, id.name),
                            Label::new(self.expression(place, nth), "this text"),
                        )
                        .keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name)),
                    );
                }
            }
            let Some(object) = self.object(node, written, index, resource.trail, encrypted, spec) else { continue };
            objects.push(object);
        }
        Built { index, outcome, objects, undefined, variables, substitutes, broken }
    }

    /// The n-th `${` of a text up to its end or that of its line: the place in a script, not the script.
    fn expression(&self, text: Span, nth: usize) -> Span {
        let file = self.library.sources.file(text.file);
        let raw = file.slice(text);
        let Some((start, _)) = raw.match_indices("${").nth(nth) else { return text };
        let line = raw.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let end = start + line.find('}').map_or(line.len(), |at| at + 1);
        let base = text.range().start;
        Span::new(text.file, base + start..base + end)
    }

    /// The object of the cluster, or `None` for what Flux drops silently.
    fn object(
        &self,
        mut node: Node,
        written: Id,
        kustomization: usize,
        trail: Vec<Label>,
        encrypted: bool,
        spec: &FluxKustomization,
    ) -> Option<Object> {
        let id = Id::of(&node);
        if id.name.is_empty() || id.gvk.kind.is_empty() || id.gvk.version.is_empty() {
            return None;
        }
        if id.gvk.group == "kustomize.config.k8s.io" {
            return None;
        }
        if let Some(metadata) = &spec.common_metadata {
            common_metadata(&mut node, metadata);
        }
        let switch = |name: &str| -> Option<String> {
            let key = format!("kustomize.toolkit.fluxcd.io/{name}");
            let at =
                |field: &str| node.at(&["metadata", field, &key]).and_then(Node::as_str).map(str::to_ascii_lowercase);
            at("annotations").or_else(|| at("labels"))
        };
        let left_alone =
            switch("reconcile").as_deref() == Some("disabled") || switch("ssa").as_deref() == Some("ignore");
        let namespace = (!id.namespace.is_empty() && !scope::has_no_namespace(&id.gvk)).then_some(id.namespace);
        let name = id.name;
        Some(Object { gvk: id.gvk, namespace, name, node, written, kustomization, trail, encrypted, left_alone })
    }

    /// Takes a build into the cluster; gives the Kustomizations it holds.
    fn take(&mut self, built: Built) -> Vec<usize> {
        let Built { index, outcome, objects, undefined, variables, substitutes, broken } = built;
        let base = self.cluster.objects.len();
        self.cluster.observations.extend(outcome.observations);
        self.cluster.files.extend(outcome.files);
        let shown = self.shown(index);
        for left_out in outcome.open {
            self.cluster.not_built.push(NotBuilt {
                class: "remote",
                what: left_out.what,
                reason: format!("{}, in Kustomization {shown}", left_out.reason),
                namespace: None,
                brings: left_out.brings,
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
                what: format!("Kustomization {shown}"),
                reason: "Flux would refuse to build it; what could be read was checked".to_owned(),
                namespace: None,
                brings: if outcome.lost { Brings::Kinds(kinds) } else { Brings::Nothing },
            });
        }
        for (object, name, place) in undefined {
            self.cluster.undefined.push(UndefinedVariable { name, place, object: base + object, kustomization: index });
        }
        let mut children = Vec::new();
        for (offset, object) in objects.into_iter().enumerate() {
            let at = base + offset;
            let namespace: SmolStr = object.namespace.clone().unwrap_or_default();
            self.by_name.entry((object.gvk.kind.clone(), namespace.clone(), object.name.clone())).or_insert(at);
            if let Some(secret) = produced_secret(&object) {
                self.made.entry((namespace, secret)).or_insert(at);
            }
            self.local_sources(&object);
            self.cluster.objects.push(object);
        }
        for at in base..self.cluster.objects.len() {
            children.extend(self.child(at, index));
        }
        children
    }

    fn shown(&self, index: usize) -> String {
        match self.cluster.kustomizations.get(index) {
            Some(kustomization) => format!("`{}/{}`", kustomization.spec.namespace, kustomization.spec.name),
            None => "?".to_owned(),
        }
    }

    /// A source object with the URL of this repository is this repository too, whatever its name.
    fn local_sources(&mut self, object: &Object) {
        if object.gvk.group != "source.toolkit.fluxcd.io" {
            return;
        }
        let key = SourceKey {
            kind: object.gvk.kind.to_string(),
            namespace: object.namespace().to_owned(),
            name: object.name.to_string(),
        };
        let Some(url) = object.at(&["spec", "url"]).and_then(Node::as_str).map(comparable_url) else { return };
        if self.sources.contains(&key) {
            self.urls.insert(url);
        } else if self.urls.contains(&url) {
            self.sources.insert(key);
        }
    }

    /// Kustomizations that were put aside before their source turned out to be this repository.
    fn now_local(&mut self) -> Vec<usize> {
        let mut found = Vec::new();
        for index in 0..self.cluster.kustomizations.len() {
            let Some(kustomization) = self.cluster.kustomizations.get(index) else { continue };
            let is_local = kustomization.spec.source.as_ref().is_some_and(|source| self.sources.contains(source));
            if !is_local || !matches!(kustomization.state, State::External(_)) {
                continue;
            }
            let spec = kustomization.spec.clone();
            let what = format!("Kustomization `{}/{}`", spec.namespace, spec.name);
            let state = self.state_of(&spec);
            if matches!(state, State::External(_)) {
                continue;
            }
            self.cluster.not_built.retain(|not_built| not_built.what != what);
            if let Some(kustomization) = self.cluster.kustomizations.get_mut(index) {
                kustomization.state = state.clone();
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
        let state = self.state_of(&spec);
        let index = self.add_kustomization(spec, Some(at), Some(parent));
        if let State::External(reason) = &state {
            let spec = self.cluster.kustomizations.get(index).map(|kustomization| kustomization.spec.clone())?;
            self.cluster.not_built.push(NotBuilt {
                class: "source",
                what: format!("Kustomization `{}/{}`", spec.namespace, spec.name),
                reason: reason.clone(),
                brings: if self.is_flux_distribution(spec.source.as_ref()) {
                    Brings::Manifests
                } else {
                    Brings::Anything
                },
                namespace: spec.target_namespace.map(|namespace| namespace.text),
            });
        }
        let external = state != State::Built;
        if let Some(kustomization) = self.cluster.kustomizations.get_mut(index) {
            kustomization.state = state;
        }
        (!external).then_some(index)
    }

    /// How many Kustomizations from `parent` upwards have the path of this one.
    fn same_path_above(&self, spec: &FluxKustomization, parent: usize) -> usize {
        let above = |index: &usize| self.cluster.kustomizations.get(*index).and_then(|one| one.parent);
        let line = std::iter::successors(Some(parent), above).take(MAX_LEVELS);
        line.filter(|index| self.cluster.kustomizations.get(*index).is_some_and(|one| one.spec.path == spec.path))
            .count()
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

    /// Flux's own release artifact holds the controllers and their CRDs, never objects of this cluster's tree.
    /// Source: fluxcd/flux2, `.github/workflows/release.yaml` (`flux-manifests`).
    fn is_flux_distribution(&self, source: Option<&SourceKey>) -> bool {
        let Some(source) = source else { return false };
        let key = (source.kind.as_str().into(), source.namespace.as_str().into(), source.name.as_str().into());
        let object = self.by_name.get(&key).and_then(|at| self.cluster.objects.get(*at));
        let url = object.and_then(|object| object.at(&["spec", "url"])).and_then(Node::as_str).unwrap_or_default();
        url.contains("/fluxcd/flux-manifests") || url.contains("github.com/fluxcd/flux2")
    }

    fn state_of(&mut self, spec: &FluxKustomization) -> State {
        if spec.other_cluster {
            return State::External("it applies to another cluster (kubeConfig)".to_owned());
        }
        let Some(path) = &spec.path else {
            return State::External("its path holds a variable that is not in the tree".to_owned());
        };
        if let Some(source) = &spec.source
            && (!self.sources.is_empty() || source.kind == "ExternalArtifact")
            && !self.sources.contains(source)
        {
            return State::External(format!("its source is {} `{}/{}`", source.kind, source.namespace, source.name));
        }
        match self.library.sources.system().entry(path) {
            Ok(Entry::Directory) => State::Built,
            found => {
                self.missing_path(spec, path, found == Ok(Entry::File));
                State::Broken
            }
        }
    }

    fn missing_path(&mut self, spec: &FluxKustomization, path: &str, is_file: bool) {
        let (message, label) = if is_file {
            (
                format!("path `{path}` of Kustomization `{}/{}` is a file, not a folder", spec.namespace, spec.name),
                "a file",
            )
        } else {
            (
                format!("path `{path}` of Kustomization `{}/{}` does not exist", spec.namespace, spec.name),
                "no such folder",
            )
        };
        let mut observation = Observation::new("flux-path-missing", message, Label::new(spec.path_place, label))
            .about(
                crate::finding::ObjectRef {
                    api_version: "kustomize.toolkit.fluxcd.io/v1".to_owned(),
                    kind: "Kustomization".to_owned(),
                    namespace: Some(spec.namespace.clone()),
                    name: spec.name.clone(),
                },
                "spec.path",
            )
            .trail(spec.path_trail.clone());
        if let Some(nearest) = nearest_directory(self.library, path) {
            observation = observation.help(format!("did you mean `./{nearest}`?"));
        }
        self.cluster.observations.push(observation);
        self.cluster.not_built.push(NotBuilt {
            class: "broken",
            what: format!("Kustomization `{}/{}`", spec.namespace, spec.name),
            reason: "its path does not exist".to_owned(),
            namespace: spec.target_namespace.as_ref().map(|namespace: &Text| namespace.text.clone()),
            brings: Brings::Anything,
        });
    }
}

/// A repository URL without what may differ: scheme, user, `.git`, the colon of the short SSH form.
fn comparable_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    rest.trim_end_matches('/').trim_end_matches(".git").replacen(':', "/", 1).to_ascii_lowercase()
}

/// The folder whose path is nearest to one that does not exist.
fn nearest_directory(library: &Library<'_>, path: &str) -> Option<String> {
    let mut directories: BTreeSet<String> = BTreeSet::new();
    for file in library.sources.system().walk() {
        let mut directory = crate::source::parent(&file);
        while !directory.is_empty() && directories.insert(directory.to_owned()) {
            directory = crate::source::parent(directory);
        }
    }
    let limit = path.len() / 4 + 1;
    directories
        .into_iter()
        .map(|directory| (strsim::levenshtein(&directory, path), directory))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, directory)| directory)
}

/// Exactly `disabled`: the only switch that minds upper and lower case.
fn switched_off(node: &Node) -> bool {
    ["labels", "annotations"].iter().any(|field| {
        node.at(&["metadata", field, "kustomize.toolkit.fluxcd.io/substitute"]).and_then(Node::as_str)
            == Some("disabled")
    })
}

fn common_metadata(node: &mut Node, metadata: &Node) {
    for field in ["labels", "annotations"] {
        let Some(pairs) = metadata.get(field) else { continue };
        let target =
            node.child_mut("metadata").and_then(|metadata| metadata.child_mut(field)).and_then(Node::as_map_mut);
        let Some(map) = target else { continue };
        for pair in pairs.entries() {
            let before = map.get(&pair.key).map(|old| old.origin.clone());
            let place = pair.value.span();
            map.set(&pair.key, pair.key_span, pair.value.clone().marked(Step::MetadataSet, place, before));
        }
    }
}

/// The Secret that an ExternalSecret or SealedSecret makes.
fn produced_secret(object: &Object) -> Option<SmolStr> {
    match (object.gvk.group.as_str(), object.gvk.kind.as_str()) {
        ("external-secrets.io", "ExternalSecret") => {
            let policy = object.dig("spec.target.creationPolicy").and_then(Node::as_str);
            if matches!(policy, Some("Merge" | "None")) {
                return None;
            }
            match object.dig("spec.target.name") {
                Some(name) => name.scalar_text().map(SmolStr::from),
                None => Some(object.name.clone()),
            }
        }
        ("bitnami.com", "SealedSecret") => Some(object.name.clone()),
        _ => None,
    }
}

fn produced_keys(producer: &Object, variables: &mut Variables) {
    match producer.gvk.kind.as_str() {
        "SealedSecret" => {
            for entry in producer.dig("spec.encryptedData").into_iter().flat_map(Node::entries) {
                variables.add_unknown(&entry.key, Some(entry.key_span));
            }
        }
        _ => {
            let template = producer.dig("spec.target.template.data");
            for entry in template.into_iter().flat_map(Node::entries) {
                variables.add_unknown(&entry.key, Some(entry.key_span));
            }
            if template.is_none() || producer.dig("spec.target.template.mergePolicy").is_some() {
                for item in producer.dig("spec.data").map(Node::items).unwrap_or_default() {
                    if let Some(key) = item.get("secretKey").and_then(Node::as_str) {
                        variables.add_unknown(key, item.get("secretKey").map(Node::span));
                    }
                }
                variables.open |= !producer.dig("spec.dataFrom").map(Node::items).unwrap_or_default().is_empty();
            }
            variables.open |= producer.dig("spec.target.template.templateFrom").is_some();
        }
    }
}
