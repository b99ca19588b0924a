//! HelmReleases: which chart, under which name, in which namespace, with which values.

use crate::build::Object;
use crate::build::charts::Chart;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// A HelmRelease.
#[derive(Clone, Debug)]
pub struct Release<'w> {
    /// The object.
    pub object: &'w Object,
    /// Name of the release in Helm; `None` where it cannot be known.
    pub name: Option<String>,
    /// Namespace it is installed in.
    pub namespace: String,
    /// Name of its chart, where the tree tells.
    pub chart: Option<&'w str>,
    /// What the tree tells of its chart.
    pub source: &'w Chart,
    /// Its merged values.
    pub values: &'w Node,
    /// Whether an absent value is really absent.
    pub is_closed: bool,
}

impl<'w> Release<'w> {
    /// Reads a HelmRelease; `None` for one that Flux leaves alone.
    pub fn of(cluster: &Cluster<'w>, object: &'w Object) -> Option<Self> {
        let ReleaseNames { name, namespace, .. } = ReleaseNames::of(object);
        let (source, values) = (cluster.chart(object)?, cluster.values(object)?);
        let chart = source.name.as_deref();
        Some(Release { object, name, namespace, chart, source, values: &values.root, is_closed: values.is_closed() })
    }

    /// Whether it is of a chart.
    pub fn is(&self, chart: &str) -> bool {
        self.chart == Some(chart)
    }

    /// A known text of the values.
    pub fn text(&self, path: &str) -> Option<String> {
        self.values.dig(path).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned)
    }

    /// Its name in Helm, or what stands for it where that cannot be known.
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.object.name)
    }

    /// What the common helper of charts calls a chart: `nameOverride`, or its name.
    pub fn chart_name(&self) -> Option<String> {
        self.given("nameOverride").unwrap_or_else(|| self.chart.map(ToOwned::to_owned))
    }

    /// `fullname` as the common helper of charts makes it, cut to a length; `None` where it cannot be known.
    pub fn full_name(&self, longest: usize) -> Option<String> {
        let full = match self.given("fullnameOverride") {
            Some(name) => name?,
            None => {
                let (own, chart) = (self.name.as_deref()?, self.chart_name()?);
                if own.contains(&chart) { own.to_owned() } else { format!("{own}-{chart}") }
            }
        };
        let cut: String = full.chars().take(longest).collect();
        Some(cut.trim_end_matches('-').to_owned())
    }

    /// The text of an override: `None` where it is not given, `Some(None)` where it cannot be known.
    fn given(&self, key: &str) -> Option<Option<String>> {
        let node = self.values.get(key).filter(|node| !node.is_null() && node.as_str() != Some(""))?;
        Some(node.as_str().filter(|text| !text.contains("{{")).map(ToOwned::to_owned))
    }
}

/// Every HelmRelease of a cluster.
pub(super) fn releases<'w>(cluster: &Cluster<'w>) -> Vec<Release<'w>> {
    cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").filter_map(|object| Release::of(cluster, object)).collect()
}
