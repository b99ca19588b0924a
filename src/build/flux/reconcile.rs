//! One Flux Kustomization, from its artifact to the objects that Flux applies.
//!
//! Source: kustomize-controller `internal/controller/kustomization_controller.go` (`generate`, `build`, `apply`),
//! fluxcd/pkg `ssa/utils` (`ReadObjects`).

use hashbrown::HashSet;
use std::sync::Arc;

use super::affected::Branches;
use super::artifact::{Artifact, Plain};
use super::kustomization::FluxKustomization;
use super::remarks::{is_switched_off, remarks};
use super::root::{self, Reading};
use super::sops;
use super::substitute::{Substitution, substitute};
use super::variables::Variables;
use super::world::Undefined;
use crate::build::kustomize::{Builder, Options, Outcome, Resource, Spec, find_file};
use crate::build::manifests::Library;
use crate::build::object::{Id, Object};
use crate::build::scope;
use crate::finding::{Label, Observation};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Step, Value};

/// What reconciling a Kustomization gives.
#[derive(Clone, Debug, Default)]
pub struct Reconciled {
    /// What its folder gave, resources taken out.
    pub outcome: Outcome,
    /// The objects Flux would apply.
    pub objects: Vec<Object>,
    /// Uses without value and default: position of the object, name, place.
    pub undefined: Vec<(usize, String, Span)>,
    /// Whether substitution runs over its objects.
    pub substitutes: bool,
    /// Flux would refuse it.
    pub broken: bool,
    /// An earlier check made it.
    pub is_kept: bool,
}

/// A Kustomization that is to be built.
pub struct Request<'r> {
    /// What it asks for.
    pub spec: &'r FluxKustomization,
    /// Its source.
    pub artifact: &'r Artifact,
    /// How its folder is read.
    pub reading: Reading,
    /// Its variables.
    pub variables: &'r Arc<Variables>,
    /// What an undefined variable does.
    pub undefined: Undefined,
    /// The entry of its cluster.
    pub entry: &'r str,
    /// Its position in the cluster.
    pub index: usize,
}

impl Request<'_> {
    /// Builds it, unless an earlier check did. `library` is that of the run.
    pub fn reconcile(&self, library: &Library<'_>) -> Reconciled {
        let builds = library.builds().filter(|_| self.artifact.plain.is_some());
        let Some(builds) = builds else { return self.reconcile_through(library, &self.artifact.sources) };
        if let Some(known) = builds.find(self) {
            return Reconciled { is_kept: true, ..known };
        }
        let window = self.artifact.sources.recording();
        let reconciled = self.reconcile_through(library, &window);
        builds.keep(self, window.loads(0), &reconciled);
        reconciled
    }

    fn reconcile_through(&self, library: &Library<'_>, window: &Sources) -> Reconciled {
        let Some(directory) = &self.spec.path else { return Reconciled::default() };
        let library = self.artifact.library(library, window);
        let root = root::spec(&library, directory, Some(self.spec), self.reading, self.spec.path_place);
        let mut outcome = self.build(&library, &root);
        let resources = std::mem::take(&mut outcome.resources);
        let mut built = Reconciled {
            broken: outcome.broken,
            outcome,
            substitutes: self.spec.has_post_build && (!self.variables.is_empty() || self.spec.substitute_always),
            ..Reconciled::default()
        };
        let mut names_checked = false;
        for resource in resources {
            self.take(&library, resource, &mut names_checked, &mut built);
        }
        built
    }

    fn build(&self, library: &Library<'_>, root: &Spec) -> Outcome {
        let by_hand = self.reading != Reading::Flux;
        let options = Options {
            // What is applied by hand may be built with programs that Flux does not run.
            programs: by_hand,
            // How the entry's own Kustomization decrypts may be said elsewhere.
            keeps_encrypted: !by_hand && self.index > 0 && !self.spec.decrypts,
            ..Options::flux()
        };
        let build = |spec: &Spec| Builder::new(library, options.clone()).build(spec);
        if !by_hand || find_file(library, &root.directory).is_some() {
            return build(root);
        }
        // Nobody builds the folders of such a tree together.
        let mut all = Outcome { observations: root.observations.clone(), broken: root.broken, ..Outcome::default() };
        let mut seen = HashSet::new();
        for entry in &root.resources {
            let one = build(&Spec { resources: vec![entry.clone()], ..Spec::empty(&root.directory, root.place) });
            all.resources.extend(one.resources.into_iter().filter(|one| seen.insert((one.id(), one.place()))));
            let new = one.observations.into_iter().filter(|one| !all.observations.contains(one)).collect::<Vec<_>>();
            all.observations.extend(new);
            all.broken |= one.broken;
            all.lost |= one.lost;
            all.open.extend(one.open);
        }
        all
    }

    fn take(&self, library: &Library<'_>, resource: Resource, names_checked: &mut bool, built: &mut Reconciled) {
        let written = resource.original();
        let mut node = resource.node.into_node();
        if !built.broken && !is_object(&Id::of(&node)) {
            built.broken = true;
            built.outcome.observations.push(incomplete(&node));
            return;
        }
        // kustomize cannot tell what this is; a rule of its own says so.
        built.broken |= sops::hides_identity(&node);
        let encrypted = sops::is_encrypted(&node);
        if encrypted {
            sops::hide_encrypted(&mut node);
        }
        if built.substitutes && !is_switched_off(&node) {
            if !*names_checked {
                *names_checked = true;
                self.check_names(built);
            }
            if let Some(branches) = Branches::of(&node) {
                let result = substitute(&node, &branches, self.variables, self.undefined != Undefined::Blank);
                built.outcome.observations.extend(remarks(library.sources, &node, &result));
                built.broken |= result.error.is_some();
                self.note_undefined(&result, built);
                node = result.node;
            }
        }
        for node in expanded(node) {
            built.objects.extend(self.object(node, &written, &resource.trail, encrypted));
        }
    }

    /// The controller tests every name before it substitutes in the first object.
    fn check_names(&self, built: &mut Reconciled) {
        for (name, place) in self.variables.invalid() {
            built.broken = true;
            let spec = self.spec;
            built.outcome.observations.push(
                Observation::new(
                    "substitution-key-invalid",
                    format!(
                        "`{name}` is no name of a variable, so Flux refuses Kustomization `{}/{}`",
                        spec.namespace, spec.name
                    ),
                    Label::new(place.unwrap_or(spec.place), "not a variable name"),
                )
                .related(Label::new(spec.place, "substitutes with it"))
                .about(spec.reference(), format!("postBuild {name}")),
            );
        }
    }

    fn note_undefined(&self, result: &Substitution, built: &mut Reconciled) {
        built.broken |= self.undefined == Undefined::Fails && !result.undefined.is_empty();
        let mut seen = HashSet::new();
        for (found, place) in &result.undefined {
            if seen.insert((&found.name, *place)) {
                built.undefined.push((built.objects.len(), found.name.clone(), *place));
            }
        }
    }

    /// The object of the cluster, or `None` for what Flux drops silently.
    fn object(&self, mut node: Node, written: &Id, trail: &[Label], encrypted: bool) -> Option<Object> {
        let id = Id::of(&node);
        let of_kustomize = id.gvk.group == "kustomize.config.k8s.io" && id.gvk.kind == "Kustomization";
        if !is_object(&id) || of_kustomize {
            return None;
        }
        // An item of a list that only Flux takes apart is as it was written.
        let written = if written.gvk == id.gvk { written.clone() } else { id.clone() };
        if let Some(metadata) = &self.spec.common_metadata {
            common_metadata(&mut node, metadata);
        }
        let left_alone = switch(&node, "reconcile").as_deref() == Some("disabled")
            || switch(&node, "ssa").as_deref() == Some("ignore");
        let namespace = (!id.namespace.is_empty() && !scope::has_no_namespace(&id.gvk)).then_some(id.namespace);
        Some(Object {
            gvk: id.gvk,
            namespace,
            name: id.name,
            written,
            node,
            kustomization: self.index,
            trail: trail.to_vec(),
            encrypted,
            left_alone,
            release: None,
            modelled: None,
        })
    }
}

/// The value of a switch of kustomize-controller, in lower case: label or annotation.
pub fn switch(node: &Node, name: &str) -> Option<String> {
    let key = format!("kustomize.toolkit.fluxcd.io/{name}");
    let at = |field: &str| node.at(&["metadata", field, &key]).and_then(Node::as_str).map(str::to_ascii_lowercase);
    at("annotations").or_else(|| at("labels"))
}

fn is_object(id: &Id) -> bool {
    !id.name.is_empty() && !id.gvk.kind.is_empty() && !id.gvk.version.is_empty()
}

fn incomplete(node: &Node) -> Observation {
    let id = Id::of(node);
    let missing = [(id.gvk.version.is_empty(), "apiVersion"), (id.gvk.kind.is_empty(), "kind")];
    let missing = missing.iter().find(|(is_missing, _)| *is_missing).map_or("metadata.name", |(_, field)| field);
    Observation::new(
        "object-type-missing",
        format!("an object of the build has no `{missing}`, so Flux refuses the build"),
        Label::new(node.span().head(), ""),
    )
    .keyed(format!("{missing} {} {}", id.gvk.kind, id.name))
}

/// The items of anything that has a list `items`, which is a list to Flux whatever its kind; else the object itself.
fn expanded(node: Node) -> Vec<Node> {
    match node.get("items").map(|items| &items.value) {
        Some(Value::Seq(items)) => items.to_vec(),
        _ => vec![node],
    }
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

/// An artifact for what is applied from the files as they are, or was downloaded before.
pub fn files_as_they_are(library: &Library<'_>) -> Arc<Artifact> {
    let mut artifact = Artifact::new(library.sources, library.sources.shared_system());
    artifact.plain = Some(Plain::Whole);
    Arc::new(artifact)
}
