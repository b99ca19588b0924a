//! HelmReleases: which chart, under which name, in which namespace.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;

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
}

impl<'w> Release<'w> {
    /// Reads a HelmRelease.
    pub fn of(cluster: &Cluster<'w>, object: &'w Object) -> Self {
        let names = ReleaseNames::of(object);
        let chart = cluster.chart(object).and_then(|chart| chart.name.as_deref());
        Release { object, name: names.name, namespace: names.namespace, chart }
    }
}

/// Every HelmRelease of a cluster.
pub fn releases<'w>(cluster: &Cluster<'w>) -> Vec<Release<'w>> {
    cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").map(|object| Release::of(cluster, object)).collect()
}
