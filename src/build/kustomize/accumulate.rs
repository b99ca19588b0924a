//! A kustomization and everything it lists, in kustomize's order. Source: kustomize `api/internal/target/kusttarget.go`.
//!
//! Nothing aborts: a failing entry becomes an observation, is left out, and marks the build as broken.

use std::collections::HashMap;

use super::file::{FIELDS, PatchEntry, Spec, Text, find_file, read_spec};
use super::generate::{Made, generate};
use super::name_reference::{self, Rule};
use super::patch::{Form, Patcher, nothing_to_merge};
use super::resource::Resource;
use super::schema::{Chooser, Schema};
use super::{hash, labels, namespace};
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Applicability, Edit, Fix, Label, Observation, Severity};
use crate::source::{Entry, ReadError, Span, file_name, join, parent};
use crate::yaml::{Mode, Node, Origin, Step, Value};

/// Folders below folders; real trees stay under ten.
const MAX_DEPTH: usize = 64;

/// Folders of one build, each counted as often as it is listed. Folders that list two others each would never end.
const MAX_FOLDERS: usize = 20_000;

/// What building a folder gave.
#[derive(Debug, Default)]
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
}

/// An input that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The input.
    pub what: String,
    /// Why.
    pub reason: &'static str,
    /// What it could bring.
    pub brings: Brings,
}

/// What a part that was not looked at could bring into the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brings {
    /// Nothing: everything it holds is known.
    Nothing,
    /// A file of manifests by somebody else, which never holds this cluster's Flux objects.
    Manifests,
    /// Like what the rest of its build holds: these kinds, and anything that is not Flux's own.
    Kinds(Vec<String>),
    /// Anything.
    Anything,
}

impl LeftOut {
    fn remote(entry: &str) -> Self {
        let path = entry.split('?').next().unwrap_or_default();
        let is_file = [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
        let brings = if is_file { Brings::Manifests } else { Brings::Anything };
        LeftOut { what: entry.to_owned(), reason: "remote", brings }
    }
}

/// Builds kustomization folders.
pub struct Builder<'l, 's> {
    library: &'l Library<'s>,
    outcome: Outcome,
    rules: Vec<Rule>,
    schema: Schema,
    // Folders being built, to see circles.
    stack: Vec<String>,
    entered: usize,
}

/// Whether the file is the one Flux edits, which forgives unknown keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Nested,
}

impl<'l, 's> Builder<'l, 's> {
    /// A builder over a library.
    pub fn new(library: &'l Library<'s>) -> Self {
        Builder {
            library,
            outcome: Outcome::default(),
            rules: name_reference::built_in(),
            schema: Schema::default(),
            stack: Vec::new(),
            entered: 0,
        }
    }

    /// Builds the root kustomization as Flux edited it.
    pub fn build(mut self, spec: &Spec) -> Outcome {
        let mut resources = Vec::new();
        self.stack.push(spec.directory.clone());
        self.run(spec, &mut resources, Place::Root);
        self.finish(&mut resources);
        self.outcome.resources = resources;
        self.outcome
    }

    fn observe(&mut self, observation: Observation) {
        self.outcome.observations.push(observation);
    }

    fn run(&mut self, spec: &Spec, resources: &mut Vec<Resource>, place: Place) {
        self.outcome.observations.extend(spec.observations.iter().cloned());
        self.outcome.broken |= spec.broken;
        self.outcome.lost |= spec.broken;
        self.unknown_keys(spec, place);
        self.openapi(spec, place);
        for field in &spec.not_evaluated {
            let what = format!("`{}` in {}", field.text, show(&spec.directory));
            self.outcome.open.push(LeftOut { what, reason: "not evaluated yet", brings: Brings::Manifests });
        }
        for entry in &spec.resources {
            self.resource_entry(spec, entry, resources);
        }
        for entry in &spec.configurations {
            match join(&spec.directory, &entry.text).map(|path| (self.library.sources.load(&path), path)) {
                Some((Ok(_), path)) => self.rules.extend(name_reference::from_configuration(self.library, &path)),
                Some((Err(error), path)) => self.missing(&path, entry, &error),
                None => self.missing(&entry.text, entry, &ReadError::OutsideRoot),
            }
        }
        self.generators(spec, resources);
        for (directory, entry) in &spec.components {
            self.component(directory, entry, resources);
        }
        self.transform(spec, resources);
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
            if place == Place::Root {
                observation = observation
                    .severity(Severity::Warning)
                    .why("Flux drops the key silently at the root of a build, so what it says has no effect");
            } else {
                self.outcome.broken = true;
            }
            if let Some(nearest) = nearest {
                observation = observation.help(format!("did you mean `{nearest}`?")).fix(Fix {
                    title: format!("write `{nearest}`"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: key.span, text: (*nearest).to_owned() }],
                });
            }
            self.observe(observation);
        }
    }

    fn openapi(&mut self, spec: &Spec, place: Place) {
        let Some(openapi) = &spec.openapi else { return };
        let chooser = if place == Place::Root { Chooser::Root } else { Chooser::Nested };
        if let Err(observation) = self.schema.choose(self.library, &spec.directory, openapi, chooser) {
            self.outcome.broken = true;
            self.observe(*observation);
        }
    }

    fn missing(&mut self, path: &str, entry: &Text, error: &ReadError) {
        self.outcome.broken = true;
        self.outcome.lost = true;
        let observation = missing_entry(self.library, path, entry.span, &entry.text, error);
        self.observe(observation);
    }

    fn resource_entry(&mut self, spec: &Spec, entry: &Text, resources: &mut Vec<Resource>) {
        if is_remote(&entry.text) {
            self.outcome.open.push(LeftOut::remote(&entry.text));
            return;
        }
        let Some(path) = join(&spec.directory, &entry.text) else {
            self.missing(&entry.text, entry, &ReadError::OutsideRoot);
            return;
        };
        match self.library.sources.system().entry(&path) {
            Ok(Entry::File) => self.file(&path, entry, resources),
            Ok(Entry::Directory) => self.directory(&path, entry, resources),
            Err(error) => self.missing(&path, entry, &error),
        }
    }

    fn file(&mut self, path: &str, entry: &Text, resources: &mut Vec<Resource>) {
        let manifests = match self.library.load(path, Mode::V3) {
            Ok(manifests) => manifests,
            Err(error) => return self.missing(path, entry, &error),
        };
        self.outcome.observations.extend(manifests.observations.iter().cloned());
        self.outcome.broken |= manifests.broken;
        self.outcome.lost |= manifests.broken;
        for document in expand_lists(&manifests.documents) {
            if let Some(observation) = untyped(&document, manifests.broken) {
                self.outcome.broken = true;
                self.outcome.lost = true;
                self.observe(observation);
                continue;
            }
            let mut resource = Resource::new(document);
            self.schema.read_kind(&resource.id().gvk);
            resource.trail.push(Label::new(entry.span, "listed here"));
            self.append(resources, resource);
        }
    }

    /// Adds a resource unless one of its identity is there: then the build fails, and the first one stays.
    fn append(&mut self, resources: &mut Vec<Resource>, resource: Resource) {
        let id = resource.id();
        let Some(first) = resources.iter().find(|existing| existing.id().same(&id)) else {
            resources.push(resource);
            return;
        };
        self.outcome.broken = true;
        let place = |resource: &Resource| resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).span();
        let mut observation = if place(first) == place(&resource) {
            // The same file twice: the second listing is at fault.
            let listing = resource.trail.first().map_or_else(|| place(&resource), |label| label.span);
            let first_listing = first.trail.first().map(|label| label.span);
            let observation = Observation::new(
                "kustomize-resource-duplicate",
                format!("{} `{}` is in this build twice: its file is listed again", id.gvk.kind, id.name),
                Label::new(listing, "listed again"),
            );
            match first_listing {
                Some(span) => observation.related(Label::new(span, "listed first")),
                None => observation,
            }
        } else {
            Observation::new(
                "kustomize-resource-duplicate",
                format!("{} `{}` is in this build twice", id.gvk.kind, id.name),
                Label::new(place(&resource), "second object"),
            )
            .related(Label::new(place(first), "first object"))
        };
        observation = observation.keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name));
        self.observe(observation);
    }

    fn enter(&mut self, path: &str, entry: &Text) -> bool {
        // A folder above one that is being built counts too: kustomize's loader refuses it as a circle.
        let leads_back = |open: &String| {
            path.is_empty() || open == path || open.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        self.entered += 1;
        if self.entered > MAX_FOLDERS + 1 {
            // Said once.
            return false;
        }
        let rule = if self.entered > MAX_FOLDERS {
            Some(("limit-exceeded", format!("the build lists more than {MAX_FOLDERS} folders")))
        } else if self.stack.iter().any(leads_back) {
            Some(("build-failed", format!("`{}` leads back to {}: a circle", entry.text, show(path))))
        } else if self.stack.len() >= MAX_DEPTH {
            Some(("limit-exceeded", format!("kustomizations are nested deeper than {MAX_DEPTH}")))
        } else {
            None
        };
        if let Some((rule, message)) = rule {
            self.outcome.broken = true;
            self.outcome.lost = true;
            self.observe(Observation::new(rule, message, Label::new(entry.span, "")).keyed(entry.text.clone()));
            return false;
        }
        self.stack.push(path.to_owned());
        true
    }

    fn directory(&mut self, path: &str, entry: &Text, resources: &mut Vec<Resource>) {
        let Some(spec) = self.nested_spec(path, entry) else { return };
        if spec.is_component {
            self.outcome.broken = true;
            let message = format!("`{}` is a Component; list it under `components`", entry.text);
            self.observe(
                Observation::new("build-failed", message, Label::new(entry.span, "a Component"))
                    .keyed(entry.text.clone()),
            );
            return;
        }
        if !self.enter(path, entry) {
            return;
        }
        let mut own = Vec::new();
        self.run(&spec, &mut own, Place::Nested);
        self.stack.pop();
        for mut resource in own {
            resource.trail.push(Label::new(entry.span, "included here"));
            self.append(resources, resource);
        }
    }

    fn nested_spec(&mut self, path: &str, entry: &Text) -> Option<Spec> {
        match find_file(self.library, path) {
            Some((file, second)) => {
                if let Some(second) = second {
                    self.outcome.broken = true;
                    self.observe(two_files(path, &file, &second, entry.span));
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
                self.outcome.broken = true;
                self.outcome.lost = true;
                self.observe(
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

    fn component(&mut self, directory: &str, entry: &Text, resources: &mut Vec<Resource>) {
        if is_remote(&entry.text) {
            self.outcome.open.push(LeftOut::remote(&entry.text));
            return;
        }
        let path = join(directory, &entry.text);
        let found = path.as_deref().map(|path| self.library.sources.system().entry(path));
        let (Some(path), Some(Ok(Entry::Directory))) = (path, found) else {
            self.outcome.broken = true;
            self.outcome.lost = true;
            let observation = missing_component(self.library, directory, entry);
            self.observe(observation);
            return;
        };
        let Some(spec) = self.nested_spec(&path, entry) else { return };
        if !spec.is_component {
            self.outcome.broken = true;
            let message =
                format!("`{}` is no Component: its kustomization file is of kind `Kustomization`", entry.text);
            self.observe(
                Observation::new("component-missing", message, Label::new(entry.span, "not a Component"))
                    .related(Label::new(spec.place, "kind stands here"))
                    .keyed(entry.text.clone()),
            );
            return;
        }
        if !self.enter(&path, entry) {
            return;
        }
        let before = resources.len();
        self.run(&spec, resources, Place::Nested);
        self.stack.pop();
        for resource in resources.iter_mut().skip(before) {
            resource.trail.push(Label::new(entry.span, "component used here"));
        }
    }

    fn generators(&mut self, spec: &Spec, resources: &mut Vec<Resource>) {
        let entries = spec.config_maps.iter().map(|entry| (Made::ConfigMap, entry));
        for (made, entry) in entries.chain(spec.secrets.iter().map(|entry| (Made::Secret, entry))) {
            let Some(generated) = generate(self.library, &spec.directory, made, entry, spec.generator_options.as_ref())
            else {
                continue;
            };
            self.outcome.observations.extend(generated.observations);
            self.outcome.broken |= generated.broken;
            let resource = generated.resource;
            let id = resource.id();
            let existing = resources.iter_mut().find(|existing| existing.had(&id));
            match (entry.behavior.as_ref().map(|behavior| behavior.text.as_str()), existing) {
                (Some("merge" | "replace"), None) => {
                    self.outcome.broken = true;
                    self.observe(
                        Observation::new(
                            "generator-merge-base-missing",
                            format!(
                                "the generator merges into {} `{}`, which this build does not hold",
                                id.gvk.kind, id.name
                            ),
                            Label::new(entry.name.as_ref().map_or(entry.node.span(), |name| name.span), "no such base"),
                        )
                        .keyed(id.name.to_string()),
                    );
                }
                (Some("merge"), Some(base)) => merge_data(base, &resource),
                (Some("replace"), Some(base)) => {
                    let hashed = base.needs_hash && resource.needs_hash;
                    base.node = resource.node;
                    base.needs_hash = hashed;
                }
                _ => self.append(resources, resource),
            }
        }
    }

    fn patches(&mut self, spec: &Spec, form: Form, entries: &[PatchEntry], resources: &mut Vec<Resource>) {
        if entries.is_empty() {
            return;
        }
        if form != Form::Json6902 {
            self.schema.merged();
        }
        let schema = self.schema.clone();
        let mut patcher = Patcher::new(self.library, &schema, resources);
        let mut all_empty = form == Form::StrategicMerge;
        for entry in entries {
            let mut file = None;
            if let Some(path) = &entry.path {
                if is_remote(&path.text) {
                    self.outcome.open.push(LeftOut::remote(&path.text));
                    all_empty = false;
                    continue;
                }
                let full = join(&spec.directory, &path.text);
                match full
                    .as_deref()
                    .map_or(Err(ReadError::OutsideRoot), |full| self.library.sources.load(full).map(drop))
                {
                    Ok(()) => file = full,
                    Err(error) => {
                        self.missing(full.as_deref().unwrap_or(&path.text), path, &error);
                        all_empty = false;
                        continue;
                    }
                }
            }
            // What a dropped entry would have brought may be what the patch is for.
            let open = !self.outcome.open.is_empty() || self.outcome.broken;
            let applied = patcher.apply(entry, file.as_deref(), form, open);
            self.outcome.observations.extend(applied.observations);
            self.outcome.broken |= applied.broken;
            all_empty &= applied.empty;
            if applied.undecided {
                let what = format!("a patch in {}", show(&spec.directory));
                self.outcome.open.push(LeftOut { what, reason: "its target was not built", brings: Brings::Nothing });
            }
        }
        if let (true, Some(first)) = (all_empty, entries.first()) {
            self.outcome.broken = true;
            self.outcome.observations.push(nothing_to_merge(first.span.head()));
        }
    }

    fn transform(&mut self, spec: &Spec, resources: &mut Vec<Resource>) {
        self.patches(spec, Form::StrategicMerge, &spec.strategic_patches, resources);
        self.patches(spec, Form::Patch, &spec.patches, resources);
        if let Some(namespace) = &spec.namespace {
            namespace::set(resources, namespace);
            self.namespace_conflicts(namespace, resources);
        }
        if let Some(prefix) = &spec.name_prefix {
            rename(resources, prefix, |name| format!("{}{name}", prefix.text));
        }
        if let Some(suffix) = &spec.name_suffix {
            rename(resources, suffix, |name| format!("{name}{}", suffix.text));
        }
        for entry in &spec.labels {
            labels::labels(resources, entry);
        }
        if let Some(pairs) = &spec.common_labels {
            labels::common_labels(resources, pairs);
        }
        if let Some(pairs) = &spec.common_annotations {
            labels::common_annotations(resources, pairs);
        }
        self.patches(spec, Form::Json6902, &spec.json_patches, resources);
        for entry in &spec.images {
            labels::images(resources, entry);
        }
    }

    /// Two objects that the namespace transformer gave one identity: the build fails.
    fn namespace_conflicts(&mut self, namespace: &Text, resources: &[Resource]) {
        let mut seen: HashMap<Id, usize> = HashMap::with_capacity(resources.len());
        for (index, resource) in resources.iter().enumerate() {
            let Some(first) = seen.insert(resource.id(), index) else { continue };
            let Some(first) = resources.get(first) else { continue };
            let id = resource.id();
            let place = |resource: &Resource| {
                let name = resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node);
                name.origin.chain().last().map_or_else(|| name.span(), |(_, span)| *span)
            };
            self.outcome.broken = true;
            self.outcome.observations.push(
                Observation::new(
                    "namespace-transform-conflict",
                    format!(
                        "setting namespace `{}` makes two objects {} `{}` of one identity",
                        namespace.text, id.gvk.kind, id.name
                    ),
                    Label::new(namespace.span, "set here"),
                )
                .related(Label::new(place(first), "first object"))
                .related(Label::new(place(resource), "second object"))
                .keyed(format!("{} {}", id.gvk.kind, id.name)),
            );
        }
    }

    /// What happens once, at the root: hashes, references, objects that stay local.
    fn finish(&mut self, resources: &mut Vec<Resource>) {
        for resource in resources.iter_mut().filter(|resource| resource.needs_hash) {
            resource.remember();
            let suffix = hash::suffix(&resource.node);
            if let Some(name) = resource.node.child_mut("metadata").and_then(|metadata| metadata.child_mut("name")) {
                let text = format!("{}-{suffix}", name.as_str().unwrap_or_default());
                let place = name.span();
                let before = name.origin.clone();
                *name = Node::text_node(text, Origin::derived(Step::Renamed, place, Some(before)));
            }
        }
        name_reference::rewrite(resources, &self.rules);
        resources.retain(|resource| {
            let local = resource.node.at(&["metadata", "annotations", "config.kubernetes.io/local-config"]);
            local.and_then(Node::scalar_text).is_none_or(|value| value == "false")
        });
    }
}

fn rename(resources: &mut [Resource], by: &Text, name: impl Fn(&str) -> String) {
    for resource in resources {
        let id = resource.id();
        if matches!(id.gvk.kind.as_str(), "CustomResourceDefinition" | "APIService" | "Namespace") {
            continue;
        }
        resource.remember();
        resource.renamed_by.push(by.text.clone());
        let Some(node) =
            resource.node.child_mut("metadata").and_then(|metadata| metadata.as_map_mut()?.get_mut("name"))
        else {
            continue;
        };
        let Some(old) = node.as_str() else { continue };
        let text = name(old);
        let before = node.origin.clone();
        *node = Node::text_node(text, Origin::derived(Step::Renamed, by.span, Some(before)));
    }
}

/// Generator data merged into an object that is there: its name and labels stay.
fn merge_data(base: &mut Resource, generated: &Resource) {
    for field in ["data", "binaryData", "stringData"] {
        let Some(new) = generated.node.get(field) else { continue };
        let Some(old) = base.node.child_mut(field).and_then(Node::as_map_mut) else { continue };
        for entry in new.entries() {
            let before = old.get(&entry.key).map(|value| value.origin.clone());
            let place = entry.value.span();
            old.set(&entry.key, entry.key_span, entry.value.clone().marked(Step::Generated, place, before));
        }
    }
    base.needs_hash = base.needs_hash && generated.needs_hash;
}

/// Items of `List` kinds go to the end, as kustomize queues them.
pub fn expand_lists(documents: &[Node]) -> Vec<Node> {
    let mut queue: Vec<Node> = documents.to_vec();
    let mut flat = Vec::with_capacity(queue.len());
    let mut at = 0;
    while let Some(document) = queue.get(at).cloned() {
        at += 1;
        let is_list = document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        match document.get("items") {
            Some(items) if is_list && matches!(items.value, Value::Seq(_)) => {
                queue.extend(items.items().iter().cloned())
            }
            _ if document.is_null() => {}
            _ => flat.push(document),
        }
    }
    flat
}

/// The finding for a document that is no object, or `None`.
fn untyped(document: &Node, in_broken_file: bool) -> Option<Observation> {
    let id = Id::of(document);
    let what = if document.as_map().is_none() {
        "the document is no object"
    } else if id.gvk.kind.is_empty() {
        "the object has no `kind`"
    } else if id.name.is_empty() && !id.gvk.kind.ends_with("List") {
        "the object has no `metadata.name`"
    } else if id.gvk.version.is_empty() {
        "the object has no `apiVersion`"
    } else {
        return None;
    };
    if in_broken_file {
        // The missing part may be what could not be read.
        return None;
    }
    let place = document.entries().next().map_or_else(|| document.span().head(), |entry| entry.key_span);
    let shown = if id.gvk.kind.is_empty() { String::new() } else { format!(" of kind `{}`", id.gvk.kind) };
    Some(
        Observation::new(
            "object-type-missing",
            format!("{what}{shown}, so Flux refuses the build"),
            Label::new(place, ""),
        )
        .keyed(format!("{what}{}{}", id.gvk.kind, id.name)),
    )
}

/// The finding for a folder with two kustomization files.
pub fn two_files(directory: &str, first: &str, second: &str, span: Span) -> Observation {
    let message =
        format!("{} has two kustomization files: `{}` and `{}`", show(directory), file_name(first), file_name(second));
    Observation::new("build-failed", message, Label::new(span, "")).keyed(directory.to_owned())
}

/// Whether an entry is fetched from elsewhere.
pub fn is_remote(entry: &str) -> bool {
    entry.contains("://")
        || entry.starts_with("git@")
        || entry.contains("//")
        || ["github.com/", "gitlab.com/", "bitbucket.org/"].iter().any(|host| entry.starts_with(host))
}

fn show(directory: &str) -> String {
    if directory.is_empty() { "the root".to_owned() } else { format!("`{directory}`") }
}

/// The finding for a listed path that cannot be read.
pub fn missing_entry(library: &Library<'_>, path: &str, span: Span, text: &str, error: &ReadError) -> Observation {
    let (rule, message, label) = match error {
        ReadError::Missing => {
            ("kustomize-resource-missing", format!("`{text}` does not exist"), "nothing at this path")
        }
        ReadError::IsDirectory => {
            ("kustomize-resource-missing", format!("`{text}` is a folder, not a file"), "a folder")
        }
        ReadError::OutsideRoot => {
            ("kustomize-resource-missing", format!("`{text}` leads out of the repository"), "outside")
        }
        ReadError::LinkLoop => {
            ("file-unreadable", format!("`{text}` is a link that leads in a circle"), "links to itself")
        }
        ReadError::Special | ReadError::Io(_) => ("file-unreadable", format!("`{text}` cannot be read: {error}"), ""),
    };
    let mut observation = Observation::new(rule, message, Label::new(span, label)).keyed(text.to_owned());
    let candidates = library.sources.system().list(parent(path));
    let wanted = file_name(path);
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let nearest = candidates
        .iter()
        .map(|(name, _)| name)
        .filter(|name| stem(name) == stem(wanted) || strsim::levenshtein(name, wanted) <= wanted.len() / 4 + 1)
        .min_by_key(|name| (stem(name) != stem(wanted), strsim::levenshtein(name, wanted)));
    if let (ReadError::Missing, Some(nearest)) = (error, nearest) {
        observation = observation.help(format!("did you mean `{nearest}`?"));
        if let Some(head) = text.strip_suffix(wanted) {
            observation = observation.fix(Fix {
                title: format!("write `{nearest}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span, text: format!("{head}{nearest}") }],
            });
        }
    }
    observation
}

fn missing_component(library: &Library<'_>, directory: &str, entry: &Text) -> Observation {
    let mut observation = Observation::new(
        "component-missing",
        format!("component `{}` does not exist", entry.text),
        Label::new(entry.span, "no such folder"),
    )
    .keyed(entry.text.clone());
    let wanted = file_name(&entry.text);
    let siblings =
        join(directory, &entry.text).map(|path| library.sources.system().list(parent(&path))).unwrap_or_default();
    let nearest = siblings
        .iter()
        .filter(|(_, kind)| *kind == Entry::Directory)
        .min_by_key(|(name, _)| strsim::levenshtein(name, wanted));
    if let Some((nearest, _)) = nearest
        && strsim::levenshtein(nearest, wanted) <= wanted.len() / 3 + 1
    {
        observation = observation.help(format!("did you mean `{nearest}`?"));
    }
    observation
}
