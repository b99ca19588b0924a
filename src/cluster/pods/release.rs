//! HelmReleases: which chart, under which name, in which namespace.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// A chart as a release names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Last part of its name or address.
    pub name: String,
    /// Version as written.
    pub version: Option<String>,
}

impl Chart {
    /// The major version, when one is written at the front.
    pub fn major(&self) -> Option<u64> {
        let version = self.version.as_deref()?.trim_start_matches(['v', '^', '~', '=', ' ']);
        version.split(['.', '-', '+']).next()?.parse().ok()
    }
}

/// A HelmRelease.
#[derive(Clone, Debug)]
pub struct Release<'w> {
    /// The object.
    pub object: &'w Object,
    /// Name of the release in Helm; `None` where it cannot be known.
    pub name: Option<String>,
    /// Namespace it is installed in.
    pub namespace: String,
    /// Its chart.
    pub chart: Option<Chart>,
}

impl<'w> Release<'w> {
    /// Reads a HelmRelease.
    pub fn of(cluster: &Cluster<'w>, object: &'w Object) -> Self {
        let names = ReleaseNames::of(object);
        Release { object, name: names.name, namespace: names.namespace, chart: chart(cluster, object) }
    }

    /// Whether its chart has this name.
    pub fn is_chart(&self, name: &str) -> bool {
        self.chart.as_ref().is_some_and(|chart| chart.name == name)
    }
}

/// Every HelmRelease of a cluster.
pub fn releases<'w>(cluster: &Cluster<'w>) -> Vec<Release<'w>> {
    cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").map(|object| Release::of(cluster, object)).collect()
}

fn text(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::scalar_text).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}

fn chart(cluster: &Cluster<'_>, object: &Object) -> Option<Chart> {
    let last = |text: &str| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(spec) = object.dig("spec.chart.spec") {
        return Some(Chart { name: last(&text(spec.get("chart"))?), version: text(spec.get("version")) });
    }
    let reference = object.dig("spec.chartRef")?;
    let (kind, name) = (text(reference.get("kind"))?, text(reference.get("name"))?);
    let namespace = text(reference.get("namespace")).unwrap_or_else(|| object.namespace().to_owned());
    let source = cluster.get("source.toolkit.fluxcd.io", &kind, &namespace, &name)?;
    match kind.as_str() {
        "OCIRepository" => {
            let version = text(source.dig("spec.ref.tag")).or_else(|| text(source.dig("spec.ref.semver")));
            Some(Chart { name: last(&text(source.dig("spec.url"))?), version })
        }
        "HelmChart" => {
            Some(Chart { name: last(&text(source.dig("spec.chart"))?), version: text(source.dig("spec.version")) })
        }
        _ => None,
    }
}
