//! The entries of a kustomization file as types, each text with its place.

use super::{Text, text_at, texts};
use crate::build::kustomize::field_spec::FieldSpec;
use crate::source::Span;
use crate::yaml::Node;

/// Which resources a patch is for. Texts are anchored regular expressions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// API group.
    pub group: Option<Text>,
    /// API version.
    pub version: Option<Text>,
    /// Kind.
    pub kind: Option<Text>,
    /// Name.
    pub name: Option<Text>,
    /// Namespace.
    pub namespace: Option<Text>,
    /// Selector over labels.
    pub labels: Option<Text>,
    /// Selector over annotations.
    pub annotations: Option<Text>,
}

/// An entry of `patches` (or of its older spellings).
#[derive(Clone, Debug, PartialEq)]
pub struct PatchEntry {
    /// The patch text.
    pub patch: Option<Node>,
    /// Or the file that holds it.
    pub path: Option<Text>,
    /// What it is for.
    pub target: Option<Target>,
    /// `options.allowNameChange`.
    pub allow_name_change: bool,
    /// `options.allowKindChange`.
    pub allow_kind_change: bool,
    /// The entry.
    pub span: Span,
}

/// A generator entry.
#[derive(Clone, Debug)]
pub struct GeneratorEntry {
    /// Name of the object.
    pub name: Option<Text>,
    /// Namespace of the object.
    pub namespace: Option<Text>,
    /// `create`, `merge`, `replace`.
    pub behavior: Option<Text>,
    /// `[key=]path` entries.
    pub files: Vec<Text>,
    /// Files of `KEY=value` lines.
    pub envs: Vec<Text>,
    /// `key=value` entries.
    pub literals: Vec<Text>,
    /// Type of a Secret.
    pub secret_type: Option<Text>,
    /// `options`.
    pub options: Option<Node>,
    /// The entry.
    pub node: Node,
}

/// An entry of `labels`.
#[derive(Clone, Debug)]
pub struct LabelsEntry {
    /// The labels.
    pub pairs: Node,
    /// Whether selectors get them too.
    pub selectors: bool,
    /// Whether pod templates get them too.
    pub templates: bool,
    /// Further fields that get them.
    pub fields: Vec<FieldSpec>,
}

/// An entry of `replicas`.
#[derive(Clone, Debug)]
pub struct ReplicasEntry {
    /// The workload's name, now or before.
    pub name: Text,
    /// The number.
    pub count: i64,
    /// Where the number stands.
    pub count_span: Span,
}

/// An entry of `images`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageEntry {
    /// The image as written in the manifests.
    pub name: Text,
    /// New name.
    pub new_name: Option<Text>,
    /// New tag.
    pub new_tag: Option<Text>,
    /// New digest.
    pub digest: Option<Text>,
    /// Put behind the tag that is there.
    pub tag_suffix: Option<Text>,
}

/// An entry of `patches`, of `patchesJson6902`, or of a Flux object's `spec.patches`.
pub fn patch_entry(node: &Node) -> PatchEntry {
    let flag = |key: &str| node.at(&["options", key]).and_then(Node::as_bool) == Some(true);
    PatchEntry {
        patch: node.field("patch").filter(|patch| !patch.is_null()).cloned(),
        path: text_at(node, "path"),
        target: node.field("target").filter(|target| !target.is_null()).map(target),
        allow_name_change: flag("allowNameChange"),
        allow_kind_change: flag("allowKindChange"),
        span: node.span(),
    }
}

/// A selector over resources.
pub fn target(node: &Node) -> Target {
    Target {
        group: text_at(node, "group"),
        version: text_at(node, "version"),
        kind: text_at(node, "kind"),
        name: text_at(node, "name"),
        namespace: text_at(node, "namespace"),
        labels: text_at(node, "labelSelector"),
        annotations: text_at(node, "annotationSelector"),
    }
}

/// An entry of `patchesStrategicMerge`: a path, or the patch itself when it spans lines.
pub fn strategic_entry(node: &Node) -> PatchEntry {
    let text = Text::of(node);
    let inline = text.as_ref().is_some_and(|text| text.text.contains('\n'));
    PatchEntry {
        patch: inline.then(|| node.clone()),
        path: if inline { None } else { text },
        target: None,
        allow_name_change: false,
        allow_kind_change: false,
        span: node.span(),
    }
}

/// An entry of `configMapGenerator` or `secretGenerator`.
pub fn generator_entry(node: &Node) -> GeneratorEntry {
    let list = |key: &str| node.field(key).map(|list| texts(list).collect::<Vec<_>>()).unwrap_or_default();
    let mut envs = list("envs");
    envs.extend(text_at(node, "env"));
    GeneratorEntry {
        name: text_at(node, "name"),
        namespace: text_at(node, "namespace"),
        behavior: text_at(node, "behavior"),
        files: list("files"),
        envs,
        literals: list("literals"),
        secret_type: text_at(node, "type"),
        options: node.field("options").cloned(),
        node: node.clone(),
    }
}

/// An entry of `labels`.
pub fn labels_entry(node: &Node) -> Option<LabelsEntry> {
    let flag = |key: &str| node.field(key).and_then(Node::as_bool) == Some(true);
    Some(LabelsEntry {
        pairs: node.field("pairs")?.clone(),
        selectors: flag("includeSelectors"),
        templates: flag("includeTemplates"),
        fields: node.field("fields").map(Node::items).unwrap_or_default().iter().filter_map(FieldSpec::read).collect(),
    })
}

/// An entry of `images`, of a kustomization file or a Flux object.
pub fn image_entry(node: &Node) -> Option<ImageEntry> {
    Some(ImageEntry {
        name: text_at(node, "name")?,
        new_name: text_at(node, "newName"),
        new_tag: text_at(node, "newTag"),
        digest: text_at(node, "digest"),
        tag_suffix: text_at(node, "tagSuffix"),
    })
}

/// An entry of `replicas`.
pub fn replicas_entry(node: &Node) -> Option<ReplicasEntry> {
    let count = node.field("count");
    Some(ReplicasEntry {
        name: text_at(node, "name")?,
        count: count.and_then(Node::as_int).unwrap_or_default(),
        count_span: count.unwrap_or(node).span(),
    })
}
