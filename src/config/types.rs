//! Every key of `.flux-vet.yaml` as a type.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::places::Places;
use super::text::{Date, NamespacedName, ObjectPattern, PathPattern, Percent, Resource, SourceName, Version};
use crate::finding::Severity;

/// Configuration of flux-vet: one file `.flux-vet.yaml` at the root of a repository. Every key may be left out.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
#[schemars(title = "flux-vet configuration")]
pub struct Config {
    /// Version of Flux that runs the tree: behaviour that changed between releases, removed APIs.
    pub flux: Option<Version>,
    /// Version of Kubernetes that runs the tree.
    pub kubernetes: Option<Version>,
    /// Whether a variable without a value fails the build; where left out, what the Flux version does.
    pub strict_substitution: Option<bool>,
    /// Sets of rules to begin with; `[recommended]` where left out. Where several name a rule, the last one decides.
    pub presets: Option<Vec<String>>,
    /// Entry points of clusters; found by itself where left out.
    pub clusters: Vec<ClusterEntry>,
    /// Other repositories on disk, for sources that leave this one: `Kind/namespace/name` to a folder.
    pub sources: BTreeMap<SourceName, String>,
    /// Helm charts.
    pub charts: Charts,
    /// What exists outside the tree.
    pub externals: Vec<External>,
    /// Where the monitoring stack runs; found by itself where left out.
    pub monitoring: Option<Monitoring>,
    /// Upper limits for what the tree asks for, checked against totals.
    pub budget: Vec<Budget>,
    /// Number of nodes: how many copies a DaemonSet has.
    pub nodes: Option<NonZeroU32>,
    /// Rules and groups of rules: a level, or a map of `severity` and the options on the rule's card.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Other rule settings below a folder; where several match, the last one decides.
    pub paths: Vec<PathRules>,
    /// Folders with rule cards of your own; `[.flux-vet/rules]` where left out.
    pub rule_paths: Option<Vec<String>>,
    /// Folders with ValidatingAdmissionPolicies to run besides those of the tree.
    pub policy_paths: Vec<String>,
    /// Places to find schemas, as templates: `schemas/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`, an `https` address for
    /// `flux-vet schemas pull`, `default` for the built-in ones (last where left out). The first that has one counts.
    pub schema_locations: Vec<String>,
    /// Whether an ignore without a reason is refused; where left out, true with the preset `recommended`.
    pub require_reason: Option<bool>,
    /// Findings that do not count.
    pub ignore: Vec<Ignore>,
    // What the presets come to, by rule; not there before somebody asked for it.
    #[serde(skip)]
    pub(super) begun: Option<BTreeMap<String, Level>>,
    #[serde(skip)]
    pub(super) places: Places,
}

/// One cluster of the repository. What it declares itself stands in place of the common key; its externals are added.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub struct ClusterEntry {
    /// Path of the folder that Flux is pointed at.
    pub entry: String,
    /// Version of Flux in this cluster.
    pub flux: Option<Version>,
    /// Version of Kubernetes of this cluster.
    pub kubernetes: Option<Version>,
    /// Where its monitoring stack runs.
    pub monitoring: Option<Monitoring>,
    /// Its budget.
    pub budget: Option<Vec<Budget>>,
    /// Its number of nodes.
    pub nodes: Option<NonZeroU32>,
    /// What exists in it besides the tree.
    #[serde(default)]
    pub externals: Vec<External>,
}

/// What is known about Helm charts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub struct Charts {
    /// The output of a renderer, taken as the objects of HelmReleases.
    pub rendered: Rendered,
    /// Folders with profiles of charts of your own; `[.flux-vet/charts]` where left out.
    pub profiles: Option<Vec<String>>,
}

/// Where the output of a renderer is: a folder by the namespace and name of each HelmRelease, or one folder that holds
/// `NAMESPACE/NAME.yaml` or a folder `NAMESPACE/NAME` for some of them.
#[derive(Clone, Debug)]
pub enum Rendered {
    /// A folder for each.
    Each(BTreeMap<NamespacedName, String>),
    /// A folder for all.
    Below(String),
}

impl Default for Rendered {
    fn default() -> Self {
        Rendered::Each(BTreeMap::new())
    }
}

impl<'de> Deserialize<'de> for Rendered {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(RenderedVisitor)
    }
}

struct RenderedVisitor;

impl<'de> Visitor<'de> for RenderedVisitor {
    type Value = Rendered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a folder, or a map of `namespace/name` to folders")
    }

    fn visit_str<E: Error>(self, folder: &str) -> Result<Rendered, E> {
        Ok(Rendered::Below(folder.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Rendered, E> {
        Ok(Rendered::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rendered, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Rendered::Each)
    }
}

/// Something that exists outside the tree.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub struct External {
    /// The objects.
    pub object: ObjectPattern,
    /// Who makes it.
    pub reason: String,
    /// Path of this entry, for [`Config::place`].
    #[serde(skip)]
    pub at: String,
}

/// The monitoring stack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub struct Monitoring {
    /// Namespaces that scrapers run in.
    pub namespaces: Vec<String>,
    /// Labels of the pods that scrape.
    pub pod_labels: BTreeMap<String, String>,
}

/// An amount as Kubernetes writes it (`500m`, `24Gi`), kept as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quantity(String);

impl Quantity {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Amounts by resource.
pub type Amounts = BTreeMap<Resource, Quantity>;

/// Limits for one scope: exactly one of `cluster`, `namespace`, `kustomization`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
#[schemars(extend("oneOf" = [
    { "required": ["cluster"] }, { "required": ["namespace"] }, { "required": ["kustomization"] }
]))]
pub struct Budget {
    /// The whole cluster; only `true` makes sense.
    #[schemars(extend("const" = true))]
    pub(super) cluster: Option<bool>,
    /// One namespace.
    pub(super) namespace: Option<String>,
    /// What one Flux Kustomization applies, as `namespace/name`.
    pub(super) kustomization: Option<NamespacedName>,
    /// Most that containers may request.
    #[serde(default)]
    pub requests: Amounts,
    /// Highest sum of the limits of containers.
    #[serde(default)]
    pub limits: Amounts,
    /// Most storage that claims may ask for.
    pub storage: Option<Quantity>,
    /// Most pods.
    pub pods: Option<u64>,
    /// Most volume claims.
    pub claims: Option<u64>,
    /// Share of every amount that must stay free.
    pub headroom: Option<Percent>,
    /// Path of this entry, for [`Config::place`].
    #[serde(skip)]
    pub at: String,
}

/// What a budget entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'c> {
    /// Everything.
    Cluster,
    /// One namespace.
    Namespace(&'c str),
    /// What one Flux Kustomization applies.
    Kustomization(&'c NamespacedName),
}

impl Budget {
    /// What it is about. The reader made sure that exactly one is declared.
    pub fn scope(&self) -> Scope<'_> {
        match (&self.namespace, &self.kustomization) {
            (Some(namespace), _) => Scope::Namespace(namespace),
            (None, Some(kustomization)) => Scope::Kustomization(kustomization),
            (None, None) => Scope::Cluster,
        }
    }
}

/// How much a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all.
    Off,
    /// At the severity on the rule's card.
    On,
    /// As an info.
    Info,
    /// As a warning.
    Warning,
    /// As an error.
    Error,
}

impl Level {
    const WORDS: [&str; 5] = ["off", "on", "info", "warning", "error"];

    /// The severity of a rule that has one of its own; `None` when off.
    pub fn severity(self, own: Severity) -> Option<Severity> {
        match self {
            Level::Off => None,
            Level::On => Some(own),
            Level::Info => Some(Severity::Info),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

/// What `rules` says about one rule or group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSetting {
    /// The level; `None` keeps the card's.
    pub level: Option<Level>,
    /// Options of the card.
    pub options: serde_json::Map<String, serde_json::Value>,
}

impl<'de> Deserialize<'de> for RuleSetting {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(SettingVisitor)
    }
}

struct SettingVisitor;

impl<'de> Visitor<'de> for SettingVisitor {
    type Value = RuleSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`off`, `on`, `info`, `warning`, `error` or a map")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<RuleSetting, E> {
        let level = match word {
            "off" => Level::Off,
            "on" => Level::On,
            "info" => Level::Info,
            "warning" => Level::Warning,
            "error" => Level::Error,
            _ => return Err(E::unknown_variant(word, &Level::WORDS)),
        };
        Ok(RuleSetting { level: Some(level), ..RuleSetting::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RuleSetting, A::Error> {
        let mut setting = RuleSetting::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "severity" {
                setting.level = Some(map.next_value()?);
            } else {
                setting.options.insert(key, map.next_value()?);
            }
        }
        Ok(setting)
    }
}

/// Rule settings for the files below a folder.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub struct PathRules {
    /// The files.
    #[serde(rename = "match")]
    pub pattern: PathPattern,
    /// What differs there.
    pub rules: BTreeMap<String, RuleSetting>,
}

/// Findings that do not count: of one rule, about some objects, in some files. At least one of `object` and `path`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
#[schemars(extend("anyOf" = [{ "required": ["object"] }, { "required": ["path"] }]))]
pub struct Ignore {
    /// The rule or group.
    pub rule: String,
    /// The objects.
    pub object: Option<ObjectPattern>,
    /// The files.
    pub path: Option<PathPattern>,
    /// Why they do not count.
    pub reason: Option<String>,
    /// Last day on which the entry counts.
    pub until: Option<Date>,
    /// Path of this entry, for [`Config::place`].
    #[serde(skip)]
    pub at: String,
}

impl Ignore {
    /// Whether its last day has passed.
    pub fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}
