//! The kustomization file as types, each text with its place.

use crate::build::manifests::Library;
use crate::finding::{Label, Observation};
use crate::source::{Entry, ReadError, Span, join};
use crate::yaml::{Entry as Field, Mode, Node, Value};

/// File names kustomize recognises, in its order.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Text {
    fn of(node: &Node) -> Option<Self> {
        Some(Text { text: node.shown()?.into_owned(), span: node.span() })
    }
}

/// Which resources a patch is for. Texts are anchored regular expressions.
#[derive(Clone, Debug, Default)]
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
#[derive(Clone, Debug)]
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
}

/// An entry of `images`.
#[derive(Clone, Debug)]
pub struct ImageEntry {
    /// The image as written in the manifests.
    pub name: Text,
    /// New name.
    pub new_name: Option<Text>,
    /// New tag.
    pub new_tag: Option<Text>,
    /// New digest.
    pub digest: Option<Text>,
}

/// A kustomization file, folded from its older spellings.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The folder.
    pub directory: String,
    /// A place for findings about the file as a whole.
    pub place: Span,
    /// It is a Component, not a Kustomization.
    pub is_component: bool,
    /// `resources`, `bases`.
    pub resources: Vec<Text>,
    /// `components`, with the folder each is relative to.
    pub components: Vec<(String, Text)>,
    /// `namespace`.
    pub namespace: Option<Text>,
    /// `namePrefix`.
    pub name_prefix: Option<Text>,
    /// `nameSuffix`.
    pub name_suffix: Option<Text>,
    /// `patchesStrategicMerge`: paths or inline text.
    pub strategic_patches: Vec<PatchEntry>,
    /// `patches`.
    pub patches: Vec<PatchEntry>,
    /// `patchesJson6902`.
    pub json_patches: Vec<PatchEntry>,
    /// `configMapGenerator`.
    pub config_maps: Vec<GeneratorEntry>,
    /// `secretGenerator`.
    pub secrets: Vec<GeneratorEntry>,
    /// `generatorOptions`.
    pub generator_options: Option<Node>,
    /// `labels`.
    pub labels: Vec<LabelsEntry>,
    /// `commonLabels`.
    pub common_labels: Option<Node>,
    /// `commonAnnotations`.
    pub common_annotations: Option<Node>,
    /// `images`.
    pub images: Vec<ImageEntry>,
    /// `configurations`.
    pub configurations: Vec<Text>,
    /// `openapi`.
    pub openapi: Option<Node>,
    /// Fields this builder does not evaluate yet: the result is open.
    pub not_evaluated: Vec<Text>,
    /// Keys that kustomize does not know.
    pub unknown_keys: Vec<Text>,
    /// What is wrong with the file.
    pub observations: Vec<Observation>,
    /// Kustomize refuses the file.
    pub broken: bool,
}

impl Spec {
    /// An empty kustomization of a folder, as Flux writes one where there is none.
    pub fn empty(directory: &str, place: Span) -> Self {
        Spec {
            directory: directory.to_owned(),
            place,
            is_component: false,
            resources: Vec::new(),
            components: Vec::new(),
            namespace: None,
            name_prefix: None,
            name_suffix: None,
            strategic_patches: Vec::new(),
            patches: Vec::new(),
            json_patches: Vec::new(),
            config_maps: Vec::new(),
            secrets: Vec::new(),
            generator_options: None,
            labels: Vec::new(),
            common_labels: None,
            common_annotations: None,
            images: Vec::new(),
            configurations: Vec::new(),
            openapi: None,
            not_evaluated: Vec::new(),
            unknown_keys: Vec::new(),
            observations: Vec::new(),
            broken: false,
        }
    }
}

/// The kustomization file of a folder: its path, and a second recognised name if there is one.
pub fn find_file(library: &Library<'_>, directory: &str) -> Option<(String, Option<String>)> {
    let mut found = NAMES.iter().filter_map(|name| {
        let path = join(directory, name)?;
        (library.sources.system().entry(&path) == Ok(Entry::File)).then_some(path)
    });
    let first = found.next()?;
    Some((first, found.next()))
}

/// Reads the kustomization file at a path.
///
/// # Errors
/// [`ReadError`] when there is no readable file.
pub fn read_spec(library: &Library<'_>, path: &str) -> Result<Spec, ReadError> {
    let manifests = library.load(path, Mode::V2)?;
    let directory = crate::source::parent(path);
    let place = manifests.documents.first().map_or_else(
        || Span::new(manifests.file, 0..0),
        |root| root.entries().next().map_or_else(|| root.span().head(), |entry| entry.key_span),
    );
    let mut spec = Spec::empty(directory, place);
    spec.observations = manifests.observations.clone();
    spec.broken = manifests.broken;
    match manifests.documents.as_slice() {
        [] if !spec.broken => {
            spec.broken = true;
            spec.observations.push(
                Observation::new("build-failed", format!("`{path}` is empty"), Label::new(place, "no field in it"))
                    .keyed(path.to_owned())
                    .why("kustomize refuses an empty kustomization file, so nothing of this build is applied"),
            );
        }
        [] => {}
        [root, ..] => fill(&mut spec, root),
    }
    Ok(spec)
}

fn fill(spec: &mut Spec, root: &Node) {
    if root.as_map().is_none() {
        spec.broken = true;
        spec.observations.push(
            Observation::new(
                "build-failed",
                "the kustomization file is no map of fields",
                Label::new(root.span().head(), ""),
            )
            .keyed("root"),
        );
        return;
    }
    let mut api_version = None;
    for entry in root.entries() {
        let value = &entry.value;
        check_shape(spec, entry);
        let directory = spec.directory.clone();
        match entry.key.to_ascii_lowercase().as_str() {
            "apiversion" => api_version = Text::of(value),
            "kind" => spec.is_component = value.as_str() == Some("Component"),
            "metadata" | "sortoptions" | "buildmetadata" => {}
            "openapi" => spec.openapi = Some(value.clone()),
            "resources" | "bases" => spec.resources.extend(texts(value)),
            "components" => spec.components.extend(texts(value).map(|text| (directory.clone(), text))),
            "namespace" => spec.namespace = Text::of(value).filter(|text| !text.text.is_empty()),
            "nameprefix" => spec.name_prefix = Text::of(value).filter(|text| !text.text.is_empty()),
            "namesuffix" => spec.name_suffix = Text::of(value).filter(|text| !text.text.is_empty()),
            "patches" => spec.patches.extend(value.items().iter().map(patch_entry)),
            "patchesjson6902" => spec.json_patches.extend(value.items().iter().map(patch_entry)),
            "patchesstrategicmerge" => spec.strategic_patches.extend(value.items().iter().map(strategic_entry)),
            "configmapgenerator" => spec.config_maps.extend(value.items().iter().map(generator_entry)),
            "secretgenerator" => spec.secrets.extend(value.items().iter().map(generator_entry)),
            "generatoroptions" => spec.generator_options = Some(value.clone()),
            "labels" => spec.labels.extend(value.items().iter().filter_map(labels_entry)),
            "commonlabels" => spec.common_labels = Some(value.clone()),
            "commonannotations" => spec.common_annotations = Some(value.clone()),
            "images" | "imagetags" => spec.images.extend(value.items().iter().filter_map(image_entry)),
            "configurations" => spec.configurations.extend(texts(value)),
            "replicas"
            | "replacements"
            | "transformers"
            | "generators"
            | "validators"
            | "vars"
            | "crds"
            | "helmcharts"
            | "helmglobals"
            | "helmchartinflationgenerator" => {
                let says_something = !value.items().is_empty() || value.as_map().is_some();
                if says_something || value.scalar_text().is_some() {
                    spec.not_evaluated.push(Text { text: entry.key.to_string(), span: entry.key_span });
                }
            }
            _ => spec.unknown_keys.push(Text { text: entry.key.to_string(), span: entry.key_span }),
        }
    }
    if let Some(api_version) = api_version {
        check_api_version(spec, &api_version);
    }
}

/// What kustomize decodes a field into, for the fields that it reads.
enum Shape {
    Text,
    Map,
    Texts,
    Maps,
}

fn shape(field: &str) -> Option<Shape> {
    Some(match field {
        "apiversion" | "kind" | "namespace" | "nameprefix" | "namesuffix" => Shape::Text,
        "metadata" | "generatoroptions" | "commonlabels" | "commonannotations" => Shape::Map,
        "resources"
        | "bases"
        | "components"
        | "configurations"
        | "crds"
        | "patchesstrategicmerge"
        | "transformers"
        | "generators"
        | "validators" => Shape::Texts,
        "patches" | "patchesjson6902" | "configmapgenerator" | "secretgenerator" | "labels" | "images"
        | "imagetags" | "replicas" | "replacements" | "vars" | "helmcharts" => Shape::Maps,
        _ => return None,
    })
}

/// A field of the wrong type: kustomize does not decode the file.
fn check_shape(spec: &mut Spec, entry: &Field) {
    let Some(shape) = shape(&entry.key.to_ascii_lowercase()) else { return };
    let is_text = |node: &Node| matches!(node.value, Value::Str(_) | Value::Unknown(_) | Value::Null);
    let is_map = |node: &Node| matches!(node.value, Value::Map(_) | Value::Unknown(_) | Value::Null);
    let list = |node: &Node| matches!(node.value, Value::Seq(_) | Value::Unknown(_) | Value::Null);
    let value = &entry.value;
    let (sound, wanted, of) = match shape {
        Shape::Text => (is_text(value), "a text", None),
        Shape::Map => (is_map(value), "a map", None),
        Shape::Texts => {
            (list(value), "a list", value.items().iter().find(|item| !is_text(item)).map(|item| (item, "a text")))
        }
        Shape::Maps => {
            (list(value), "a list", value.items().iter().find(|item| !is_map(item)).map(|item| (item, "a map")))
        }
    };
    let (what, span, wanted, found) = match of {
        _ if !sound => (format!("`{}`", entry.key), entry.key_span, wanted, value),
        Some((item, wanted)) => (format!("an entry of `{}`", entry.key), item.span(), wanted, item),
        None => return,
    };
    let found = match &found.value {
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
        Value::Str(_) => "a text",
        _ => "a number or boolean",
    };
    spec.broken = true;
    spec.observations.push(
        Observation::new(
            "build-failed",
            format!("{what} is {found}, expected {wanted}"),
            Label::new(span, format!("expected {wanted}")),
        )
        .keyed(format!("{} {found}", entry.key)),
    );
}

/// Source: kustomize `api/types/kustomization.go`.
fn check_api_version(spec: &mut Spec, api_version: &Text) {
    let (expected, kind) = if spec.is_component {
        ("kustomize.config.k8s.io/v1alpha1", "Component")
    } else {
        ("kustomize.config.k8s.io/v1beta1", "Kustomization")
    };
    if api_version.text == expected {
        return;
    }
    spec.broken = true;
    spec.observations.push(
        Observation::new(
            "kustomization-api-version-invalid",
            format!("apiVersion `{}` is not that of a kustomization file of kind `{kind}`", api_version.text),
            Label::new(api_version.span, "not known to kustomize"),
        )
        .keyed(api_version.text.clone())
        .help(format!("write `{expected}`"))
        .fix(crate::finding::Fix {
            title: format!("write `{expected}`"),
            applicability: crate::finding::Applicability::Safe,
            edits: vec![crate::finding::Edit { span: api_version.span, text: expected.to_owned() }],
        }),
    );
}

fn texts(node: &Node) -> impl Iterator<Item = Text> {
    node.items().iter().filter_map(Text::of)
}

fn text_at(node: &Node, key: &str) -> Option<Text> {
    node.get(key).and_then(Text::of)
}

/// An entry of `patches`, of `patchesJson6902`, or of a Flux object's `spec.patches`.
pub fn patch_entry(node: &Node) -> PatchEntry {
    let flag = |key: &str| node.at(&["options", key]).and_then(Node::as_bool) == Some(true);
    PatchEntry {
        patch: node.get("patch").filter(|patch| !patch.is_null()).cloned(),
        path: text_at(node, "path"),
        target: node.get("target").filter(|target| !target.is_null()).map(|target| Target {
            group: text_at(target, "group"),
            version: text_at(target, "version"),
            kind: text_at(target, "kind"),
            name: text_at(target, "name"),
            namespace: text_at(target, "namespace"),
            labels: text_at(target, "labelSelector"),
            annotations: text_at(target, "annotationSelector"),
        }),
        allow_name_change: flag("allowNameChange"),
        allow_kind_change: flag("allowKindChange"),
        span: node.span(),
    }
}

/// An entry of `patchesStrategicMerge`: a path, or the patch itself when it spans lines.
fn strategic_entry(node: &Node) -> PatchEntry {
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

fn generator_entry(node: &Node) -> GeneratorEntry {
    let list = |key: &str| node.get(key).map(|list| texts(list).collect::<Vec<_>>()).unwrap_or_default();
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
        options: node.get("options").cloned(),
        node: node.clone(),
    }
}

fn labels_entry(node: &Node) -> Option<LabelsEntry> {
    let flag = |key: &str| node.get(key).and_then(Node::as_bool) == Some(true);
    Some(LabelsEntry {
        pairs: node.get("pairs")?.clone(),
        selectors: flag("includeSelectors"),
        templates: flag("includeTemplates"),
    })
}

/// An entry of `images`, of a kustomization file or a Flux object.
pub fn image_entry(node: &Node) -> Option<ImageEntry> {
    Some(ImageEntry {
        name: text_at(node, "name")?,
        new_name: text_at(node, "newName"),
        new_tag: text_at(node, "newTag"),
        digest: text_at(node, "digest"),
    })
}

/// The fields kustomize knows, for suggestions.
pub const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "sortOptions",
    "buildMetadata",
    "resources",
    "bases",
    "components",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "images",
    "configurations",
    "replicas",
    "replacements",
    "transformers",
    "generators",
    "validators",
    "vars",
    "crds",
    "helmCharts",
    "helmGlobals",
];
