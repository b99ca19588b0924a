//! The Flux Kustomization object as types, read from the object as built.

use crate::build::kustomize::{ImageEntry, PatchEntry, Text};
use crate::build::trail::trail;
use crate::finding::Label;
use crate::source::{Span, normalize};
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

/// An entry of `postBuild.substituteFrom`.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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
    /// `spec.targetNamespace`.
    pub target_namespace: Option<Text>,
    /// `spec.namePrefix`.
    pub name_prefix: Option<Text>,
    /// `spec.nameSuffix`.
    pub name_suffix: Option<Text>,
    /// `spec.patches`.
    pub patches: Vec<PatchEntry>,
    /// `spec.components`.
    pub components: Vec<Text>,
    /// `spec.ignoreMissingComponents`.
    pub ignore_missing_components: bool,
    /// `spec.images`.
    pub images: Vec<ImageEntry>,
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
    /// `spec.kubeConfig`: it applies to another cluster.
    pub other_cluster: bool,
}

impl FluxKustomization {
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
        FluxKustomization {
            path_place: at(&["path"]).map_or(place, Node::span),
            path_trail: at(&["path"]).map(trail).unwrap_or_default(),
            name: metadata("name"),
            place,
            path,
            source,
            target_namespace: text(&["targetNamespace"]),
            name_prefix: text(&["namePrefix"]),
            name_suffix: text(&["nameSuffix"]),
            patches: list(&["patches"]).iter().map(crate::build::kustomize::patch_entry).collect(),
            components: list(&["components"])
                .iter()
                .filter_map(|node| Some(Text { text: node.scalar_text()?.into_owned(), span: node.span() }))
                .collect(),
            ignore_missing_components: at(&["ignoreMissingComponents"]).and_then(Node::as_bool) == Some(true),
            images: list(&["images"]).iter().filter_map(crate::build::kustomize::image_entry).collect(),
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
            other_cluster: at(&["kubeConfig"]).is_some_and(|node| !node.is_null()),
            namespace,
        }
    }
}
