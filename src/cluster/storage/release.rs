//! HelmReleases as storage sees them: which chart, which names, which values.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// A release with its chart and its merged values.
pub struct Release<'c> {
    /// The HelmRelease.
    pub object: &'c Object,
    /// Name of the chart, where the tree tells.
    pub chart: Option<String>,
    /// Where the chart comes from, where the tree tells.
    pub url: Option<String>,
    /// Name of the release in the cluster.
    pub name: String,
    /// Namespace of what it makes.
    pub namespace: String,
    /// The values.
    pub values: &'c Node,
    /// Whether an absent value is really absent.
    pub is_closed: bool,
}

impl<'c> Release<'c> {
    /// Every release of a cluster.
    pub fn all(cluster: &'c Cluster<'_>) -> Vec<Release<'c>> {
        cluster
            .of_kind("helm.toolkit.fluxcd.io", "HelmRelease")
            .filter_map(|object| Release::new(cluster, object))
            .collect()
    }

    fn new(cluster: &'c Cluster<'_>, object: &'c Object) -> Option<Self> {
        let values = cluster.values(object)?;
        let names = ReleaseNames::of(object);
        let chart = cluster.chart(object)?;
        Some(Release {
            object,
            chart: chart.name.clone(),
            url: chart.url.clone(),
            name: names.name.unwrap_or_else(|| object.name.to_string()),
            namespace: names.namespace,
            values: &values.root,
            is_closed: values.is_closed(),
        })
    }

    /// Whether it is of a chart.
    pub fn is(&self, chart: &str) -> bool {
        self.chart.as_deref() == Some(chart)
    }

    /// A known text of the values.
    pub fn text(&self, path: &str) -> Option<String> {
        self.values.dig(path).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned)
    }

    /// `fullname` as the common helper of charts makes it.
    pub fn full_name(&self) -> String {
        let given = |path: &str| self.text(path).filter(|text| !text.is_empty());
        if let Some(name) = given("fullnameOverride") {
            return name;
        }
        let chart = given("nameOverride").or_else(|| self.chart.clone()).unwrap_or_default();
        if chart.is_empty() || self.name.contains(&chart) {
            self.name.clone()
        } else {
            format!("{}-{chart}", self.name)
        }
    }
}
