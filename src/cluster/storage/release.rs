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
        // The look-up gives the object with the life of the build, which the values need.
        let held = cluster.get("helm.toolkit.fluxcd.io", "HelmRelease", object.namespace(), &object.name)?;
        let values = cluster.values(held)?;
        let names = ReleaseNames::of(object);
        let (chart, url) = chart(cluster, object);
        Some(Release {
            object,
            chart,
            url,
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

    /// Whether it is made with the app-template library of bjw-s.
    pub fn is_app_template(&self) -> bool {
        self.is("app-template") || self.values.get("controllers").is_some_and(|node| node.as_map().is_some())
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

fn chart(cluster: &Cluster<'_>, object: &Object) -> (Option<String>, Option<String>) {
    let text = |path: &str| object.dig(path).and_then(Node::as_str);
    let last = |url: &str| url.trim_end_matches('/').rsplit('/').next().map(ToOwned::to_owned);
    let source = |path: &str, kind: &str| {
        let name = text(&format!("{path}.name"))?;
        let namespace = text(&format!("{path}.namespace")).unwrap_or(object.namespace());
        cluster.get("source.toolkit.fluxcd.io", kind, namespace, name)
    };
    if let Some(chart) = text("spec.chart.spec.chart") {
        let url = source("spec.chart.spec.sourceRef", "HelmRepository")
            .and_then(|repository| repository.dig("spec.url"))
            .and_then(Node::as_str);
        return (last(chart), url.map(ToOwned::to_owned));
    }
    match text("spec.chartRef.kind") {
        Some("OCIRepository") => {
            let url = source("spec.chartRef", "OCIRepository")
                .and_then(|source| source.dig("spec.url"))
                .and_then(Node::as_str);
            (url.and_then(last), url.map(ToOwned::to_owned))
        }
        Some("HelmChart") => {
            let chart =
                source("spec.chartRef", "HelmChart").and_then(|source| source.dig("spec.chart")).and_then(Node::as_str);
            (chart.and_then(last), None)
        }
        _ => (None, None),
    }
}
