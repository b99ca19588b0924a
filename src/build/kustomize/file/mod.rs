//! The kustomization file as types, each text with its place.

mod entries;
mod shape;

use std::sync::Arc;

pub use entries::{
    GeneratorEntry, ImageEntry, LabelsEntry, PatchEntry, ReplicasEntry, Target, generator_entry, image_entry,
    patch_entry, replicas_entry, strategic_entry, target,
};

use entries::labels_entry;

use super::order::Order;
use crate::build::manifests::{Library, Manifests};
use crate::finding::{Label, Observation};
use crate::source::{Entry, FileId, ReadError, Span, join};
use crate::yaml::{Mode, Node};

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
    /// The text of a scalar.
    pub fn of(node: &Node) -> Option<Self> {
        Some(Text { text: node.shown()?.into_owned(), span: node.span() })
    }
}

/// A kustomization file, folded from its older spellings.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The folder.
    pub directory: String,
    /// Name of the file in it.
    pub file: String,
    /// The file, where there is one.
    pub id: Option<FileId>,
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
    /// `replicas`.
    pub replicas: Vec<ReplicasEntry>,
    /// `replacements`.
    pub replacements: Option<Node>,
    /// `vars`.
    pub vars: Option<Node>,
    /// `configurations`.
    pub configurations: Vec<Text>,
    /// `crds`.
    pub crds: Vec<Text>,
    /// `openapi`.
    pub openapi: Option<Node>,
    /// `generators`: each a path or the plugin itself.
    pub generators: Vec<Node>,
    /// `transformers`: each a path or the plugin itself.
    pub transformers: Vec<Node>,
    /// `validators`: each a path or the plugin itself.
    pub validators: Vec<Node>,
    /// `sortOptions`.
    pub order: Option<Order>,
    /// `buildMetadata`.
    pub build_metadata: Vec<Text>,
    /// `helmCharts` and its older spelling.
    pub helm: Option<Text>,
    /// Every key, in lower case.
    pub keys: Vec<String>,
    /// Keys that kustomize does not know.
    pub unknown_keys: Vec<Text>,
    /// What is wrong with the file.
    pub observations: Vec<Observation>,
    /// Kustomize refuses the file.
    pub broken: bool,
    /// Something of it could not be read: what it would bring is not there.
    pub lost: bool,
}

impl Spec {
    /// An empty kustomization of a folder, as Flux writes one where there is none.
    pub fn empty(directory: &str, place: Span) -> Self {
        Spec {
            directory: directory.to_owned(),
            file: "kustomization.yaml".to_owned(),
            id: None,
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
            replicas: Vec::new(),
            replacements: None,
            vars: None,
            configurations: Vec::new(),
            crds: Vec::new(),
            openapi: None,
            generators: Vec::new(),
            transformers: Vec::new(),
            validators: Vec::new(),
            order: None,
            build_metadata: Vec::new(),
            helm: None,
            keys: Vec::new(),
            unknown_keys: Vec::new(),
            observations: Vec::new(),
            broken: false,
            lost: false,
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

/// Reads the kustomization file of a folder; `None` where there is none. Two of them are refused.
///
/// # Errors
/// [`ReadError`] when the file cannot be read.
pub fn read_folder(library: &Library<'_>, directory: &str) -> Result<Option<Arc<Spec>>, ReadError> {
    let Some((file, second)) = find_file(library, directory) else { return Ok(None) };
    let mut spec = read_spec(library, &file)?;
    if let Some(second) = second {
        let spec = Arc::make_mut(&mut spec);
        spec.broken = true;
        spec.observations.push(super::two_files(directory, &file, &second, spec.place));
    }
    Ok(Some(spec))
}

/// Reads the kustomization file at a path.
///
/// # Errors
/// [`ReadError`] when there is no readable file.
pub fn read_spec(library: &Library<'_>, path: &str) -> Result<Arc<Spec>, ReadError> {
    let manifests = library.load(path, Mode::V2)?;
    Ok(library.kustomization(path, &manifests, |manifests| of_manifests(path, manifests)))
}

fn of_manifests(path: &str, manifests: &Manifests) -> Spec {
    let directory = crate::source::parent(path);
    let place = manifests.documents.first().map_or_else(
        || Span::new(manifests.file, 0..0),
        |root| root.entries().next().map_or_else(|| root.span().head(), |entry| entry.key_span),
    );
    let mut spec = Spec::empty(directory, place);
    spec.file = crate::source::file_name(path).to_owned();
    spec.id = Some(manifests.file);
    spec.observations = manifests.observations.clone();
    spec.broken = manifests.broken;
    spec.lost = manifests.broken;
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
    spec
}

fn fill(spec: &mut Spec, root: &Node) {
    if root.as_map().is_none() {
        spec.broken = true;
        spec.lost = true;
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
    // Older spellings come after the newer ones, wherever they stand in the file.
    let (mut bases, mut image_tags) = (Vec::new(), Vec::new());
    for entry in root.entries() {
        let value = &entry.value;
        shape::check(spec, entry);
        let directory = spec.directory.clone();
        let filled = || Text::of(value).filter(|text| !text.text.is_empty());
        let some = || (!value.is_null()).then(|| value.clone());
        spec.keys.push(entry.key.to_ascii_lowercase());
        match entry.key.to_ascii_lowercase().as_str() {
            "apiversion" => api_version = Text::of(value),
            "kind" => spec.is_component = value.as_str() == Some("Component"),
            "metadata" | "helmglobals" => {}
            "resources" => spec.resources.extend(texts(value)),
            "bases" => bases.extend(texts(value)),
            "components" => spec.components.extend(texts(value).map(|text| (directory.clone(), text))),
            "namespace" => spec.namespace = filled(),
            "nameprefix" => spec.name_prefix = filled(),
            "namesuffix" => spec.name_suffix = filled(),
            "patches" => spec.patches.extend(value.items().iter().map(patch_entry)),
            "patchesjson6902" => spec.json_patches.extend(value.items().iter().map(patch_entry)),
            "patchesstrategicmerge" => spec.strategic_patches.extend(value.items().iter().map(strategic_entry)),
            "configmapgenerator" => spec.config_maps.extend(value.items().iter().map(generator_entry)),
            "secretgenerator" => spec.secrets.extend(value.items().iter().map(generator_entry)),
            "generatoroptions" => spec.generator_options = Some(value.clone()),
            "labels" => spec.labels.extend(value.items().iter().filter_map(labels_entry)),
            "commonlabels" => spec.common_labels = some(),
            "commonannotations" => spec.common_annotations = some(),
            "images" => spec.images.extend(value.items().iter().filter_map(image_entry)),
            "imagetags" => image_tags.extend(value.items().iter().filter_map(image_entry)),
            "replicas" => spec.replicas.extend(value.items().iter().filter_map(replicas_entry)),
            "replacements" => spec.replacements = some(),
            "vars" => spec.vars = some(),
            "configurations" => spec.configurations.extend(texts(value)),
            "crds" => spec.crds.extend(texts(value)),
            "openapi" => spec.openapi = some(),
            "generators" => spec.generators.extend(value.items().iter().cloned()),
            "transformers" => spec.transformers.extend(value.items().iter().cloned()),
            "validators" => spec.validators.extend(value.items().iter().cloned()),
            "sortoptions" => sort_options(spec, value),
            "buildmetadata" => spec.build_metadata.extend(texts(value)),
            "helmcharts" | "helmchartinflationgenerator" => {
                if !value.items().is_empty() {
                    spec.helm = Some(Text { text: entry.key.to_string(), span: entry.key_span });
                }
            }
            _ => spec.unknown_keys.push(Text { text: entry.key.to_string(), span: entry.key_span }),
        }
    }
    spec.resources.append(&mut bases);
    spec.images.append(&mut image_tags);
    if let Some(api_version) = api_version {
        check_api_version(spec, &api_version);
    }
}

/// Source: kustomize `api/internal/builtins/SortOrderTransformer.go`.
fn sort_options(spec: &mut Spec, node: &Node) {
    let legacy = node.field("legacySortOptions").filter(|options| !options.is_null());
    let kinds = |key: &str| -> Option<Vec<String>> { Some(texts(legacy?.field(key)?).map(|text| text.text).collect()) };
    let order = node.field("order");
    let refusal = match order.and_then(Node::as_str) {
        None if order.is_none() && node.entries().next().is_none() => return,
        Some("fifo") if legacy.is_some() => "`legacySortOptions` says nothing about the order `fifo`".to_owned(),
        Some("fifo") => {
            spec.order = Some(Order::Fifo);
            return;
        }
        Some("legacy") => {
            spec.order = Some(match legacy {
                None => Order::Legacy,
                Some(_) => Order::Kinds {
                    first: kinds("orderFirst").unwrap_or_default(),
                    last: kinds("orderLast").unwrap_or_default(),
                },
            });
            return;
        }
        Some(other) => format!("`{other}` is no order; there are `fifo` and `legacy`"),
        None => "`sortOptions` needs an `order`: `fifo` or `legacy`".to_owned(),
    };
    let place = order.unwrap_or(node).span();
    spec.broken = true;
    spec.observations
        .push(Observation::new("build-failed", refusal, Label::new(place, "not an order")).keyed("sortOptions"));
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

fn texts(node: &Node) -> impl Iterator<Item = Text> {
    node.items().iter().filter_map(Text::of)
}

fn text_at(node: &Node, key: &str) -> Option<Text> {
    node.field(key).and_then(Text::of)
}
