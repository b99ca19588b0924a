//! Which chart a HelmRelease installs.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::yaml::Node;

const SOURCES: &str = "source.toolkit.fluxcd.io";

/// A chart, as far as the tree says which.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Its name.
    pub name: Option<String>,
    /// Its version, where one is pinned.
    pub version: Option<String>,
    /// Address of its source; empty when the source is not in the tree.
    pub source: String,
}

impl Chart {
    /// The chart of a release.
    pub fn of(cluster: &Cluster<'_>, release: &Object) -> Self {
        let text = |node: Option<&Node>| node.and_then(Node::as_str).map(str::to_owned);
        if let Some(reference) = release.dig("spec.chartRef") {
            let namespace = text(reference.get("namespace")).unwrap_or_else(|| release.namespace().to_owned());
            let (Some(kind), Some(name)) = (text(reference.get("kind")), text(reference.get("name"))) else {
                return Chart::default();
            };
            let Some(source) = cluster.get(SOURCES, &kind, &namespace, &name) else { return Chart::default() };
            if kind == "HelmChart" {
                return Chart::of_spec(cluster, source.at(&["spec"]), source.namespace());
            }
            let url = text(source.dig("spec.url")).unwrap_or_default();
            let version = ["tag", "semver"].iter().find_map(|key| text(source.at(&["spec", "ref", key])));
            return Chart { name: last_segment(&url), version, source: url };
        }
        Chart::of_spec(cluster, release.dig("spec.chart.spec"), release.namespace())
    }

    fn of_spec(cluster: &Cluster<'_>, spec: Option<&Node>, namespace: &str) -> Self {
        let Some(spec) = spec else { return Chart::default() };
        let text = |key: &str| spec.get(key).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
        let reference = |key: &str| spec.at(&["sourceRef", key]).and_then(Node::as_str);
        let namespace = reference("namespace").unwrap_or(namespace);
        let source = reference("kind")
            .zip(reference("name"))
            .and_then(|(kind, name)| cluster.get(SOURCES, kind, namespace, name))
            .and_then(|source| source.dig("spec.url"))
            .and_then(Node::as_str);
        Chart {
            name: text("chart").as_deref().and_then(last_segment),
            version: text("version"),
            source: source.unwrap_or_default().to_owned(),
        }
    }
}

fn last_segment(path: &str) -> Option<String> {
    path.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// The numbers of a version that is pinned: `v1.2.3`, `1.2`; `None` for a range.
pub fn numbers(version: &str) -> Option<Vec<u64>> {
    let plain = version.trim().trim_start_matches('v');
    let plain = plain.split(['-', '+']).next()?;
    plain.split('.').map(|part| part.parse().ok()).collect()
}
