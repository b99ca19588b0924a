//! A kustomization and everything it lists, in kustomize's order. Source: kustomize `api/internal/target/kusttarget.go`.
//!
//! Nothing aborts: a failing entry becomes an observation, is left out, and marks the build as broken.

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use super::brings::{Brings, LeftOut};
use super::build_metadata::Tracking;
use super::crds;
use super::decode::Reading;
use super::field_spec::FieldSpecConflict;
use super::file::{FIELDS, PatchEntry, Spec, Text, find_file, read_spec};
use super::finish;
use super::generate::{self, Made};
use super::listing::{expand_lists, is_remote, missing_component, missing_entry, show, two_files, untyped};
use super::log::Log;
use super::namespace::{self, NamespaceArgs, Subjects};
use super::order::Order;
use super::patch::{Form, Patcher, nothing_to_merge};
use super::rename::{self, Affix};
use super::resource::Resource;
use super::schema::{Chooser, Schema};
use super::transformer_config::TransformerConfig;
use super::vars::{self, Var};
use super::{images, metadata, replacements, replicas};
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, Observation, Severity};
use crate::source::{Entry, FileId, ReadError, is_at_or_below, join};
use crate::yaml::{Mode, Node};

/// Folders below folders; real trees stay under ten.
pub(super) const MAX_DEPTH: usize = 64;

/// Folders of one build, each counted as often as it is listed. Folders that list two others each would never end.
pub(super) const MAX_FOLDERS: usize = 20_000;
/// Most changes that a build tries, each of one object by one entry of a kustomization file.
pub(super) const MAX_CHANGES: usize = 4_000_000;
/// What a replacement costs beside another change.
const REPLACEMENT: usize = 4;

/// What building a folder gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Resources, in order.
    pub resources: Vec<Resource>,
    /// What is to be said about the build.
    pub observations: Vec<Observation>,
    /// Kustomize would fail: nothing would be applied.
    pub broken: bool,
    /// Entries were left out because they are missing or cannot be read: what they would bring is not there.
    pub lost: bool,
    /// Inputs that were not looked at: the set of resources is open.
    pub open: Vec<LeftOut>,
    /// Files that were read: kustomizations, resources, patches, what generators hold.
    pub files: HashSet<FileId>,
}

/// Who runs the build, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The order, where the kustomization file names none.
    pub order: Order,
    /// Files must lie in or below the folder whose kustomization names them.
    pub root_only: bool,
    /// Flux builds it: unknown keys of the root are forgiven, objects without `apiVersion` are not.
    pub is_flux: bool,
    /// Somebody may build it by hand with charts and plugins that are programs switched on; otherwise they fail.
    pub programs: bool,
    /// Files that SOPS encrypted go into generated Secrets as they are: nobody decrypts them first.
    pub keeps_encrypted: bool,
    /// The text of the label that says what built an object, where it is asked for on every object.
    pub managed_by: Option<String>,
}

impl Options {
    /// As Flux builds: in the order of the listing, with files from anywhere in the artifact, and no plugins but the
    /// built-in. Source: fluxcd/pkg `kustomize/kustomize_generator.go` (`Build`), which leaves `krusty.Options.Reorder`
    /// empty: neither the word for the legacy order nor the one for an unspecified order, so nothing is sorted.
    pub fn flux() -> Self {
        Options { order: Order::Fifo, is_flux: true, ..Options::default() }
    }
}

/// Resources on their way up, with what the kustomizations below say about all of them.
#[derive(Clone, Default)]
pub(super) struct Accumulated {
    pub(super) resources: Vec<Resource>,
    pub(super) config: Option<Arc<TransformerConfig>>,
    pub(super) vars: Vec<Var>,
    // Positions by identity, while nothing changes identities.
    index: HashMap<Id, usize>,
}

impl Accumulated {
    pub(super) fn config(&self) -> Arc<TransformerConfig> {
        self.config.clone().unwrap_or_else(TransformerConfig::built_in)
    }

    fn merge_config(&mut self, other: &Arc<TransformerConfig>) -> Result<(), FieldSpecConflict> {
        let own = self.config.get_or_insert_default();
        if !Arc::ptr_eq(own, other) {
            Arc::make_mut(own).merge(other)?;
        }
        Ok(())
    }

    fn reindex(&mut self) {
        self.index.clear();
        for (at, resource) in self.resources.iter().enumerate() {
            self.index.entry(resource.id().effective()).or_insert(at);
        }
    }

    /// Adds a resource unless one of its identity is there: then the build fails, and the first one stays.
    pub(super) fn append(&mut self, resource: Resource, log: &mut Log) {
        if self.index.len() != self.resources.len() {
            self.reindex();
        }
        let id = resource.id().effective();
        match self.index.get(&id).and_then(|at| self.resources.get(*at)) {
            Some(first) => log.fail(duplicate(first, &resource)),
            None => {
                self.index.insert(id, self.resources.len());
                self.resources.push(resource);
            }
        }
    }

    /// Identities may change from here on.
    pub(super) fn forget_index(&mut self) {
        self.index.clear();
    }
}

fn duplicate(first: &Resource, second: &Resource) -> Observation {
    let id = second.id();
    let observation = if first.place() == second.place() {
        // The same file twice: the second listing is at fault.
        let listing = second.trail.first().map_or_else(|| second.place(), |label| label.span);
        let observation = Observation::new(
            "kustomize-resource-duplicate",
            format!("{} `{}` is in this build twice: its file is listed again", id.gvk.kind, id.name),
            Label::new(listing, "listed again"),
        );
        match first.trail.first() {
            Some(label) => observation.related(Label::new(label.span, "listed first")),
            None => observation,
        }
    } else {
        Observation::new(
            "kustomize-resource-duplicate",
            format!("{} `{}` is in this build twice", id.gvk.kind, id.name),
            Label::new(second.place(), "second object"),
        )
        .related(Label::new(first.place(), "first object"))
    };
    observation.keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name))
}

/// Builds kustomization folders.
pub struct Builder<'l, 's> {
    pub(super) library: &'l Library<'s>,
    pub(super) options: Options,
    pub(super) log: Log,
    pub(super) tracking: Tracking,
    pub(super) schema: Schema,
    // Folders being built, to see circles.
    pub(super) stack: Vec<String>,
    // Folders that were listed, each as often as it was, and how many were before this builder began.
    pub(super) entered: Vec<String>,
    pub(super) entered_before: usize,
    // The most that were open at a time.
    pub(super) deepest: usize,
    pub(super) changes: usize,
    // Folders outside of the root are taken from other builds.
    pub(super) shares: bool,
}

/// Whether the file is the one Flux edits, which forgives unknown keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Nested,
}

impl<'l, 's> Builder<'l, 's> {
    /// A builder over a library.
    pub fn new(library: &'l Library<'s>, options: Options) -> Self {
        Builder {
            library,
            options,
            log: Log::default(),
            tracking: Tracking::default(),
            schema: Schema::default(),
            stack: Vec::new(),
            entered: Vec::new(),
            entered_before: 0,
            deepest: 0,
            changes: 0,
            shares: true,
        }
    }

    /// Builds a root kustomization.
    pub fn build(mut self, spec: &Spec) -> Outcome {
        let mut all = Accumulated::default();
        self.tracking = Tracking::new(&spec.build_metadata);
        self.stack.push(spec.directory.clone());
        self.run(spec, &mut all, Place::Root);
        finish::finish(&mut all, spec, &self.options, &self.tracking, self.library, &mut self.log);
        let Log { observations, broken, lost, open, files } = self.log;
        Outcome { resources: all.resources, observations, broken, lost, open, files }
    }

    fn run(&mut self, spec: &Spec, all: &mut Accumulated, place: Place) {
        self.log.observations.extend(spec.observations.iter().cloned());
        self.log.broken |= spec.broken;
        self.log.lost |= spec.lost;
        self.log.files.extend(spec.id);
        self.unknown_keys(spec, place);
        self.openapi(spec, place);
        if let Some(helm) = &spec.helm {
            self.charts(spec, helm);
        }
        for entry in &spec.resources {
            self.resource_entry(&spec.directory, entry, all);
        }
        self.configurations(spec, all);
        self.generators(spec, all);
        for (directory, entry) in &spec.components {
            self.component(directory, entry, all);
        }
        let reading = if place == Place::Root && self.options.is_flux { Reading::FLUX_ROOT } else { Reading::Strict };
        self.transform(spec, reading, all);
        self.plugin_transformers(spec, &spec.transformers, all);
        self.plugin_transformers(spec, &spec.validators, all);
        if let Some(list) = &spec.vars {
            let own = vars::read(list, reading, &mut self.log);
            vars::merge(&mut all.vars, own, &mut all.resources, &mut self.log);
        }
    }

    fn unknown_keys(&mut self, spec: &Spec, place: Place) {
        for key in &spec.unknown_keys {
            let nearest = FIELDS.iter().min_by_key(|field| strsim::levenshtein(field, &key.text));
            let nearest = nearest.filter(|field| strsim::levenshtein(field, &key.text) <= 3);
            let mut observation = Observation::new(
                "kustomization-key-unknown",
                format!("`{}` is no field of a kustomization file", key.text),
                Label::new(key.span, "not known to kustomize"),
            )
            .keyed(key.text.clone());
            let is_forgiven = place == Place::Root && self.options.is_flux;
            if is_forgiven {
                observation = observation
                    .severity(Severity::Warning)
                    .why("Flux drops the key silently at the root of a build, so what it says has no effect");
            }
            if let Some(nearest) = nearest {
                observation = observation.help(format!("did you mean `{nearest}`?"));
                // A key twice is refused as well.
                if !spec.keys.contains(&nearest.to_lowercase()) {
                    observation = observation.fix(Fix {
                        title: format!("write `{nearest}`"),
                        applicability: Applicability::Unsafe,
                        edits: vec![Edit { span: key.span, text: (*nearest).to_owned() }],
                    });
                }
            }
            if is_forgiven { self.log.note(observation) } else { self.log.fail(observation) }
        }
    }

    fn openapi(&mut self, spec: &Spec, place: Place) {
        let Some(openapi) = &spec.openapi else { return };
        let chooser = if place == Place::Root { Chooser::Root } else { Chooser::Nested };
        if let Err(observation) = self.schema.choose(self.library, &spec.directory, openapi, chooser) {
            self.log.fail(*observation);
        }
    }

    /// Charts need a program that Flux does not run inside a build.
    fn charts(&mut self, spec: &Spec, helm: &Text) {
        let what = format!("`{}` in {}", helm.text, show(&spec.directory));
        self.log.open.push(LeftOut { what, reason: "charts are not rendered", brings: Brings::Manifests });
        if !self.options.programs {
            self.log.lose(
                Observation::new(
                    "build-failed",
                    format!("`{}` renders charts, which Flux does not do inside a build", helm.text),
                    Label::new(helm.span, "needs Helm"),
                )
                .keyed(helm.text.clone())
                .help("write a HelmRelease for each chart, or render them into files"),
            );
        }
    }

    pub(super) fn missing(&mut self, path: &str, entry: &Text, error: &ReadError) {
        if let ReadError::Elsewhere(_) = error {
            self.log.open.push(LeftOut::elsewhere(&entry.text));
            return;
        }
        let observation = missing_entry(self.library, path, entry.span, &entry.text, error);
        self.log.lose(observation);
    }

    /// The same for an input that brings no resource of its own: a patch, a replacement, data of a generator.
    pub(super) fn missing_part(&mut self, path: &str, entry: &Text, error: &ReadError) {
        let was_lost = self.log.lost;
        self.missing(path, entry, error);
        self.log.lost = was_lost;
    }

    /// The path of a file that a kustomization in `directory` names; `None`, and a finding, when it must not be read.
    pub(super) fn file_path(&mut self, directory: &str, entry: &Text, path: &str) -> Option<String> {
        let Some(full) = join(directory, path) else {
            self.missing(path, entry, &ReadError::OutsideRoot);
            return None;
        };
        let inside = directory.is_empty() || full.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        if self.options.root_only && !inside {
            let message = format!("`{path}` is not in or below {}, where files must lie", show(directory));
            self.log.lose(
                Observation::new("build-failed", message, Label::new(entry.span, "outside of the folder"))
                    .keyed(entry.text.clone())
                    .help("list the folder that holds the file, or lift the restriction"),
            );
            return None;
        }
        Some(full)
    }

    pub(super) fn resource_entry(&mut self, directory: &str, entry: &Text, all: &mut Accumulated) {
        if is_remote(&entry.text) {
            self.log.open.push(LeftOut::remote(&entry.text));
            return;
        }
        let Some(path) = join(directory, &entry.text) else {
            self.missing(&entry.text, entry, &ReadError::OutsideRoot);
            return;
        };
        match self.library.sources.system().entry(&path) {
            Ok(Entry::File) => self.file(directory, entry, all),
            Ok(Entry::Directory) => self.directory(&path, entry, all),
            Err(error) => self.missing(&path, entry, &error),
        }
    }

    fn file(&mut self, directory: &str, entry: &Text, all: &mut Accumulated) {
        let Some(path) = self.file_path(directory, entry, &entry.text) else { return };
        let manifests = match self.library.load(&path, Mode::V3) {
            Ok(manifests) => manifests,
            Err(error) => return self.missing(&path, entry, &error),
        };
        self.log.files.insert(manifests.file);
        self.log.observations.extend(manifests.observations.iter().cloned());
        self.log.broken |= manifests.broken;
        self.log.lost |= manifests.broken;
        for document in expand_lists(&manifests.documents, &mut self.log) {
            if let Some(observation) = untyped(&document, manifests.broken, self.options.is_flux) {
                self.log.lose(observation);
                continue;
            }
            let mut resource = Resource::new(document);
            self.schema.read_kind(&resource.id().gvk);
            resource.trail.push(Label::new(entry.span, "listed here"));
            resource.origin = self.tracking.file(&entry.text);
            all.append(resource, &mut self.log);
        }
    }

    fn enter(&mut self, path: &str, entry: &Text) -> bool {
        // A folder above one that is being built counts too: kustomize's loader refuses it as a circle.
        let leads_back = |open: &String| is_at_or_below(open, path);
        if self.folders_entered() > MAX_FOLDERS {
            // Said once.
            return false;
        }
        self.entered.push(path.to_owned());
        let rule = if self.folders_entered() > MAX_FOLDERS {
            Some(("limit-exceeded", format!("the build lists more than {MAX_FOLDERS} folders")))
        } else if self.stack.iter().any(leads_back) {
            Some(("build-failed", format!("`{}` leads back to {}: a circle", entry.text, show(path))))
        } else if self.stack.len() >= MAX_DEPTH {
            Some(("limit-exceeded", format!("kustomizations are nested deeper than {MAX_DEPTH}")))
        } else {
            None
        };
        if let Some((rule, message)) = rule {
            self.log.lose(Observation::new(rule, message, Label::new(entry.span, "")).keyed(entry.text.clone()));
            return false;
        }
        self.stack.push(path.to_owned());
        self.deepest = self.deepest.max(self.stack.len());
        self.tracking.enter(&entry.text);
        true
    }

    pub(super) fn folders_entered(&self) -> usize {
        self.entered_before + self.entered.len()
    }

    /// Whether the entries of a file may still be tried on so many objects.
    fn affords(&mut self, spec: &Spec, objects: usize) -> bool {
        let lists = [
            spec.strategic_patches.len(),
            spec.patches.len(),
            spec.json_patches.len(),
            spec.labels.len(),
            spec.replicas.len(),
            spec.images.len(),
            spec.replacements.as_ref().map_or(0, |list| list.items().len()).saturating_mul(REPLACEMENT),
        ];
        let own = lists.iter().sum::<usize>().saturating_add(1).saturating_mul(objects);
        self.changes = self.changes.saturating_add(own);
        if self.changes > MAX_CHANGES {
            let message = format!("the build would try more than {MAX_CHANGES} changes of objects");
            let observation =
                Observation::new("limit-exceeded", message, Label::new(spec.place, "left out from here on"));
            self.log.lose(observation.keyed(show(&spec.directory)));
            return false;
        }
        true
    }

    fn leave(&mut self) {
        self.stack.pop();
        self.tracking.leave();
    }

    fn directory(&mut self, path: &str, entry: &Text, all: &mut Accumulated) {
        let Some(spec) = self.nested_spec(path, entry) else { return };
        if spec.is_component {
            let message = format!("`{}` is a Component; list it under `components`", entry.text);
            self.log.lose(
                Observation::new("build-failed", message, Label::new(entry.span, "a Component"))
                    .keyed(entry.text.clone()),
            );
            return;
        }
        if !self.enter(path, entry) {
            return;
        }
        let mut own = Accumulated::default();
        if self.is_shared(path) {
            own = self.shared(path, |builder, own| builder.run(&spec, own, Place::Nested));
        } else {
            self.run(&spec, &mut own, Place::Nested);
        }
        self.leave();
        if let Some(config) = &own.config
            && let Err(conflict) = all.merge_config(config)
        {
            self.conflict(&conflict, entry);
        }
        vars::absorb(&mut all.vars, own.vars, &mut self.log);
        for mut resource in own.resources {
            resource.trail.push(Label::new(entry.span, "included here"));
            all.append(resource, &mut self.log);
        }
    }

    fn conflict(&mut self, conflict: &FieldSpecConflict, entry: &Text) {
        let observation = Observation::new("build-failed", conflict.to_string(), Label::new(entry.span, "from here"));
        self.log.fail(observation.keyed(conflict.path.clone()));
    }

    fn nested_spec(&mut self, path: &str, entry: &Text) -> Option<Arc<Spec>> {
        match find_file(self.library, path) {
            Some((file, second)) => {
                if let Some(second) = second {
                    self.log.fail(two_files(path, &file, &second, entry.span));
                }
                match read_spec(self.library, &file) {
                    Ok(spec) => Some(spec),
                    Err(error) => {
                        self.missing(&file, entry, &error);
                        None
                    }
                }
            }
            None => {
                self.log.lose(
                    Observation::new(
                        "kustomize-resource-missing",
                        format!("`{}` is a folder without a kustomization file", entry.text),
                        Label::new(entry.span, "no kustomization.yaml in it"),
                    )
                    .keyed(entry.text.clone()),
                );
                None
            }
        }
    }

    fn component(&mut self, directory: &str, entry: &Text, all: &mut Accumulated) {
        if is_remote(&entry.text) {
            self.log.open.push(LeftOut::remote(&entry.text));
            return;
        }
        let path = join(directory, &entry.text);
        let found = path.as_deref().map(|path| self.library.sources.system().entry(path));
        let path = match (path, found) {
            (Some(path), Some(Ok(Entry::Directory))) => path,
            (Some(path), Some(Err(error @ (ReadError::Elsewhere(_) | ReadError::NotInArtifact { .. })))) => {
                return self.missing(&path, entry, &error);
            }
            _ => {
                let observation = missing_component(self.library, directory, entry);
                self.log.lose(observation);
                return;
            }
        };
        let Some(spec) = self.nested_spec(&path, entry) else { return };
        if !spec.is_component {
            let message =
                format!("`{}` is no Component: its kustomization file is of kind `Kustomization`", entry.text);
            self.log.lose(
                Observation::new("component-missing", message, Label::new(entry.span, "not a Component"))
                    .related(Label::new(spec.place, "kind stands here"))
                    .keyed(entry.text.clone()),
            );
            return;
        }
        if !self.enter(&path, entry) {
            return;
        }
        let before = all.resources.len();
        self.run(&spec, all, Place::Nested);
        self.leave();
        all.forget_index();
        for resource in all.resources.iter_mut().skip(before) {
            resource.trail.push(Label::new(entry.span, "component used here"));
        }
    }

    fn configurations(&mut self, spec: &Spec, all: &mut Accumulated) {
        if spec.configurations.is_empty() && spec.crds.is_empty() {
            return;
        }
        let mut config = TransformerConfig::built_in();
        let entries = spec.configurations.iter().map(|entry| (entry, false));
        for (entry, is_crd) in entries.chain(spec.crds.iter().map(|entry| (entry, true))) {
            let Some(path) = self.file_path(&spec.directory, entry, &entry.text) else { continue };
            let manifests = match self.library.load(&path, Mode::V2) {
                Ok(manifests) => manifests,
                Err(error) => {
                    self.missing(&path, entry, &error);
                    continue;
                }
            };
            self.log.files.insert(manifests.file);
            self.log.observations.extend(manifests.observations.iter().cloned());
            self.log.broken |= manifests.broken;
            let Some(root) = manifests.documents.first() else { continue };
            let read = if is_crd { crds::read(root) } else { TransformerConfig::read(root) };
            if let Err(conflict) = Arc::make_mut(&mut config).merge(&read) {
                self.conflict(&conflict, entry);
            }
        }
        if let Err(conflict) = all.merge_config(&config) {
            let entry = Text { text: spec.directory.clone(), span: spec.place };
            self.conflict(&conflict, &entry);
        }
    }

    fn generators(&mut self, spec: &Spec, all: &mut Accumulated) {
        let entries = spec.config_maps.iter().map(|entry| (Made::ConfigMap, entry));
        for (made, entry) in entries.chain(spec.secrets.iter().map(|entry| (Made::Secret, entry))) {
            let origin = self.tracking.built_in(&spec.file, made.plugin());
            self.generate(&spec.directory, made, entry, spec.generator_options.as_ref(), origin, all);
        }
        self.plugin_generators(spec, all);
    }

    pub(super) fn generate(
        &mut self,
        directory: &str,
        made: Made,
        entry: &super::file::GeneratorEntry,
        options: Option<&Node>,
        origin: Option<super::resource::BuildOrigin>,
        all: &mut Accumulated,
    ) {
        let mut resource = self.generated(directory, made, entry, options);
        resource.origin = origin;
        let place = entry.name.as_ref().map_or(entry.node.span(), |name| name.span);
        let behavior = entry.behavior.as_ref().map(|behavior| behavior.text.as_str());
        generate::absorb(all, resource, behavior, place, &mut self.log);
    }

    pub(super) fn patches(&mut self, directory: &str, form: Form, entries: &[PatchEntry], all: &mut Accumulated) {
        if entries.is_empty() {
            return;
        }
        if form != Form::Json6902 {
            self.schema.merged();
        }
        let schema = self.schema.clone();
        let mut patcher = Patcher::new(self.library, &schema, &mut all.resources);
        let mut all_empty = form == Form::StrategicMerge;
        for entry in entries {
            let mut file = None;
            if let Some(path) = &entry.path {
                if is_remote(&path.text) {
                    self.log.open.push(LeftOut::remote(&path.text));
                    all_empty = false;
                    continue;
                }
                let Some(full) = self.file_path(directory, path, &path.text) else {
                    all_empty = false;
                    continue;
                };
                match self.library.sources.load(&full) {
                    Ok(id) => self.log.files.insert(id),
                    Err(error) => {
                        self.missing_part(&full, path, &error);
                        all_empty = false;
                        continue;
                    }
                };
                file = Some(full);
            }
            // What a dropped entry would have brought may be what the patch is for.
            let open = self.log.is_open();
            let applied = patcher.apply(entry, file.as_deref(), form, open);
            self.log.observations.extend(applied.observations);
            self.log.broken |= applied.broken;
            all_empty &= applied.empty;
            if applied.undecided {
                let what = format!("a patch in {}", show(directory));
                self.log.open.push(LeftOut { what, reason: "its target was not built", brings: Brings::Nothing });
            }
        }
        if let (true, Some(first)) = (all_empty, entries.first()) {
            self.log.fail(nothing_to_merge(first.span.head()));
        }
    }

    pub(super) fn replacements(&mut self, directory: &str, list: &Node, reading: Reading, all: &mut Accumulated) {
        let mut log = std::mem::take(&mut self.log);
        let mut load = |path: &Text, log: &mut Log| {
            std::mem::swap(&mut self.log, log);
            let full = self.file_path(directory, path, &path.text);
            let manifests = full.and_then(|full| match self.library.load(&full, Mode::V2) {
                Ok(manifests) => {
                    self.log.files.insert(manifests.file);
                    Some(manifests)
                }
                Err(error) => {
                    self.missing_part(&full, path, &error);
                    None
                }
            });
            std::mem::swap(&mut self.log, log);
            manifests
        };
        let entries = replacements::read(list, reading, &mut load, &mut log);
        replacements::apply(self.library, &entries, &mut all.resources, &mut log);
        self.log = log;
    }

    fn transform(&mut self, spec: &Spec, reading: Reading, all: &mut Accumulated) {
        if !self.affords(spec, all.resources.len()) {
            return;
        }
        all.forget_index();
        let config = all.config();
        let by = |tracking: &Tracking, plugin: &str, all: &mut Accumulated| {
            tracking.transformed(&mut all.resources, tracking.built_in(&spec.file, plugin));
        };
        if !spec.strategic_patches.is_empty() {
            self.patches(&spec.directory, Form::StrategicMerge, &spec.strategic_patches, all);
            by(&self.tracking, "PatchStrategicMergeTransformer", all);
        }
        self.patches(&spec.directory, Form::Patch, &spec.patches, all);
        for _ in &spec.patches {
            by(&self.tracking, "PatchTransformer", all);
        }
        if let Some(namespace) = &spec.namespace {
            let args = NamespaceArgs {
                namespace,
                fields: &config.namespace,
                unset_only: false,
                subjects: Subjects::NamedDefault,
            };
            namespace::set(&mut all.resources, &args, &mut self.log);
            by(&self.tracking, "NamespaceTransformer", all);
        }
        if let Some(prefix) = &spec.name_prefix {
            rename::apply(&mut all.resources, Affix::Prefix(prefix), &config.name_prefix, &mut self.log);
            by(&self.tracking, "PrefixTransformer", all);
        }
        if let Some(suffix) = &spec.name_suffix {
            rename::apply(&mut all.resources, Affix::Suffix(suffix), &config.name_suffix, &mut self.log);
            by(&self.tracking, "SuffixTransformer", all);
        }
        for entry in &spec.labels {
            match metadata::label_fields(entry, &config) {
                Ok(fields) => metadata::set(&mut all.resources, &entry.pairs, &fields, &mut self.log),
                Err(conflict) => {
                    let entry = Text { text: "labels".to_owned(), span: entry.pairs.span() };
                    self.conflict(&conflict, &entry);
                }
            }
            by(&self.tracking, "LabelTransformer", all);
        }
        if let Some(pairs) = &spec.common_labels {
            metadata::set(&mut all.resources, pairs, &config.common_labels, &mut self.log);
        }
        if spec.common_labels.is_some() || !spec.labels.is_empty() {
            by(&self.tracking, "LabelTransformer", all);
        }
        if let Some(pairs) = &spec.common_annotations {
            metadata::set(&mut all.resources, pairs, &config.common_annotations, &mut self.log);
            by(&self.tracking, "AnnotationsTransformer", all);
        }
        self.patches(&spec.directory, Form::Json6902, &spec.json_patches, all);
        for _ in &spec.json_patches {
            by(&self.tracking, "PatchJson6902Transformer", all);
        }
        for entry in &spec.replicas {
            replicas::apply(&mut all.resources, entry, &config.replicas, &mut self.log);
            by(&self.tracking, "ReplicaCountTransformer", all);
        }
        for entry in &spec.images {
            images::apply(&mut all.resources, entry, &config.images, &mut self.log);
            by(&self.tracking, "ImageTagTransformer", all);
        }
        if let Some(list) = &spec.replacements {
            self.replacements(&spec.directory, list, reading, all);
            by(&self.tracking, "ReplacementTransformer", all);
        }
    }
}
