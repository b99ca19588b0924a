//! Built-in transformers and generators written as objects of their own. Source: kustomize
//! `api/internal/plugins/loader`, `api/internal/builtins`.

use super::accumulate::{Accumulated, Builder};
use super::brings::{Brings, LeftOut};
use super::decode::Reading;
use super::field_spec::{FieldError, FieldSpec};
use super::file::{self, Spec, Text, generator_entry, image_entry, replicas_entry};
use super::generate::Made;
use super::metadata;
use super::namespace::{self, NamespaceArgs, Subjects};
use super::patch::{plugin_entries, select};
use super::rename::{self, Affix};
use super::resource::Resource;
use super::{finish, images, replicas, value_add};
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::{Mode, Node, Origin, Step, Value};

/// Programs and container functions: Flux runs none of them.
const NOT_RUN: &str = "plugins that are programs are not run";

impl Builder<'_, '_> {
    /// The plugins of a list: each entry is a path, or the plugin itself.
    fn plugins(&mut self, spec: &Spec, entries: &[Node]) -> Vec<Resource> {
        let mut plugins = Accumulated::default();
        for entry in entries {
            let inline = entry.as_str().filter(|text| text.contains('\n') || text.contains(": "));
            if inline.is_none() {
                if let Some(path) = Text::of(entry) {
                    self.resource_entry(&spec.directory, &path, &mut plugins);
                }
                continue;
            }
            let Some(manifests) = self.library.embedded(entry, Mode::V3) else { continue };
            self.log.observations.extend(manifests.observations.iter().cloned());
            self.log.broken |= manifests.broken;
            for document in &manifests.documents {
                let mut plugin = Resource::new(document.clone());
                plugin.trail.push(Label::new(entry.span().head(), "written here"));
                plugin.origin = self.tracking.file(&spec.file);
                plugins.append(plugin, &mut self.log);
            }
        }
        plugins.resources
    }

    /// Runs `generators`.
    pub(super) fn plugin_generators(&mut self, spec: &Spec, all: &mut Accumulated) {
        for plugin in self.plugins(spec, &spec.generators) {
            let id = plugin.id();
            let origin = self.tracking.plugin(&plugin);
            let made = match (id.gvk.api_version().as_str(), id.gvk.kind.as_str()) {
                ("builtin", "ConfigMapGenerator") => Made::ConfigMap,
                ("builtin", "SecretGenerator") => Made::Secret,
                ("builtin", "IAMPolicyGenerator") => {
                    self.iam_policy(&plugin, origin, all);
                    continue;
                }
                _ => {
                    self.not_run(&plugin);
                    continue;
                }
            };
            let mut entry = generator_entry(&plugin.node);
            let metadata = |key: &str| plugin.node.at(&["metadata", key]).and_then(Text::of);
            entry.name = entry.name.or_else(|| metadata("name"));
            entry.namespace = entry.namespace.or_else(|| metadata("namespace"));
            self.generate(&spec.directory, made, &entry, None, origin, all);
        }
    }

    /// Runs `transformers` or `validators`.
    pub(super) fn plugin_transformers(&mut self, spec: &Spec, entries: &[Node], all: &mut Accumulated) {
        if entries.is_empty() {
            return;
        }
        for plugin in self.plugins(spec, entries) {
            self.transformer(spec, &plugin, all);
            let by = self.tracking.plugin(&plugin);
            self.tracking.transformed(&mut all.resources, by);
        }
        all.forget_index();
    }

    fn not_run(&mut self, plugin: &Resource) {
        let id = plugin.id();
        let what = format!("plugin {} `{}`", id.gvk.kind, id.name);
        self.log.open.push(LeftOut { what, reason: NOT_RUN, brings: Brings::Anything });
        if !self.options.programs {
            self.log.lose(
                Observation::new(
                    "build-failed",
                    format!("{} `{}` is no built-in plugin, and Flux runs no others", id.gvk.kind, id.name),
                    Label::new(plugin.node.get("kind").unwrap_or(&plugin.node).span(), "not built in"),
                )
                .keyed(format!("{} {}", id.gvk.kind, id.name)),
            );
        }
    }

    fn misconfigured(&mut self, plugin: &Resource, why: &str) {
        let id = plugin.id();
        let message = format!("{} `{}` is not complete: {why}", id.gvk.kind, id.name);
        self.log.fail(
            Observation::new("build-failed", message, Label::new(plugin.place(), why.to_owned()))
                .keyed(format!("{} {}", id.gvk.kind, id.name)),
        );
    }

    fn transformer(&mut self, spec: &Spec, plugin: &Resource, all: &mut Accumulated) {
        let node = &plugin.node;
        let id = plugin.id();
        if id.gvk.api_version() != "builtin" {
            return self.not_run(plugin);
        }
        let named = node.field("fieldSpecs");
        let fields: Vec<FieldSpec> =
            named.map(Node::items).unwrap_or_default().iter().filter_map(FieldSpec::read).collect();
        let text = |key: &str| node.field(key).and_then(Text::of);
        match id.gvk.kind.as_str() {
            "AnnotationsTransformer" => {
                if let Some(pairs) = node.field("annotations") {
                    metadata::set(&mut all.resources, pairs, &fields, &mut self.log);
                }
            }
            "LabelTransformer" => {
                if let Some(pairs) = node.field("labels") {
                    metadata::set(&mut all.resources, pairs, &fields, &mut self.log);
                }
            }
            kind @ ("PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer") => {
                if named.is_none() {
                    return self.misconfigured(plugin, "`fieldSpecs` is missing");
                }
                if let Some(prefix) = text("prefix").filter(|_| kind != "SuffixTransformer") {
                    rename::apply(&mut all.resources, Affix::Prefix(&prefix), &fields, &mut self.log);
                }
                if let Some(suffix) = text("suffix").filter(|_| kind != "PrefixTransformer") {
                    rename::apply(&mut all.resources, Affix::Suffix(&suffix), &fields, &mut self.log);
                }
            }
            "NamespaceTransformer" => self.namespace(plugin, &fields, all),
            "ImageTagTransformer" => {
                if let Some(entry) = node.field("imageTag").and_then(image_entry) {
                    images::apply(&mut all.resources, &entry, &fields, &mut self.log);
                }
            }
            "ReplicaCountTransformer" => {
                if let Some(entry) = node.field("replica").and_then(replicas_entry) {
                    replicas::apply(&mut all.resources, &entry, &fields, &mut self.log);
                }
            }
            "PatchTransformer" | "PatchJson6902Transformer" | "PatchStrategicMergeTransformer" => {
                match plugin_entries(node) {
                    Some((form, entries)) if !entries.is_empty() => {
                        self.patches(&spec.directory, form, &entries, all);
                    }
                    _ => self.misconfigured(plugin, "it names no patch"),
                }
            }
            "HashTransformer" => {
                all.resources.iter_mut().filter(|resource| resource.needs_hash).for_each(finish::add_hash);
            }
            "ReplacementTransformer" => {
                if let Some(list) = node.field("replacements") {
                    // Unlike a kustomization file, the configuration of a plugin forgives unknown keys.
                    self.replacements(&spec.directory, list, Reading::NAMED_FILE, all);
                }
            }
            "ValueAddTransformer" => self.value_add(spec, plugin, all),
            _ => self.misconfigured(plugin, "no built-in transformer of this kind"),
        }
    }

    fn namespace(&mut self, plugin: &Resource, fields: &[FieldSpec], all: &mut Accumulated) {
        let node = &plugin.node;
        let subjects = match node.field("setRoleBindingSubjects").and_then(Node::as_str) {
            None | Some("" | "defaultOnly") => Subjects::NamedDefault,
            Some("allServiceAccounts") => Subjects::ServiceAccounts,
            Some("none") => Subjects::Nobody,
            Some(_) => {
                let why = "`setRoleBindingSubjects` is `defaultOnly`, `allServiceAccounts` or `none`";
                return self.misconfigured(plugin, why);
            }
        };
        let Some(namespace) = node.at(&["metadata", "namespace"]).and_then(Text::of) else { return };
        if namespace.text.is_empty() {
            return;
        }
        let args = NamespaceArgs {
            namespace: &namespace,
            fields,
            unset_only: node.field("unsetOnly").and_then(Node::as_bool) == Some(true),
            subjects,
        };
        namespace::set(&mut all.resources, &args, &mut self.log);
    }

    fn value_add(&mut self, spec: &Spec, plugin: &Resource, all: &mut Accumulated) {
        let node = &plugin.node;
        let given = node.field("value").and_then(Text::of).filter(|value| !value.text.trim().is_empty());
        // Without a value it is the name of the folder.
        let value = given.map_or_else(
            || Text { text: crate::source::file_name(&spec.directory).to_owned(), span: plugin.place() },
            |value| Text { text: value.text.trim().to_owned(), ..value },
        );
        let mut targets: Vec<Node> = node.field("targets").map(Node::items).unwrap_or_default().to_vec();
        if let Some(entry) = node.field("targetFilePath").and_then(Text::of) {
            let Some(path) = self.file_path(&spec.directory, &entry, &entry.text) else { return };
            match self.library.load(&path, Mode::V2) {
                Ok(manifests) => {
                    self.log.files.insert(manifests.file);
                    let roots = manifests.documents.iter().filter_map(|root| root.field("targets"));
                    targets.extend(roots.flat_map(Node::items).cloned());
                }
                Err(error) => return self.missing(&path, &entry, &error),
            }
        }
        if targets.is_empty() {
            return self.misconfigured(plugin, "it names no target");
        }
        for target in &targets {
            let Some(path) = target.field("fieldPath").and_then(Node::as_str).filter(|path| !path.is_empty()) else {
                self.misconfigured(plugin, "`fieldPath` is empty");
                continue;
            };
            let position = target.field("filePathPosition").and_then(Node::as_int).unwrap_or_default();
            let Ok(position) = usize::try_from(position) else {
                self.misconfigured(plugin, "`filePathPosition` is negative");
                continue;
            };
            let selector = target.field("selector").map(file::target);
            let selected = match select(&all.resources, selector.as_ref()) {
                Ok(selected) => selected,
                Err(text) => {
                    self.misconfigured(plugin, &format!("`{}` is neither a pattern nor a selector", text.text));
                    continue;
                }
            };
            for at in selected {
                let Some(resource) = all.resources.get_mut(at) else { continue };
                let outcome = add_value(&mut resource.node, &value, path, position);
                if let Err(error) = outcome {
                    let refusal = resource.refusal(&error, value.span, "added here");
                    self.log.fail(refusal);
                }
            }
        }
    }

    /// The only cloud it knows is Google's. Source: kustomize `api/filters/iampolicygenerator`.
    fn iam_policy(&mut self, plugin: &Resource, origin: Option<super::resource::BuildOrigin>, all: &mut Accumulated) {
        let node = &plugin.node;
        let text = |path: &[&str]| node.at(path).and_then(Node::scalar_text).unwrap_or_default().into_owned();
        if text(&["cloud"]) != "gke" {
            let why = format!("cloud `{}` is not supported", text(&["cloud"]));
            return self.misconfigured(plugin, &why);
        }
        let place = plugin.place();
        let account = format!(
            "{}@{}.iam.gserviceaccount.com",
            text(&["serviceAccount", "name"]),
            text(&["serviceAccount", "projectId"])
        );
        let mut made = Node::empty_map(Origin::derived(Step::Generated, place, None));
        put(&mut made, &[], "apiVersion", "v1", place);
        put(&mut made, &[], "kind", "ServiceAccount", place);
        put(&mut made, &["metadata"], "name", &text(&["kubernetesService", "name"]), place);
        put(&mut made, &["metadata", "annotations"], "iam.gke.io/gcp-service-account", &account, place);
        let namespace = text(&["kubernetesService", "namespace"]);
        if !namespace.is_empty() {
            put(&mut made, &["metadata"], "namespace", &namespace, place);
        }
        let mut resource = Resource::new(made);
        resource.trail.push(Label::new(place, "generated here"));
        resource.origin = origin;
        all.append(resource, &mut self.log);
    }
}

fn add_value(node: &mut Node, value: &Text, path: &str, position: usize) -> Result<(), FieldError> {
    if path != "metadata/namespace" {
        return value_add::add(node, value, path, position);
    }
    let args = NamespaceArgs { namespace: value, fields: &[], unset_only: false, subjects: Subjects::NamedDefault };
    namespace::set_one(node, &args)
}

fn put(node: &mut Node, path: &[&str], key: &str, text: &str, place: Span) {
    let mut parent = node;
    for part in path {
        let Some(child) = parent.child_mut(part) else { return };
        parent = child;
    }
    if let Some(map) = parent.as_map_mut() {
        let origin = Origin::derived(Step::Generated, place, None);
        map.set(key, place, Node { value: Value::Str(text.into()), origin });
    }
}
