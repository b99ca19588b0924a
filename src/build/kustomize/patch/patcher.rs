//! Applying patch entries: finding what each is for, and changing it.
//!
//! Source: kustomize `api/internal/builtins/Patch*Transformer.go` (`Transform`), `api/resmap/reswrangler.go`
//! (`GetById`, `ApplySmPatch`), `api/resource/resource.go` (`ApplySmPatch`).

use super::address::{addressed, annotations_as_text, restore, with_annotations, with_option, without_blank_namespace};
use super::body::{Body, read_body};
use super::index::Index;
use super::target::Selector;
use super::{Applied, Form, words};
use crate::build::kustomize::file::{PatchEntry, Target, Text};
use crate::build::kustomize::json_patch::{self, FailureKind, Operation};
use crate::build::kustomize::merge::{self, Options, merge};
use crate::build::kustomize::resource::Resource;
use crate::build::kustomize::schema::Schema;
use crate::build::manifests::Library;
use crate::build::object::Id;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::Node;

/// Applies patch entries to the resources of a build, in order. Resources are found by name without looking at each.
pub struct Patcher<'a, 's> {
    library: &'a Library<'s>,
    schema: &'a Schema,
    resources: &'a mut Vec<Resource>,
    index: Index,
}

impl<'a, 's> Patcher<'a, 's> {
    /// A patcher over the resources of a build.
    pub fn new(library: &'a Library<'s>, schema: &'a Schema, resources: &'a mut Vec<Resource>) -> Self {
        let index = Index::new(resources);
        Patcher { library, schema, resources, index }
    }

    /// Applies one entry. `file` is the file of its `path`; `open` says that the build lacks resources it could match.
    pub fn apply(&mut self, entry: &PatchEntry, file: Option<&str>, form: Form, open: bool) -> Applied {
        let mut applied = Applied::default();
        if form == Form::Json6902 && !self.has_target_name(entry, &mut applied) {
            return applied;
        }
        let Some(body) = read_body(self.library, entry, file, form, &mut applied) else { return applied };
        applied.empty = body.is_empty();
        match (&entry.target, body) {
            (Some(target), Body::Json(operations)) => {
                self.json(entry, target, &operations, form, open, &mut applied);
            }
            (Some(target), Body::Strategic(patches)) if form == Form::Patch => match patches.as_slice() {
                [] => {}
                [patch] => self.merge_selected(entry, target, patch, open, &mut applied),
                [_, second, ..] => {
                    let message = "several strategic merge patches in one entry cannot share a `target`";
                    let place = second.entries().next().map_or_else(|| second.span().head(), |entry| entry.key_span);
                    applied.refuse("patch-body-invalid", message, place, "several");
                }
            },
            (_, Body::Strategic(patches)) => {
                for patch in &patches {
                    self.merge_own(entry, patch, form, open, &mut applied);
                }
            }
            (None, Body::Json(_)) => {
                applied.broken = true;
                applied.observations.push(
                    Observation::new(
                        "patch-body-invalid",
                        "a JSON 6902 patch needs a `target` that says what it is for",
                        Label::new(entry.span.head(), "no target here"),
                    )
                    .keyed("target"),
                );
            }
        }
        applied
    }

    fn has_target_name(&self, entry: &PatchEntry, applied: &mut Applied) -> bool {
        let name = entry.target.as_ref().and_then(|target| target.name.as_ref());
        let named = name.is_some_and(|name| !name.text.is_empty());
        if !named {
            let message = "an entry of `patchesJson6902` needs a `target` with a `name`";
            applied.refuse("patch-body-invalid", message, entry.span.head(), "target");
        }
        named
    }

    /// The resources a target selects.
    fn selected(&mut self, target: &Target, applied: &mut Applied) -> Option<(Vec<usize>, bool)> {
        let refuse = |applied: &mut Applied, text: &Text| {
            let message = format!("`{}` is neither a pattern nor a selector", text.text);
            applied.refuse("patch-body-invalid", message, text.span, &text.text);
        };
        let selector = match Selector::new(target) {
            Ok(selector) => selector,
            Err(text) => {
                refuse(applied, text);
                return None;
            }
        };
        let mut selected = Vec::new();
        for index in self.index.candidates(selector.only_name(), self.resources) {
            let (Some(resource), Some((now, first))) = (self.resources.get(index), self.index.ids(index)) else {
                continue;
            };
            match selector.selects(resource, now, first) {
                Ok(true) => selected.push(index),
                Ok(false) => {}
                Err(text) => {
                    refuse(applied, text);
                    return None;
                }
            }
        }
        Some((selected, selector.is_exact()))
    }

    fn nothing_selected(&self, entry: &PatchEntry, target: &Target, is_exact: bool, open: bool, applied: &mut Applied) {
        if open {
            applied.undecided = true;
        } else if is_exact {
            applied.observations.push(words::nothing_selected(target, entry, self.resources));
        }
    }

    fn json(
        &mut self,
        entry: &PatchEntry,
        target: &Target,
        operations: &[Operation],
        form: Form,
        open: bool,
        applied: &mut Applied,
    ) {
        let Some((selected, is_exact)) = self.selected(target, applied) else { return };
        let fault = operations.iter().find_map(Operation::fault);
        if let Some(fault) = &fault {
            // Without an object to patch, kustomize does not get to the mistake.
            let observation = Observation::new("patch-body-invalid", fault.message.clone(), Label::new(fault.span, ""));
            applied.observations.push(observation.keyed("operations"));
            applied.broken |= !selected.is_empty();
            return;
        }
        if selected.is_empty() {
            self.nothing_selected(entry, target, is_exact, open, applied);
        }
        let mut renamed = None;
        for index in selected {
            let Some(resource) = self.resources.get_mut(index) else { continue };
            if form == Form::Patch {
                resource.remember();
            }
            // What kustomize remembers of a resource stands in its annotations: the map is there for every patch.
            if form == Form::Patch || resource.needs_hash || !resource.previous.is_empty() {
                with_annotations(&mut resource.node);
            }
            let before = resource.id();
            match json_patch::apply(&mut resource.node, operations) {
                Ok(()) => {
                    annotations_as_text(&mut resource.node);
                    if let Some(field) = words::identity_lost(&resource.node) {
                        applied.broken = true;
                        applied.observations.push(words::no_identity(field, operations, &resource.node, &before));
                    } else if resource.id() != before {
                        renamed = Some(words::renaming_place(operations, &resource.node));
                    }
                    for note in merge::directives_in(operations.iter().filter_map(Operation::value)) {
                        applied.say(merge::observe(&note, &resource.id(), self.library.sources));
                    }
                }
                Err(failure) => {
                    applied.broken = true;
                    let rule = match failure.kind {
                        FailureKind::Object => "patch-path-missing",
                        FailureKind::Operation => "patch-body-invalid",
                        FailureKind::Limit => "limit-exceeded",
                    };
                    let id = resource.id();
                    applied.observations.push(
                        Observation::new(
                            rule,
                            format!("{} in {} `{}`", failure.message, id.gvk.kind, id.name),
                            Label::new(failure.span, "this path"),
                        )
                        .related(Label::new(words::resource_place(&resource.node), "the object patched"))
                        .keyed(format!("{} {} {}", id.gvk.kind, id.name, failure.message)),
                    );
                }
            }
            self.index.refresh(index, self.resources);
        }
        if let Some(place) = renamed {
            self.refuse_duplicates(place, applied);
        }
    }

    /// A strategic merge patch for everything its target selects.
    fn merge_selected(&mut self, entry: &PatchEntry, target: &Target, patch: &Node, open: bool, applied: &mut Applied) {
        let Some((selected, is_exact)) = self.selected(target, applied) else { return };
        if selected.is_empty() {
            self.nothing_selected(entry, target, is_exact, open, applied);
            return;
        }
        let patch = addressed(patch, self.library.sources);
        let mut gone = Vec::new();
        for index in &selected {
            if !self.merge_into(*index, &patch, entry, true, applied) {
                gone.push(*index);
            }
        }
        self.remove(&gone);
        if entry.allow_name_change || entry.allow_kind_change {
            self.refuse_duplicates(patch.at(&["metadata", "name"]).unwrap_or(&patch).span(), applied);
        }
    }

    /// A strategic merge patch for the one resource that has its identity.
    fn merge_own(&mut self, entry: &PatchEntry, patch: &Node, form: Form, open: bool, applied: &mut Applied) {
        let id = Id::of(patch);
        let had = |index: &usize| self.resources.get(*index).is_some_and(|resource| resource.had(&id));
        let candidates = self.index.candidates(Some(&id.name), self.resources);
        let found: Vec<usize> = candidates.into_iter().filter(had).collect();
        match found.as_slice() {
            [index] => {
                let patch = match form {
                    Form::StrategicMerge => addressed(patch, self.library.sources),
                    _ if entry.allow_name_change || entry.allow_kind_change => with_option(patch, self.library.sources),
                    _ => patch.clone(),
                };
                if !self.merge_into(*index, &patch, entry, form == Form::StrategicMerge, applied) {
                    self.remove(&[*index]);
                }
            }
            [] if open => applied.undecided = true,
            [] => {
                applied.broken = true;
                applied.observations.push(words::nobody(&id, patch, entry, self.resources));
            }
            _ => {
                let place = patch.at(&["metadata", "name"]).unwrap_or(patch).span();
                let message = format!("the patch for {} `{}` matches {} objects", id.gvk.kind, id.name, found.len());
                applied.refuse("build-failed", message, place, &id.name);
            }
        }
    }

    /// Merges a patch; false when it deletes the object.
    fn merge_into(
        &mut self,
        index: usize,
        patch: &Node,
        entry: &PatchEntry,
        takes_version: bool,
        applied: &mut Applied,
    ) -> bool {
        let Some(resource) = self.resources.get_mut(index) else { return true };
        let id = resource.id();
        let before = resource.node.clone();
        let mut patch = patch.clone();
        if takes_version {
            // The patch is made one for the version of the object.
            restore(&mut patch, &[], "apiVersion", &before);
        }
        let sources = self.library.sources;
        let merged = match merge(&before, &patch, Options::build(self.schema, sources)) {
            Ok(merged) => merged,
            Err(refused) => {
                applied.broken = true;
                applied.say(words::refused(&refused, &id));
                return true;
            }
        };
        for note in &merged.notes {
            applied.say(merge::observe(note, &id, sources));
        }
        let Some(node) = merged.node else { return false };
        if words::replaces_all(&patch) {
            // The replacement is made and then left lying: the object stays as it is.
            applied.say(words::replace_ignored(&patch, &id));
            return true;
        }
        if entry.allow_name_change || entry.allow_kind_change {
            resource.remember();
        }
        resource.node = node.into();
        if !entry.allow_kind_change {
            restore(&mut resource.node, &[], "kind", &before);
        }
        if !entry.allow_name_change {
            restore(&mut resource.node, &["metadata"], "name", &before);
        }
        restore(&mut resource.node, &["metadata"], "namespace", &before);
        without_blank_namespace(&mut resource.node);
        self.index.refresh(index, self.resources);
        true
    }

    fn remove(&mut self, gone: &[usize]) {
        if gone.is_empty() {
            return;
        }
        let mut at = 0;
        self.resources.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
        self.index = Index::new(self.resources);
    }

    /// Two resources that a patch gave one identity: the build fails.
    fn refuse_duplicates(&mut self, place: Span, applied: &mut Applied) {
        if let Some((first, second)) = self.index.duplicate(self.resources) {
            let id = second.id();
            let message = format!("the patch makes two objects {} `{}` of one identity", id.gvk.kind, id.name);
            applied.broken = true;
            applied.observations.push(
                Observation::new("kustomize-resource-duplicate", message, Label::new(place, "set here"))
                    .related(Label::new(words::first_place(&first.node), "first object"))
                    .related(Label::new(words::first_place(&second.node), "second object"))
                    .keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name)),
            );
        }
    }
}
