//! Versions of custom APIs are served by what the tree installs. Card: rules/upgrade/api-version-not-served.md

use hashbrown::{HashMap, HashSet};

use serde::Deserialize;

use crate::build::Object;
use crate::build::charts::numbers;
use crate::cluster::apis::{self, ApiVersion};
use crate::cluster::versions::Running;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::rules::flux::edits::replace;
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiVersionNotServed {}

impl Rule for ApiVersionNotServed {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let served = Served::of(cluster);
        let mut seen = HashSet::new();
        for object in cluster.objects() {
            let found = served.by_definition(object).or_else(|| served.by_release(object));
            let is_new = |node: &Node| seen.insert(node.span());
            if let Some(found) = found.filter(|_| object.at(&["apiVersion"]).is_some_and(is_new)) {
                out.report(weighed(cluster, object, Confidence::Medium, found));
            }
        }
    }
}

/// A release with the version of its chart.
struct Pinned<'w> {
    release: &'w Object,
    version: Vec<u64>,
    shown: &'w str,
}

/// What the cluster is known to serve.
struct Served<'w> {
    // Definitions by group and kind.
    definitions: HashMap<(&'w str, &'w str), &'w Object>,
    // Releases of charts whose versions are known to matter; `None` where there are several.
    releases: HashMap<&'w str, Option<Pinned<'w>>>,
    flux: Option<Running>,
}

impl<'w> Served<'w> {
    fn of(cluster: &Cluster<'w>) -> Self {
        let mut definitions = HashMap::new();
        for definition in cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
            let text = |path: &str| definition.dig(path).and_then(Node::as_str);
            if let (Some(group), Some(kind)) = (text("spec.group"), text("spec.names.kind")) {
                definitions.insert((group, kind), definition);
            }
        }
        let mut releases = HashMap::new();
        for release in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            let Some(chart) = cluster.chart(release) else { continue };
            let (Some(name), version) = (chart.name.as_deref(), chart.version.as_deref()) else { continue };
            let known =
                version.and_then(|version| Some(Pinned { release, version: numbers(version)?, shown: version }));
            releases.entry(name).and_modify(|one| *one = None).or_insert(known);
        }
        Served { definitions, releases, flux: cluster.flux_version() }
    }

    /// The definition of the tree does not serve the version.
    fn by_definition(&self, object: &Object) -> Option<Observation> {
        let definition = self.definitions.get(&(object.gvk.group.as_str(), object.kind()))?;
        let listed = definition.dig("spec.versions").filter(|versions| !versions.is_unknown())?;
        let named: Option<Vec<(&str, &Node)>> =
            listed.items().iter().map(|version| Some((version.get("name")?.as_str()?, version))).collect();
        let named = named.filter(|named| !named.is_empty())?;
        let is_served = |version: &Node| version.get("served").is_none_or(|served| served.as_bool() != Some(false));
        let serving: Vec<&str> =
            named.iter().filter(|(_, version)| is_served(version)).map(|(name, _)| *name).collect();
        let own = named.iter().find(|(name, _)| *name == object.gvk.version);
        if serving.iter().any(|name| *name == object.gvk.version) {
            return None;
        }
        let place = match own {
            Some((_, version)) => version.get("served").map_or_else(|| definition.place(), Node::span),
            None => definition.place(),
        };
        let shown: Vec<String> = serving.iter().map(|name| format!("`{name}`")).collect();
        let what = format!("which its definition does not serve; it serves {}", shown.join(", "));
        let replacement = match serving.as_slice() {
            [only] => Some(format!("{}/{only}", object.gvk.group)),
            _ => None,
        };
        not_served(object, &what, Label::new(place, "served versions"), replacement.as_deref(), false)
    }

    /// The release of Flux or of the operator does not serve the version yet, or any more.
    fn by_release(&self, object: &Object) -> Option<Observation> {
        if let (Some(row), Some(flux)) = (apis::flux().row(object), &self.flux)
            && row.is_missing_in(&flux.numbers)
        {
            let what = format!("which Flux {} does not serve yet: it came with {}", flux.shown, row.since.as_deref()?);
            let place = flux.place.unwrap_or_else(|| object.place());
            return not_served(object, &what, Label::new(place, format!("Flux {}", flux.shown)), None, false);
        }
        let row = apis::charts().row(object)?;
        let Pinned { release, version, shown } =
            row.charts.iter().find_map(|chart| self.releases.get(chart.as_str()))?.as_ref()?;
        let what = self.of_chart(row, version, shown)?;
        let place = version_place(release);
        let is_compatible = row.is_renamed_only(object, Some(version));
        let replacement = row.replacement.as_deref();
        not_served(object, &what, Label::new(place, format!("version {shown}")), replacement, is_compatible)
    }

    fn of_chart(&self, row: &ApiVersion, version: &[u64], shown: &str) -> Option<String> {
        let chart = row.charts.first()?;
        if row.is_removed_in(version) {
            let removed = row.removed.as_deref()?;
            return Some(format!("which chart `{chart}` {shown} does not serve any more: it went with {removed}"));
        }
        let since = row.since.as_deref().filter(|_| row.is_missing_in(version))?;
        Some(format!("which chart `{chart}` {shown} does not serve yet: it came with {since}"))
    }
}

/// Where the version of the chart of a release is written, or that a source has it.
fn version_place(release: &Object) -> Span {
    let paths = ["spec.chart.spec.version", "spec.chartRef.name", "spec.chart.spec.chart"];
    paths.iter().find_map(|path| release.dig(path)).map_or_else(|| release.place(), Node::span)
}

fn not_served(
    object: &Object,
    what: &str,
    other: Label,
    replacement: Option<&str>,
    is_compatible: bool,
) -> Option<Observation> {
    let node = object.at(&["apiVersion"])?;
    let found = Observation::new(
        "api-version-not-served",
        format!("{} uses `{}`, {what}", object.reference(), object.gvk.api_version()),
        Label::new(node.span(), "not served"),
    )
    .about(object.reference(), "apiVersion")
    .trail(trail(node))
    .related(other);
    let Some(replacement) = replacement else { return Some(found) };
    let how = if is_compatible { Applicability::Safe } else { Applicability::Unsafe };
    let found = found.help(format!("write `{replacement}`"));
    Some(match replace(node, replacement, format!("write `{replacement}`"), how) {
        Some(fix) => found.fix(fix),
        None => found,
    })
}
