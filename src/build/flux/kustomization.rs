//! The Flux Kustomization object as types, read from the object as built.

use crate::build::kustomize::{ImageEntry, PatchEntry, Text, patch_entry};
use crate::build::trail::trail;
use crate::finding::{Label, ObjectRef};
use crate::source::{Span, normalize};
use crate::yaml::emit::emit;
use crate::yaml::{Node, Value};

/// A source a Kustomization builds from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey {
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl SourceKey {
    /// For people.
    pub fn shown(&self) -> String {
        format!("{} `{}/{}`", self.kind, self.namespace, self.name)
    }
}

/// An entry of `postBuild.substituteFrom`.
#[derive(Clone, Debug, PartialEq)]
pub struct SubstituteFrom {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// Name; `None` when it is not known.
    pub name: Option<String>,
    /// Whether it may be absent.
    pub optional: bool,
    /// The entry's name.
    pub span: Span,
}

/// What a Flux Kustomization asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct FluxKustomization {
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object.
    pub name: String,
    /// Place of the name.
    pub place: Span,
    /// `spec.path`, normalised; `None` when it is not known.
    pub path: Option<String>,
    /// Place of `spec.path`, or of the object.
    pub path_place: Span,
    /// How `spec.path` came to be what it is.
    pub path_trail: Vec<Label>,
    /// `spec.sourceRef`.
    pub source: Option<SourceKey>,
    /// Place of its name, or of the object.
    pub source_place: Span,
    /// `spec.targetNamespace`.
    pub target_namespace: Option<Text>,
    /// `spec.namePrefix`.
    pub name_prefix: Option<Text>,
    /// `spec.nameSuffix`.
    pub name_suffix: Option<Text>,
    /// `spec.patches`.
    pub patches: Vec<PatchEntry>,
    /// `spec.patchesStrategicMerge` of an API version that had it.
    pub strategic_patches: Vec<PatchEntry>,
    /// `spec.patchesJson6902` of an API version that had it.
    pub json_patches: Vec<PatchEntry>,
    /// `spec.components`.
    pub components: Vec<Text>,
    /// `spec.ignoreMissingComponents`.
    pub ignore_missing_components: bool,
    /// `spec.images`.
    pub images: Vec<ImageEntry>,
    /// `spec.buildMetadata`.
    pub build_metadata: Vec<Text>,
    /// `spec.postBuild`, if it is there.
    pub has_post_build: bool,
    /// `postBuild.substitute`.
    pub substitute: Option<Node>,
    /// `postBuild.substituteFrom`.
    pub substitute_from: Vec<SubstituteFrom>,
    /// `postBuild.substituteStrategy: Always`.
    pub substitute_always: bool,
    /// `spec.decryption.provider: sops`.
    pub decrypts: bool,
    /// `spec.commonMetadata`.
    pub common_metadata: Option<Node>,
    /// `spec.prune`.
    pub prunes: bool,
    /// `spec.kubeConfig`: it applies to another cluster.
    pub other_cluster: bool,
}

/// An entry of `spec.patches`: its text and target, nothing else.
fn patch(node: &Node) -> PatchEntry {
    PatchEntry { path: None, allow_name_change: false, allow_kind_change: false, ..patch_entry(node) }
}

/// An entry of `spec.patchesStrategicMerge`: the patch itself, as a map.
fn strategic_patch(node: &Node) -> PatchEntry {
    PatchEntry { patch: Some(as_text(node)), target: None, ..patch(node) }
}

/// An entry of `spec.patchesJson6902`: operations as a list, and a target.
fn json_patch(node: &Node) -> PatchEntry {
    PatchEntry { patch: node.get("patch").map(as_text), ..patch(node) }
}

/// A tree as the text that kustomize reads patches from.
fn as_text(node: &Node) -> Node {
    Node::text_node(emit(node).text, node.origin.clone())
}

impl FluxKustomization {
    /// For people.
    pub fn shown(&self) -> String {
        format!("Kustomization `{}/{}`", self.namespace, self.name)
    }

    /// Its identity, for findings.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            api_version: "kustomize.toolkit.fluxcd.io/v1".to_owned(),
            kind: "Kustomization".to_owned(),
            namespace: Some(self.namespace.clone()),
            name: self.name.clone(),
        }
    }

    /// Reads the object.
    pub fn read(object: &Node) -> Self {
        let spec = object.get("spec");
        let at = |path: &[&str]| spec.and_then(|spec| spec.at(path));
        let text = |path: &[&str]| -> Option<Text> {
            let node = at(path)?;
            let text = node.scalar_text()?.into_owned();
            (!text.is_empty()).then(|| Text { text, span: node.span() })
        };
        let metadata = |key: &str| {
            object.at(&["metadata", key]).and_then(Node::shown).map(std::borrow::Cow::into_owned).unwrap_or_default()
        };
        let place = object.at(&["metadata", "name"]).unwrap_or(object).span();
        let namespace = metadata("namespace");
        let path = match at(&["path"]) {
            Some(node) if node.is_unknown() => None,
            Some(node) => node.scalar_text().map(|text| normalize(&text)).or(Some(String::new())),
            None => Some(String::new()),
        };
        let source = at(&["sourceRef"]).filter(|node| matches!(node.value, Value::Map(_))).map(|reference| {
            let field = |key: &str| reference.get(key).and_then(Node::shown).map(std::borrow::Cow::into_owned);
            SourceKey {
                kind: field("kind").unwrap_or_default(),
                namespace: field("namespace").filter(|text| !text.is_empty()).unwrap_or_else(|| namespace.clone()),
                name: field("name").unwrap_or_default(),
            }
        });
        let list = |path: &[&str]| at(path).map(Node::items).unwrap_or_default();
        // The API server drops the fields that v1 does not have.
        let version = object.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        let is_older = version.ends_with("/v1beta1") || version.ends_with("/v1beta2");
        let older = |path: &[&str]| if is_older { list(path) } else { &[] };
        let texts = |key: &str| {
            let text = |node: &Node| Some(Text { text: node.scalar_text()?.into_owned(), span: node.span() });
            list(&[key]).iter().filter_map(text).collect()
        };
        FluxKustomization {
            path_place: at(&["path"]).map_or(place, Node::span),
            path_trail: at(&["path"]).map(trail).unwrap_or_default(),
            source_place: at(&["sourceRef", "name"]).map_or(place, Node::span),
            name: metadata("name"),
            place,
            path,
            source,
            target_namespace: text(&["targetNamespace"]),
            name_prefix: text(&["namePrefix"]),
            name_suffix: text(&["nameSuffix"]),
            patches: list(&["patches"]).iter().map(patch).collect(),
            strategic_patches: older(&["patchesStrategicMerge"]).iter().map(strategic_patch).collect(),
            json_patches: older(&["patchesJson6902"]).iter().map(json_patch).collect(),
            components: texts("components"),
            ignore_missing_components: at(&["ignoreMissingComponents"]).and_then(Node::as_bool) == Some(true),
            images: list(&["images"]).iter().filter_map(crate::build::kustomize::image_entry).collect(),
            build_metadata: texts("buildMetadata"),
            has_post_build: at(&["postBuild"]).is_some_and(|node| !node.is_null()),
            substitute: at(&["postBuild", "substitute"]).cloned(),
            substitute_from: list(&["postBuild", "substituteFrom"])
                .iter()
                .map(|entry| SubstituteFrom {
                    kind: entry.get("kind").and_then(Node::as_str).unwrap_or_default().to_owned(),
                    name: entry.get("name").and_then(Node::scalar_text).map(std::borrow::Cow::into_owned),
                    optional: entry.get("optional").and_then(Node::as_bool) == Some(true),
                    span: entry.get("name").unwrap_or(entry).span(),
                })
                .collect(),
            substitute_always: at(&["postBuild", "substituteStrategy"]).and_then(Node::as_str) == Some("Always"),
            decrypts: at(&["decryption", "provider"]).and_then(Node::as_str) == Some("sops"),
            common_metadata: at(&["commonMetadata"]).cloned(),
            prunes: at(&["prune"]).and_then(Node::as_bool) == Some(true),
            other_cluster: at(&["kubeConfig"]).is_some_and(|node| !node.is_null()),
            namespace,
        }
    }
}
